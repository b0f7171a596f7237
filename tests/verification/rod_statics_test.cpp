// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Rods in equilibrium against elastica, beam and helix theory. Tables: docs/validation/rods.md.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/support/straight_rods.hpp"

namespace filigree::rods {
namespace {

constexpr double kPi = std::numbers::pi;

/// Tip of a horizontal cantilever of length 1 and EI = 1 under an end load P, and under its weight
/// w.
struct Tip {
  double drop, x;
};

Tip cantilever_tip(int edges, double load, double weight) {
  Rod rod = straight_rod(edges, {.EI = 1, .EA = 1e6, .density = 1});
  hold_end(rod, 0);
  set_force(rod, edges, {0, 0, -load});
  rod.model.gravity = {0, 0, static_cast<Real>(-weight)};
  const RodStepReport report = settle(rod.model, rod.controls, {}, rod.state, rod.scratch);
  EXPECT_EQ(report.failed, 0);
  const auto x = to_host(rod.state.position);
  return {-double(x(0, edges)[2]), double(x(0, edges)[0])};
}

/// The values are those of elliptic integrals; the clamp is in the middle of the first edge.
TEST(RodStatics, CantileverWithEndLoadIsTheElastica) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "lengths round by more than bending strains, EA is 1e6 EI";
  struct Case {
    double load, drop, x;
  };
  for (const Case& c :
       {Case{0.1, 0.033295, 0.999335}, Case{1, 0.301721, 0.943567}, Case{2, 0.493457, 0.839358},
        Case{5, 0.713792, 0.612372}, Case{10, 0.810609, 0.445004}}) {
    const Tip coarse = cantilever_tip(20, c.load, 0);
    const Tip fine = cantilever_tip(40, c.load, 0);
    EXPECT_NEAR(fine.drop, c.drop, 2e-3) << c.load;
    EXPECT_NEAR(fine.x, c.x, 2e-3) << c.load;
    const double order = std::log2(std::abs(coarse.drop - c.drop) / std::abs(fine.drop - c.drop));
    EXPECT_GT(order, 1.7) << c.load;
  }
}

TEST(RodStatics, HeavyCantileverIsTheElastica) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "lengths round by more than bending strains, EA is 1e6 EI";
  struct Case {
    double weight, drop, x;
  };
  for (const Case& c :
       {Case{1, 0.123471, 0.991246}, Case{2, 0.238507, 0.966893}, Case{5, 0.495905, 0.846657},
        Case{10, 0.700200, 0.656354}, Case{20, 0.829881, 0.445232}}) {
    const Tip fine = cantilever_tip(40, 0, c.weight);
    EXPECT_NEAR(fine.drop, c.drop, 3e-3) << c.weight;
    EXPECT_NEAR(fine.x, c.x, 3e-3) << c.weight;
  }
}

/// Turning one end of a straight rod by phi: moment GJ phi / L, angles linear along the rod.
TEST(RodStatics, TwistIsUniformAndHasItsMoment) {
  constexpr int kEdges = 20;
  constexpr double kGJ = 0.7;
  Rod rod = straight_rod(kEdges, {.EI = 1, .GJ = kGJ, .EA = 1e6, .density = 1});
  hold_end(rod, 0);
  hold_end(rod, kEdges);
  const double phi = 5.0;  // more than half a turn, less than buckles
  set_turn(rod, kEdges - 1, phi);
  const RodStepReport report = settle(rod.model, rod.controls, {}, rod.state, rod.scratch);
  EXPECT_EQ(report.failed, 0);
  const auto twist = to_host(rod.state.twist);
  const double length = (kEdges - 1) / (kEdges - 0.5);  // between the middles of the held edges
  for (Index j = 0; j < rod.model.n_joints; ++j) {
    EXPECT_NEAR(twist(0, j), phi / (kEdges - 1), tol<Real>(1e5));
  }
  const auto reaction = to_host(rod.scratch.reaction);
  EXPECT_NEAR(reaction(0, kEdges)[3], kGJ * phi / length, tol<Real>(1e5));
}

/// Natural curvature k and twist t: the free shape is a helix of radius k/(k^2 + t^2) and pitch
/// 2 pi t/(k^2 + t^2).
TEST(RodStatics, NaturalCurvatureAndTwistMakeAHelix) {
  constexpr int kEdges = 60;
  const double k = 4, t = 2;
  const double a2 = k * k + t * t;
  const double radius = k / a2, rise = t / a2;  // x = r cos(s a), y = r sin(s a), z = s t/a
  const double a = std::sqrt(a2);
  RodShape helix, bent;
  for (int i = 0; i <= kEdges; ++i) {
    const double s = 3.0 * i / kEdges;
    helix.positions.push_back({radius * std::cos(a * s), radius * std::sin(a * s), rise * a * s});
    bent.positions.push_back({s * 0.9, 0.1 * std::sin(2 * s), 0});
  }
  const RodTopology topology = make_topology({{-1, kEdges + 1}});
  const std::vector<EdgeProperties> edges(kEdges, EdgeProperties{1e4, {1, 2}, 0.5, 1});
  Rod rod;
  rod.topology = topology;
  rod.model = make_rod_model(topology, helix, edges);
  rod.state = make_rod_state(topology, rod.model, bent);
  rod.controls = make_controls(rod.model, rod.state);
  const RodStepReport report = settle(rod.model, rod.controls, {}, rod.state, rod.scratch);
  EXPECT_EQ(report.failed, 0);
  const RodEnergy energy = rod_energies(rod.model, rod.state).at(0);
  EXPECT_LT(energy.stretch + energy.bend_twist, tol<Real>(1e6));
  const auto x = to_host(rod.state.position);
  const auto distance = [&](Index i, Index j) { return norm(x(0, i) - x(0, j)); };
  const auto expected = [&](Index i, Index j) {
    return norm(helix.positions[static_cast<std::size_t>(i)] -
                helix.positions[static_cast<std::size_t>(j)]);
  };
  for (Index i = 0; i < kEdges; i += 7) {
    EXPECT_NEAR(distance(i, kEdges), expected(i, kEdges), tol<Real>(1e7));
  }
}

/// Clamp, arm a, rigid right angle, arm b, load P at the end across the plane:
/// P a^3/(3 EI) + P b^3/(3 EI) + P a b^2/GJ.
double frame_drop(int edges_per_arm) {
  const int n = edges_per_arm;
  const double h = 1.0 / n;
  RodShape shape;
  // The clamped edge reaches half an edge before the arm, the corner is a vertex.
  for (int i = 0; i <= n + 1; ++i)
    shape.positions.push_back({(i - 1) * h + (i == 0 ? 0.5 * h : 0.0), 0, 0});
  for (int i = 1; i <= n; ++i) shape.positions.push_back({1, i * h, 0});
  shape.positions[0][0] = -h / 2;
  shape.positions[1][0] = h / 2;
  // Vertices at -h/2, h/2, then every h from h on: the first bending happens at h/2.
  Rod rod;
  rod.topology = make_topology({{-1, static_cast<Index>(shape.positions.size())}});
  rod.model = make_rod_model(
      rod.topology, shape,
      std::vector<EdgeProperties>(shape.positions.size() - 1, EdgeProperties{1e7, {1, 1}, 0.5, 1}));
  rod.state = make_rod_state(rod.topology, rod.model, shape);
  rod.controls = make_controls(rod.model, rod.state);
  hold_end(rod, 0);
  const auto tip = static_cast<Index>(shape.positions.size() - 1);
  const double load = 1e-3;
  set_force(rod, tip, {0, 0, -load});
  EXPECT_EQ(settle(rod.model, rod.controls, {}, rod.state, rod.scratch).failed, 0);
  return -to_host(rod.state.position)(0, tip)[2] / load;
}

TEST(RodStatics, BendingOfOneArmIsTwistOfTheOther) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "the deflection is a thousandth of the length";
  const double exact = 1.0 / 3 + 1.0 / 3 + 1 / 0.5;
  const double coarse = frame_drop(10);
  const double fine = frame_drop(40);
  EXPECT_NEAR(fine, exact, 0.02 * exact);
  EXPECT_LT(std::abs(fine - exact), 0.4 * std::abs(coarse - exact));
}

/// Three equal arms at 120 degrees, outer ends clamped, load P at the joint across the plane:
/// P l^3/(36 EI) when the joint is rigid, P l^3/(9 EI) when it is a hinge.
double star_drop(int edges_per_arm, double compliance) {
  const int n = edges_per_arm;
  const double h = 1.0 / n;
  RodShape shape;
  std::vector<Branch> branches;
  shape.positions.push_back({0, 0, 0});
  for (int arm = 0; arm < 3; ++arm) {
    const double angle = 2 * kPi * arm / 3;
    branches.push_back(arm == 0 ? Branch{-1, n + 2} : Branch{0, n + 1});
    for (int i = 1; i <= n + 1; ++i) {
      // The last edge is clamped; it reaches from h/2 before the end of the arm to h/2 beyond.
      const double r = i < n ? i * h : i == n ? 1 - h / 2 : 1 + h / 2;
      shape.positions.push_back({r * std::cos(angle), r * std::sin(angle), 0});
    }
  }
  Rod rod;
  rod.topology = make_topology(branches);
  std::vector<double> gives(shape.positions.size(), 0.0);
  gives[0] = compliance;
  rod.model = make_rod_model(
      rod.topology, shape,
      std::vector<EdgeProperties>(shape.positions.size() - 1, EdgeProperties{1, {1, 1}, 1, 1}),
      gives);
  rod.state = make_rod_state(rod.topology, rod.model, shape);
  rod.controls = make_controls(rod.model, rod.state);
  for (int arm = 0; arm < 3; ++arm) hold_edge(rod, static_cast<Index>((n + 1) * (arm + 1) - 1));
  const double load = 1e-6;  // small: arms that stretch would stiffen
  set_force(rod, 0, {0, 0, -load});
  EXPECT_EQ(settle(rod.model, rod.controls, {}, rod.state, rod.scratch).failed, 0);
  return -to_host(rod.state.position)(0, 0)[2] / load;
}

TEST(RodStatics, AStarIsStifferThanThreeHingedArms) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "the deflection is a millionth of the length";
  const double coarse = star_drop(10, 0);
  const double fine = star_drop(40, 0);
  EXPECT_NEAR(fine, 1.0 / 36, 1e-3 / 36);
  EXPECT_GT(std::log2(std::abs(coarse - 1.0 / 36) / std::abs(fine - 1.0 / 36)) / 2, 1.8);
  EXPECT_NEAR(star_drop(40, 1e6), 1.0 / 9, 0.02 / 9);
}

/// A clamped beam of length S with a branch that hangs from its middle, under gravity: deflection
/// W S^3/(192 EI) + w S^4/(384 EI), the branch pulled by its weight.
TEST(RodStatics, ABranchHangsFromTheMiddleOfABeam) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "the deflection is a millionth of the length";
  constexpr int kHalf = 40, kHanging = 10;
  constexpr double S = 1, h = S / (2 * kHalf - 1), kDensity = 1e-4, kGravity = 1;
  RodShape shape;
  // Clamps are in the middle of the first and the last edge.
  for (int i = 0; i <= 2 * kHalf; ++i) shape.positions.push_back({(i - 0.5) * h, 0, 0});
  for (int i = 1; i <= kHanging; ++i) {
    shape.positions.push_back({(kHalf - 0.5) * h, 0, -0.05 * i});
  }
  Rod rod;
  rod.topology = make_topology({{-1, 2 * kHalf + 1}, {kHalf, kHanging}});
  rod.model = make_rod_model(rod.topology, shape,
                             std::vector<EdgeProperties>(shape.positions.size() - 1,
                                                         EdgeProperties{1, {1, 1}, 1, kDensity}));
  rod.model.gravity = {0, 0, Real(-kGravity)};
  rod.state = make_rod_state(rod.topology, rod.model, shape);
  rod.controls = make_controls(rod.model, rod.state);
  hold_edge(rod, 0);
  hold_edge(rod, 2 * kHalf - 1);
  const RodStepReport report = settle(rod.model, rod.controls, {}, rod.state, rod.scratch);
  EXPECT_EQ(report.failed, 0);
  const double w = kDensity * kGravity;
  const double W = w * 0.05 * kHanging;
  const auto x = to_host(rod.state.position);
  const double exact = W * S * S * S / 192 + w * S * S * S * S / 384;
  EXPECT_NEAR(-x(0, kHalf)[2], exact, 5e-3 * exact);
  // The junction carries half of the first edge, the edge the rest.
  const Index first = 2 * kHalf + 1;
  const double pull = norm(x(0, first) - x(0, kHalf)) / 0.05 - 1;  // EA = 1
  EXPECT_NEAR(pull, W - w * 0.025, 1e-9 * W);                      // round-off of a length
  EXPECT_LT(report.residual, 1e-9 * W);  // forces cancel at the junction and elsewhere
}

}  // namespace
}  // namespace filigree::rods
