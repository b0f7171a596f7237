// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/vtk_surface_reader.hpp"

#include <vtkCellArray.h>
#include <vtkIdList.h>
#include <vtkNew.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkPolygon.h>
#include <vtkSTLReader.h>
#include <vtkXMLPolyDataReader.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/polygon_files.hpp"
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
    to_lower(kind);
    const bool known = kind == ".stl" || kind == ".obj" || kind == ".ply" || kind == ".vtp";
    require(known, "surfaces are read from .stl, .obj, .ply and .vtp files; export it as one");
    text_ = read_text_file(file_, std::uint64_t{1} << 33);  // explains what the system refuses
    require(!text_.empty(), "it is empty; export the surface again");
    if (kind == ".stl") read_stl();
    if (kind == ".obj") read_polygons(&parse_obj);
    if (kind == ".ply") read_polygons(&parse_ply);
    if (kind == ".vtp") read_vtp();
    return std::move(data_);
  }

 private:
  static void to_lower(std::string& text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  }

  void require(bool holds, const std::string& problem) const {
    FILIGREE_REQUIRE(holds, "cannot read '{}': {}", file_.string(), problem);
  }
  void require_whole(bool holds, const std::string& problem) const {
    require(holds, problem + "; it is damaged, export the surface again");
  }

  void read_stl() {
    std::uint32_t announced = 0;
    if (text_.size() >= kStlHeader) std::memcpy(&announced, text_.data() + 80, 4);
    const std::size_t bytes = kStlHeader + kStlTriangle * announced;
    const bool is_binary = text_.size() == bytes;
    if (!is_binary) {
      to_lower(text_);
      const bool is_text = text_.starts_with("solid");
      require_whole(is_text || text_.size() > kStlHeader, "it is no STL file");
      require_whole(is_text, format("{} triangles need {} bytes, but it has {}", announced, bytes,
                                    text_.size()));
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

  void read_polygons(PolygonMesh (*parse)(std::string_view)) {
    PolygonMesh mesh;
    try {
      mesh = parse(text_);
    } catch (const InputError& error) {
      require_whole(false, error.what());
    }
    data_.points = std::move(mesh.points);
    for (std::size_t i = 0; i < mesh.faces.size(); ++i) add_face(i, mesh.faces[i]);
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
  void read_with(Reader& reader) {
    const VtkProblems problems(reader);
    reader.Update();
    require_whole(problems.first().empty(), "VTK says: " + problems.first());
    vtkPolyData* surface = reader.GetOutput();
    require_whole(surface != nullptr, "VTK finds no data in it");
    data_.points.resize(static_cast<std::size_t>(surface->GetNumberOfPoints()));
    for (std::size_t i = 0; i < data_.points.size(); ++i) {
      surface->GetPoint(static_cast<vtkIdType>(i), data_.points[i].data());
    }
    require(surface->GetNumberOfStrips() == 0,
            "it has triangle strips; export the surface as triangles");
    add_polygons(*surface->GetPolys());
  }

  void add_polygons(vtkCellArray& polygons) {
    for (vtkIdType i = 0; i < polygons.GetNumberOfCells(); ++i) {
      vtkIdType n = 0;
      const vtkIdType* corners = nullptr;
      polygons.GetCellAtId(i, n, corners);
      add_face(static_cast<std::size_t>(i), {corners, corners + n});
    }
  }

  void add_face(std::size_t number, const std::vector<std::int64_t>& corners) {
    const auto n_points = static_cast<std::int64_t>(data_.points.size());
    const bool is_good =
        corners.size() >= 3 && std::all_of(corners.begin(), corners.end(),
                                           [&](std::int64_t i) { return i >= 0 && i < n_points; });
    if (!is_good) {
      require_whole(false, format("face {} has {} corners, or one that is not among the {} points",
                                  number + 1, corners.size(), n_points));
    }
    if (corners.size() == 3) {
      data_.triangles.push_back({corners[0], corners[1], corners[2]});
    } else {
      add_polygon(number, corners);
    }
  }

  void add_polygon(std::size_t number, const std::vector<std::int64_t>& corners) {
    const auto n = static_cast<vtkIdType>(corners.size());
    vtkNew<vtkPolygon> polygon;
    polygon->GetPoints()->SetDataTypeToDouble();
    polygon->GetPoints()->SetNumberOfPoints(n);
    polygon->GetPointIds()->SetNumberOfIds(n);
    for (vtkIdType k = 0; k < n; ++k) {
      polygon->GetPoints()->SetPoint(k, data_.points[corners[k]].data());
      polygon->GetPointIds()->SetId(k, k);
    }
    vtkNew<vtkIdList> parts;
    require(polygon->Triangulate(parts) != 0 && parts->GetNumberOfIds() == 3 * (n - 2),
            format("face {} is a polygon of {} corners that crosses itself or is flat; export the "
                   "surface as triangles",
                   number + 1, n));
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
