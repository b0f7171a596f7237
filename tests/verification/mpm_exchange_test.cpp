// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Sources, sinks and forces on single bodies.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "physics/mpm/exchange.hpp"
#include "tests/verification/mpm_support.hpp"

namespace filigree::mpm {
namespace {

constexpr double h = 1.0 / 32;

/// Water in an open box with a jet from a nozzle 4 cells wide and 3 cells long at the left.
template <int D>
Model<D> jet_model(const Vec<D, double>& velocity) {
  laws::WeaklyCompressibleFluid water;
  water.bulk_modulus = 1e5;
  Model<D> model = box_model<D>(1, h, WallKind::kOpen, water);
  std::vector<double> lower(D, 0.5 - 2 * h), upper(D, 0.5 + 2 * h);
  lower[0] = 2 * h;
  upper[0] = 5 * h;
  model.sources = {make_source<D>(BoxShape{lower, upper}, velocity, h / 2)};
  return model;
}

template <int D>
void advance(const Model<D>& model, State<D>& state, Scratch<D>& scratch, double end) {
  while (state.time < end * (1 - 1e-9)) {
    const double left = end - state.time;
    const double dt = left / std::ceil(left / step_limit(model, state, scratch).dt);
    ASSERT_EQ(step(model, state, scratch, dt), -1);
    exchange(model, state, scratch);
  }
}

/// Smallest distance of two particles, m.
template <int D>
double least_distance(const State<D>& state) {
  const auto x = to_host(state.particles.template get<Position<D>>());
  double least = std::numeric_limits<double>::infinity();
  for (Index p = 0; p < x.size(); ++p) {
    for (Index q = 0; q < p; ++q) least = std::min(least, double(norm(x(p) - x(q))));
  }
  return least;
}

template <int D>
void expect_exact_jet(const Vec<D, double>& velocity) {
  const Model<D> model = jet_model<D>(velocity);
  State<D> state = seed_state<D>(model, {});
  Scratch<D> scratch;
  const double speed = norm(velocity);
  double cross_section = 1;
  for (int a = 1; a < D; ++a) cross_section *= 4 * h;
  if (velocity[1] != 0) {  // the shadow of the nozzle
    cross_section *= (std::abs(velocity[0]) * 4 + std::abs(velocity[1]) * 3) / (speed * 4);
  }
  const double density = 1000;
  const double layer = density * cross_section * h / 2;
  for (const double end : {0.05, 0.13, 0.31}) {
    advance(model, state, scratch, end);
    EXPECT_NEAR(state.exchanged.mass_in, density * cross_section * speed * end,
                (velocity[1] != 0 ? 1 : 0.501) * layer);
    EXPECT_GT(least_distance(state), 0.95 * h / 2);
    const Budget<D> all = budget(model, state, scratch, -1);
    EXPECT_NEAR(all.mass, state.exchanged.mass_in, tol<Real>(100) * all.mass);
    for (int a = 0; a < D; ++a) {
      EXPECT_NEAR(all.momentum[a], state.exchanged.momentum_in[a],
                  tol<Real>(1000) * all.mass * speed);
    }
    EXPECT_NEAR(all.max_speed, speed, 1e-5 * speed);
  }
}

TEST(MpmExchange, AJetWithoutGravityHasItsMassFluxAndStaysALattice) {
  expect_exact_jet<2>({1, 0});
  expect_exact_jet<2>({1.2, 0.5});
  expect_exact_jet<3>({1.3, 0, 0});
}

/// What has left the nozzle for a time s falls: v_y = -g s, y = y0 - g s^2/2. It is held back by
/// the nozzle's nodes for up to a cell behind the mouth, so s is shorter by at most h/v.
TEST(MpmExchange, AFreeJetFallsOnAParabola) {
  const double g = 2, speed = 1.5, end = 0.45;
  Model<2> model = jet_model<2>({speed, 0});
  model.gravity = {0, static_cast<Real>(-g)};
  State<2> state = seed_state<2>(model, {});
  Scratch<2> scratch;
  advance(model, state, scratch, end);
  const auto x = to_host(state.particles.get<Position<2>>());
  const auto v = to_host(state.particles.get<Velocity<2>>());
  const auto release = to_host(state.particles.get<Release>());
  // Layers, as mean values over the jet's width.
  double largest = 0;
  for (Index p = 0; p < x.size(); ++p) {
    const double since = end - release(p);
    if (since < 2 * h / speed) continue;
    double vy = 0, y = 0, count = 0;
    for (Index q = 0; q < x.size(); ++q) {
      if (std::abs(release(q) - release(p)) > 1e-9) continue;
      vy += v(q)[1];
      y += x(q)[1] - 0.5;
      ++count;
    }
    largest = std::max(largest, since);
    const double late = since - h / speed;
    EXPECT_GT(vy / count, -g * since * 1.001) << since;
    EXPECT_LT(vy / count, -g * late * 0.999) << since;
    EXPECT_GT(y / count, -g * since * since / 2 * 1.001) << since;
    EXPECT_LT(y / count, -g * late * late / 2 * 0.999) << since;
    EXPECT_NEAR(v(p)[0], speed, 0.02 * speed);
  }
  EXPECT_GT(largest, 0.3);
}

TEST(MpmExchange, ASourceAndASinkComeToASteadyState) {
  Model<2> model = jet_model<2>({1, 0});
  Sink<2> sink;
  sink.region = make_obstacle<2>(BoxShape{{0.7, 0}, {2, 1}}, Mat<2>::identity(), false, Wall{});
  model.sinks = {sink};
  State<2> state = seed_state<2>(model, {});
  Scratch<2> scratch;
  const int per_layer = 8;
  advance(model, state, scratch, 0.7);
  for (const double end : {0.8, 0.97, 1.2}) {
    advance(model, state, scratch, end);
    const double layers = (0.7 - 2 * h) / (h / 2);
    EXPECT_NEAR(state.particles.n_owned(), per_layer * layers, per_layer * 0.51);
    const Exchanged<2>& e = state.exchanged;
    const Budget<2> all = budget(model, state, scratch, -1);
    EXPECT_GT(e.mass_out, 0);
    EXPECT_NEAR(all.mass, e.mass_in - e.mass_out, tol<Real>(100) * e.mass_in);
    EXPECT_NEAR(all.momentum[0], e.momentum_in[0] - e.momentum_out[0],
                tol<Real>(1000) * e.momentum_in[0]);
  }
  const auto ids = to_vector(state.particles.get<Id>());
  const auto last = *std::max_element(ids.begin(), ids.end());
  EXPECT_EQ(last, state.exchanged.next_id - 1);
  EXPECT_GT(last, state.particles.n_owned());
}

/// Into still water, which pushes back: what comes in is the same, and the momentum that the source
/// spends to keep its speed is counted.
TEST(MpmExchange, ASubmergedSourceKeepsItsFlux) {
  Model<2> model = jet_model<2>({1, 0});
  State<2> state = seed_state(model, filled_box<2>({5 * h, 0.25}, {0.75, 0.75}, h));
  Scratch<2> scratch;
  const double before = budget(model, state, scratch, -1).mass;
  advance(model, state, scratch, 0.1);
  const Exchanged<2>& e = state.exchanged;
  EXPECT_NEAR(e.mass_in, 1000 * 4 * h * 0.1, 0.501 * 1000 * 4 * h * h / 2);
  const Budget<2> all = budget(model, state, scratch, -1);
  EXPECT_NEAR(all.mass, before + e.mass_in, tol<Real>(100) * all.mass);
  EXPECT_GT(e.momentum_in[0], 1.02 * e.mass_in);
  EXPECT_NEAR(all.momentum[0], e.momentum_in[0], tol<Real>(10000) * e.momentum_in[0]);
  const auto release = to_host(state.particles.get<Release>());
  const auto inlet = to_host(state.particles.get<Inlet>());
  const auto v = to_host(state.particles.get<Velocity<2>>());
  for (Index p = 0; p < v.size(); ++p) {
    if (inlet(p) == 0 && release(p) > state.time) {
      EXPECT_EQ(v(p), (Vec<2>{1, 0}));
    }
  }
}

TEST(MpmExchange, NothingIsAllocatedWhileNothingComesOrGoes) {
  Model<2> model = jet_model<2>({1, 0});
  model.sources[0].until = 0.1;
  Sink<2> sink;
  sink.region = make_obstacle<2>(BoxShape{{0.9, 0}, {2, 1}}, Mat<2>::identity(), false, Wall{});
  model.sinks = {sink};
  State<2> state = seed_state<2>(model, {});
  Scratch<2> scratch;
  const double dt = 1e-3;
  const auto run = [&](int steps) {
    for (int i = 0; i < steps; ++i) {
      step(model, state, scratch, dt);
      exchange(model, state, scratch);
    }
  };
  run(180);
  const Offset before = array_allocations();
  run(70);
  EXPECT_EQ(array_allocations(), before);
}

/// Everything may go, and the state without particles can be stepped on.
TEST(MpmExchange, ASinkCanTakeEverything) {
  Model<2> model = box_model<2>(1, h, WallKind::kOpen, laws::WeaklyCompressibleFluid{});
  Sink<2> sink;
  sink.region = make_obstacle<2>(SphereShape{{0.5, 0.5}, 2}, Mat<2>::identity(), false, Wall{});
  sink.from = 0.0015;
  model.sinks = {sink};
  State<2> state = seed_state(model, filled_box<2>({0.4, 0.4}, {0.6, 0.6}, h));
  Scratch<2> scratch;
  const double before = budget(model, state, scratch, -1).mass;
  for (int i = 0; i < 3; ++i) {
    EXPECT_GT(state.particles.n_owned(), i == 2 ? -1 : 0);
    EXPECT_EQ(step(model, state, scratch, 1e-3), -1);
    exchange(model, state, scratch);
  }
  EXPECT_EQ(state.particles.n_owned(), 0);
  EXPECT_EQ(state.exchanged.mass_out, before);
  const Budget<2> none = budget(model, state, scratch, -1);
  EXPECT_EQ(none.mass, 0);
  EXPECT_EQ(none.center, (Vec<2, double>{0, 0}));
  EXPECT_EQ(none.kinetic, 0);
}

/// Two free blocks, one with a force b: P = m b t, E_kin - m b . x is constant, the other rests.
TEST(MpmExchange, AForceOnOneBodyMovesThatBodyAlone) {
  Model<3> model = box_model<3>(1, 1.0 / 16, WallKind::kOpen, laws::FixedCorotated{});
  model.laws.push_back(model.laws[0]);
  const Vec<3> b{0, 0, 3};
  model.body_forces = {Vec<3>::zero(), b};
  auto seeds = filled_box<3>({0.2, 0.2, 0.2}, {0.4, 0.4, 0.4}, 1.0 / 16);
  for (Seed<3> seed : filled_box<3>({0.6, 0.6, 0.2}, {0.8, 0.8, 0.4}, 1.0 / 16)) {
    seed.body = 1;
    seeds.push_back(seed);
  }
  State<3> state = seed_state(model, seeds);
  Scratch<3> scratch;
  const Budget<3> before = budget(model, state, scratch, -1);
  const double end = 0.2;
  const int steps = 400;
  for (int i = 0; i < steps; ++i) ASSERT_EQ(step(model, state, scratch, end / steps), -1);
  const Budget<3> still = budget(model, state, scratch, 0);
  const Budget<3> pushed = budget(model, state, scratch, 1);
  EXPECT_NEAR(pushed.momentum[2], pushed.mass * 3 * end, tol<Real>(1e5) * pushed.mass);
  EXPECT_NEAR(pushed.momentum[0], 0, tol<Real>(1e5) * pushed.mass);
  EXPECT_NEAR(norm(still.momentum), 0, tol<Real>(1e4) * still.mass);
  EXPECT_EQ(still.potential, 0);
  const Budget<3> after = budget(model, state, scratch, -1);
  const double energy = after.kinetic + after.strain + after.potential - before.potential;
  EXPECT_NEAR(energy / after.kinetic, 0, 0.01);  // symplectic Euler: dt/t
}

/// The same force on every body is gravity (at walls without images, which would take part in a
/// transfer but not in gravity).
TEST(MpmExchange, AForceOnEveryBodyIsGravity) {
  laws::WeaklyCompressibleFluid water;
  Model<2> model = box_model<2>(1, h, WallKind::kSeparate, water);
  const auto seeds = filled_box<2>({0, 0}, {0.3, 0.5}, h);
  const auto center_after = [&](const Vec<2>& gravity, const Vec<2>& force) {
    model.gravity = gravity;
    model.body_forces = {force};
    State<2> state = seed_state(model, seeds);
    Scratch<2> scratch;
    for (int i = 0; i < 30; ++i) EXPECT_EQ(step(model, state, scratch, 5e-4), -1);
    return budget(model, state, scratch, -1);
  };
  const auto one = center_after({0, -9}, {0, 0});
  const auto other = center_after({0, 0}, {0, -9});
  EXPECT_NEAR(one.center[0], other.center[0], tol<Real>(1e6));
  EXPECT_NEAR(one.center[1], other.center[1], tol<Real>(1e6));
  EXPECT_NEAR(one.potential, other.potential, tol<Real>(1e7) * std::abs(one.potential));
}

}  // namespace
}  // namespace filigree::mpm
