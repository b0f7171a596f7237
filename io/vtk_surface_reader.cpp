// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// VTK's readers trust their files, so what they would stumble over is looked at first.
#include "io/vtk_surface_reader.hpp"

#include <vtkCellArray.h>
#include <vtkIdList.h>
#include <vtkNew.h>
#include <vtkOBJReader.h>
#include <vtkPLYReader.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkPolygon.h>
#include <vtkSTLReader.h>
#include <vtkXMLPolyDataReader.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <sstream>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/vtk_problems.hpp"

namespace filigree {
namespace {

constexpr std::size_t kStlHeader = 84;    // text and the number of triangles
constexpr std::size_t kStlTriangle = 50;  // normal, three corners, two bytes

class SurfaceFile {
 public:
  explicit SurfaceFile(const std::filesystem::path& file) : file_(file) {}

  SurfaceData run() {
    std::string kind = file_.extension().string();
    std::transform(kind.begin(), kind.end(), kind.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool known = kind == ".stl" || kind == ".obj" || kind == ".ply" || kind == ".vtp";
    require(known, "surfaces are read from .stl, .obj, .ply and .vtp files; export it as one");
    text_ = read_text_file(file_, std::uint64_t{1} << 33);  // explains what the system refuses
    require(!text_.empty(), "it is empty; export the surface again");
    if (kind == ".stl") read_stl();
    if (kind == ".obj") read_obj();
    if (kind == ".ply") read_ply();
    if (kind == ".vtp") read_vtp();
    return std::move(data_);
  }

 private:
  void require(bool holds, const std::string& problem) const {
    FILIGREE_REQUIRE(holds, "cannot read '{}': {}", file_.string(), problem);
  }
  void require_whole(bool holds, const std::string& problem) const {
    require(holds, problem + "; it is damaged, export the surface again");
  }

  void read_stl() {
    std::uint32_t announced = 0;
    if (text_.size() >= kStlHeader) std::memcpy(&announced, text_.data() + 80, 4);
    const bool is_binary = text_.size() == kStlHeader + kStlTriangle * announced;
    const bool is_text = text_.starts_with("solid") && text_.find("facet") != std::string::npos;
    if (!is_binary && !is_text) {
      require_whole(!text_.starts_with("solid") && text_.size() >= kStlHeader,
                    "it is no STL file: neither text with facets nor binary");
      require_whole(false, format("its header announces {} triangles in {} bytes, but it has {}",
                                  announced, kStlHeader + kStlTriangle * announced, text_.size()));
    }
    if (!is_binary) {
      require_whole(text_.find("endsolid") != std::string::npos, "its end ('endsolid') is missing");
    }
    vtkNew<vtkSTLReader> reader;
    reader->MergingOff();
    reader->SetFileName(file_.c_str());
    read_with(*reader);
    const std::size_t expected = is_binary ? announced : count("endfacet");
    require_whole(data_.triangles.size() == expected,
                  format("{} of its {} triangles can be read", data_.triangles.size(), expected));
  }

  void read_obj() {
    check_obj();
    vtkNew<vtkOBJReader> reader;
    reader->SetFileName(file_.c_str());
    read_with(*reader);
  }

  /// Every face must name at least three points that stand before or after it in the file.
  void check_obj() const {
    std::istringstream lines(text_);
    std::string line;
    std::array<std::int64_t, 3> counts{count("\nv "), count("\nvt "), count("\nvn ")};
    if (text_.starts_with("v ")) ++counts[0];
    require(counts[0] > 0, "it has no points ('v x y z'); export the surface again");
    for (int number = 1; std::getline(lines, line); ++number) {
      std::istringstream words(line);
      std::string word;
      words >> word;
      const auto wrong = [&](const std::string& what) {
        require_whole(false, format("line {}: {}", number, what));
      };
      if (word == "v") {
        double x = 0;
        for (int a = 0; a < 3; ++a) {
          if (!(words >> x)) wrong("a point needs three finite coordinates");
        }
      }
      if (word != "f") continue;
      int corners = 0;
      for (; words >> word; ++corners) check_corner(word, counts, wrong);
      if (corners < 3) wrong(format("a face needs three points or more, not {}", corners));
    }
  }

  /// "7", "7/3", "7//2" or "7/3/2": a point, its texture coordinate, its normal, each from 1.
  template <class Wrong>
  static void check_corner(const std::string& word, const std::array<std::int64_t, 3>& counts,
                           const Wrong& wrong) {
    const char* at = word.data();
    const char* const end = at + word.size();
    for (int part = 0; part < 3; ++part) {
      std::int64_t number = 0;
      const auto [rest, error] = std::from_chars(at, end, number);
      const bool is_missing = rest == at && part == 1;  // "7//2"
      if (!is_missing && (error != std::errc() || number < 1 || number > counts[part])) {
        constexpr const char* kWhat[] = {"point", "texture coordinate", "normal"};
        wrong(format("'{}' names no {} from 1 to {}", word, kWhat[part], counts[part]));
      }
      if (rest == end) return;
      if (*rest != '/') wrong(format("'{}' is no corner of a face", word));
      at = rest + 1;
    }
    wrong(format("'{}' is no corner of a face", word));
  }

  void read_ply() {
    require_whole(text_.starts_with("ply"), "it does not begin with 'ply'");
    const std::size_t end = text_.find("end_header");
    require_whole(end != std::string::npos, "its header has no 'end_header'");
    const std::size_t points = announced_by_ply(end, "element vertex ");
    const std::size_t faces = announced_by_ply(end, "element face ");
    require(faces > 0, "it has no faces; export the surface as triangles");
    // Two bytes at least for each number that a point or face has.
    require_whole(
        text_.size() - end > 2 * points + 2 * faces,
        format("its header announces {} points and {} faces, but it ends before", points, faces));
    vtkNew<vtkPLYReader> reader;
    reader->SetFileName(file_.c_str());
    read_with(*reader, faces);
    require_whole(data_.points.size() == points,
                  format("{} of its {} points can be read", data_.points.size(), points));
  }

  std::size_t announced_by_ply(std::size_t header, const std::string& element) const {
    const std::size_t at = text_.find(element);
    if (at == std::string::npos || at > header) return 0;
    std::size_t number = 0;
    const char* const first = text_.data() + at + element.size();
    const auto [rest, error] = std::from_chars(first, text_.data() + header, number);
    require_whole(error == std::errc(), format("its header has no number behind '{}'", element));
    return number;
  }

  void read_vtp() {
    const std::string_view text(text_);
    const std::size_t end = text.find_last_not_of(" \r\n");
    require_whole(text.substr(0, 1024).find("<VTKFile") != std::string_view::npos &&
                      text.substr(0, 1024).find("type=\"PolyData\"") != std::string_view::npos,
                  "it is no .vtp file of VTK's XML format");
    require_whole(text.substr(0, end + 1).ends_with("</VTKFile>"), "its end is missing");
    vtkNew<vtkXMLPolyDataReader> reader;
    reader->ReadFromInputStringOn();
    reader->SetInputString(text_);
    read_with(*reader);
  }

  std::int64_t count(const std::string& word) const {
    std::int64_t n = 0;
    for (std::size_t at = text_.find(word); at != std::string::npos; at = text_.find(word, at + 1))
      ++n;
    return n;
  }

  template <class Reader>
  void read_with(Reader& reader, std::size_t n_faces = 0) {
    const VtkProblems problems(reader);
    reader.Update();
    require_whole(problems.first().empty(), "VTK says: " + problems.first());
    vtkPolyData* surface = reader.GetOutput();
    require_whole(surface != nullptr, "VTK finds no data in it");
    data_.points.resize(static_cast<std::size_t>(surface->GetNumberOfPoints()));
    for (std::size_t i = 0; i < data_.points.size(); ++i) {
      surface->GetPoint(static_cast<vtkIdType>(i), data_.points[i].data());
    }
    const auto found = static_cast<std::size_t>(surface->GetNumberOfPolys());
    require_whole(n_faces == 0 || found == n_faces,
                  format("{} of its {} faces can be read", found, n_faces));
    require(surface->GetNumberOfStrips() == 0,
            "it has triangle strips; export the surface as triangles");
    add_polygons(*surface->GetPolys());
  }

  void add_polygons(vtkCellArray& polygons) {
    const auto n_points = static_cast<vtkIdType>(data_.points.size());
    for (vtkIdType face = 0; face < polygons.GetNumberOfCells(); ++face) {
      vtkIdType n = 0;
      const vtkIdType* corners = nullptr;
      polygons.GetCellAtId(face, n, corners);
      require_whole(n >= 3, format("face {} has {} corners", face, n));
      for (vtkIdType k = 0; k < n; ++k) {
        require_whole(
            corners[k] >= 0 && corners[k] < n_points,
            format("face {} names point {}, but there are {} points", face, corners[k], n_points));
      }
      if (n == 3) {
        data_.triangles.push_back({corners[0], corners[1], corners[2]});
      } else {
        add_polygon(face, n, corners);
      }
    }
  }

  void add_polygon(vtkIdType face, vtkIdType n, const vtkIdType* corners) {
    vtkNew<vtkPolygon> polygon;
    polygon->GetPointIds()->SetNumberOfIds(n);
    polygon->GetPoints()->SetNumberOfPoints(n);
    polygon->GetPoints()->SetDataTypeToDouble();
    for (vtkIdType k = 0; k < n; ++k) {
      polygon->GetPointIds()->SetId(k, k);
      polygon->GetPoints()->SetPoint(k, data_.points[corners[k]].data());
    }
    vtkNew<vtkIdList> parts;
    require(polygon->Triangulate(parts) != 0 && parts->GetNumberOfIds() == 3 * (n - 2),
            format("face {} is a polygon of {} corners that crosses itself; export the surface as "
                   "triangles",
                   face, n));
    for (vtkIdType i = 0; i < parts->GetNumberOfIds(); i += 3) {
      data_.triangles.push_back(
          {corners[parts->GetId(i)], corners[parts->GetId(i + 1)], corners[parts->GetId(i + 2)]});
    }
  }

  std::filesystem::path file_;
  std::string text_;
  SurfaceData data_;
};

}  // namespace

SurfaceData read_vtk_surface(const std::filesystem::path& file) {
  return SurfaceFile(file).run();
}

}  // namespace filigree
