// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/frame.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace filigree {
namespace {

/// Two triangles over four points, with one field each on points and cells.
Frame good_frame() {
  Frame frame;
  frame.time = 0.5;
  frame.number = 3;
  Block block;
  block.name = "cloth";
  block.points = {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0};
  block.kind = CellKind::kTriangle;
  block.offsets = {0, 3, 6};
  block.connectivity = {0, 1, 2, 0, 2, 3};
  block.point_fields.push_back(make_array("velocity", DType::kF64, {4, 3}, "m/s"));
  block.cell_fields.push_back(make_array("stress", DType::kF32, {2}, "Pa"));
  frame.blocks.push_back(block);
  return frame;
}

/// What validate() says of the good frame after `change`.
template <class Change>
std::string refusal(Change&& change) {
  Frame frame = good_frame();
  change(frame, frame.blocks[0]);
  try {
    validate(frame);
  } catch (const InputError& error) {
    return error.what();
  } catch (const NumericalError& error) {
    return std::string("numerical: ") + error.what();
  }
  return "no error";
}

TEST(Frame, GoodFramesPass) {
  EXPECT_EQ(refusal([](Frame&, Block&) {}), "no error");
  EXPECT_EQ(refusal([](Frame& f, Block&) { f.blocks.clear(); }), "no error");
  EXPECT_EQ(refusal([](Frame&, Block& b) {
              b = Block{};
              b.name = "empty";
              b.point_fields.push_back(make_array("mass", DType::kF64, {0}));
            }),
            "no error");
}

TEST(Frame, CellsAreCounted) {
  EXPECT_EQ(good_frame().blocks[0].n_cells(), 2);
  Block particles;
  particles.points = {0, 0, 0, 1, 1, 1};
  EXPECT_EQ(particles.n_cells(), 2);
  particles.kind = CellKind::kLine;
  EXPECT_EQ(particles.n_cells(), 0);
}

TEST(Frame, NamesMustBeLowerSnakeAndUnique) {
  EXPECT_EQ(refusal([](Frame&, Block& b) { b.name = "My Cloth"; }),
            "block name 'My Cloth' is not lower_snake (a-z, 0-9, _)");
  EXPECT_EQ(refusal([](Frame&, Block& b) { b.name = ""; }),
            "block name '' is not lower_snake (a-z, 0-9, _)");
  EXPECT_EQ(refusal([](Frame& f, Block&) { f.blocks.push_back(f.blocks[0]); }),
            "frame 3 has two blocks named 'cloth'; names must differ");
  EXPECT_EQ(refusal([](Frame&, Block& b) { b.point_fields[0].name = "Velocity"; }),
            "field name 'Velocity' in block 'cloth' is not lower_snake (a-z, 0-9, _)");
  EXPECT_EQ(refusal([](Frame&, Block& b) { b.point_fields.push_back(b.point_fields[0]); }),
            "block 'cloth' has two point fields named 'velocity'; names must differ");
  EXPECT_EQ(refusal([](Frame& f, Block&) { f.number = -1; }), "frame number -1 is negative");
}

TEST(Frame, SizesMustAgree) {
  EXPECT_EQ(refusal([](Frame&, Block& b) { b.points.pop_back(); }),
            "block 'cloth' has 11 coordinates; three per point are needed (z = 0 in 2D)");
  EXPECT_EQ(refusal([](Frame&, Block& b) {
              b.point_fields[0] = make_array("velocity", DType::kF64, {3, 3});
            }),
            "field 'velocity' has 3 rows but block 'cloth' has 4 points");
  EXPECT_EQ(
      refusal([](Frame&, Block& b) { b.cell_fields[0] = make_array("stress", DType::kF64, {4}); }),
      "field 'stress' has 4 rows but block 'cloth' has 2 cells");
  EXPECT_EQ(refusal([](Frame&, Block& b) { b.cell_fields[0].bytes.pop_back(); }),
            "field 'stress' of block 'cloth' has 7 bytes, which do not fill its shape");
  EXPECT_EQ(refusal([](Frame&, Block& b) {
              b.cell_fields[0] = make_array("stress", DType::kF64, {2, 0});
            }),
            "field 'stress' of block 'cloth' has no components");
}

TEST(Frame, CellsMustNameExistingPoints) {
  EXPECT_EQ(refusal([](Frame&, Block& b) { b.offsets.clear(); }),
            "block 'cloth' has 6 connectivity entries but no cell offsets");
  EXPECT_EQ(refusal([](Frame&, Block& b) { b.offsets.back() = 5; }),
            "cell offsets of block 'cloth' run from 0 to 5; they must run from 0 to the 6 "
            "connectivity entries");
  EXPECT_EQ(refusal([](Frame&, Block& b) { b.offsets[1] = 2; }),
            "cell 0 of block 'cloth' has 2 points; its kind needs 3");
  EXPECT_EQ(refusal([](Frame&, Block& b) {
              b.kind = CellKind::kPolyline;
              b.offsets[1] = 1;
            }),
            "cell 0 of block 'cloth' has 1 points; its kind needs at least 2");
  EXPECT_EQ(refusal([](Frame&, Block& b) { b.connectivity[4] = 4; }),
            "connectivity entry 4 of block 'cloth' names point 4, but there are 4 points");
  EXPECT_EQ(refusal([](Frame&, Block& b) { b.connectivity[0] = -1; }),
            "connectivity entry 0 of block 'cloth' names point -1, but there are 4 points");
}

TEST(Frame, ValuesMustBeFinite) {
  EXPECT_EQ(refusal([](Frame& f, Block&) { f.time = NAN; }),
            "numerical: the time of frame 3 is not finite");
  EXPECT_EQ(refusal([](Frame&, Block& b) { b.points[4] = NAN; }),
            "numerical: point 1 of block 'cloth' is not finite: (1, nan, 0) m");
  EXPECT_EQ(refusal([](Frame&, Block& b) { b.point_fields[0].as<double>()[7] = INFINITY; }),
            "numerical: field 'velocity' of block 'cloth' is not finite (inf) for point 2 at "
            "(1, 1, 0) m");
  EXPECT_EQ(refusal([](Frame&, Block& b) { b.cell_fields[0].as<float>()[1] = NAN; }),
            "numerical: field 'stress' of block 'cloth' is not finite (nan) for cell 1");
}

}  // namespace
}  // namespace filigree
