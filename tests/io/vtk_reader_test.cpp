// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What was written is read back as it was; what is not such a file is refused with its name.
#include "io/vtk_reader.hpp"

#include <fstream>
#include <numeric>

#include "io/atomic_file.hpp"
#include "io/frame_reader.hpp"
#include "io/npz_writer.hpp"
#include "io/vtk_writer.hpp"
#include "tests/io/testing.hpp"

namespace filigree {
namespace {

using testing_io::TempFolder;

template <class T>
NamedArray ramp(const std::string& name, std::vector<std::int64_t> shape, const std::string& unit) {
  NamedArray array = make_array(name, dtype_of<T>(), std::move(shape), unit);
  std::iota(array.as<T>().begin(), array.as<T>().end(), T(1));
  return array;
}

/// Eight points in general position.
Block points(CellKind kind, std::vector<std::int64_t> offsets,
             std::vector<std::int64_t> connectivity) {
  Block block;
  block.name = "part_of_2";
  for (int i = 0; i < 24; ++i) block.points.push_back(1.0 / (i + 3));
  block.kind = kind;
  block.offsets = std::move(offsets);
  block.connectivity = std::move(connectivity);
  return block;
}

std::filesystem::path write(const TempFolder& folder, const Block& block) {
  VtkWriter writer;
  writer.open({.title = "title", .folder = folder.path(), .digits = 6});
  writer.write({.time = 0.1 + 0.2, .step = 1234, .number = 12, .blocks = {block}});
  writer.close();
  return folder / ("frames/part_of_2_000012" + vtk_extension(block));
}

TEST(VtkReader, EveryKindOfBlockComesBackAsItWas) {
  const Block blocks[] = {
      points(CellKind::kVertex, {}, {}),
      points(CellKind::kVertex, {0, 1, 2}, {7, 2}),
      points(CellKind::kLine, {0, 2, 4}, {0, 1, 4, 5}),
      points(CellKind::kPolyline, {0, 3, 5}, {0, 1, 2, 4, 5}),
      points(CellKind::kTriangle, {0, 3, 6}, {0, 1, 2, 4, 5, 6}),
      points(CellKind::kQuad, {0, 4}, {0, 1, 2, 3}),
      points(CellKind::kTetrahedron, {0, 4, 8}, {0, 1, 2, 4, 1, 2, 3, 7}),
      points(CellKind::kHexahedron, {0, 8}, {0, 1, 2, 3, 4, 5, 6, 7}),
  };
  for (Block block : blocks) {
    const TempFolder folder;
    block.point_fields = {
        ramp<float>("velocity", {8, 3}, "m/s"),  ramp<double>("mass", {8}, "kg"),
        ramp<std::int32_t>("material", {8}, ""), ramp<std::int64_t>("id", {8}, ""),
        ramp<std::uint8_t>("flag", {8}, ""),     ramp<std::uint32_t>("group", {8}, ""),
        ramp<std::uint64_t>("key", {8}, "")};
    block.cell_fields = {ramp<double>("stress", {block.n_cells(), 9}, "Pa")};
    const Frame frame = read_vtk_file(write(folder, block));
    EXPECT_EQ(frame.time, 0.1 + 0.2);
    EXPECT_EQ(frame.step, 1234);
    EXPECT_EQ(frame.number, 12);
    ASSERT_EQ(frame.blocks.size(), 1U);
    const Block& back = frame.blocks.front();
    EXPECT_EQ(back.name, block.name);
    EXPECT_EQ(back.kind, block.kind);
    EXPECT_EQ(back.points, block.points);
    EXPECT_EQ(back.offsets, block.offsets);
    EXPECT_EQ(back.connectivity, block.connectivity);
    EXPECT_EQ(back.point_fields, block.point_fields);
    EXPECT_EQ(back.cell_fields, block.cell_fields);
  }
}

TEST(VtkReader, BothFormatsGiveTheSameArrays) {
  const TempFolder folder;
  Block block = points(CellKind::kTriangle, {0, 3}, {5, 6, 7});
  block.point_fields = {ramp<float>("velocity", {8, 3}, "m/s")};
  const Frame frame{.time = 2, .step = 3, .number = 12, .blocks = {block}};
  NpzWriter writer;
  writer.open({.title = "", .folder = folder.path(), .digits = 6});
  writer.write(frame);
  const NamedArrays expected = read_frame_arrays(folder / "frames/scene_000012.npz");
  write_file_atomically(folder / "part_of_2_000012.vtp", vtk_file_bytes(block, frame, ""));
  EXPECT_EQ(read_frame_arrays(folder / "part_of_2_000012.vtp"), expected);
  EXPECT_MESSAGE_HAS(InputError, read_frame_arrays(folder / "scene.pvd"), "is no frame");
}

TEST(VtkReader, WhatIsNoSuchFileIsRefusedByName) {
  const TempFolder folder;
  const auto file = folder / "file.vtp";
  EXPECT_MESSAGE_HAS(EnvironmentError, read_vtk_file(file), "cannot read '" + file.string());
  for (const std::string& text : {std::string(), std::string("solid x"), std::string("<?xml")}) {
    write_file_atomically(file, text);
    EXPECT_MESSAGE_HAS(InputError, read_vtk_file(file), "neither a .vtp nor a .vtu file");
  }
}

class DamagedFile : public testing::Test {
 protected:
  DamagedFile() {
    block_ = points(CellKind::kVertex, {}, {});
    block_.point_fields = {ramp<float>("velocity", {8, 3}, "m/s")};
    Frame frame;
    frame.time = 1;
    bytes_ = vtk_file_bytes(block_, frame, "");
  }
  /// The message of the error that reading `bytes` gives, "" when it gives none.
  std::string message(std::string_view bytes) const {
    write_file_atomically(folder_ / "file_000000.vtp", bytes);
    try {
      const Frame back = read_vtk_file(folder_ / "file_000000.vtp");
      return back.blocks.front().n_points() == block_.n_points() ? "" : "other points";
    } catch (const InputError& error) {
      return error.what();
    }
  }
  TempFolder folder_;
  Block block_;
  std::string bytes_;
};

TEST_F(DamagedFile, CutFilesAreRefused) {
  for (std::size_t size = 0; size + 2 < bytes_.size(); size += 7) {
    EXPECT_NE(message(bytes_.substr(0, size)).find("cannot read '"), std::string::npos) << size;
  }
  EXPECT_EQ(message(bytes_), "");
  EXPECT_EQ(message(bytes_ + "\n\n"), "");
}

}  // namespace
}  // namespace filigree
