// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// One tetrahedron and one cube in every format; what is damaged is refused with its name.
#include "io/vtk_surface_reader.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>

#include "io/vtk_writer.hpp"
#include "tests/io/testing.hpp"

namespace filigree {
namespace {

using testing_io::put;
using testing_io::TempFolder;

const std::vector<std::array<double, 3>> kCorners{{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
const std::vector<std::array<std::int64_t, 3>> kFaces{{0, 2, 1}, {0, 1, 3}, {0, 3, 2}, {1, 2, 3}};

std::string text_stl() {
  std::string text = "solid corner\n";
  for (const auto& face : kFaces) {
    text += "facet normal 0 0 0\nouter loop\n";
    for (const auto i : face) {
      text += format("vertex {} {} {}\n", kCorners[i][0], kCorners[i][1], kCorners[i][2]);
    }
    text += "endloop\nendfacet\n";
  }
  return text + "endsolid corner\n";
}

/// `header` fills the first 80 bytes; some programs begin it with "solid" as text files do.
std::string binary_stl(const std::string& header) {
  std::string bytes = header;
  bytes.resize(80, '\0');
  const auto n = static_cast<std::uint32_t>(kFaces.size());
  bytes.append(reinterpret_cast<const char*>(&n), 4);
  for (const auto& face : kFaces) {
    std::array<float, 12> numbers{};
    for (std::size_t k = 0; k < 3; ++k) {
      for (std::size_t a = 0; a < 3; ++a) {
        numbers[3 + 3 * k + a] = static_cast<float>(kCorners[face[k]][a]);
      }
    }
    bytes.append(reinterpret_cast<const char*>(numbers.data()), sizeof(numbers));
    bytes.append(2, '\0');
  }
  return bytes;
}

std::string obj(const std::string& corner) {
  std::string text = "# a corner\nvt 0 0\nvn 0 0 1\n";
  for (const auto& x : kCorners) text += format("v {} {} {}\n", x[0], x[1], x[2]);
  for (const auto& f : kFaces) {
    text += "f";
    for (const auto i : f) text += format(" {}{}", i + 1, corner);
    text += "\n";
  }
  return text;
}

std::string text_ply() {
  std::string text =
      "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\n"
      "property float z\nelement face 4\nproperty list uchar int vertex_indices\nend_header\n";
  for (const auto& x : kCorners) text += format("{} {} {}\n", x[0], x[1], x[2]);
  for (const auto& f : kFaces) text += format("3 {} {} {}\n", f[0], f[1], f[2]);
  return text;
}

template <class T>
void append_number(std::string& bytes, T number, bool is_big) {
  char raw[sizeof(T)];
  std::memcpy(raw, &number, sizeof(T));
  if (is_big) std::reverse(raw, raw + sizeof(T));
  bytes.append(raw, sizeof(T));
}

/// With a colour per point and a weight per face, which are left out.
std::string binary_ply(const std::string& format_name, bool is_big) {
  std::string bytes = "ply\r\nformat " + format_name +
                      " 1.0\r\ncomment made by hand\r\nelement vertex 4\r\nproperty double x\r\n"
                      "property double y\r\nproperty double z\r\nproperty uchar red\r\n"
                      "element face 4\r\nproperty float weight\r\n"
                      "property list uint8 uint vertex_index\r\nend_header\r\n";
  for (const auto& x : kCorners) {
    for (const double value : x) append_number(bytes, value, is_big);
    bytes += '\7';
  }
  for (const auto& f : kFaces) {
    append_number(bytes, 0.5F, is_big);
    bytes += '\3';
    for (const std::int64_t i : f) append_number(bytes, static_cast<std::uint32_t>(i), is_big);
  }
  return bytes;
}

std::string vtp() {
  Block block;
  block.name = "corner";
  block.kind = CellKind::kTriangle;
  for (const auto& x : kCorners) block.points.insert(block.points.end(), x.begin(), x.end());
  block.offsets = {0, 3, 6, 9, 12};
  for (const auto& f : kFaces) {
    block.connectivity.insert(block.connectivity.end(), f.begin(), f.end());
  }
  return vtk_file_bytes(block, Frame{}, "");
}

std::string problem(const TempFolder& folder, const std::string& name, const std::string& bytes) {
  put(folder / name, bytes);
  return testing_io::message_of<InputError>([&] { read_surface(folder / name); });
}

TEST(VtkSurfaceReader, EveryFormatGivesTheTriangles) {
  const std::pair<std::string, std::string> files[] = {
      {"a.stl", text_stl()},
      {"b.STL", binary_stl("made by a program")},
      {"c.stl", binary_stl("solid corner")},
      {"d.obj", obj("")},
      {"e.obj", obj("/1")},
      {"f.obj", obj("//1")},
      {"g.obj", obj("/1/1")},
      {"h.ply", text_ply()},
      {"i.ply", binary_ply("binary_little_endian", false)},
      {"k.ply", binary_ply("binary_big_endian", true)},
      {"j.vtp", vtp()}};
  const TempFolder folder;
  for (const auto& [name, bytes] : files) {
    put(folder / name, bytes);
    const SurfaceData data = read_surface(folder / name);
    ASSERT_EQ(data.triangles.size(), kFaces.size()) << name;
    for (std::size_t t = 0; t < kFaces.size(); ++t) {
      for (std::size_t k = 0; k < 3; ++k) {
        EXPECT_EQ(data.points[data.triangles[t][k]], kCorners[kFaces[t][k]]) << name;
      }
    }
  }
}

/// A pentagon with a dent, whose fan from the first corner would leave it.
TEST(VtkSurfaceReader, PolygonsBecomeTriangles) {
  const TempFolder folder;
  put(folder / "dent.obj", "v 0 0 0\nv 2 0 0\nv 1 0.5 0\nv 2 2 0\nv 0 2 0\nf 1 2 3 4 5\n");
  const SurfaceData data = read_surface(folder / "dent.obj");
  ASSERT_EQ(data.triangles.size(), 3U);
  double area = 0;
  for (const auto& t : data.triangles) {
    const auto& a = data.points[t[0]];
    const auto& b = data.points[t[1]];
    const auto& c = data.points[t[2]];
    const double twice = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    EXPECT_GT(twice, 0);  // turned like the polygon
    area += twice / 2;
  }
  EXPECT_NEAR(area, 3, 1e-12);
}

TEST(VtkSurfaceReader, ObjPointsMayCountBackwardsAndComeLater) {
  const TempFolder folder;
  put(folder / "a.obj", "f 1 2 3\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf -3 -2 -1\n");
  const SurfaceData data = read_surface(folder / "a.obj");
  EXPECT_EQ(data.triangles, (std::vector<std::array<std::int64_t, 3>>{{0, 1, 2}, {0, 1, 2}}));
}

TEST(VtkSurfaceReader, WhatIsNoSurfaceIsRefusedByName) {
  const TempFolder folder;
  const auto missing = folder / "missing.stl";
  EXPECT_MESSAGE_HAS(EnvironmentError, read_surface(missing), "cannot read '" + missing.string());
  EXPECT_EQ(problem(folder, "body.step", "ISO-10303-21;"),
            format("cannot read '{}': surfaces are read from .stl, .obj, .ply and .vtp files; "
                   "export it as one",
                   (folder / "body.step").string()));
  for (const char* name : {"e.stl", "e.obj", "e.ply", "e.vtp"}) {
    EXPECT_EQ(problem(folder, name, ""),
              format("cannot read '{}': it is empty; export the surface again",
                     (folder / name).string()));
    EXPECT_NE(problem(folder, name, "What is this?\n"), "no error");
  }
}

TEST(VtkSurfaceReader, SurfacesWithoutFacesAreRefused) {
  const TempFolder folder;
  std::string ply = text_ply().substr(0, text_ply().find("3 0 2 1"));
  ply.replace(ply.find("face 4"), 6, "face 0");
  const std::string stl = "solid x\nendsolid x\n";
  EXPECT_THAT(problem(folder, "a.obj", "v 0 0 0\nv 1 0 0\n"), testing::HasSubstr("has no faces"));
  EXPECT_THAT(problem(folder, "a.ply", ply), testing::HasSubstr("has no faces"));
  EXPECT_THAT(problem(folder, "a.stl", stl), testing::HasSubstr("cannot read '"));
}

TEST(VtkSurfaceReader, NumbersThatAreWrongAreRefused) {
  const TempFolder folder;
  const auto expect = [&](const std::string& name, std::string text, const std::string& from,
                          const std::string& to, const std::string& message) {
    text.replace(text.find(from), from.size(), to);
    EXPECT_THAT(problem(folder, name, text), testing::HasSubstr(message)) << to;
  };
  expect("a.stl", text_stl(), "vertex 0 1 0", "vertex 0 nan 0", "cannot read '");
  const std::string no_corner = "face 1 has 3 corners, or one that is not among the 4 points";
  expect("a.obj", obj(""), "v 0 1 0", "v 0 inf 0", "the coordinates of point 2 are not finite");
  expect("a.obj", obj(""), "v 0 1 0", "v 0 1", "line 6: a point needs three coordinates; it is da");
  expect("a.obj", obj(""), "f 1 3 2", "f 1 5 2", no_corner);
  expect("a.obj", obj(""), "f 1 3 2", "f -5 3 2", no_corner);
  expect("a.obj", obj(""), "f 1 3 2", "f 0 3 2", "line 8: '0' is no corner of a face");
  expect("a.obj", obj(""), "f 1 3 2", "f 1 3x 2", "line 8: '3x' is no corner of a face");
  expect("a.obj", obj(""), "f 1 3 2", "f 1 3", "face 1 has 2 corners");
  expect("a.ply", text_ply(), "3 0 2 1", "3 0 2 4", no_corner);
  expect("a.ply", text_ply(), "3 0 2 1", "3 0 2 -1", no_corner);
  expect("a.ply", text_ply(), "3 0 2 1", "3 0 2 1.5", no_corner);
  expect("a.ply", text_ply(), "3 0 2 1", "3 0 2 x", "'x' is not a number");
  expect("a.ply", text_ply(), "float y", "float s", "coordinates of point 0 are not finite");
  expect("a.ply", text_ply(), "vertex 4", "vertex 4000000000", "before its header says");
  expect("a.ply", text_ply(), "vertex 4", "vertex x", "the line 'element vertex x', which makes");
  expect("a.ply", text_ply(), "property float y", "property real y", "'property real y', which");
  expect("a.ply", text_ply(), "ascii", "utf8", "the line 'format utf8 1.0', which makes no sense");
  expect("a.vtp", vtp(), "PolyData", "ImageData", "is no .vtp file");
}

TEST(VtkSurfaceReader, CutFilesAreRefused) {
  const TempFolder folder;
  const std::pair<std::string, std::string> files[] = {
      {"a.stl", text_stl()},
      {"b.stl", binary_stl("made by a program")},
      {"h.ply", text_ply()},
      {"i.ply", binary_ply("binary_little_endian", false)},
      {"j.vtp", vtp()}};
  for (const auto& [name, bytes] : files) {
    for (std::size_t size = 0; size + 17 < bytes.size(); size += 7) {
      EXPECT_THAT(problem(folder, name, bytes.substr(0, size)), testing::HasSubstr("cannot read '"))
          << name << " " << size;
    }
  }
}

}  // namespace
}  // namespace filigree
