// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Branched rods: topology, matrices on trees, forces as derivatives of the energy.
#include <gmock/gmock.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "core/parallel.hpp"
#include "core/random.hpp"
#include "physics/rods/rod_assembly.hpp"
#include "physics/rods/rod_model.hpp"
#include "tests/support/random_rods.hpp"

namespace filigree::rods {
namespace {

using testing::HasSubstr;

template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(RodTopology, HangsTreesUpAndListsJoints) {
  const RodTopology star = make_topology({{-1, 3}, {1, 2}, {1, 1}, {4, 1}, {-1, 2}});
  EXPECT_EQ(star.n_vertices, 9);
  EXPECT_EQ(star.n_edges(), 7);
  EXPECT_EQ(star.parent, (std::vector<Index>{-1, 0, 1, 1, 3, 1, 4, -1, 7}));
  // Vertex 1 has four edges: six pairs; vertices 3 and 4 two edges each.
  EXPECT_EQ(star.joints.size(), 6U + 1 + 1);
  for (const Joint& joint : star.joints) {
    const auto& a = star.edges[static_cast<std::size_t>(joint.a)];
    const auto& b = star.edges[static_cast<std::size_t>(joint.b)];
    EXPECT_EQ(a[joint.a_reversed ? 0 : 1], joint.vertex);
    EXPECT_EQ(b[joint.b_reversed ? 1 : 0], joint.vertex);
  }
}

TEST(RodTopology, RefusesWhatIsNoTree) {
  EXPECT_THAT(error_of([] {
                make_topology(3, {{0, 1}, {1, 2}, {2, 0}});
              }),
              HasSubstr("closes a loop"));
  EXPECT_THAT(error_of([] { make_topology(2, {{0, 1}, {1, 0}}); }), HasSubstr("closes a loop"));
  EXPECT_THAT(error_of([] {
                make_topology(2, {{0, 2}});
              }),
              HasSubstr("edge 0 joins vertices 0 and 2, but the vertices are 0 to 1"));
  EXPECT_THAT(error_of([] { make_topology(2, {{1, 1}}); }), HasSubstr("joins vertex 1 to itself"));
  EXPECT_THAT(error_of([] {
                make_topology({{-1, 3}, {7, 2}});
              }),
              HasSubstr("branch 1 stands on vertex 7"));
  EXPECT_THAT(error_of([] { make_topology({{-1, 1}}); }), HasSubstr("at least 2"));
}

TEST(RodModel, RefusesWhatIsNoRod) {
  const RodTopology line = make_topology({{-1, 3}});
  const std::vector<EdgeProperties> edges(2);
  RodShape shape{{{0, 0, 0}, {1, 0, 0}, {1, 0, 0}}, {}};
  EXPECT_THAT(error_of([&] { make_rod_model(line, shape, edges); }),
              HasSubstr("edge 1 between vertices 1 and 2 has no length"));
  shape.positions[2] = {0, 0, 1e-4};
  EXPECT_THAT(error_of([&] { make_rod_model(line, shape, edges); }),
              HasSubstr("edges 0 and 1 fold back on each other at vertex 1"));
  shape.positions[2] = {2, 0, 0};
  auto bad = edges;
  bad[1].bending_stiffness[0] = -1;
  EXPECT_THAT(error_of([&] { make_rod_model(line, shape, bad); }),
              HasSubstr("edge 1: the bending stiffness EI is -1 N m^2"));
  shape.directors = {{0, 1, 0}, {1, 0, 0}};
  EXPECT_THAT(error_of([&] { make_rod_model(line, shape, edges); }),
              HasSubstr("the director of edge 1 lies along the edge or has no length"));
}

/// Solves the system of a tree in a kernel.
void solve_tree(const TreePattern& tree, const Array<Mat<4>>& diagonal,
                const Array<Mat<4>>& coupling, const Array<Vec<4>>& x,
                const Array<Index>& refused) {
  const TreePattern pattern = tree;
  for_each(
      "test/solve", 1, FILIGREE_LAMBDA(Index) {
        const TreeMatrix matrix{diagonal.data(), coupling.data()};
        refused(0) = factorize(pattern, matrix);
        solve(pattern, matrix, x.data());
      });
}

TEST(TreeMatrix, SolvesWhatADenseSolverSolves) {
  const RodTopology topology = make_topology({{-1, 4}, {1, 3}, {1, 2}, {5, 2}, {0, 2}, {-1, 3}});
  const TreeLayout layout = make_tree_layout(topology);
  const TreePattern pattern = make_tree_pattern(layout);
  const Index n = topology.n_vertices;
  RandomStream stream(1, "test/tree");
  std::uint64_t next = 0;
  Eigen::MatrixXd dense = Eigen::MatrixXd::Zero(4 * n, 4 * n);
  HostArray<Mat<4>> diagonal("d", n), coupling("c", pattern.n_blocks);
  for (Index v = 0; v < n; ++v) {
    for (Index k = layout.upper_begin[static_cast<std::size_t>(v)];
         k < layout.upper_begin[static_cast<std::size_t>(v) + 1]; ++k) {
      const Index u = layout.upper[static_cast<std::size_t>(k)];
      for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 4; ++j) {
          const double value = stream.between(-1.0, 1.0, next++);
          coupling(k)(i, j) = static_cast<Real>(value);
          dense(4 * v + i, 4 * u + j) = dense(4 * u + j, 4 * v + i) = double(coupling(k)(i, j));
        }
      }
    }
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j <= i; ++j) {
        const auto value = static_cast<Real>(stream.between(-1.0, 1.0, next++) + (i == j ? 20 : 0));
        diagonal(v)(i, j) = diagonal(v)(j, i) = value;
        dense(4 * v + i, 4 * v + j) = dense(4 * v + j, 4 * v + i) = double(value);
      }
    }
  }
  Eigen::VectorXd right(4 * n);
  HostArray<Vec<4>> x("x", n);
  for (Index i = 0; i < 4 * n; ++i) {
    right(i) = stream.between(-1.0, 1.0, next++);
    x(i / 4)[i % 4] = static_cast<Real>(right(i));
  }
  const Eigen::VectorXd expected = dense.ldlt().solve(right);
  const auto solution = to_device(x);
  const Array<Index> refused("refused", 1);
  solve_tree(pattern, to_device(diagonal), to_device(coupling), solution, refused);
  EXPECT_EQ(to_host(refused)(0), 0);
  const auto got = to_host(solution);
  for (Index i = 0; i < 4 * n; ++i) EXPECT_NEAR(got(i / 4)[i % 4], expected(i), tol<Real>(20));
  diagonal(2)(1, 1) = -1;
  solve_tree(pattern, to_device(diagonal), to_device(coupling), to_device(x), refused);
  EXPECT_GE(to_host(refused)(0), 1);
}

TEST(RodModel, ForcesAreTheDerivativesOfTheEnergy) {
  const TestRod rod = random_branched_rod(1);
  const RodForces forces = rod_forces(rod.model, rod.state);
  const auto force = to_host(forces.force);
  const auto moment = to_host(forces.moment);
  const Real step = sizeof(Real) == 8 ? Real(1e-5) : Real(4e-3);
  double scale = 0;
  for (Index v = 0; v < rod.model.n_vertices; ++v)
    scale = std::max<double>(scale, norm(force(0, v)));
  const double tolerance = (sizeof(Real) == 8 ? 1e-8 : 2e-2) * scale;
  for (Index v = 0; v < rod.model.n_vertices; ++v) {
    for (int i = 0; i < 3; ++i) {
      const auto energy = [&](Real h) {
        Vec<3> d{};
        d[i] = h;
        return elastic_energy(rod.model, moved_rod(rod, v, d, -1, 0));
      };
      // Fourth-order differences.
      const double slope =
          (8 * (energy(step) - energy(-step)) - (energy(2 * step) - energy(-2 * step))) /
          (12.0 * step);
      EXPECT_NEAR(force(0, v)[i], -slope, tolerance) << v << " " << i;
    }
  }
  for (Index e = 0; e < rod.model.n_edges; ++e) {
    const auto energy = [&](Real h) {
      return elastic_energy(rod.model, moved_rod(rod, -1, Vec<3>::zero(), e, h));
    };
    const double slope =
        (8 * (energy(step) - energy(-step)) - (energy(2 * step) - energy(-2 * step))) /
        (12.0 * step);
    EXPECT_NEAR(moment(0, e), -slope, tolerance) << e;
  }
}

TEST(RodModel, ForcesOfAFreeRodAddUpToNothing) {
  const TestRod rod = random_branched_rod(2);
  const RodForces forces = rod_forces(rod.model, rod.state);
  const auto force = to_host(forces.force);
  const auto x = to_host(rod.state.position);
  Vec<3> total{}, torque{};
  double size = 0;
  for (Index v = 0; v < rod.model.n_vertices; ++v) {
    total += force(0, v);
    torque += cross(x(0, v), force(0, v));
    size += norm(force(0, v));
  }
  // The moments about the edges that are not balanced turn the rod as well.
  const auto moment = to_host(forces.moment);
  for (Index e = 0; e < rod.model.n_edges; ++e) {
    const auto [tail, head] = rod.topology.edges[static_cast<std::size_t>(e)];
    const Vec<3> edge = x(0, head) - x(0, tail);
    torque += edge * (moment(0, e) / norm(edge));
  }
  EXPECT_LT(norm(total), tol<Real>(20) * size);
  EXPECT_LT(norm(torque), tol<Real>(100) * size);
}

/// The second derivatives that assembly puts together, as one dense matrix.
TEST(RodModel, SecondDerivativesAreThoseOfTheForces) {
  const TestRod rod = random_branched_rod(3);
  const Index n = rod.model.n_vertices;
  const Eigen::MatrixXd H = dense_second_derivatives(rod);
  const double scale = H.cwiseAbs().maxCoeff();
  const auto edge_node = to_host(rod.model.edge_node);
  std::vector<Index> edge_of_node(static_cast<std::size_t>(n), -1);
  for (Index e = 0; e < rod.model.n_edges; ++e)
    edge_of_node[static_cast<std::size_t>(edge_node(e))] = e;
  // Second differences of the energy itself: forces would follow frames that moved already.
  const auto energy = [&](Index p, Real hp, Index q, Real hq) {
    TestRod other = rod;
    Vec<3> zero{};
    std::vector<Vec<3>> dx(static_cast<std::size_t>(n), zero);
    std::vector<Real> turn(static_cast<std::size_t>(rod.model.n_edges), 0);
    for (const auto& [index, h] : {std::pair{p, hp}, std::pair{q, hq}}) {
      const auto node = static_cast<std::size_t>(index / 4);
      if (index % 4 < 3) {
        dx[node][index % 4] += h;
      } else if (edge_of_node[node] >= 0) {
        turn[static_cast<std::size_t>(edge_of_node[node])] += h;
      }
    }
    return elastic_energy(rod.model, moved_rod(rod, dx, turn));
  };
  const auto difference = [&](Index p, Index q, double h) {
    const auto r = static_cast<Real>(h);
    return (energy(p, r, q, r) - energy(p, r, q, -r) - energy(p, -r, q, r) + energy(p, -r, q, -r)) /
           (4 * h * h);
  };
  const double h = sizeof(Real) == 8 ? 3e-4 : 1e-2;
  double worst = 0;
  for (Index p = 0; p < 4 * n; ++p) {
    for (Index q = p; q < 4 * n; ++q) {
      // Richardson: the error of second order cancels.
      const double second = (4 * difference(p, q, h / 2) - difference(p, q, h)) / 3;
      worst = std::max(worst, std::abs(second - H(p, q)));
    }
  }
  EXPECT_LT(worst, (sizeof(Real) == 8 ? 1e-6 : 5e-2) * scale);
}

/// The same rod, cut into branches in another way, with other edges reversed.
TEST(RodModel, DoesNotDependOnWhatIsCalledABranch) {
  std::vector<Vec<3, double>> x{{0, 0, 0},      {0.1, 0, 0},    {0.2, 0.01, 0},
                                {0.3, 0, 0.02}, {0.12, 0.1, 0}, {0.13, 0.2, 0.03}};
  const std::vector<EdgeProperties> edges(5, EdgeProperties{1e3, {2e-3, 1e-3}, 1e-3, 0.1});
  const RodTopology one = make_topology(6, {{0, 1}, {1, 2}, {2, 3}, {1, 4}, {4, 5}});
  const RodTopology two = make_topology(6, {{5, 4}, {4, 1}, {1, 2}, {3, 2}, {1, 0}});
  const std::array<std::size_t, 5> same{4, 2, 3, 1, 0};  // edge of `two` for each of `one`
  RodShape rest_one{x, {{0, 0, 1}, {0, 0, 1}, {0, 0, 1}, {0, 0, 1}, {0, 0, 1}}};
  RodShape rest_two = rest_one;
  const RodModel model_one = make_rod_model(one, rest_one, edges);
  const RodModel model_two = make_rod_model(two, rest_two, edges);
  RandomStream stream(5, "test/branches");
  std::uint64_t next = 0;
  for (auto& p : x) {
    for (int i = 0; i < 3; ++i) p[i] += stream.between(-0.02, 0.02, next++);
  }
  rest_one.positions = rest_two.positions = x;
  for (std::size_t e = 0; e < 5; ++e) {
    const Vec<3, double> d{stream.between(-1.0, 1.0, next), stream.between(-1.0, 1.0, next + 1), 1};
    next += 2;
    rest_one.directors[e] = rest_two.directors[same[e]] = d;
  }
  const auto force_one =
      to_host(rod_forces(model_one, make_rod_state(one, model_one, rest_one)).force);
  const auto force_two =
      to_host(rod_forces(model_two, make_rod_state(two, model_two, rest_two)).force);
  for (Index v = 0; v < 6; ++v) {
    EXPECT_GT(norm(force_one(0, v)), 0);
    EXPECT_LT(norm(force_one(0, v) - force_two(0, v)),
              tol<Real>(200) * norm(force_one(0, v)) + tol<Real>(10));
  }
}

/// A branch without stiffness leaves the forces on its rod as they are.
TEST(RodModel, ABranchWithoutStiffnessDoesNotChangeItsRod) {
  const RodTopology alone = make_topology({{-1, 5}});
  const RodTopology branched = make_topology({{-1, 5}, {2, 2}});
  std::vector<Vec<3, double>> x{
      {0, 0, 0}, {0.1, 0.02, 0}, {0.2, 0, 0.01}, {0.3, 0.01, 0}, {0.4, 0, 0.03}};
  RodShape shape_alone{x, {}};
  x.push_back({0.2, 0.1, 0});
  x.push_back({0.2, 0.2, 0});
  RodShape shape_branched{x, {}};
  std::vector<EdgeProperties> edges(6);
  edges[4].bending_stiffness = edges[5].bending_stiffness = {0, 0};
  edges[4].twist_stiffness = edges[5].twist_stiffness = 0;
  const RodModel a = make_rod_model(alone, shape_alone, {edges.begin(), edges.begin() + 4});
  const RodModel b = make_rod_model(branched, shape_branched, edges);
  shape_alone.positions[3] = shape_branched.positions[3] = {0.29, 0.04, -0.02};
  const auto fa = to_host(rod_forces(a, make_rod_state(alone, a, shape_alone)).force);
  const auto fb = to_host(rod_forces(b, make_rod_state(branched, b, shape_branched)).force);
  for (Index v = 0; v < 5; ++v) EXPECT_LT(norm(fa(0, v) - fb(0, v)), tol<Real>(1000));
}

}  // namespace
}  // namespace filigree::rods
