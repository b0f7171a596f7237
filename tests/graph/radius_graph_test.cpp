// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/radius_graph.hpp"

#include "tests/graph/testing.hpp"

namespace filigree {
namespace {

using testing::Edges;
using testing::edges_of_rows;
using testing::error_of;
using testing::pairs_within;
using testing::Points;

template <int D>
Array<Vec<D>> device(const Points<D>& points) {
  return to_device("x", points);
}

template <int D>
void expect_pairs_of_all_clouds() {
  for (const auto& cloud : testing::clouds<D>()) {
    SCOPED_TRACE(cloud.name);
    const auto graph = radius_graph(device(cloud.points), {.radius = cloud.radius});
    const Edges edges = edges_of_rows(*graph);
    EXPECT_EQ(edges, pairs_within(cloud.points, cloud.points, cloud.radius, Box<D>{}, true));
    EXPECT_EQ(edges, testing::turned_round(edges));
    EXPECT_EQ(graph->n_nodes(), static_cast<Index>(cloud.points.size()));
    const auto with_loops =
        radius_graph(device(cloud.points), {.radius = cloud.radius, .self_loops = true});
    EXPECT_EQ(edges_of_rows(*with_loops),
              pairs_within(cloud.points, cloud.points, cloud.radius, Box<D>{}, false));
  }
}

TEST(RadiusGraph, FindsThePairsOfAllCloudsIn2D) {
  expect_pairs_of_all_clouds<2>();
}
TEST(RadiusGraph, FindsThePairsOfAllCloudsIn3D) {
  expect_pairs_of_all_clouds<3>();
}

TEST(RadiusGraph, LongRowsAreSortedToo) {
  const Points<2> points = testing::uniform_points<2>(900, 0, 1, 3);
  const auto graph = radius_graph(device(points), {.radius = Real(0.4)});
  const Edges edges = edges_of_rows(*graph);
  EXPECT_GT(graph->edge_count(), 900 * 250);
  EXPECT_EQ(edges, pairs_within(points, points, Real(0.4), Box<2>{}, true));
}

TEST(RadiusGraph, AcceptsDistancesEqualToTheRadius) {
  const Points<3> points = {{0, 0, 0}, {2, 0, 0}, {std::nextafter(Real(-2), Real(-3)), 0, 0}};
  const auto graph = radius_graph(device(points), {.radius = Real(2)});
  EXPECT_EQ(edges_of_rows(*graph), (Edges{{0, 1}, {1, 0}}));
}

/// Pairs of points one radius apart, the first just below a face of the bins, for lengths close to
/// a multiple of the radius: without a margin, rounding puts the two ends two bins apart.
Points<2> pairs_across_faces(int n_bins, double length, Real radius) {
  Points<2> points = {{0, 0}, {static_cast<Real>(length), 0}};
  for (int face = 1; face < n_bins; ++face) {
    const Real x = static_cast<Real>(face * (length / n_bins));
    for (const Real start : {x, std::nextafter(x, Real(0)), x - x * tol<Real>(4)}) {
      points.push_back({start, 0});
      if (start + radius <= length) points.push_back({start + radius, 0});
      if (start >= radius) points.push_back({start - radius, 0});
    }
  }
  return points;
}

TEST(RadiusGraph, LosesNoPairAtTheFacesOfBins) {
  const double epsilon = std::numeric_limits<Real>::epsilon();
  for (const int n_bins : {3, 7, 40}) {
    for (const Real radius : {Real(0.1), Real(1), Real(1.0 / 3)}) {
      for (const double excess : {-1e-3, -1e-5, -4 * epsilon, -epsilon, 0.0, epsilon, 1e-5, 1e-3}) {
        SCOPED_TRACE(format("{} bins, radius {}, excess {}", n_bins, radius, excess));
        const double length = n_bins * double(radius) * (1 + excess);
        const Points<2> points = pairs_across_faces(n_bins, length, radius);
        EXPECT_EQ(edges_of_rows(*radius_graph(device(points), {.radius = radius})),
                  pairs_within(points, points, radius, Box<2>{}, true));
        Box<2> box;
        box.lower[0] = 0;
        box.upper[0] = static_cast<Real>(length);
        box.periodic[0] = true;
        Points<2> inside = points;
        for (auto& x : inside) x = box.wrap(x);
        EXPECT_EQ(edges_of_rows(*radius_graph(device(inside), {.radius = radius, .box = box})),
                  pairs_within(inside, inside, radius, box, true));
      }
    }
  }
}

TEST(RadiusGraph, ProductsAreRoundedBeforeTheyAreAdded) {
  // With a fused product the squared distance of these points falls on the other side of the limit.
  // Points are searched for whose two roundings differ, so that the test holds on every machine.
  std::mt19937 generator(4);
  std::uniform_real_distribution<double> unit(0.1, 1);
  int tried = 0;
  for (int attempt = 0; attempt < 20000 && tried < 20; ++attempt) {
    const Vec<2> x{static_cast<Real>(unit(generator)), static_cast<Real>(unit(generator))};
    const Real radius = static_cast<Real>(std::hypot(double(x[0]), double(x[1])));
    const double squared_radius = double(radius) * double(radius);
    const double rounded = testing::squared_distance(Box<2>{}, x, Vec<2>{0, 0});
    volatile double y_squared = double(x[1]) * double(x[1]);
    const double fused = std::fma(double(x[0]), double(x[0]), y_squared);
    volatile double x_squared = double(x[0]) * double(x[0]);
    const double fused_other = std::fma(double(x[1]), double(x[1]), x_squared);
    const bool expected = rounded <= squared_radius;
    if ((fused <= squared_radius) == expected && (fused_other <= squared_radius) == expected) {
      continue;
    }
    ++tried;
    const auto graph = radius_graph(device(Points<2>{{0, 0}, x}), {.radius = radius});
    EXPECT_EQ(graph->edge_count() == 2, expected) << x[0] << " " << x[1];
  }
  EXPECT_TRUE(tried == 20 || sizeof(Real) == 4);  // products of floats are exact in double
}

/// A periodic box of given lengths with its lower corner at `lower`.
template <int D>
Box<D> periodic_box(double lower, const Vec<D, double>& lengths, const Vec<D, bool>& periodic) {
  Box<D> box;
  for (int k = 0; k < D; ++k) {
    box.lower[k] = static_cast<Real>(lower);
    box.upper[k] = static_cast<Real>(lower + lengths[k]);
  }
  box.periodic = periodic;
  return box;
}

template <int D>
void expect_pairs_in_box(const Points<D>& points, Real radius, const Box<D>& box) {
  const auto graph = radius_graph(device(points), {.radius = radius, .box = box});
  const Edges edges = edges_of_rows(*graph);
  EXPECT_EQ(edges, pairs_within(points, points, radius, box, true));
  EXPECT_EQ(edges, testing::turned_round(edges));
}

TEST(RadiusGraph, FindsPairsAcrossPeriodicFaces) {
  // From many bins down to one on an axis: half of the length is the largest radius.
  for (const double radius : {0.0625, 0.1, 0.2, 0.249, 0.25, 0.26, 0.3333, 0.4, 0.5}) {
    SCOPED_TRACE(radius);
    const auto r = static_cast<Real>(radius);
    const Points<2> flat = testing::uniform_points<2>(300, -1, 1, 5);
    expect_pairs_in_box(flat, r, periodic_box<2>(-1, {1, 1}, {true, true}));
    expect_pairs_in_box(flat, r, periodic_box<2>(-1, {1, 1}, {true, false}));
    expect_pairs_in_box(flat, r, periodic_box<2>(-1, {1, 1}, {false, true}));
    const Points<3> deep = testing::uniform_points<3>(300, 2, 1, 6);
    expect_pairs_in_box(deep, r, periodic_box<3>(2, {1, 1, 1}, {true, true, true}));
    expect_pairs_in_box(deep, r, periodic_box<3>(2, {1, 1, 1}, {false, false, true}));
    expect_pairs_in_box(deep, r, periodic_box<3>(2, {1, 1, 1}, {true, false, true}));
  }
}

TEST(RadiusGraph, WrapsPointsOutsideAPeriodicBox) {
  // Multiples of 1/1024, whose images are exact.
  Points<3> points = testing::uniform_points<3>(400, -4, 8, 7);
  for (auto& x : points) {
    for (int k = 0; k < 3; ++k) x[k] = std::floor(x[k] * 1024) / 1024;
  }
  expect_pairs_in_box(points, Real(0.3), periodic_box<3>(-1, {2, 1, 4}, {true, true, true}));
  Points<3> images = points;
  const Box<3> box = periodic_box<3>(-1, {2, 1, 4}, {true, true, true});
  for (auto& x : images) x = box.wrap(x);
  EXPECT_EQ(edges_of_rows(*radius_graph(device(points), {.radius = Real(0.3), .box = box})),
            edges_of_rows(*radius_graph(device(images), {.radius = Real(0.3), .box = box})));
}

TEST(RadiusGraph, LatticesClosedOnThemselvesHaveEqualDegrees) {
  const Points<3> points = testing::grid_points<3>(8, 0.25);
  const Box<3> box = periodic_box<3>(0, {2, 2, 2}, {true, true, true});
  const auto graph = radius_graph(device(points), {.radius = Real(0.25), .box = box});
  EXPECT_EQ(graph->edge_count(), 6 * 512);
  const std::vector<Offset> offsets = to_vector(graph->row_offsets());
  for (std::size_t i = 0; i < 512; ++i) EXPECT_EQ(offsets[i + 1] - offsets[i], 6);
  expect_pairs_in_box(points, Real(0.25), box);
  // Opposite points are neighbours once, not once per image.
  const Points<2> opposite = {{0, 0}, {1, 0}};
  const Box<2> ring = periodic_box<2>(0, {2, 2}, {true, true});
  expect_pairs_in_box(opposite, Real(1), ring);
  EXPECT_EQ(radius_graph(device(opposite), {.radius = Real(1), .box = ring})->edge_count(), 2);
}

TEST(RadiusGraph, LongThinPeriodicBoxes) {
  Points<2> points = testing::uniform_points<2>(500, 0, 1, 8);
  for (auto& x : points) x[0] *= Real(1e4);
  expect_pairs_in_box(points, Real(0.5), periodic_box<2>(0, {1e4, 1}, {true, true}));
  expect_pairs_in_box(points, Real(0.125), periodic_box<2>(0, {1e4, 1}, {true, true}));
  expect_pairs_in_box(points, Real(30), periodic_box<2>(0, {1e4, 1}, {true, false}));
}

TEST(RadiusGraph, SkewLengthsOfPeriodicBoxes) {
  // Lengths that are no multiples of anything, and points next to the faces.
  const double lengths[] = {0.7310585, 1.9051483, 3.3000001};
  Box<3> box;
  Points<3> points = testing::uniform_points<3>(600, 0, 1, 9);
  for (int k = 0; k < 3; ++k) {
    box.lower[k] = static_cast<Real>(0.1 * k - 0.7);
    box.upper[k] = box.lower[k] + static_cast<Real>(lengths[k]);
    box.periodic[k] = true;
    for (std::size_t i = 0; i < points.size(); ++i) {
      Real& x = points[i][k];
      x = box.lower[k] + x * (box.upper[k] - box.lower[k]);
      if (i % 7 == static_cast<std::size_t>(k)) x = box.lower[k];
      if (i % 11 == static_cast<std::size_t>(k)) x = std::nextafter(box.upper[k], Real(-9));
      x = std::min(x, std::nextafter(box.upper[k], Real(-9)));
    }
  }
  for (const double radius : {0.05, 0.1, 0.2, 0.3655}) {
    expect_pairs_in_box(points, static_cast<Real>(radius), box);
  }
}

TEST(RadiusGraph, PointsOutsideAnOpenBoxAreNotLost) {
  const Points<2> points = testing::uniform_points<2>(500, -1, 3, 10);
  Box<2> box;
  box.lower = {0, 0};
  box.upper = {1, 1};
  expect_pairs_in_box(points, Real(0.15), box);
}

template <int D>
void expect_pairs_of_two_clouds(const Points<D>& queries, const Points<D>& sources, Real radius,
                                const Box<D>& box) {
  const auto graph = radius_graph(device(queries), device(sources), {.radius = radius, .box = box});
  EXPECT_TRUE(graph->is_bipartite());
  EXPECT_EQ(graph->n_receivers(), static_cast<Index>(queries.size()));
  EXPECT_EQ(graph->n_senders(), static_cast<Index>(sources.size()));
  EXPECT_EQ(edges_of_rows(*graph), pairs_within(queries, sources, radius, box, false));
}

TEST(RadiusGraph, ConnectsTwoClouds) {
  const Points<3> queries = testing::uniform_points<3>(300, -0.5, 2, 11);
  const Points<3> sources = testing::uniform_points<3>(500, 0, 1, 12);
  expect_pairs_of_two_clouds(queries, sources, Real(0.2), {});
  expect_pairs_of_two_clouds(sources, queries, Real(0.2), {});
  expect_pairs_of_two_clouds(sources, sources, Real(0.1), {});
  expect_pairs_of_two_clouds<3>({}, sources, Real(0.1), {});
  expect_pairs_of_two_clouds<3>(queries, {}, Real(0.1), {});
  expect_pairs_of_two_clouds<3>({}, {}, Real(0.1), {});
  Points<2> grid = testing::grid_points<2>(16, 0.125);
  expect_pairs_of_two_clouds(testing::uniform_points<2>(400, 0, 2, 13), grid, Real(0.125),
                             periodic_box<2>(0, {2, 2}, {true, false}));
}

TEST(RadiusGraph, ReusesACellListThatIsWideEnough) {
  const Points<3> points = testing::uniform_points<3>(500, 0, 1, 14);
  const CellList<3> cells(device(points), Real(0.25));
  for (const Real radius : {Real(0.25), Real(0.1)}) {
    EXPECT_EQ(edges_of_rows(*radius_graph(cells, {.radius = radius})),
              pairs_within(points, points, radius, Box<3>{}, true));
  }
  EXPECT_EQ(error_of([&] { radius_graph(cells, {.radius = Real(0.5)}); }),
            "the radius 0.5 m is more than the width 0.25 m the cells were made for");
}

TEST(RadiusGraph, CountsBeforeItExceedsTheCapacity) {
  const Points<2> points = testing::grid_points<2>(20, 1.0);  // 2 * 2 * 20 * 19 edges
  EXPECT_EQ(radius_graph(device(points), {.radius = 1, .capacity = 1520})->edge_count(), 1520);
  EXPECT_EQ(error_of([&] { radius_graph(device(points), {.radius = 1, .capacity = 1519}); }),
            "the radius graph needs 1520 edges but its capacity is 1519: raise the capacity (at "
            "most 2147483647) or make fewer edges with a smaller radius, fewer neighbours or fewer "
            "points");
}

TEST(RadiusGraph, RefusesBadOptions) {
  const Array<Vec<2>> x = device(testing::uniform_points<2>(10, 0, 1, 15));
  const auto error = [&](const RadiusGraphOptions<2>& options) {
    const std::string text = error_of([&] { radius_graph(x, options); });
    EXPECT_EQ(error_of([&] { radius_graph(x, x, options); }), text);
    return text;
  };
  EXPECT_EQ(error({}), "the radius is 0 m: it must be positive and finite");
  EXPECT_EQ(error({.radius = -1}), "the radius is -1 m: it must be positive and finite");
  EXPECT_EQ(error({.radius = std::numeric_limits<Real>::quiet_NaN()}),
            "the radius is nan m: it must be positive and finite");
  EXPECT_EQ(error({.radius = std::numeric_limits<Real>::infinity()}),
            "the radius is inf m: it must be positive and finite");
  EXPECT_EQ(error({.radius = 1, .capacity = -1}),
            "the capacity is -1 edges: it cannot be negative");
  EXPECT_EQ(
      error({.radius = 1, .box = {{0, 0}, {1, 0}, {}}}),
      "axis 1 of the box goes from 0 to 0: the lower bound must be less than the upper bound");
  EXPECT_EQ(
      error({.radius = Real(0.75), .box = {{0, 0}, {4, 1}, {true, true}}}),
      "the radius 0.75 m is more than half of the periodic length 1 m of axis 1: a point would "
      "meet several images of another, use a radius of at most 0.5 m or a longer box");
  if (sizeof(Real) == 8) {
    EXPECT_EQ(error({.radius = Real(1e-200)}),
              "the square of the radius 1e-200 m is not an ordinary number: use other units");
    EXPECT_EQ(error({.radius = Real(1e200)}),
              "the square of the radius 1e+200 m is not an ordinary number: use other units");
  }
}

TEST(RadiusGraph, RefusesPositionsThatAreNotFinite) {
  Points<3> points = testing::uniform_points<3>(20, 0, 1, 16);
  const Array<Vec<3>> good = device(points);
  points[12][1] = std::numeric_limits<Real>::quiet_NaN();
  const Array<Vec<3>> bad = device(points);
  const std::string rest =
      " 12 is not finite: coordinates must be ordinary numbers, look for a division by zero or a "
      "blow-up where they come from";
  EXPECT_EQ(error_of([&] { radius_graph(bad, {.radius = 1}); }), "position" + rest);
  EXPECT_EQ(error_of([&] { radius_graph(bad, good, {.radius = 1}); }), "query" + rest);
  EXPECT_EQ(error_of([&] { radius_graph(good, bad, {.radius = 1}); }), "position" + rest);
}

}  // namespace
}  // namespace filigree
