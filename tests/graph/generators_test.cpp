// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/generators.hpp"

#include <map>

#include "graph/components.hpp"
#include "tests/graph/testing.hpp"

namespace filigree {
namespace {

using testing::Edges;
using testing::edges_of_rows;
using testing::error_of;

void expect_simple_and_symmetric(const Graph& graph) {
  const Edges edges = edges_of_rows(graph);
  EXPECT_EQ(edges, testing::turned_round(edges));
  EXPECT_EQ(std::adjacent_find(edges.begin(), edges.end()), edges.end());
  for (const auto& [i, j] : edges) EXPECT_NE(i, j);
}

TEST(Lattice, JoinsNeighboursAlongTheAxes) {
  const PointGraph<2> lattice = lattice_graph<2>({.extents = {2, 3}, .spacing = Real(0.5)});
  EXPECT_EQ(edges_of_rows(*lattice.graph), (Edges{{0, 1},
                                                  {0, 3},
                                                  {1, 0},
                                                  {1, 2},
                                                  {1, 4},
                                                  {2, 1},
                                                  {2, 5},
                                                  {3, 0},
                                                  {3, 4},
                                                  {4, 1},
                                                  {4, 3},
                                                  {4, 5},
                                                  {5, 2},
                                                  {5, 4}}));
  EXPECT_EQ(to_vector(lattice.positions)[5], (Vec<2>{Real(0.5), Real(1)}));
}

TEST(Lattice, CountsItsEdges) {
  const auto open = lattice_graph<3>({.extents = {5, 6, 7}}).graph;
  EXPECT_EQ(open->edge_count(), 2 * (4 * 6 * 7 + 5 * 5 * 7 + 5 * 6 * 6));
  expect_simple_and_symmetric(*open);
  EXPECT_NO_THROW(require_connected(*open, "lattice"));
  const auto closed =
      lattice_graph<3>({.extents = {5, 6, 7}, .periodic = {true, true, true}}).graph;
  EXPECT_EQ(closed->edge_count(), 5 * 6 * 7 * 6);
  expect_simple_and_symmetric(*closed);
}

TEST(Lattice, ShortPeriodicAxesMakeNoDoubleEdgesOrLoops) {
  const auto graph = lattice_graph<2>({.extents = {2, 1}, .periodic = {true, true}}).graph;
  EXPECT_EQ(edges_of_rows(*graph), (Edges{{0, 1}, {1, 0}}));
  EXPECT_EQ(lattice_graph<2>({.extents = {0, 4}}).graph->n_nodes(), 0);
  EXPECT_EQ(lattice_graph<3>({.extents = {1, 1, 1}}).graph->edge_count(), 0);
}

TEST(Lattice, RefusesWhatCannotBe) {
  EXPECT_EQ(error_of([] {
              lattice_graph<2>({.extents = {3, -1}});
            }),
            "axis 1 of the lattice has -1 nodes: none is the least");
  EXPECT_EQ(error_of([] {
              lattice_graph<2>({.extents = {100000, 100000}});
            }),
            "the lattice has 10000000000 nodes with 4 edges each, but a graph holds at most "
            "2147483647 edges");
  EXPECT_EQ(error_of([] {
              lattice_graph<2>({.extents = {2, 2}, .spacing = 0});
            }),
            "the spacing of the lattice is 0 m: it must be positive and finite");
}

TEST(RandomPoints, FillTheBoxEvenly) {
  const Box<3> box{{-1, 0, 5}, {1, 1, 6}, {}};
  const auto points = to_vector(random_points<3>(8000, box, 7));
  std::map<std::array<int, 3>, int> octants;
  for (const auto& x : points) {
    EXPECT_TRUE(box.contains(x));
    ++octants[{x[0] < 0, x[1] < Real(0.5), x[2] < Real(5.5)}];
  }
  EXPECT_EQ(octants.size(), 8u);
  for (const auto& [octant, count] : octants) EXPECT_NEAR(count, 1000, 150);
  EXPECT_EQ(to_vector(random_points<3>(8000, box, 7)), points);
  EXPECT_NE(to_vector(random_points<3>(8000, box, 8)), points);
}

TEST(RandomPoints, AreTheFirstOfMore) {
  const Box<2> box{{0, 0}, {1, 1}, {}};
  auto many = to_vector(random_points<2>(1000, box, 1));
  many.resize(10);
  EXPECT_EQ(to_vector(random_points<2>(10, box, 1)), many);
}

TEST(RandomPoints, RefuseUnboundedBoxes) {
  EXPECT_EQ(error_of([] { random_points<2>(3, {}, 1); }),
            "axis 0 of the box goes from -inf to inf: random points need finite bounds");
  EXPECT_EQ(error_of([] {
              random_points<2>(-3, {{0, 0}, {1, 1}, {}}, 1);
            }),
            "-3 points were asked for: none is the least");
}

TEST(RandomGeometric, JoinsPointsWithinTheRadius) {
  const Box<2> box{{0, 0}, {1, 1}, {true, true}};
  const auto made = random_geometric_graph<2>(700, box, Real(0.08), 3);
  const auto points = to_vector(made.positions);
  EXPECT_EQ(edges_of_rows(*made.graph),
            testing::pairs_within(points, points, Real(0.08), box, true));
}

TEST(SmallWorld, IsARingWithoutRewiring) {
  const auto ring = small_world_graph(7, 4, 0, 1);
  const Edges edges = edges_of_rows(*ring);
  EXPECT_EQ(edges.size(), 28u);
  for (const auto& [i, j] : edges) {
    const Index apart = (i - j + 7) % 7;
    EXPECT_TRUE(apart <= 2 || apart >= 5);
  }
  expect_simple_and_symmetric(*ring);
}

TEST(SmallWorld, RewiringKeepsTheNumberOfEdges) {
  for (const double probability : {0.1, 0.5, 1.0}) {
    const auto graph = small_world_graph(500, 6, probability, 2);
    EXPECT_EQ(graph->edge_count(), 3000);
    expect_simple_and_symmetric(*graph);
    Index far = 0;
    for (const auto& [i, j] : edges_of_rows(*graph)) {
      const Index apart = (i - j + 500) % 500;
      far += apart > 3 && apart < 497;
    }
    EXPECT_NEAR(far, 3000 * probability * (1 - 7.0 / 500), 150);
  }
  EXPECT_EQ(edges_of_rows(*small_world_graph(500, 6, 0.3, 2)),
            edges_of_rows(*small_world_graph(500, 6, 0.3, 2)));
  EXPECT_NE(edges_of_rows(*small_world_graph(500, 6, 0.3, 2)),
            edges_of_rows(*small_world_graph(500, 6, 0.3, 3)));
}

TEST(SmallWorld, CompleteGraphsHaveNothingToRewire) {
  EXPECT_EQ(small_world_graph(5, 4, 1, 1)->edge_count(), 20);
  EXPECT_EQ(small_world_graph(0, 0, 1, 1)->n_nodes(), 0);
}

TEST(SmallWorld, RefusesWhatCannotBe) {
  EXPECT_EQ(error_of([] { small_world_graph(-1, 0, 0, 1); }),
            "a small world of -1 nodes was asked for: none is the least");
  const std::string rest = " neighbours: an even number less than the number of nodes is needed";
  EXPECT_EQ(error_of([] { small_world_graph(9, 3, 0, 1); }),
            "each of 9 nodes of a small world cannot have 3" + rest);
  EXPECT_EQ(error_of([] { small_world_graph(4, 4, 0, 1); }),
            "each of 4 nodes of a small world cannot have 4" + rest);
  EXPECT_EQ(error_of([] { small_world_graph(9, 2, 1.5, 1); }),
            "the probability 1.5 is outside its range [0, 1]");
}

TEST(StochasticBlock, DensitiesFollowTheProbabilities) {
  const auto graph = stochastic_block_graph({300, 500}, {0.2, 0.02, 0.02, 0.1}, 4);
  expect_simple_and_symmetric(*graph);
  double within[2] = {0, 0};
  double between = 0;
  for (const auto& [i, j] : edges_of_rows(*graph)) {
    if ((i < 300) == (j < 300)) {
      ++within[i < 300 ? 0 : 1];
    } else {
      ++between;
    }
  }
  EXPECT_NEAR(within[0] / (300 * 299), 0.2, 0.01);
  EXPECT_NEAR(within[1] / (500 * 499), 0.1, 0.01);
  EXPECT_NEAR(between / (2 * 300 * 500), 0.02, 0.005);
}

TEST(StochasticBlock, TakesCertaintiesAndEmptyGroups) {
  EXPECT_EQ(stochastic_block_graph({3, 0, 4}, {1, 0, 0, 0, 1, 0, 0, 0, 1}, 1)->edge_count(),
            6 + 12);
  EXPECT_EQ(stochastic_block_graph({}, {}, 1)->n_nodes(), 0);
}

TEST(StochasticBlock, RefusesWhatCannotBe) {
  EXPECT_EQ(error_of([] {
              stochastic_block_graph({1, 1}, {1, 1}, 1);
            }),
            "2 groups need 4 probabilities, but there are 2");
  EXPECT_EQ(error_of([] {
              stochastic_block_graph({1, -1}, {1, 1, 1, 1}, 1);
            }),
            "group 1 has -1 nodes: none is the least");
  EXPECT_EQ(error_of([] {
              stochastic_block_graph({1, 1}, {0, 1.5, 1.5, 0}, 1);
            }),
            "the probability 1.5 of groups 0 and 1 is outside [0, 1]");
  EXPECT_EQ(error_of([] {
              stochastic_block_graph({1, 1}, {0, 0.5, 0.25, 0}, 1);
            }),
            "the probabilities of groups 0 and 1 differ in the two directions: 0.5 and 0.25");
}

}  // namespace
}  // namespace filigree
