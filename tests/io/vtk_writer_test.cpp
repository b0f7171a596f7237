// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Reads the files back through VTK's own readers.
#include "io/vtk_writer.hpp"

#include <vtkCellData.h>
#include <vtkFieldData.h>
#include <vtkInformation.h>
#include <vtkInformationStringKey.h>
#include <vtkMultiBlockDataSet.h>
#include <vtkNew.h>
#include <vtkPointData.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkStringArray.h>
#include <vtkUnstructuredGrid.h>
#include <vtkXMLMultiBlockDataReader.h>
#include <vtkXMLPolyDataReader.h>
#include <vtkXMLUnstructuredGridReader.h>

#include <numeric>

#include "tests/io/testing.hpp"

namespace filigree {
namespace {

using testing_io::contents;
using testing_io::TempFolder;

Block cube(CellKind kind, std::vector<std::int64_t> offsets,
           std::vector<std::int64_t> connectivity) {
  Block block;
  block.name = "part";
  for (int i = 0; i < 8; ++i) {
    // Corners in the order of a VTK hexahedron.
    block.points.push_back((i % 4 == 1 || i % 4 == 2) ? 1.0 : 0.0);
    block.points.push_back(i % 4 >= 2 ? 1.0 : 0.0);
    block.points.push_back(i >= 4 ? 1.0 / 3.0 : 0.0);
  }
  block.kind = kind;
  block.offsets = std::move(offsets);
  block.connectivity = std::move(connectivity);
  return block;
}

template <class T>
NamedArray ramp(const std::string& name, std::vector<std::int64_t> shape, const std::string& unit) {
  NamedArray array = make_array(name, dtype_of<T>(), std::move(shape), unit);
  std::iota(array.as<T>().begin(), array.as<T>().end(), T(1));
  return array;
}

Frame frame_of(std::vector<Block> blocks) {
  Frame frame;
  frame.time = 0.1 + 0.2;
  frame.step = 1234;
  frame.number = 12;
  frame.blocks = std::move(blocks);
  return frame;
}

/// Writes one frame into the folder and reads a file of it.
template <class Reader>
void write_and_read(const TempFolder& folder, const Frame& frame, const std::string& file,
                    Reader& reader) {
  VtkWriter writer;
  writer.open({.title = "a <title> & more", .folder = folder.path(), .digits = 6});
  writer.write(frame);
  writer.close();
  ASSERT_TRUE(std::filesystem::exists(folder / file)) << file;
  reader.SetFileName((folder / file).c_str());
  reader.Update();
}

std::string unit_of(vtkDataArray* array) {
  const char* unit = array->GetInformation()->Get(vtkDataArray::UNITS_LABEL());
  return unit == nullptr ? "" : unit;
}

TEST(VtkWriter, FieldsKeepTypeValuesAndUnit) {
  const TempFolder folder;
  Block block = cube(CellKind::kVertex, {}, {});
  block.point_fields = {ramp<float>("velocity", {8, 3}, "m/s"),
                        ramp<double>("stress", {8, 3, 3}, "Pa"),
                        ramp<std::int32_t>("material", {8}, ""), ramp<std::int64_t>("id", {8}, ""),
                        ramp<std::uint8_t>("flag", {8, 1}, "")};
  block.cell_fields = {ramp<double>("mass", {8}, "kg")};
  vtkNew<vtkXMLPolyDataReader> reader;
  write_and_read(folder, frame_of({block}), "frames/part_000012.vtp", *reader);
  vtkPolyData* data = reader->GetOutput();
  ASSERT_EQ(data->GetNumberOfPoints(), 8);
  EXPECT_EQ(data->GetNumberOfVerts(), 8);
  EXPECT_EQ(data->GetPoints()->GetDataType(), VTK_DOUBLE);
  for (vtkIdType i = 0; i < 8; ++i) {
    for (int k = 0; k < 3; ++k) {
      EXPECT_EQ(data->GetPoint(i)[k], block.points[static_cast<std::size_t>(3 * i + k)]);
    }
  }
  const std::pair<std::string, int> types[] = {{"velocity", VTK_FLOAT},
                                               {"stress", VTK_DOUBLE},
                                               {"material", VTK_INT},
                                               {"id", VTK_TYPE_INT64},
                                               {"flag", VTK_UNSIGNED_CHAR}};
  for (std::size_t f = 0; f < block.point_fields.size(); ++f) {
    const NamedArray& field = block.point_fields[f];
    vtkDataArray* array = data->GetPointData()->GetArray(field.name.c_str());
    ASSERT_NE(array, nullptr) << field.name;
    EXPECT_EQ(field.name, types[f].first);
    EXPECT_EQ(array->GetDataType(), types[f].second) << field.name;
    EXPECT_EQ(array->GetNumberOfComponents(), field.components()) << field.name;
    EXPECT_EQ(unit_of(array), field.unit) << field.name;
    for (vtkIdType i = 0; i < 8; ++i) {
      for (int k = 0; k < array->GetNumberOfComponents(); ++k) {
        EXPECT_EQ(array->GetComponent(i, k), field.value(i * field.components() + k));
      }
    }
  }
  EXPECT_EQ(unit_of(data->GetCellData()->GetArray("mass")), "kg");
  EXPECT_EQ(data->GetCellData()->GetArray("mass")->GetComponent(7, 0), 8);
}

TEST(VtkWriter, TimeStepAndTitleAreInsideTheFile) {
  const TempFolder folder;
  vtkNew<vtkXMLPolyDataReader> reader;
  write_and_read(folder, frame_of({cube(CellKind::kVertex, {}, {})}), "frames/part_000012.vtp",
                 *reader);
  vtkFieldData* data = reader->GetOutput()->GetFieldData();
  ASSERT_NE(data->GetArray("TimeValue"), nullptr);
  EXPECT_EQ(data->GetArray("TimeValue")->GetComponent(0, 0), 0.1 + 0.2);
  EXPECT_EQ(data->GetArray("step")->GetComponent(0, 0), 1234);
  auto* title = vtkStringArray::SafeDownCast(data->GetAbstractArray("title"));
  ASSERT_NE(title, nullptr);
  EXPECT_EQ(title->GetValue(0), "a <title> & more");
}

TEST(VtkWriter, FilesAreAppendedRawAndCompressed) {
  Block block = cube(CellKind::kVertex, {}, {});
  const std::string text = vtk_file_bytes(block, frame_of({}), "");
  EXPECT_NE(text.find("compressor=\"vtkZLibDataCompressor\""), std::string::npos);
  EXPECT_NE(text.find("<AppendedData encoding=\"raw\">"), std::string::npos);
}

TEST(VtkWriter, LinesAndFacesKeepTheirPoints) {
  const TempFolder folder;
  vtkNew<vtkXMLPolyDataReader> reader;
  write_and_read(folder, frame_of({cube(CellKind::kPolyline, {0, 3, 5}, {0, 1, 2, 4, 5})}),
                 "frames/part_000012.vtp", *reader);
  ASSERT_EQ(reader->GetOutput()->GetNumberOfLines(), 2);
  vtkNew<vtkIdList> ids;
  reader->GetOutput()->GetCellPoints(0, ids);
  ASSERT_EQ(ids->GetNumberOfIds(), 3);
  EXPECT_EQ(ids->GetId(2), 2);

  const TempFolder second;
  write_and_read(second, frame_of({cube(CellKind::kTriangle, {0, 3, 6}, {0, 1, 2, 4, 5, 6})}),
                 "frames/part_000012.vtp", *reader);
  ASSERT_EQ(reader->GetOutput()->GetNumberOfPolys(), 2);
  EXPECT_EQ(reader->GetOutput()->GetCellType(1), VTK_TRIANGLE);

  const TempFolder third;
  write_and_read(third, frame_of({cube(CellKind::kQuad, {0, 4}, {0, 1, 2, 3})}),
                 "frames/part_000012.vtp", *reader);
  EXPECT_EQ(reader->GetOutput()->GetCellType(0), VTK_QUAD);
}

TEST(VtkWriter, VolumeCellsGoIntoAnUnstructuredGrid) {
  const TempFolder folder;
  Block block = cube(CellKind::kTetrahedron, {0, 4, 8}, {0, 1, 2, 4, 1, 2, 3, 7});
  block.cell_fields = {ramp<float>("pressure", {2}, "Pa")};
  vtkNew<vtkXMLUnstructuredGridReader> reader;
  write_and_read(folder, frame_of({block}), "frames/part_000012.vtu", *reader);
  ASSERT_EQ(reader->GetOutput()->GetNumberOfCells(), 2);
  EXPECT_EQ(reader->GetOutput()->GetCellType(0), VTK_TETRA);
  vtkNew<vtkIdList> ids;
  reader->GetOutput()->GetCellPoints(1, ids);
  EXPECT_EQ(ids->GetId(3), 7);
  EXPECT_EQ(unit_of(reader->GetOutput()->GetCellData()->GetArray("pressure")), "Pa");
  EXPECT_TRUE(std::filesystem::exists(folder / "scene.vtu.series"));

  const TempFolder second;
  write_and_read(second, frame_of({cube(CellKind::kHexahedron, {0, 8}, {0, 1, 2, 3, 4, 5, 6, 7})}),
                 "frames/part_000012.vtu", *reader);
  EXPECT_EQ(reader->GetOutput()->GetCellType(0), VTK_HEXAHEDRON);
}

TEST(VtkWriter, SeveralPartsBecomeOneMultiBlockFile) {
  const TempFolder folder;
  Block sand = cube(CellKind::kVertex, {}, {});
  sand.name = "sand";
  Block ball = cube(CellKind::kHexahedron, {0, 8}, {0, 1, 2, 3, 4, 5, 6, 7});
  ball.name = "ball";
  vtkNew<vtkXMLMultiBlockDataReader> reader;
  write_and_read(folder, frame_of({sand, ball}), "frames/scene_000012.vtm", *reader);
  auto* blocks = vtkMultiBlockDataSet::SafeDownCast(reader->GetOutputDataObject(0));
  ASSERT_NE(blocks, nullptr);
  ASSERT_EQ(blocks->GetNumberOfBlocks(), 2u);
  EXPECT_STREQ(blocks->GetMetaData(0u)->Get(vtkCompositeDataSet::NAME()), "sand");
  EXPECT_STREQ(blocks->GetMetaData(1u)->Get(vtkCompositeDataSet::NAME()), "ball");
  EXPECT_NE(vtkPolyData::SafeDownCast(blocks->GetBlock(0)), nullptr);
  EXPECT_NE(vtkUnstructuredGrid::SafeDownCast(blocks->GetBlock(1)), nullptr);
  vtkDataArray* time = blocks->GetFieldData()->GetArray("TimeValue");
  ASSERT_NE(time, nullptr);
  EXPECT_EQ(time->GetComponent(0, 0), 0.1 + 0.2);
  EXPECT_EQ(folder.listing(), "frames scene.pvd scene.vtm.series");
  EXPECT_NE(contents(folder / "scene.pvd").find("frames/scene_000012.vtm"), std::string::npos);
}

TEST(VtkWriter, TheNumberOfPartsMustStay) {
  const TempFolder folder;
  Block sand = cube(CellKind::kVertex, {}, {});
  VtkWriter writer;
  EXPECT_MESSAGE(InputError, writer.write(frame_of({sand})), "the writer is not open");
  writer.open({.title = "", .folder = folder.path(), .digits = 6});
  Frame frame = frame_of({sand});
  writer.write(frame);
  frame.number = 13;
  frame.time = 1;
  Block other = sand;
  other.name = "other";
  frame.blocks.push_back(other);
  EXPECT_MESSAGE_HAS(InputError, writer.write(frame),
                     "the number and kind of blocks must not change during a run");
}

}  // namespace
}  // namespace filigree
