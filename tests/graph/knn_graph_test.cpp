// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/knn_graph.hpp"

#include <array>

#include "graph/sampling.hpp"
#include "tests/graph/testing.hpp"

namespace filigree {
namespace {

using testing::Edges;
using testing::edges_of_rows;
using testing::error_of;
using testing::Points;

constexpr std::array kMethods = {KnnMethod::kAuto, KnnMethod::kBruteForce, KnnMethod::kTree};

template <int D>
Array<Vec<D>> device(const Points<D>& points) {
  return to_device("x", points);
}

template <int D>
void expect_nearest_of_all_clouds() {
  for (const auto& cloud : testing::clouds<D>()) {
    const auto n = static_cast<Index>(cloud.points.size());
    for (const Index k : {1, 2, 7, 40}) {
      if (n > 0 && k > n - 1) continue;
      SCOPED_TRACE(cloud.name + ", k = " + std::to_string(k));
      const Edges expected =
          n == 0 ? Edges{} : testing::k_nearest(cloud.points, cloud.points, k, true);
      for (const KnnMethod method : kMethods) {
        const auto graph = knn_graph(device(cloud.points), {.k = k, .method = method});
        EXPECT_EQ(edges_of_rows(*graph), expected) << static_cast<int>(method);
        EXPECT_EQ(graph->n_nodes(), n);
      }
    }
  }
}

TEST(KnnGraph, FindsTheNearestOfAllCloudsIn2D) {
  expect_nearest_of_all_clouds<2>();
}
TEST(KnnGraph, FindsTheNearestOfAllCloudsIn3D) {
  expect_nearest_of_all_clouds<3>();
}

TEST(KnnGraph, TiesGoToTheLowerNumber) {
  // Four points at the same distance of the first.
  const Points<2> points = {{0, 0}, {0, 1}, {1, 0}, {-1, 0}, {0, -1}};
  for (const KnnMethod method : kMethods) {
    const Edges edges = edges_of_rows(*knn_graph(device(points), {.k = 2, .method = method}));
    EXPECT_EQ(edges[0], (std::pair<Index, Index>{0, 1}));
    EXPECT_EQ(edges[1], (std::pair<Index, Index>{0, 2}));
  }
}

TEST(KnnGraph, AllOthersWhenKIsAsLargeAsItCanBe) {
  const Points<3> points = testing::uniform_points<3>(9, 0, 1, 1);
  for (const KnnMethod method : kMethods) {
    const auto graph = knn_graph(device(points), {.k = 8, .method = method});
    EXPECT_EQ(graph->edge_count(), 72);
    EXPECT_EQ(edges_of_rows(*graph), testing::turned_round(edges_of_rows(*graph)));
  }
}

TEST(KnnGraph, ConnectsTwoClouds) {
  const Points<3> queries = testing::uniform_points<3>(300, -0.5, 2, 2);
  const Points<3> sources = testing::grid_points<3>(7, 0.125);
  for (const KnnMethod method : kMethods) {
    const auto graph = knn_graph(device(queries), device(sources), {.k = 8, .method = method});
    EXPECT_EQ(edges_of_rows(*graph), testing::k_nearest(queries, sources, 8, false));
    EXPECT_TRUE(graph->is_bipartite());
    EXPECT_EQ(graph->n_senders(), 343);
    // The nearest source of a source is itself.
    const auto self = knn_graph(device(sources), device(sources), {.k = 1, .method = method});
    for (const auto& [i, j] : edges_of_rows(*self)) EXPECT_EQ(i, j);
    EXPECT_EQ(
        knn_graph(Array<Vec<3>>("x", 0), device(sources), {.k = 3, .method = method})->edge_count(),
        0);
  }
}

TEST(KnnGraph, RefusesBadOptions) {
  const Array<Vec<2>> x = device(testing::uniform_points<2>(5, 0, 1, 3));
  EXPECT_EQ(
      error_of([&] { knn_graph(x, {.k = 5}); }),
      "k is 5 but each point has only 4 others to choose from: use a smaller k or more points");
  EXPECT_EQ(
      error_of([&] { knn_graph(x, x, {.k = 6}); }),
      "k is 6 but each point has only 5 sources to choose from: use a smaller k or more points");
  EXPECT_EQ(
      error_of([&] { knn_graph(x, Array<Vec<2>>("none", 0), {.k = 1}); }),
      "k is 1 but each point has only 0 sources to choose from: use a smaller k or more points");
  EXPECT_EQ(error_of([&] { knn_graph(x, {}); }), "k is 0: ask for at least one neighbour");
  EXPECT_EQ(error_of([&] { knn_graph(x, {.k = -3}); }), "k is -3: ask for at least one neighbour");
  EXPECT_EQ(
      error_of([&] {
        knn_graph(x, {.k = 1, .box = {{0, 0}, {1, 1}, {false, true}}});
      }),
      "nearest neighbours in a periodic box are not supported: use a radius graph, or an open "
      "box");
}

TEST(KnnGraph, RefusesTooManyEdges) {
  const Array<Vec<2>> many("x", 100000);
  fill(many, Vec<2>{});
  EXPECT_EQ(
      error_of([&] { knn_graph(many, {.k = 50000}); }),
      "the nearest-neighbour graph needs 5000000000 edges but its capacity is 2147483647: "
      "raise the capacity (at most 2147483647) or make fewer edges with a smaller radius, fewer "
      "neighbours or fewer points");
}

TEST(KnnGraph, RefusesPositionsThatAreNotFinite) {
  Points<2> points = testing::uniform_points<2>(9, 0, 1, 4);
  const Array<Vec<2>> good = device(points);
  points[8][0] = std::numeric_limits<Real>::infinity();
  const Array<Vec<2>> bad = device(points);
  const std::string rest =
      " 8 is not finite: coordinates must be ordinary numbers, look for a division by zero or a "
      "blow-up where they come from";
  EXPECT_EQ(error_of([&] { knn_graph(bad, {.k = 1}); }), "position" + rest);
  EXPECT_EQ(error_of([&] { knn_graph(bad, good, {.k = 1}); }), "query" + rest);
  EXPECT_EQ(error_of([&] { knn_graph(good, bad, {.k = 1}); }), "source" + rest);
}

/// The definition, point by point.
template <int D>
std::vector<Index> farthest_by_definition(const Points<D>& points, Index count, Index first) {
  std::vector<Index> chosen{first};
  while (static_cast<Index>(chosen.size()) < count) {
    double best = -1;
    Index farthest = -1;
    for (std::size_t i = 0; i < points.size(); ++i) {
      if (std::find(chosen.begin(), chosen.end(), static_cast<Index>(i)) != chosen.end()) continue;
      double nearest = std::numeric_limits<double>::infinity();
      for (const Index c : chosen) {
        nearest = std::min(nearest, testing::squared_distance(Box<D>{}, points[i],
                                                              points[static_cast<std::size_t>(c)]));
      }
      if (nearest > best) {
        best = nearest;
        farthest = static_cast<Index>(i);
      }
    }
    chosen.push_back(farthest);
  }
  return chosen;
}

TEST(FarthestPoints, FollowTheDefinitionForAllClouds) {
  for (const auto& cloud : testing::clouds<3>()) {
    SCOPED_TRACE(cloud.name);
    const auto n = static_cast<Index>(cloud.points.size());
    if (n == 0) continue;
    const Index count = std::min<Index>(n, 20);
    EXPECT_EQ(to_vector(farthest_points(device(cloud.points), count, n / 2)),
              farthest_by_definition(cloud.points, count, n / 2));
  }
}

TEST(FarthestPoints, TakeEveryPointOnceAlsoWhenTheyCoincide) {
  const Points<2> points(5, Vec<2>{1, 2});
  EXPECT_EQ(to_vector(farthest_points(device(points), 5, 2)), (std::vector<Index>{2, 0, 1, 3, 4}));
  EXPECT_EQ(to_vector(farthest_points(device(points), 0)), (std::vector<Index>{}));
}

TEST(FarthestPoints, RefuseMoreThanThereAre) {
  const Array<Vec<2>> x = device(Points<2>(3));
  EXPECT_EQ(error_of([&] { farthest_points(x, 4); }),
            "4 points cannot be chosen from 3: choose between 0 and 3");
  EXPECT_EQ(error_of([&] { farthest_points(x, -1); }),
            "-1 points cannot be chosen from 3: choose between 0 and 3");
  EXPECT_EQ(error_of([&] { farthest_points(x, 1, 3); }),
            "the first point is 3, but points lie in [0, 3)");
}

}  // namespace
}  // namespace filigree
