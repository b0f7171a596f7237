// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Voronoi tessellations in a box and the pore networks made of them.
#include "physics/network/pore_network.hpp"

#include <gtest/gtest.h>

#include <numbers>
#include <set>

#include "physics/network/voronoi.hpp"
#include "tests/graph/testing.hpp"
#include "tests/support/thread_runs.hpp"

namespace filigree::network {
namespace {

using filigree::testing::edges_of_rows;
using filigree::testing::error_of;

using Point = Vec<3, double>;

constexpr Point kBox = {2, 1, 1.5};

double distance(const Point& a, const Point& b) {
  const Point d = a - b;
  return std::sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
}

int bits(Index mask) {
  int count = 0;
  for (; mask != 0; mask &= mask - 1) ++count;
  return count;
}

/// Vertices, edges, facets and cells of a decomposition of a ball have V - E + F - C = 1. One facet
/// or vertex too many or too few would show.
TEST(Voronoi, CellsDecomposeTheBox) {
  for (const Index n : {1, 2, 5, 13, 200, 3000}) {
    const BoxPoints points = random_box_points(n, kBox, 3, static_cast<std::uint32_t>(n));
    const VoronoiFacets facets = voronoi_facets(points);
    const VoronoiSkeleton skeleton = voronoi_skeleton(points);
    const Offset euler = skeleton.positions.size() - skeleton.graph->edge_count() / 2 +
                         facets.graph->edge_count() / 2 + facets.face_cells.size() - n;
    EXPECT_EQ(euler, 1) << n;
    for (int f = 0; f < 6; ++f) EXPECT_GT(facets.face_starts[f + 1], facets.face_starts[f]);
  }
}

/// No point is nearer to a vertex than those it belongs to: together with the count of faces and
/// cells this is the definition of the tessellation.
TEST(Voronoi, VerticesAreAsFarFromFourCellsAndFartherFromAllOthers) {
  const BoxPoints points = random_box_points(300, kBox, 4, 0);
  const VoronoiSkeleton skeleton = voronoi_skeleton(points);
  const std::vector<Point> base = to_vector(points.positions);
  const std::vector<Point> vertices = to_vector(skeleton.positions);
  const std::vector<Index> faces = to_vector(skeleton.faces);
  for (std::size_t v = 0; v < vertices.size(); ++v) {
    std::vector<double> distances;
    for (const Point& x : base) distances.push_back(distance(x, vertices[v]));
    std::sort(distances.begin(), distances.end());
    const auto cells = static_cast<std::size_t>(4 - bits(faces[v]));
    EXPECT_NEAR(distances[0], distances[cells - 1], 1e-12);
    EXPECT_GT(distances[cells], distances[0]);
    for (int f = 0; f < 6; ++f) {
      if ((faces[v] >> f & 1) == 0) continue;
      EXPECT_EQ(vertices[v][f / 2], f % 2 == 0 ? 0 : kBox[f / 2]);
    }
  }
}

/// Four ways to say the same of a vertex inside: every vertex has four edges, fewer on faces.
TEST(Voronoi, SkeletonHasFourEdgesPerVertex) {
  const VoronoiSkeleton skeleton = voronoi_skeleton(random_box_points(100, kBox, 5, 0));
  const std::vector<Offset> offsets = to_vector(skeleton.graph->row_offsets());
  const std::vector<Index> faces = to_vector(skeleton.faces);
  for (std::size_t v = 0; v < faces.size(); ++v) {
    const int n_faces = bits(faces[v]);
    // A vertex on one face has the edge inwards and three along the face, and so on.
    EXPECT_EQ(offsets[v + 1] - offsets[v], n_faces == 3 ? 3 : 4) << n_faces;
  }
}

TEST(Voronoi, PairsOfCellsAreMutualAndShareTheirNearestPlace) {
  const BoxPoints points = random_box_points(400, kBox, 6, 0);
  const auto edges = edges_of_rows(*voronoi_facets(points).graph);
  EXPECT_EQ(filigree::testing::turned_round(edges), edges);
  // The nearest neighbour of a point always shares a facet with it.
  const std::set<std::pair<Index, Index>> pairs(edges.begin(), edges.end());
  const std::vector<Point> base = to_vector(points.positions);
  for (Index i = 0; i < 400; ++i) {
    Index nearest = i == 0 ? 1 : 0;
    for (Index j = 0; j < 400; ++j) {
      const auto at = [&](Index k) { return base[static_cast<std::size_t>(k)]; };
      if (j != i && distance(at(i), at(j)) < distance(at(i), at(nearest))) nearest = j;
    }
    EXPECT_TRUE(pairs.count({i, nearest})) << i;
  }
}

BoxPoints grid_of_points(int side) {
  std::vector<Point> points;
  for (int i = 0; i < side * side * side; ++i) {
    points.push_back(
        {(i / side / side + 0.5) / side, (i / side % side + 0.5) / side, (i % side + 0.5) / side});
  }
  return sort_points(to_device("points", points), {1, 1, 1});
}

/// Eight cells meet in every vertex: facets are those of the lattice, corners do not count.
TEST(Voronoi, OfALatticeIsTheLattice) {
  const VoronoiFacets facets = voronoi_facets(grid_of_points(4));
  EXPECT_EQ(facets.graph->edge_count(), 2 * 3 * 3 * 4 * 4);
  EXPECT_EQ(facets.face_cells.size(), 6 * 4 * 4);
  for (const Point& centre : to_vector(facets.face_centres)) {
    int on_face = 0;
    for (int k = 0; k < 3; ++k) on_face += centre[k] == 0 || centre[k] == 1;
    EXPECT_EQ(on_face, 1);
  }
}

TEST(Voronoi, SkeletonOfALatticeIsRefused) {
  EXPECT_THROW(voronoi_skeleton(grid_of_points(4)), NumericalError);
}

/// A cloud in a corner: cells far away are found although most bins are empty.
TEST(Voronoi, ReachesAcrossEmptySpace) {
  std::vector<Point> cloud;
  for (const Point& x : to_vector(random_box_points(500, {0.01, 0.01, 0.01}, 7, 0).positions)) {
    cloud.push_back(x);
  }
  cloud.push_back({0.99, 0.99, 0.99});
  const VoronoiFacets facets = voronoi_facets(sort_points(to_device("cloud", cloud), {1, 1, 1}));
  const auto edges = edges_of_rows(*facets.graph);
  EXPECT_EQ(filigree::testing::turned_round(edges), edges);
  int of_last = 0;
  for (const auto& [receiver, sender] : edges) of_last += receiver == 500;
  EXPECT_GE(of_last, 3);
}

TEST(Voronoi, RefusesEqualPointsAndPointsOutside) {
  const Array<Point> equal =
      to_device("points", std::vector<Point>{{0.5, 0.5, 0.5}, {0.2, 0.5, 0.5}, {0.5, 0.5, 0.5}});
  EXPECT_NE(error_of([&] {
              voronoi_facets(sort_points(equal, {1, 1, 1}));
            }).find("lies where another point is: a Voronoi tessellation needs different points"),
            std::string::npos);
  const Array<Point> outside = to_device("points", std::vector<Point>{{0.5, 1.5, 0.5}});
  EXPECT_EQ(error_of([&] { sort_points(outside, {1, 1, 1}); }), "point 0 lies outside the box");
  EXPECT_EQ(error_of([&] {
              sort_points(outside, {1, 0, 1});
            }),
            "axis 1 of the box is 0 m long: it must be positive and finite");
  EXPECT_EQ(error_of([&] {
              random_box_points(0, {1, 1, 1}, 1, 0);
            }),
            "0 points in a box: at least one is needed");
}

TEST(DelaunayNetworks, HaveOnePoreForEveryFacetOnAFace) {
  RandomNetwork options;
  options.n_points = 60;
  const PoreNetwork network = delaunay_network(options);
  validate(network);
  const std::vector<Index> faces = to_vector(network.faces);
  const std::vector<Point> x = to_vector(network.positions);
  const std::vector<Offset> offsets = to_vector(network.graph->row_offsets());
  int on_faces[6] = {};
  for (std::size_t i = 0; i < faces.size(); ++i) {
    if (i < 60) {
      EXPECT_EQ(faces[i], 0);
      continue;
    }
    EXPECT_EQ(bits(faces[i]), 1);
    EXPECT_EQ(offsets[i + 1] - offsets[i], 1);
    for (int f = 0; f < 6; ++f) {
      if ((faces[i] >> f & 1) == 0) continue;
      ++on_faces[f];
      EXPECT_NEAR(x[i][f / 2], f % 2 == 0 ? 0 : 1e-3, 1e-18);
    }
  }
  for (const int count : on_faces) EXPECT_GT(count, 5);
  const auto edges = edges_of_rows(*network.graph);
  EXPECT_EQ(filigree::testing::turned_round(edges), edges);
}

TEST(PoreNetworks, HaveThroatsBetweenTheirSpheres) {
  for (const bool is_delaunay : {true, false}) {
    RandomNetwork options;
    options.n_points = 30;
    options.diameters.limit = is_delaunay ? DiameterLimit::kGlobal : DiameterLimit::kLocal;
    const PoreNetwork network = is_delaunay ? delaunay_network(options) : voronoi_network(options);
    const std::vector<Point> x = to_vector(network.positions);
    const std::vector<double> d = to_vector(network.pore_diameters);
    const std::vector<double> throat = to_vector(network.throat_diameters);
    const std::vector<double> length = to_vector(network.throat_lengths);
    const std::vector<double> k = to_vector(stokes_conductances(network, 1e-5));
    const std::vector<double> diffusion = to_vector(diffusion_conductances(network, 1e-9));
    const auto edges = edges_of_rows(*network.graph);
    for (std::size_t e = 0; e < edges.size(); ++e) {
      const auto i = static_cast<std::size_t>(edges[e].first);
      const auto j = static_cast<std::size_t>(edges[e].second);
      const double between = distance(x[i], x[j]);
      EXPECT_EQ(throat[e], std::min(d[i], d[j]));
      EXPECT_NEAR(length[e], between - d[i] / 2 - d[j] / 2, 1e-15 * between);
      EXPECT_GE(length[e], 0.0999 * between);
      const double r = throat[e] / 2;
      EXPECT_NEAR(k[e] / (std::numbers::pi * r * r * r * r / (8 * 1e-5 * length[e])), 1, 1e-14);
      EXPECT_NEAR(diffusion[e] / (1e-9 * std::numbers::pi * r * r / length[e]), 1, 1e-14);
    }
  }
}

TEST(PoreNetworks, HaveLognormalDiametersUnlessTheyAreCut) {
  LatticeNetwork options;
  options.pores = {20, 20, 20};
  options.diameters = {1e-5, 0.1, DiameterLimit::kGlobal};
  const std::vector<double> d = to_vector(lattice_network(options).pore_diameters);
  double mean = 0;
  double square = 0;
  for (const double value : d) {
    const double z = std::log(value / 1e-5) / 0.1;
    mean += z / 8000;
    square += z * z / 8000;
  }
  // Deviations of the two: 1 / 89 and sqrt(2) / 89; four of each.
  EXPECT_NEAR(mean, 0, 0.045);
  EXPECT_NEAR(square, 1, 0.065);

  RandomNetwork dense;
  dense.n_points = 2000;
  const PoreNetwork network = delaunay_network(dense);
  const std::vector<double> cut = to_vector(network.pore_diameters);
  // The shortest of many throats is so short that the one limit cuts all diameters.
  EXPECT_EQ(*std::min_element(cut.begin(), cut.end()), *std::max_element(cut.begin(), cut.end()));
  dense.diameters.limit = DiameterLimit::kLocal;
  const std::vector<double> local = to_vector(delaunay_network(dense).pore_diameters);
  EXPECT_EQ(*std::min_element(local.begin(), local.end()), cut.front());
  EXPECT_GT(*std::max_element(local.begin(), local.end()), 1.1e-5);
}

TEST(PoreNetworks, DependOnSeedAndNumberOnly) {
  RandomNetwork options;
  options.seed = 9;
  options.number = 4;
  const PoreNetwork first = delaunay_network(options);
  const PoreNetwork again = delaunay_network(options);
  EXPECT_EQ(edges_of_rows(*first.graph), edges_of_rows(*again.graph));
  EXPECT_EQ(to_vector(first.pore_diameters), to_vector(again.pore_diameters));
  options.number = 5;
  EXPECT_NE(to_vector(first.positions)[0][0], to_vector(delaunay_network(options).positions)[0][0]);
}

TEST(LatticeNetworks, HaveTheFacesOfTheirEnds) {
  LatticeNetwork options;
  options.pores = {3, 4, 1};
  options.spacing = 1e-4;
  const PoreNetwork network = lattice_network(options);
  EXPECT_EQ(network.n_pores(), 12);
  EXPECT_EQ(network.graph->edge_count(), 2 * (2 * 4 + 3 * 3));
  EXPECT_DOUBLE_EQ(network.size[0], 2e-4);
  EXPECT_DOUBLE_EQ(network.size[1], 4e-4);
  const std::vector<Index> faces = to_vector(network.faces);
  EXPECT_EQ(faces[0], kFront | kLeft | kBottom | kTop);
  EXPECT_EQ(faces[11], kBack | kRight | kBottom | kTop);
  EXPECT_EQ(faces[5], kBottom | kTop);
}

TEST(PoreNetworks, AreChecked) {
  LatticeNetwork options;
  options.pores = {2, 1, 1};
  PoreNetwork network = lattice_network(options);
  network.throat_lengths = to_device("lengths", std::vector<double>{1e-5, -1e-6});
  EXPECT_EQ(error_of([&] { validate(network); }),
            "the throat into pore 1 from pore 0 has a diameter of 1e-05 m and a length of -1e-06 "
            "m: both must be positive, or the two spheres overlap");
  network.pore_diameters = to_device("diameters", std::vector<double>{1e-5, 0});
  EXPECT_EQ(error_of([&] { validate(network); }),
            "pore 1 has a diameter of 0 m: it must be positive and finite");
  network.faces = Array<Index>("faces", 3);
  EXPECT_EQ(error_of([&] { validate(network); }),
            "a network of 2 pores needs as many positions, faces and diameters, but there are 2, "
            "3 and 2");
  options.pores = {1, 1, 1};
  EXPECT_EQ(error_of([&] { lattice_network(options); }),
            "axis 0 of the pore lattice has 1 pores: at least 2 are needed");
  options.pores = {2, 1, 1};
  options.diameters.median = 0;
  EXPECT_EQ(error_of([&] { lattice_network(options); }),
            "pore diameters with a median of 0 m and a spread of 0 cannot be drawn: the median "
            "must be positive and the spread not negative");
}

std::string digests() {
  testing_support::Report report;
  const auto add = [&](const std::string& name, const PoreNetwork& network) {
    report.add(name + " offsets", network.graph->row_offsets());
    report.add(name + " senders", network.graph->senders());
    report.add(name + " positions", network.positions);
    report.add(name + " faces", network.faces);
    report.add(name + " pore diameters", network.pore_diameters);
    report.add(name + " lengths", network.throat_lengths);
    report.add(name + " conductances", stokes_conductances(network, 1e-5));
  };
  RandomNetwork options;
  options.n_points = 2000;
  add("delaunay", delaunay_network(options));
  add("voronoi", voronoi_network(options));
  LatticeNetwork lattice;
  lattice.diameters.spread = 0.2;
  add("lattice", lattice_network(lattice));
  return report.text();
}

TEST(PoreNetworkThreads, NetworksHaveTheSameBitsForAnyNumberOfThreads) {
  testing_support::expect_same_for_any_threads("PoreNetworkThreads.*", digests);
}

}  // namespace
}  // namespace filigree::network
