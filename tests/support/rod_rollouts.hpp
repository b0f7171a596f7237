// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// A rollout of a branched rod with clamps that move, turn and take hold, to be differentiated.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "physics/rods/rod_rollout.hpp"
#include "tests/support/random_rods.hpp"

namespace filigree::rods {

struct Draws {
  RandomStream stream{11, "test/rollouts"};
  std::uint64_t next = 0;
  Real operator()(double size) { return static_cast<Real>(stream.between(-size, size, next++)); }
  Vec<3> vector(double size) { return {(*this)(size), (*this)(size), (*this)(size)}; }
};

/// A branched rod held at an edge, which swings and is turned, and at a vertex; later a clamp takes
/// hold of the edge at that vertex. The cost is a weighted sum over the last positions and
/// velocities.
struct TestRollout {
  TestRod rod;
  Index held_vertex = 5;
  double dt = 0.02;
  RodStepOptions options{.tolerance = 1e-12};
  std::vector<RodControls> controls;  ///< per step
  HostArray<Vec<3>, 2> weight_x, weight_v;

  RodRollout plan() const {
    return {.steps = static_cast<Index>(controls.size()),
            .dt = dt,
            .options = options,
            .set_controls = [all = controls](Index step, RodControls& c) {
              c = all[static_cast<std::size_t>(step)];
            }};
  }
  RodState last() const {
    RodState state = copy_of(rod.state);
    RodRolloutMemory memory;
    EXPECT_EQ(run_rollout(rod.model, plan(), state, memory).failed_steps, 0);
    return state;
  }
  double cost() const {
    const RodState state = last();
    const auto x = to_host(state.position);
    const auto v = to_host(state.velocity);
    double sum = 0;
    for (Index i = 0; i < rod.model.n_vertices; ++i) {
      sum += dot(weight_x(0, i), x(0, i)) + dot(weight_v(0, i), v(0, i));
    }
    return sum;
  }
};

inline TestRollout make_test_rollout(RodRule rule, int steps = 12, std::uint64_t seed = 9) {
  Draws draw;
  TestRollout r;
  r.rod = random_branched_rod(seed);
  r.options.rule = rule;
  r.rod.model.gravity = {0, Real(0.2), Real(-2)};
  fill(r.rod.model.damping, Real(0.7));
  const Index n = r.rod.model.n_vertices;
  auto v = to_host(r.rod.state.velocity);
  r.weight_x = HostArray<Vec<3>, 2>("weight_x", 1, n);
  r.weight_v = HostArray<Vec<3>, 2>("weight_v", 1, n);
  for (Index i = 0; i < n; ++i) {
    v(0, i) = draw.vector(0.2);
    r.weight_x(0, i) = draw.vector(1);
    r.weight_v(0, i) = draw.vector(0.1);
  }
  r.rod.state.velocity = to_device(v);
  const auto x = to_host(r.rod.state.position);
  const Vec<3> drift = draw.vector(0.3);
  const Vec<3> other = draw.vector(0.3);
  for (int k = 0; k < steps; ++k) {
    RodControls c = make_controls(r.rod.model, r.rod.state);
    auto held = to_host(c.held);
    auto target = to_host(c.target);
    auto turn = to_host(c.turn);
    auto force = to_host(c.force);
    held(0, 0) = 1;
    held(0, 1) = 3;
    held(0, r.held_vertex) = 1;
    if (k >= 2 * steps / 3) {
      held(0, r.held_vertex - 1) = 1;
      held(0, r.held_vertex) = 3;
    }
    const auto t = static_cast<Real>((k + 1) * r.dt);
    target(0, 0) = x(0, 0) + t * drift;
    target(0, 1) = x(0, 1) + t * drift + (t * t) * other;  // the edge swings
    for (Index i = r.held_vertex - 1; i <= r.held_vertex; ++i) target(0, i) = x(0, i) + t * other;
    turn(0, 0) = Real(0.05);
    force(0, 8) = draw.vector(0.05);
    c.held = to_device(held);
    c.target = to_device(target);
    c.turn = to_device(turn);
    c.force = to_device(force);
    r.controls.push_back(c);
  }
  return r;
}

/// Derivatives of the cost.
struct Gradients {
  RodStateBar state;
  std::vector<RodControlsBar> controls;
  RodModelBar model;
};
inline Gradients gradients_of(const TestRollout& r, Index keep_every = 0) {
  RodRollout plan = r.plan();
  plan.keep_every = keep_every;
  RodRolloutMemory memory;
  RodState state = copy_of(r.rod.state);
  run_rollout(r.rod.model, plan, state, memory);
  Gradients g{make_state_bar(r.rod.model, 1), {}, make_model_bar(r.rod.model, 1)};
  g.controls.resize(static_cast<std::size_t>(plan.steps));
  const Index refused = rollout_adjoint(
      r.rod.model, plan, memory,
      [&](Index frame, const RodState&, RodStateBar& bar) {
        if (frame < plan.steps) return;
        Kokkos::deep_copy(bar.position.view(), r.weight_x.view());
        Kokkos::deep_copy(bar.velocity.view(), r.weight_v.view());
      },
      g.state, g.model,
      [&](Index step, const RodControlsBar& bar) {
        RodControlsBar& own = g.controls[static_cast<std::size_t>(step)];
        own = make_controls_bar(r.rod.model, 1);
        copy(own.target, bar.target);
        copy(own.turn, bar.turn);
        copy(own.force, bar.force);
      });
  EXPECT_EQ(refused, 0);
  return g;
}

/// Central differences, Richardson: error of fourth order.
inline double slope(const std::function<double(double)>& cost, double h) {
  const auto difference = [&](double s) { return (cost(s) - cost(-s)) / (2 * s); };
  return (4 * difference(h / 2) - difference(h)) / 3;
}

/// A copy of an array with changes made on the host.
template <class A, class Change>
auto changed(const A& array, const Change& change) {
  auto host = to_host(array);
  change(host);
  return to_device(host);
}

}  // namespace filigree::rods
