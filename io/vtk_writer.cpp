// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/vtk_writer.hpp"

#include <vtkAOSDataArrayTemplate.h>
#include <vtkCellArray.h>
#include <vtkCellData.h>
#include <vtkDoubleArray.h>
#include <vtkFieldData.h>
#include <vtkInformation.h>
#include <vtkInformationStringKey.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkSmartPointer.h>
#include <vtkStringArray.h>
#include <vtkTypeInt64Array.h>
#include <vtkUnstructuredGrid.h>
#include <vtkXMLPolyDataWriter.h>
#include <vtkXMLUnstructuredGridWriter.h>

#include <algorithm>

#include "core/error.hpp"
#include "io/atomic_file.hpp"

namespace filigree {
namespace {

constexpr const char* kFrames = "frames";
constexpr const char* kScene = "scene";

bool is_volume(CellKind kind) {
  return kind == CellKind::kTetrahedron || kind == CellKind::kHexahedron;
}

/// A VTK array that looks at `values` without copying; it must not outlive them.
template <class T>
vtkSmartPointer<vtkDataArray> borrow(std::span<const T> values, std::int64_t components) {
  auto array = vtkSmartPointer<vtkAOSDataArrayTemplate<T>>::New();
  array->SetNumberOfComponents(static_cast<int>(components));
  const int save = 1;  // VTK neither frees nor changes the memory
  array->SetArray(const_cast<T*>(values.data()), static_cast<vtkIdType>(values.size()), save);
  return array;
}

vtkSmartPointer<vtkDataArray> borrow(const NamedArray& field) {
  const std::int64_t n = std::max<std::int64_t>(field.components(), 1);
  switch (field.dtype) {
    case DType::kF32:
      return borrow(field.as<float>(), n);
    case DType::kF64:
      return borrow(field.as<double>(), n);
    case DType::kI32:
      return borrow(field.as<std::int32_t>(), n);
    case DType::kI64:
      return borrow(field.as<std::int64_t>(), n);
    case DType::kU8:
      return borrow(field.as<std::uint8_t>(), n);
    case DType::kU32:
      return borrow(field.as<std::uint32_t>(), n);
    case DType::kU64:
      return borrow(field.as<std::uint64_t>(), n);
  }
  throw InternalError(format("array type {} has no VTK type", static_cast<int>(field.dtype)));
}

void add_fields(vtkFieldData* target, const std::vector<NamedArray>& fields) {
  for (const NamedArray& field : fields) {
    const vtkSmartPointer<vtkDataArray> array = borrow(field);
    array->SetName(field.name.c_str());
    if (!field.unit.empty()) {
      array->GetInformation()->Set(vtkDataArray::UNITS_LABEL(), field.unit.c_str());
    }
    target->AddArray(array);
  }
}

void add_frame_data(vtkFieldData* target, const Frame& frame, const std::string& title) {
  vtkNew<vtkDoubleArray> time;
  time->SetName("TimeValue");
  time->InsertNextValue(frame.time);
  time->GetInformation()->Set(vtkDataArray::UNITS_LABEL(), "s");
  target->AddArray(time);
  vtkNew<vtkTypeInt64Array> step;
  step->SetName("step");
  step->InsertNextValue(frame.step);
  target->AddArray(step);
  if (title.empty()) return;
  vtkNew<vtkStringArray> text;
  text->SetName("title");
  text->InsertNextValue(title);
  target->AddArray(text);
}

vtkSmartPointer<vtkPoints> make_points(const Block& block) {
  auto points = vtkSmartPointer<vtkPoints>::New();
  points->SetData(borrow(std::span<const double>(block.points), 3));
  return points;
}

vtkSmartPointer<vtkCellArray> make_cells(const Block& block) {
  auto cells = vtkSmartPointer<vtkCellArray>::New();
  if (block.kind == CellKind::kVertex && block.offsets.empty()) {
    for (vtkIdType i = 0; i < block.n_points(); ++i) cells->InsertNextCell(1, &i);
    return cells;
  }
  for (std::size_t c = 0; c + 1 < block.offsets.size(); ++c) {
    const std::int64_t begin = block.offsets[c];
    cells->InsertNextCell(block.offsets[c + 1] - begin);
    for (std::int64_t i = begin; i < block.offsets[c + 1]; ++i) {
      cells->InsertCellPoint(block.connectivity[static_cast<std::size_t>(i)]);
    }
  }
  return cells;
}

vtkSmartPointer<vtkDataSet> make_surface(const Block& block) {
  auto data = vtkSmartPointer<vtkPolyData>::New();
  data->SetPoints(make_points(block));
  const vtkSmartPointer<vtkCellArray> cells = make_cells(block);
  if (block.kind == CellKind::kVertex) {
    data->SetVerts(cells);
  } else if (block.kind == CellKind::kLine || block.kind == CellKind::kPolyline) {
    data->SetLines(cells);
  } else {
    data->SetPolys(cells);
  }
  return data;
}

vtkSmartPointer<vtkDataSet> make_volume(const Block& block) {
  auto data = vtkSmartPointer<vtkUnstructuredGrid>::New();
  data->SetPoints(make_points(block));
  data->SetCells(block.kind == CellKind::kTetrahedron ? VTK_TETRA : VTK_HEXAHEDRON,
                 make_cells(block));
  return data;
}

/// The text of the .vtm file: names of the blocks and their files.
std::string multi_block_text(const Frame& frame, const std::vector<std::string>& files) {
  std::string text =
      "<?xml version=\"1.0\"?>\n"
      "<VTKFile type=\"vtkMultiBlockDataSet\" version=\"1.0\" byte_order=\"LittleEndian\">\n"
      "  <vtkMultiBlockDataSet>\n";
  for (std::size_t i = 0; i < files.size(); ++i) {
    text += format("    <DataSet index=\"{}\" name=\"{}\" file=\"{}\"/>\n", i, frame.blocks[i].name,
                   files[i]);
  }
  text += "  </vtkMultiBlockDataSet>\n";
  text += format(
      "  <FieldData>\n"
      "    <DataArray type=\"Float64\" Name=\"TimeValue\" NumberOfTuples=\"1\" format=\"ascii\">{}"
      "</DataArray>\n"
      "  </FieldData>\n"
      "</VTKFile>\n",
      number_text(frame.time));
  return text;
}

}  // namespace

std::string vtk_extension(const Block& block) {
  return is_volume(block.kind) ? ".vtu" : ".vtp";
}

std::string vtk_file_bytes(const Block& block, const Frame& frame, const std::string& title) {
  const vtkSmartPointer<vtkDataSet> data =
      is_volume(block.kind) ? make_volume(block) : make_surface(block);
  add_fields(data->GetPointData(), block.point_fields);
  add_fields(data->GetCellData(), block.cell_fields);
  add_frame_data(data->GetFieldData(), frame, title);
  vtkSmartPointer<vtkXMLWriter> writer;
  if (is_volume(block.kind)) {
    writer = vtkSmartPointer<vtkXMLUnstructuredGridWriter>::New();
  } else {
    writer = vtkSmartPointer<vtkXMLPolyDataWriter>::New();
  }
  writer->SetInputDataObject(data);
  writer->SetDataModeToAppended();
  writer->EncodeAppendedDataOff();
  writer->SetCompressorTypeToZLib();
  writer->SetCompressionLevel(1);  // level 5 takes 35 % longer for 1 % less
  writer->WriteToOutputStringOn();
  if (writer->Write() == 0) {
    throw EnvironmentError(
        format("VTK cannot write block '{}' of frame {}", block.name, frame.number));
  }
  return writer->GetOutputString();
}

void VtkWriter::open(const WriterMeta& meta) {
  meta_ = meta;
  create_folder(meta_.folder / kFrames);
  index_.emplace(meta_.folder, kScene);
}

void VtkWriter::resume(const WriterMeta& meta, std::int64_t n_frames) {
  open(meta);
  index_->resume(n_frames);
  remove_frames_from(meta_.folder / kFrames, n_frames, {".vtp", ".vtu", ".vtm"});
}

void VtkWriter::write(const Frame& frame) {
  FILIGREE_REQUIRE(index_.has_value(), "the writer is not open");
  FILIGREE_REQUIRE(!frame.blocks.empty(), "frame {} has no blocks to write", frame.number);
  validate(frame);
  std::vector<std::string> files;
  for (const Block& block : frame.blocks) {
    files.push_back(frame_file_stem(block.name, frame.number, meta_.digits) + vtk_extension(block));
    write_file_atomically(meta_.folder / kFrames / files.back(),
                          std::string_view(vtk_file_bytes(block, frame, meta_.title)));
  }
  std::string indexed = files.front();
  if (files.size() > 1) {
    indexed = frame_file_stem(kScene, frame.number, meta_.digits) + ".vtm";
    write_file_atomically(meta_.folder / kFrames / indexed,
                          std::string_view(multi_block_text(frame, files)));
  }
  index_->add({frame.number, frame.time, format("{}/{}", kFrames, indexed)});
}

void VtkWriter::close() {
  index_.reset();
}

}  // namespace filigree
