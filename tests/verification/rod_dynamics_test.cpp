// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Rods in motion: conservation, vibrations, orders of convergence.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/random.hpp"
#include "tests/support/random_rods.hpp"
#include "tests/support/straight_rods.hpp"

namespace filigree::rods {
namespace {

struct Momenta {
  Vec<3, double> linear{}, angular{};
  double size = 0;  ///< sum m |v|
};

Momenta momenta(const RodModel& model, const RodState& state) {
  const auto x = to_host(state.position);
  const auto v = to_host(state.velocity);
  const auto m = to_host(model.mass);
  Momenta sum;
  const auto to_double = [](const Vec<3>& a) { return Vec<3, double>{a[0], a[1], a[2]}; };
  for (Index i = 0; i < model.n_vertices; ++i) {
    const Vec<3, double> p = double(m(0, i)) * to_double(v(0, i));
    sum.linear += p;
    sum.angular += cross(to_double(x(0, i)), p);
    sum.size += norm(p);
  }
  return sum;
}

/// A branched rod thrown with spin, bent: nothing acts on it.
void expect_momenta_stay(RodRule rule, double dt, int steps, double tolerance) {
  TestRod rod = random_branched_rod(7);
  auto v = to_host(rod.state.velocity);
  const auto x = to_host(rod.state.position);
  for (Index i = 0; i < rod.model.n_vertices; ++i) {
    v(0, i) =
        Vec<3>{Real(0.3), Real(-0.2), Real(0.1)} + cross(Vec<3>{Real(0.5), 1, Real(-0.7)}, x(0, i));
  }
  rod.state.velocity = to_device(v);
  const RodControls controls = make_controls(rod.model, rod.state);
  RodScratch scratch;
  const Momenta before = momenta(rod.model, rod.state);
  for (int i = 0; i < steps; ++i) {
    const RodStepReport report =
        implicit_step(rod.model, controls, dt, {.rule = rule}, rod.state, scratch);
    ASSERT_EQ(report.failed, 0) << i;
    ASSERT_EQ(report.handed_over, 0) << i;
  }
  const Momenta after = momenta(rod.model, rod.state);
  EXPECT_LT(norm(after.linear - before.linear), tolerance * before.size);
  EXPECT_LT(norm(after.angular - before.angular), tolerance * before.size);
}

TEST(RodDynamics, FreeFlightKeepsMomenta) {
  // Round-off of a step, and the forces that Newton's method leaves over.
  const bool fine = sizeof(Real) == 8;
  expect_momenta_stay(RodRule::kMidpoint, 2e-3, fine ? 10000 : 1000, fine ? 1e-9 : 1e-2);
}

TEST(RodDynamics, SemiImplicitFreeFlightKeepsMomenta) {
  // Round-off alone: the rod ends 40 m away, where an angular momentum has 40 times the round-off.
  const bool fine = sizeof(Real) == 8;
  expect_momenta_stay(RodRule::kSemiImplicit, 1e-2, fine ? 10000 : 1000, fine ? 2e-11 : 1e-2);
}

/// First bending mode of a clamped beam: omega = 3.5160 sqrt(EI/(rho L^4)).
TEST(RodDynamics, AClampedBeamHasItsFrequency) {
  constexpr int kEdges = 30;
  Rod rod = straight_rod(kEdges, {.EI = 1, .EA = 1e4, .density = 1});
  hold_end(rod, 0);
  auto x = to_host(rod.state.position);
  const double b = 1.8751040687;
  for (Index v = 2; v <= kEdges; ++v) {
    const double s = b * double(x(0, v)[0]);
    const double shape = std::cosh(s) - std::cos(s) - 0.7340955138 * (std::sinh(s) - std::sin(s));
    x(0, v)[2] += static_cast<Real>(1e-3 * shape);
  }
  rod.state.position = to_device(x);
  const double omega = 3.51601527;
  const double period = 2 * std::numbers::pi / omega;
  const double dt = period / 400;
  double previous = 0, crossing = 0;
  for (int i = 0; i < 800 && crossing == 0; ++i) {
    ASSERT_EQ(implicit_step(rod.model, rod.controls, dt, {.rule = RodRule::kMidpoint}, rod.state,
                            rod.scratch)
                  .failed,
              0);
    const double tip = to_host(rod.state.position)(0, kEdges)[2];
    if (i > 0 && previous > 0 && tip <= 0) crossing = (i + previous / (previous - tip)) * dt;
    previous = tip;
  }
  EXPECT_NEAR(crossing / (period / 4), 1, 3e-3);
}

/// The tip of a bent cantilever let go, after a while, at three step lengths.
double observed_order(RodRule rule, int fewest) {
  std::vector<double> tips;
  for (const int steps : {fewest, 2 * fewest, 4 * fewest}) {
    Rod rod = straight_rod(4, {.EI = 0.2, .EA = 10, .density = 1});
    hold_end(rod, 0);
    set_force(rod, 4, {0, 0, -0.2});
    EXPECT_EQ(settle(rod.model, rod.controls, {}, rod.state, rod.scratch).failed, 0);
    set_force(rod, 4, {0, 0, 0});
    for (int i = 0; i < steps; ++i) {
      const auto report = implicit_step(rod.model, rod.controls, 0.4 / steps, {.rule = rule},
                                        rod.state, rod.scratch);
      EXPECT_EQ(report.failed, 0);
    }
    tips.push_back(to_host(rod.state.position)(0, 4)[2]);
  }
  return std::log2(std::abs((tips[1] - tips[0]) / (tips[2] - tips[1])));
}

TEST(RodDynamics, StepsConvergeAtTheirOrder) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "differences of 1e-6";
  EXPECT_NEAR(observed_order(RodRule::kEuler, 800), 1, 0.15);
  EXPECT_NEAR(observed_order(RodRule::kSemiImplicit, 400), 1, 0.15);
  EXPECT_GT(observed_order(RodRule::kMidpoint, 160), 1.8);
}

/// A free rod falls as a stone does: Euler's methods have fallen g dt^2 n (n + 1)/2 after n steps,
/// the midpoint rule g (n dt)^2/2. A bent branched rod swings about its centre of mass meanwhile.
TEST(RodDynamics, FreeFallIsExact) {
  for (const RodRule rule : {RodRule::kEuler, RodRule::kMidpoint, RodRule::kSemiImplicit}) {
    TestRod rod = random_branched_rod(7);
    rod.model.gravity = {0, 0, Real(-9.81)};
    const auto height = [&] {
      const auto x = to_host(rod.state.position);
      const auto m = to_host(rod.model.mass);
      double sum = 0, mass = 0;
      for (Index v = 0; v < rod.model.n_vertices; ++v) {
        sum += double(m(0, v)) * double(x(0, v)[2]);
        mass += m(0, v);
      }
      return sum / mass;
    };
    const double before = height();
    const double dt = 0.01;
    const RodControls controls = make_controls(rod.model, rod.state);
    RodScratch scratch;
    for (int i = 0; i < 20; ++i) {
      implicit_step(rod.model, controls, dt, {.rule = rule}, rod.state, scratch);
    }
    const double steps = rule == RodRule::kMidpoint ? 20 * 20 : 20 * 21;
    EXPECT_NEAR(height() - before, -9.81 * dt * dt * steps / 2, tol<Real>(1e6));
  }
}

/// A hanging chain swings with omega_n = z_n/2 sqrt(g/L), z_n the zeros of J_0.
TEST(RodDynamics, AHangingChainHasItsFrequencies) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "EA is 1e11 EI/L^2";
  constexpr int kEdges = 60;
  for (const double z : {2.404826, 5.520078}) {
    RodShape shape;
    for (int i = 0; i <= kEdges; ++i) shape.positions.push_back({0, 0, -double(i) / kEdges});
    Rod rod;
    rod.topology = make_topology({{-1, kEdges + 1}});
    rod.model = make_rod_model(
        rod.topology, shape,
        std::vector<EdgeProperties>(kEdges, EdgeProperties{1e4, {1e-7, 1e-7}, 1e-7, 1}));
    rod.model.gravity = {0, 0, -1};
    for (std::size_t i = 0; i <= kEdges; ++i) {
      const double from_end = 1 - double(i) / kEdges;
      shape.positions[i][0] = 1e-4 * std::cyl_bessel_j(0, z * std::sqrt(from_end));
    }
    rod.state = make_rod_state(rod.topology, rod.model, shape);
    rod.controls = make_controls(rod.model, rod.state);
    auto held = to_host(rod.controls.held);
    held(0, 0) = 1;
    rod.controls.held = to_device(held);
    const double quarter = std::numbers::pi / z;  // of the period 4 pi/z
    const double dt = quarter / 100;
    double previous = 1e-4, crossing = 0;
    for (int i = 0; i < 200 && crossing == 0; ++i) {
      const RodStepReport report =
          implicit_step(rod.model, rod.controls, dt,
                        {.rule = RodRule::kMidpoint, .tolerance = 1e-8}, rod.state, rod.scratch);
      ASSERT_EQ(report.failed, 0) << report.iterations << " " << report.residual;
      const double tip = to_host(rod.state.position)(0, kEdges)[0];
      if (previous > 0 && tip <= 0) crossing = (i + previous / (previous - tip)) * dt;
      previous = tip;
    }
    EXPECT_NEAR(crossing / quarter, 1, 5e-3) << z;
  }
}

/// A pendulum of one stiff edge, let go at 60 degrees: period 4 sqrt(L/g) K(sin 30), energy kept.
TEST(RodDynamics, APendulumKeepsItsEnergyAndPeriod) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "EA is 1e4 times the weight";
  struct Case {
    RodRule rule;
    double energy;  ///< largest change over m g L: of second and of first order in the step
  };
  for (const Case& c : {Case{RodRule::kMidpoint, 1e-4}, Case{RodRule::kSemiImplicit, 5e-3}}) {
    RodShape shape;
    const double angle = std::numbers::pi / 3;
    shape.positions = {{0, 0, 0}, {std::sin(angle), 0, -std::cos(angle)}};
    Rod rod;
    rod.topology = make_topology({{-1, 2}});
    rod.model = make_rod_model(rod.topology, shape, {EdgeProperties{1e4, {1, 1}, 1, 2}});
    rod.model.gravity = {0, 0, -1};  // the mass at the end is 1
    rod.state = make_rod_state(rod.topology, rod.model, shape);
    rod.controls = make_controls(rod.model, rod.state);
    auto held = to_host(rod.controls.held);
    held(0, 0) = 1;
    rod.controls.held = to_device(held);
    const double period = 4 * std::comp_ellint_1(0.5);
    const double dt = period / 1000;
    const double before = rod_energies(rod.model, rod.state).at(0).total();
    double change = 0, previous = 1, last_crossing = 0;
    int crossings = 0;
    for (int i = 0; i < 10 * 1000 + 300; ++i) {
      ASSERT_EQ(implicit_step(rod.model, rod.controls, dt, {.rule = c.rule}, rod.state, rod.scratch)
                    .failed,
                0);
      const double now = rod_energies(rod.model, rod.state).at(0).total();
      change = std::max(change, std::abs(now - before));
      const double x = to_host(rod.state.position)(0, 1)[0];
      if (previous > 0 && x <= 0) {
        ++crossings;
        last_crossing = (i + previous / (previous - x)) * dt;
      }
      previous = x;
    }
    EXPECT_LT(change, c.energy);
    EXPECT_EQ(crossings, 11);
    EXPECT_NEAR(last_crossing / period, 10.25, 5e-3);
  }
}

/// Cables up to 100 times stiffer at 10 ms: no step fails, nothing blows up.
TEST(RodDynamics, StiffnessDoesNotBlowUpSteps) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "EA is 1e6 EI/L^2";
  for (const RodRule rule : {RodRule::kEuler, RodRule::kSemiImplicit}) {
    for (const double stiffer : {1.0, 10.0, 100.0}) {
      const StraightRod of{.EI = 4e-3 * stiffer, .GJ = 3e-3 * stiffer, .EA = 1e3, .density = 0.1};
      Rod rod = straight_rod(20, of);
      rod.model.gravity = {0, 0, Real(-9.81)};
      hold_end(rod, 0);
      const auto start = to_host(rod.controls.target);
      double largest = 0;
      for (int k = 1; k <= 300; ++k) {
        auto target = to_host(rod.controls.target);
        for (Index v = 0; v < 2; ++v) {
          target(0, v) = start(0, v) + Vec<3>{0, Real(0.1 * std::sin(0.03 * k)), 0};
        }
        rod.controls.target = to_device(target);
        const RodStepReport report =
            implicit_step(rod.model, rod.controls, 0.01, {.rule = rule, .tolerance = 1e-8},
                          rod.state, rod.scratch);
        ASSERT_EQ(report.failed, 0) << stiffer << " " << k;
        largest = std::max(largest, rod_energies(rod.model, rod.state).at(0).kinetic);
      }
      EXPECT_LT(largest, 0.1 * 9.81 * 1) << stiffer;  // less than a fall by the whole length gives
    }
  }
}

/// The same cable with its vertices numbered in another way and edges turned around moves alike.
TEST(RodDynamics, LabelsDoNotMatter) {
  const std::vector<Vec<3, double>> x{{0, 0, 0},      {0.1, 0, 0},    {0.2, 0.02, 0},
                                      {0.3, 0, 0.05}, {0.4, 0.03, 0}, {0.2, 0.12, 0.03},
                                      {0.25, 0.2, 0}};
  const std::vector<std::array<Index, 2>> edges{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {2, 5}, {5, 6}};
  const std::vector<Index> label{4, 6, 1, 0, 5, 3, 2};
  const auto run = [&](bool relabelled, RodRule rule) {
    const auto name = [&](Index v) { return relabelled ? label[static_cast<std::size_t>(v)] : v; };
    std::vector<std::array<Index, 2>> own;
    for (std::size_t e = 0; e < edges.size(); ++e) {
      own.push_back({name(edges[e][0]), name(edges[e][1])});
      if (relabelled && e % 2 == 0) std::swap(own[e][0], own[e][1]);
    }
    if (relabelled) std::reverse(own.begin(), own.end());
    RodShape shape;
    shape.positions.resize(x.size());
    for (Index v = 0; v < 7; ++v) {
      shape.positions[static_cast<std::size_t>(name(v))] = x[static_cast<std::size_t>(v)];
    }
    Rod rod;
    rod.topology = make_topology(7, own);
    rod.model = make_rod_model(
        rod.topology, shape,
        std::vector<EdgeProperties>(6, EdgeProperties{10, {0.01, 0.01}, 0.007, 0.1}));
    rod.model.gravity = {0, 0, Real(-9.81)};
    rod.state = make_rod_state(rod.topology, rod.model, shape);
    rod.controls = make_controls(rod.model, rod.state);
    auto held = to_host(rod.controls.held);
    auto velocity = to_host(rod.state.velocity);
    held(0, name(0)) = 1;
    for (Index v = 0; v < 7; ++v) velocity(0, name(v)) = {0, Real(0.1) * Real(v), 0};
    rod.controls.held = to_device(held);
    rod.state.velocity = to_device(velocity);
    for (int i = 0; i < 30; ++i) {
      EXPECT_EQ(implicit_step(rod.model, rod.controls, 0.01, {.rule = rule}, rod.state, rod.scratch)
                    .failed,
                0);
    }
    const auto after = to_host(rod.state.position);
    std::vector<Vec<3>> result;
    for (Index v = 0; v < 7; ++v) result.push_back(after(0, name(v)));
    return result;
  };
  for (const RodRule rule : {RodRule::kEuler, RodRule::kMidpoint, RodRule::kSemiImplicit}) {
    const auto one = run(false, rule);
    const auto other = run(true, rule);
    // Round-off and what Newton's method leaves, grown in 0.3 s of swinging.
    for (std::size_t v = 0; v < 7; ++v) {
      EXPECT_LT(norm(one[v] - other[v]), sizeof(Real) == 8 ? 1e-9 : 1e-3) << v;
    }
  }
}

/// A batch of different states gives each rod what it gives alone, to the last bit.
TEST(RodDynamics, RodsOfABatchDoNotFeelEachOther) {
  const TestRod one = random_branched_rod(1);
  const TestRod two = random_branched_rod(1);
  RodState batch = one.state;
  batch.batch = 3;
  const auto stack = [](const auto& row, Index n, auto change) {
    using Host = std::remove_cvref_t<decltype(to_host(row))>;
    const auto host = to_host(row);
    Host all("stack", n, host.extent(1));
    for (Index b = 0; b < n; ++b) {
      for (Index i = 0; i < host.extent(1); ++i) {
        all(b, i) = host(0, i);
        change(b, all(b, i));
      }
    }
    return to_device(all);
  };
  const auto keep = [](Index, auto&) {};
  const auto push = [](Index b, Vec<3>& v) { v = {Real(0.1) * Real(b), 0, Real(-0.2) * Real(b)}; };
  batch.position = stack(one.state.position, 3, keep);
  batch.velocity = stack(one.state.velocity, 3, push);
  batch.director = stack(one.state.director, 3, keep);
  batch.twist = stack(one.state.twist, 3, keep);
  RodScratch scratch;
  const RodControls controls = make_controls(one.model, batch);
  for (int i = 0; i < 5; ++i) implicit_step(one.model, controls, 0.01, {}, batch, scratch);
  const auto together = to_host(batch.position);
  for (Index b = 0; b < 3; ++b) {
    RodState alone = two.state;
    alone.position = to_device(to_host(two.state.position));
    alone.velocity = stack(two.state.velocity, 1, [&](Index, Vec<3>& v) { push(b, v); });
    alone.director = to_device(to_host(two.state.director));
    alone.twist = to_device(to_host(two.state.twist));
    RodScratch own;
    const RodControls none = make_controls(two.model, alone);
    for (int i = 0; i < 5; ++i) implicit_step(two.model, none, 0.01, {}, alone, own);
    const auto x = to_host(alone.position);
    for (Index v = 0; v < two.model.n_vertices; ++v) EXPECT_EQ(x(0, v), together(b, v));
  }
}

}  // namespace
}  // namespace filigree::rods
