// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Semi-implicit steps: lengths, clamps, rest, handing over, bad use.
#include "physics/rods/rod_semi_implicit.hpp"

#include "tests/support/rod_rollouts.hpp"
#include "tests/support/straight_rods.hpp"

namespace filigree::rods {
namespace {

constexpr RodStepOptions kSemi{.rule = RodRule::kSemiImplicit};

/// Two masses of 1 and 3 and a stretched edge: the centre stays, the edge gets its length back.
TEST(RodSemiImplicit, TwoMassesKeepTheirCentre) {
  RodShape rest;
  rest.positions = {{0, 0, 0}, {1, 0, 0}};
  const RodTopology topology = make_topology({{-1, 2}});
  RodModel model = make_rod_model(topology, rest, {EdgeProperties{1e9, {1, 1}, 1, 1}});
  auto mass = to_host(model.mass);
  mass(0, 0) = 1;
  mass(0, 1) = 3;
  model.mass = to_device(mass);
  RodShape start;
  start.positions = {{0, 0, 0}, {1.2, 0.3, -0.1}};
  RodState state = make_rod_state(topology, model, start);
  const RodControls controls = make_controls(model, state);
  RodScratch scratch;
  ASSERT_EQ(implicit_step(model, controls, 0.01, kSemi, state, scratch).failed, 0);
  const auto x = to_host(state.position);
  const Vec<3> centre = Real(0.25) * x(0, 0) + Real(0.75) * x(0, 1);
  // The stiffness is 1e5 times mass/dt^2: so much round-off.
  EXPECT_LT(norm(centre - Vec<3>{Real(0.9), Real(0.225), Real(-0.075)}), tol<Real>(1e5));
  EXPECT_NEAR(norm(x(0, 1) - x(0, 0)), 1, 1e-4);  // 1e9 N/m beside 75 kg/(10 ms)^2
}

/// A hanging cable whose end is swung about: clamps are where they are told to be, to the last bit,
/// and a cable that hardly stretches keeps its lengths to 1e-6.
TEST(RodSemiImplicit, ClampsAreHeldAndLengthsKept) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "strains of 1e-6";
  Rod rod = straight_rod(20, {.EI = 4e-3, .GJ = 3e-3, .EA = 1e7, .density = 0.1});
  rod.model.gravity = {0, 0, Real(-9.81)};
  fill(rod.model.damping, Real(1));
  hold_end(rod, 0);
  const auto length = to_host(rod.model.rest_length);
  const auto start = to_host(rod.controls.target);
  double longest = 0;
  Index handed_over = 0;
  for (int k = 1; k <= 300; ++k) {
    const Real t = Real(0.01) * Real(k);
    auto target = to_host(rod.controls.target);
    for (Index v = 0; v < 2; ++v) {
      target(0, v) = start(0, v) + Vec<3>{Real(0.05) * std::sin(4 * t), Real(0.05) * t,
                                          Real(0.05) * (1 - std::cos(4 * t))};
    }
    rod.controls.target = to_device(target);
    set_turn(rod, 0, 0.02);
    const RodStepReport report =
        implicit_step(rod.model, rod.controls, 0.01, kSemi, rod.state, rod.scratch);
    ASSERT_EQ(report.failed, 0) << k;
    handed_over += report.handed_over;
    if (report.handed_over == 0) {
      EXPECT_LT(report.residual, 1e-8) << k;  // of twist
    }
    const auto x = to_host(rod.state.position);
    for (Index v = 0; v < 2; ++v) EXPECT_EQ(x(0, v), target(0, v));
    for (Index e = 1; e < rod.model.n_edges; ++e) {
      const Real strain = norm(x(0, e + 1) - x(0, e)) / length(0, e) - 1;
      longest = std::max(longest, double(std::abs(strain)));
    }
  }
  EXPECT_LT(longest, 1e-6);  // the weight of the cable is 1e-7 of EA; tension reaches ten times it
  EXPECT_LT(handed_over, 10);
}

/// What `settle` finds is at rest for semi-implicit steps too, and clamps feel the same.
TEST(RodSemiImplicit, KeepsAnEquilibrium) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "compares 1e-8";
  Rod rod = straight_rod(12, {.EI = 0.1, .GJ = 0.1, .EA = 1e3, .density = 1});
  rod.model.gravity = {0, 0, Real(-2)};
  hold_end(rod, 0);
  ASSERT_EQ(settle(rod.model, rod.controls, {}, rod.state, rod.scratch).failed, 0);
  const auto before = to_host(rod.state.position);
  const auto pull = to_host(rod.scratch.reaction);
  for (int k = 0; k < 100; ++k) {
    ASSERT_EQ(implicit_step(rod.model, rod.controls, 0.01, kSemi, rod.state, rod.scratch).failed,
              0);
  }
  const auto after = to_host(rod.state.position);
  const auto pull_after = to_host(rod.scratch.reaction);
  for (Index v = 0; v < rod.model.n_vertices; ++v) {
    EXPECT_LT(norm(after(0, v) - before(0, v)), 1e-8) << v;
  }
  for (int i = 0; i < 3; ++i) EXPECT_NEAR(pull_after(0, 0)[i], pull(0, 0)[i], 1e-6);
}

/// A batch gives each rod what it gives alone, to the last bit, whatever the others do.
TEST(RodSemiImplicit, RodsOfABatchDoNotFeelEachOther) {
  const TestRod rod = random_branched_rod(3);
  constexpr Index kBatch = 3;
  const auto state_of = [&](Index first, Index count) {
    RodState state;
    state.batch = count;
    const auto x = to_host(rod.state.position);
    const auto d = to_host(rod.state.director);
    const auto twist = to_host(rod.state.twist);
    HostArray<Vec<3>, 2> xs("x", count, x.extent(1)), vs("v", count, x.extent(1));
    HostArray<Vec<3>, 2> ds("d", count, d.extent(1));
    HostArray<Real, 2> twists("twist", count, twist.extent(1));
    for (Index b = 0; b < count; ++b) {
      for (Index i = 0; i < x.extent(1); ++i) {
        xs(b, i) = x(0, i);
        // The last one is torn apart: it takes implicit steps.
        vs(b, i) = Vec<3>{Real(0.1), 0, (i % 2 == 0 ? Real(1) : Real(-1))} *
                   (first + b == kBatch - 1 ? Real(8) : Real(0.1) * Real(first + b));
      }
      for (Index i = 0; i < d.extent(1); ++i) ds(b, i) = d(0, i);
      for (Index i = 0; i < twist.extent(1); ++i) twists(b, i) = twist(0, i);
    }
    state.position = to_device(xs);
    state.velocity = to_device(vs);
    state.director = to_device(ds);
    state.twist = to_device(twists);
    return state;
  };
  const auto run = [&](RodState state, Index& handed_over) {
    RodScratch scratch;
    const RodControls controls = make_controls(rod.model, state);
    for (int i = 0; i < 5; ++i) {
      handed_over += implicit_step(rod.model, controls, 0.01, kSemi, state, scratch).handed_over;
    }
    return to_host(state.position);
  };
  Index handed_over = 0;
  const auto together = run(state_of(0, kBatch), handed_over);
  EXPECT_GT(handed_over, 0);
  for (Index b = 0; b < kBatch; ++b) {
    const auto alone = run(state_of(b, 1), handed_over);
    for (Index v = 0; v < rod.model.n_vertices; ++v) EXPECT_EQ(alone(0, v), together(b, v)) << b;
  }
}

TEST(RodSemiImplicit, AllocatesNothingOnceItHasRun) {
  TestRod rod = random_branched_rod(5);
  const RodControls controls = make_controls(rod.model, rod.state);
  RodScratch scratch;
  implicit_step(rod.model, controls, 0.01, kSemi, rod.state, scratch);
  const Offset allocations = array_allocations();
  for (int i = 0; i < 3; ++i) {
    implicit_step(rod.model, controls, 0.01, kSemi, rod.state, scratch);
  }
  EXPECT_EQ(array_allocations(), allocations);
}

TEST(RodSemiImplicit, HasNoDerivatives) {
  TestRod rod = random_branched_rod(5);
  const RodControls controls = make_controls(rod.model, rod.state);
  RodScratch scratch;
  RodStateBar bar = make_state_bar(rod.model, 1);
  RodControlsBar controls_bar = make_controls_bar(rod.model, 1);
  RodModelBar model_bar = make_model_bar(rod.model, 1);
  EXPECT_THROW(implicit_step_adjoint(rod.model, controls, 0.01, rod.state, rod.state, bar,
                                     controls_bar, model_bar, scratch, RodRule::kSemiImplicit),
               InputError);
}

}  // namespace
}  // namespace filigree::rods
