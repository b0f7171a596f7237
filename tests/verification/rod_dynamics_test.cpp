// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Rods in motion: conservation, vibrations, orders of convergence.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "core/random.hpp"
#include "tests/support/random_rods.hpp"
#include "tests/verification/rod_support.hpp"

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

/// A free rod falls as a stone does: implicit Euler has fallen g dt^2 n (n + 1)/2.
TEST(RodDynamics, FreeFallIsExact) {
  Rod rod = straight_rod(10, {});
  rod.model.gravity = {0, 0, Real(-9.81)};
  const double dt = 0.01;
  for (int i = 0; i < 20; ++i) {
    implicit_step(rod.model, rod.controls, dt, {}, rod.state, rod.scratch);
  }
  const auto x = to_host(rod.state.position);
  for (Index v = 0; v <= 10; ++v) {
    EXPECT_NEAR(x(0, v)[2], -9.81 * dt * dt * 20 * 21 / 2, tol<Real>(1e5));
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
