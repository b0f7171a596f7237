// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/ops_grid.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/gradcheck.hpp"
#include "learning/autodiff/ops.hpp"
#include "tests/learning/testing.hpp"

namespace filigree::learning {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::random_tensor;

RegularGrid grid_of(int dimensions, bool periodic) {
  RegularGrid grid{.dimensions = dimensions,
                   .extents = {5, 4, 3},
                   .origin = {-1, 0.5, 2},
                   .spacing = {0.5, 0.25, 1}};
  grid.periodic = {periodic, false, periodic};
  for (int a = dimensions; a < 3; ++a) grid.extents[static_cast<std::size_t>(a)] = 1;
  return grid;
}

/// Positions within the grid's nodes.
Tensor points_in(const RegularGrid& grid, Index n, const char* name, DType dtype = DType::kF64) {
  const Tensor unit = random_tensor({n, grid.dimensions}, name, DType::kF64, 0, 1);
  std::vector<double> low, size;
  for (std::size_t a = 0; a < static_cast<std::size_t>(grid.dimensions); ++a) {
    low.push_back(grid.origin[a]);
    size.push_back(grid.spacing[a] * (grid.extents[a] - 1));
  }
  const Shape shape{grid.dimensions};
  return cast(unit * tensor(shape, size, DType::kF64) + tensor(shape, low, DType::kF64), dtype);
}

/// The positions of the nodes.
Tensor nodes_of(const RegularGrid& grid) {
  std::vector<double> values;
  for (Index n = 0; n < grid.n_nodes(); ++n) {
    std::vector<double> place(static_cast<std::size_t>(grid.dimensions));
    Index rest = n;
    for (std::size_t a = place.size(); a-- > 0;) {
      place[a] = grid.origin[a] + grid.spacing[a] * (rest % grid.extents[a]);
      rest /= grid.extents[a];
    }
    values.insert(values.end(), place.begin(), place.end());
  }
  return tensor({grid.n_nodes(), grid.dimensions}, values, DType::kF64);
}

class GridOf : public ::testing::TestWithParam<std::tuple<int, bool>> {
 protected:
  RegularGrid grid_ = grid_of(std::get<0>(GetParam()), std::get<1>(GetParam()));
  Tensor x_ = points_in(grid_, 40, "x");
  GridPoints points_ = locate(x_, grid_);
};

TEST_P(GridOf, SamplesNodesAtNodes) {
  const Tensor x = nodes_of(grid_);
  const Tensor values = random_tensor({grid_.n_nodes(), 2}, "values");
  EXPECT_LT(testing::distance(sample(values, x, locate(x, grid_)), values), 1e-14);
}

TEST_P(GridOf, SamplesLinearFunctionsExactly) {
  const Tensor slope = random_tensor({grid_.dimensions, 3}, "slope");
  const Tensor values = matmul(nodes_of(grid_), slope);
  EXPECT_LT(testing::distance(sample(values, x_, points_), matmul(x_, slope)), 1e-14);
}

TEST_P(GridOf, SplattingKeepsTheSum) {
  const Tensor values = random_tensor({40, 2}, "values");
  EXPECT_LT(testing::distance(sum(splat(values, x_, points_), 0), sum(values, 0)), 1e-13);
}

TEST_P(GridOf, SplattingIsTheAdjointOfSampling) {
  const Tensor nodes = random_tensor({grid_.n_nodes(), 35}, "nodes");
  const Tensor values = random_tensor({40, 35}, "values");
  const double by_points = item(sum(sample(nodes, x_, points_) * values));
  const double by_nodes = item(sum(nodes * splat(values, x_, points_)));
  EXPECT_NEAR(by_points, by_nodes, 1e-12);
}

TEST_P(GridOf, HasFirstAndSecondDerivatives) {
  const auto points = points_;
  const auto sampled = [=](const std::vector<Tensor>& in) { return sample(in[0], in[1], points); };
  const auto splatted = [=](const std::vector<Tensor>& in) { return splat(in[0], in[1], points); };
  auto report = gradcheck(sampled, {random_tensor({grid_.n_nodes(), 2}, "nodes"), x_});
  EXPECT_TRUE(report.passed) << report.text;
  report = gradcheck(splatted, {random_tensor({40, 2}, "values"), x_});
  EXPECT_TRUE(report.passed) << report.text;
}

TEST_P(GridOf, FloatAgreesWithDouble) {
  const Tensor nodes = random_tensor({grid_.n_nodes(), 2}, "nodes");
  const Tensor x = points_in(grid_, 40, "x", DType::kF32);
  const Tensor in_float = sample(cast(nodes, DType::kF32), x, locate(x, grid_));
  // Positions differ by half a unit of f32 at 4, over a spacing of 0.25.
  EXPECT_LT(testing::distance(cast(in_float, DType::kF64), sample(nodes, x_, points_)), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Grids, GridOf,
                         ::testing::Combine(::testing::Values(1, 2, 3), ::testing::Bool()));

TEST(Grid, WrapsAroundPeriodicAxes) {
  const RegularGrid grid{.dimensions = 1, .extents = {4, 1, 1}, .periodic = {true, false, false}};
  const Tensor nodes = tensor({4, 1}, {10, 20, 30, 40}, DType::kF64);
  const Tensor x = tensor({4, 1}, {3.5, -0.25, 7.5, 4}, DType::kF64);
  EXPECT_THAT(to_vector(sample(nodes, x, locate(x, grid))), ElementsAre(25, 17.5, 25, 10));
}

TEST(Grid, TakesPointsOnTheUpperBorder) {
  const RegularGrid grid{.dimensions = 1, .extents = {3, 1, 1}};
  const Tensor x = tensor({2, 1}, {2, 0}, DType::kF64);
  const Tensor nodes = tensor({3, 1}, {1, 2, 4}, DType::kF64);
  EXPECT_THAT(to_vector(sample(nodes, x, locate(x, grid))), ElementsAre(4, 1));
}

TEST(Grid, AllocatesNothingWhileItsPointsStay) {
  const RegularGrid grid = grid_of(2, false);
  const Tensor x = points_in(grid, 100, "x", DType::kF32);
  const GridPoints points = locate(x, grid);
  const Tensor values = ones({100, 3});
  Tape tape;
  Offset allocations = 0;
  for (int round = 0; round < 2; ++round) {
    Tape::Scope on(tape);
    allocations = array_allocations();
    const Tensor nodes = splat(values, x, points);
    grad(sum(exp(sample(nodes, x, points))), {values, x});
    tape.reset();
  }
  EXPECT_EQ(array_allocations(), allocations);
}

TEST(Grid, ExplainsWrongArguments) {
  const RegularGrid grid{.dimensions = 2, .extents = {3, 4, 1}};
  EXPECT_EQ(error_of<InputError>([&] {
              locate(tensor({2, 2}, {0, 0, 1, 3.5}, DType::kF64), grid);
            }),
            "point 1 lies at 3.5 on axis 1, not within the grid's [0, 3]");
  EXPECT_THAT(error_of<InputError>([&] {
                locate(tensor({1, 2}, {NAN, 0}, DType::kF64), grid);
              }),
              HasSubstr("point 0 lies at nan on axis 0"));
  EXPECT_EQ(error_of<InputError>([&] {
              locate(zeros({2, 3}), grid);
            }),
            "locate: positions [2, 3] in a grid of 2 dimensions: they must be [N, 2]");
  EXPECT_EQ(error_of<InputError>([&] {
              locate(zeros({2, 1}), {.dimensions = 1, .extents = {1, 1, 1}});
            }),
            "axis 0 of a grid has 1 nodes 1 apart: it needs 2 or more, and a positive distance");
  const Tensor x = zeros({2, 2});
  const GridPoints points = locate(x, grid);
  EXPECT_EQ(error_of<InputError>([&] {
              sample(zeros({11, 1}), x, points);
            }),
            "sample: values [11, 1] at 12 nodes: they must be [12, channels]");
  EXPECT_EQ(error_of<InputError>([&] {
              splat(zeros({3, 1}), x, points);
            }),
            "splat: values [3, 1] at 2 points: they must be [2, channels]");
  EXPECT_EQ(error_of<InputError>([&] {
              splat(zeros({2, 1}, DType::kF64), x, points);
            }),
            "splat: [2, 1] f64 and [2, 2] f32 differ in type: cast() one");
}

}  // namespace
}  // namespace filigree::learning
