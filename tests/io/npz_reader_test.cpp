// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// A frame is the same after its way through arrays, whatever its cells.
#include "io/npz_reader.hpp"

#include "io/frame_reader.hpp"
#include "io/npz.hpp"
#include "io/npz_writer.hpp"
#include "tests/io/testing.hpp"

namespace filigree {
namespace {

using testing_io::TempFolder;

Block eight_points(CellKind kind, std::vector<std::int64_t> offsets,
                   std::vector<std::int64_t> connectivity) {
  Block block;
  block.name = "part";
  for (int i = 0; i < 24; ++i) block.points.push_back(1.0 / (i + 3));
  block.kind = kind;
  block.offsets = std::move(offsets);
  block.connectivity = std::move(connectivity);
  block.point_fields = {make_array("velocity", DType::kF32, {8, 3}, "m/s")};
  block.cell_fields = {make_array("stress", DType::kF64, {block.n_cells(), 9}, "Pa")};
  return block;
}

TEST(NpzReader, EveryKindOfBlockComesBackAsItWas) {
  for (const Block& block :
       {eight_points(CellKind::kVertex, {}, {}), eight_points(CellKind::kVertex, {0, 1, 2}, {7, 2}),
        eight_points(CellKind::kLine, {0, 2}, {0, 1}),
        eight_points(CellKind::kPolyline, {0, 3, 5}, {0, 1, 2, 4, 5}),
        eight_points(CellKind::kPolyline, {0, 3}, {0, 1, 2}),
        eight_points(CellKind::kTriangle, {0, 3}, {0, 1, 2}),
        eight_points(CellKind::kQuad, {0, 4}, {0, 1, 2, 3}),
        eight_points(CellKind::kTetrahedron, {0, 4}, {0, 1, 2, 4}),
        eight_points(CellKind::kHexahedron, {0}, {})}) {
    const TempFolder folder;
    Block other = block;
    other.name = "other";
    NpzWriter writer;
    writer.open({.title = "", .folder = folder.path()});
    writer.write({.time = 0.1 + 0.2, .step = 12, .number = 34, .blocks = {block, other}});
    const Frame frame = read_frame(folder / "frames/scene_000034.npz");
    EXPECT_EQ(frame.time, 0.1 + 0.2);
    EXPECT_EQ(frame.step, 12);
    EXPECT_EQ(frame.number, 34);
    ASSERT_EQ(frame.blocks.size(), 2U);
    EXPECT_EQ(frame.blocks[1].name, "other");
    for (const Block& back : frame.blocks) {
      EXPECT_EQ(back.kind, block.kind);
      EXPECT_EQ(back.points, block.points);
      EXPECT_EQ(back.offsets, block.offsets);
      EXPECT_EQ(back.connectivity, block.connectivity);
      EXPECT_EQ(back.point_fields, block.point_fields);
      EXPECT_EQ(back.cell_fields, block.cell_fields);
    }
  }
}

TEST(NpzReader, WhatIsNotAFrameIsRefused) {
  const auto refusal = [](const std::vector<NamedArray>& list) {
    NamedArrays arrays;
    for (const NamedArray& array : list) arrays.add(array);
    return testing_io::message_of<InputError>([&] { frame_of_arrays(arrays, 0); });
  };
  const NamedArray points = make_array("a.points", DType::kF64, {2, 3});
  EXPECT_EQ(refusal({points}), "no error");
  EXPECT_EQ(refusal({points, make_array("time", DType::kF64, {2})}),
            "array 'time' must be one number");
  EXPECT_EQ(refusal({points, make_array("speed", DType::kF64, {2})}),
            "array 'speed' belongs to no block: names are 'time', 'step' and 'BLOCK.FIELD'");
  EXPECT_EQ(refusal({make_array("a.points", DType::kF64, {6})}),
            "array 'a.points' must have the shape [n, 3]");
  EXPECT_EQ(refusal({make_array("a.speed", DType::kF64, {2})}), "there is no array 'a.points'");
  EXPECT_EQ(refusal({points, make_array("a.offsets", DType::kI64, {1})}).substr(0, 60),
            "block 'a' has cells but no array 'a.cell_kind' that says whi");
  const std::uint8_t seven = 7;
  EXPECT_EQ(refusal({points, make_array("a.cell_kind", std::span<const std::uint8_t>(&seven, 1))}),
            "array 'a.cell_kind' must be one whole number from 0 (vertices) to 6 (hexahedra)");
}

TEST(NpzReader, MistakesOfAFrameNameTheFile) {
  const TempFolder folder;
  NamedArrays arrays;
  arrays.add(make_array("a.points", DType::kF64, {2, 3}));
  arrays.add(make_array("a.speed", DType::kF64, {3}));
  write_npz(folder / "x.npz", arrays);
  EXPECT_MESSAGE(Error, read_frame(folder / "x.npz"),
                 "cannot read '" + (folder / "x.npz").string() +
                     "': field 'speed' has 3 rows but block 'a' has 2 points");
}

}  // namespace
}  // namespace filigree
