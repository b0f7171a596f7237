// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/vtk_reader.hpp"

#include <vtkCellArray.h>
#include <vtkCellData.h>
#include <vtkDataArray.h>
#include <vtkFieldData.h>
#include <vtkInformation.h>
#include <vtkInformationStringKey.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkUnstructuredGrid.h>
#include <vtkXMLPolyDataReader.h>
#include <vtkXMLUnstructuredGridReader.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/vtk_problems.hpp"
#include "io/writer.hpp"

namespace filigree {
namespace {

constexpr const char* kOtherFormat = "it is neither a .vtp nor a .vtu file of VTK's XML format";

bool is_complete(std::string_view text) {
  const std::size_t end = text.find_last_not_of(" \r\n");
  return text.substr(0, end + 1).ends_with("</VTKFile>");
}

/// The value of key="value" in one XML element of a .vtm file.
std::string attribute(std::string_view element, const std::string& key,
                      const std::filesystem::path& file) {
  const std::string start = " " + key + "=\"";
  const std::size_t at = element.find(start);
  const std::size_t begin = at + start.size();
  const std::size_t end = at == std::string_view::npos ? at : element.find('"', begin);
  FILIGREE_REQUIRE(end != std::string_view::npos, "cannot read '{}': an entry has no '{}'",
                   file.string(), key);
  return std::string(element.substr(begin, end - begin));
}

std::optional<DType> dtype_of_vtk(int type) {
  switch (type) {
    case VTK_FLOAT:
      return DType::kF32;
    case VTK_DOUBLE:
      return DType::kF64;
    case VTK_INT:
      return DType::kI32;
    case VTK_UNSIGNED_CHAR:
      return DType::kU8;
    case VTK_UNSIGNED_INT:
      return DType::kU32;
    case VTK_LONG:
    case VTK_LONG_LONG:
    case VTK_ID_TYPE:
      return DType::kI64;
    case VTK_UNSIGNED_LONG:
    case VTK_UNSIGNED_LONG_LONG:
      return DType::kU64;
    default:
      return std::nullopt;
  }
}

/// Reads one file; every problem is an error that names it.
class FileReader {
 public:
  explicit FileReader(const std::filesystem::path& file) : file_(file) {}

  Frame run() {
    const std::vector<std::byte> bytes = read_file(file_);  // explains what the system refuses
    const vtkSmartPointer<vtkPointSet> data = parse(bytes);
    Frame frame;
    Block block;
    frame.number = std::max<std::int64_t>(frame_number_of(file_), 0);
    block.name = block_name();
    read_points(*data, block);
    read_cells(*data, block);
    block.point_fields = read_fields(data->GetPointData());
    block.cell_fields = read_fields(data->GetCellData());
    frame.time = scalar(*data, "TimeValue");
    frame.step = static_cast<std::int64_t>(scalar(*data, "step"));
    frame.blocks.push_back(std::move(block));
    return frame;
  }

 private:
  /// A number among the field data, 0 when it is missing.
  double scalar(vtkPointSet& data, const char* name) const {
    vtkDataArray* array = data.GetFieldData()->GetArray(name);
    if (array == nullptr || array->GetNumberOfTuples() < 1) return 0;
    const double value = array->GetComponent(0, 0);
    require(std::abs(value) < 1e18, format("its {} is no sensible number", name));
    return value;
  }

  void require(bool holds, const std::string& problem) const {
    FILIGREE_REQUIRE(holds, "cannot read '{}': {}", file_.string(), problem);
  }

  std::string block_name() const {
    std::string name = file_.stem().string();
    if (frame_number_of(file_) >= 0) name.erase(name.rfind('_'));
    return name;
  }

  vtkSmartPointer<vtkPointSet> parse(const std::vector<std::byte>& bytes) const {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const std::string_view head = text.substr(0, 1024);
    require(head.find("<VTKFile") != std::string_view::npos, kOtherFormat);
    require(is_complete(text), "its end is missing");
    if (head.find("type=\"PolyData\"") != std::string_view::npos) {
      return parse_with<vtkXMLPolyDataReader>(text);
    }
    require(head.find("type=\"UnstructuredGrid\"") != std::string_view::npos, kOtherFormat);
    return parse_with<vtkXMLUnstructuredGridReader>(text);
  }

  template <class Reader>
  vtkSmartPointer<vtkPointSet> parse_with(std::string_view text) const {
    vtkNew<Reader> reader;
    const VtkProblems problems(*reader);
    reader->ReadFromInputStringOn();
    reader->SetInputString(std::string(text));
    reader->Update();
    require(problems.first().empty(), "VTK says: " + problems.first());
    vtkSmartPointer<vtkPointSet> data = reader->GetOutput();
    require(data != nullptr, "VTK finds no data in it");
    return data;
  }

  static void read_points(vtkPointSet& data, Block& block) {
    block.points.resize(static_cast<std::size_t>(3 * data.GetNumberOfPoints()));
    for (vtkIdType i = 0; i < data.GetNumberOfPoints(); ++i) {
      data.GetPoint(i, block.points.data() + 3 * i);
    }
  }

  void read_cells(vtkPointSet& data, Block& block) const {
    vtkCellArray* cells = nullptr;
    if (auto* surface = vtkPolyData::SafeDownCast(&data)) {
      const int kinds = int{surface->GetNumberOfVerts() > 0} +
                        int{surface->GetNumberOfLines() > 0} + int{surface->GetNumberOfPolys() > 0};
      require(kinds <= 1 && surface->GetNumberOfStrips() == 0,
              "it mixes points, lines, faces or strips; keep one kind per file");
      if (surface->GetNumberOfLines() > 0) {
        cells = surface->GetLines();
        block.kind = longest(*cells) == 2 ? CellKind::kLine : CellKind::kPolyline;
      } else if (surface->GetNumberOfPolys() > 0) {
        cells = surface->GetPolys();
        require(shortest(*cells) == longest(*cells) && longest(*cells) <= 4,
                "its faces are neither all triangles nor all quadrilaterals");
        block.kind = longest(*cells) == 3 ? CellKind::kTriangle : CellKind::kQuad;
      } else {
        cells = surface->GetVerts();
      }
    } else {
      auto* grid = vtkUnstructuredGrid::SafeDownCast(&data);
      cells = grid->GetCells();
      const bool tetrahedra = grid->GetNumberOfCells() > 0 && grid->GetCellType(0) == VTK_TETRA;
      const int kind = tetrahedra ? VTK_TETRA : VTK_HEXAHEDRON;
      for (vtkIdType c = 0; c < grid->GetNumberOfCells(); ++c) {
        require(grid->GetCellType(c) == kind,
                "its cells are neither all tetrahedra nor all hexahedra");
      }
      block.kind = tetrahedra ? CellKind::kTetrahedron : CellKind::kHexahedron;
    }
    block.offsets.push_back(0);
    for (vtkIdType c = 0; c < cells->GetNumberOfCells(); ++c) {
      vtkIdType n = 0;
      const vtkIdType* corners = nullptr;
      cells->GetCellAtId(c, n, corners);
      block.connectivity.insert(block.connectivity.end(), corners, corners + n);
      block.offsets.push_back(static_cast<std::int64_t>(block.connectivity.size()));
    }
    if (block.kind == CellKind::kVertex && is_one_vertex_per_point(block)) {
      block.offsets.clear();
      block.connectivity.clear();
    }
  }

  static bool is_one_vertex_per_point(const Block& block) {
    if (block.n_cells() != block.n_points()) return false;
    for (std::size_t i = 0; i < block.connectivity.size(); ++i) {
      if (block.connectivity[i] != static_cast<std::int64_t>(i)) return false;
    }
    return block.connectivity.size() == static_cast<std::size_t>(block.n_points());
  }

  static vtkIdType longest(vtkCellArray& cells) { return cells.GetMaxCellSize(); }
  static vtkIdType shortest(vtkCellArray& cells) {
    vtkIdType least = cells.GetMaxCellSize();
    for (vtkIdType c = 0; c < cells.GetNumberOfCells(); ++c) {
      least = std::min(least, cells.GetCellSize(c));
    }
    return least;
  }

  std::vector<NamedArray> read_fields(vtkFieldData* source) const {
    std::vector<NamedArray> fields;
    for (int i = 0; i < source->GetNumberOfArrays(); ++i) {
      vtkDataArray* array = source->GetArray(i);
      if (array == nullptr) continue;  // strings
      const std::string name = array->GetName() == nullptr ? "" : array->GetName();
      const std::optional<DType> type = dtype_of_vtk(array->GetDataType());
      require(type.has_value(), format("field '{}' has the type {}, which is not supported", name,
                                       array->GetDataTypeAsString()));
      const char* unit = array->GetInformation()->Get(vtkDataArray::UNITS_LABEL());
      std::vector<std::int64_t> shape{array->GetNumberOfTuples()};
      if (array->GetNumberOfComponents() > 1) shape.push_back(array->GetNumberOfComponents());
      NamedArray field = make_array(name, *type, shape, unit == nullptr ? "" : unit);
      const auto* from = static_cast<const std::byte*>(array->GetVoidPointer(0));
      std::copy(from, from + field.bytes.size(), field.bytes.begin());
      fields.push_back(std::move(field));
    }
    return fields;
  }

  std::filesystem::path file_;
};

}  // namespace

Frame read_vtk_file(const std::filesystem::path& file) {
  return FileReader(file).run();
}

Frame read_vtm_file(const std::filesystem::path& file) {
  const std::string text = read_text_file(file);
  FILIGREE_REQUIRE(
      text.find("type=\"vtkMultiBlockDataSet\"") != std::string::npos && is_complete(text),
      "cannot read '{}': it is not a complete .vtm file of VTK's XML format", file.string());
  Frame frame;
  constexpr std::string_view kEntry = "<DataSet ";
  for (std::size_t at = text.find(kEntry); at != std::string::npos; at = text.find(kEntry, at)) {
    const std::string_view entry = std::string_view(text).substr(at, text.find('>', at) - at);
    at += kEntry.size();
    Frame part = read_vtk_file(file.parent_path() / attribute(entry, "file", file));
    Block block = std::move(part.blocks.front());
    block.name = attribute(entry, "name", file);
    frame.time = part.time;
    frame.step = part.step;
    frame.blocks.push_back(std::move(block));
  }
  FILIGREE_REQUIRE(!frame.blocks.empty(), "cannot read '{}': it names no files", file.string());
  frame.number = std::max<std::int64_t>(frame_number_of(file), 0);
  return frame;
}

}  // namespace filigree
