// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Derivatives of a rollout against differences, one kind of variable after the other.
#include <gtest/gtest.h>

#include <functional>
#include <numbers>

#include "physics/rods/rod_adjoint.hpp"
#include "tests/support/random_rods.hpp"

namespace filigree::rods {
namespace {

constexpr int kSteps = 12;
constexpr double kDt = 0.02;

/// A branched rod held at an edge and at a vertex, both moving; the held edge is turned.
struct Rollout {
  TestRod rod;
  Index held_edge = 0;  ///< vertices 0 and 1
  Index held_vertex = 5;
  std::vector<RodControls> controls;  ///< per step
  HostArray<Vec<3>, 2> weight_x, weight_v;

  std::vector<RodState> run() const {
    std::vector<RodState> states{copy_of(rod.state)};
    RodScratch scratch;
    for (int k = 0; k < kSteps; ++k) {
      RodState next = copy_of(states.back());
      const RodStepReport report = implicit_step(rod.model, controls[static_cast<std::size_t>(k)],
                                                 kDt, {.tolerance = 1e-12}, next, scratch);
      EXPECT_EQ(report.failed, 0);
      states.push_back(next);
    }
    return states;
  }
  double cost() const {
    const RodState last = run().back();
    const auto x = to_host(last.position);
    const auto v = to_host(last.velocity);
    double sum = 0;
    for (Index i = 0; i < rod.model.n_vertices; ++i) {
      sum += dot(weight_x(0, i), x(0, i)) + dot(weight_v(0, i), v(0, i));
    }
    return sum;
  }
};

struct Draws {
  RandomStream stream{11, "test/adjoint"};
  std::uint64_t next = 0;
  Real operator()(double size) { return static_cast<Real>(stream.between(-size, size, next++)); }
  Vec<3> vector(double size) { return {(*this)(size), (*this)(size), (*this)(size)}; }
};

Rollout make_rollout() {
  Draws draw;
  Rollout r{random_branched_rod(9), 0, 5, {}, {}, {}};
  r.rod.model.gravity = {0, Real(0.2), Real(-2)};
  Kokkos::deep_copy(r.rod.model.damping.view(), Real(0.7));
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
  Vec<3> drift = draw.vector(0.3);
  const Vec<3> other = draw.vector(0.3);
  for (int k = 0; k < kSteps; ++k) {
    RodControls c = make_controls(r.rod.model, r.rod.state);
    auto held = to_host(c.held);
    auto target = to_host(c.target);
    auto turn = to_host(c.turn);
    auto force = to_host(c.force);
    held(0, 0) = 1;
    held(0, 1) = 3;
    held(0, r.held_vertex) = 1;
    const auto t = static_cast<Real>((k + 1) * kDt);
    target(0, 0) = x(0, 0) + t * drift;
    target(0, 1) = x(0, 1) + t * drift + (t * t) * other;  // the edge swings
    target(0, r.held_vertex) = x(0, r.held_vertex) + t * other;
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

struct Gradients {
  RodStateBar state;
  std::vector<RodControlsBar> controls;
  RodModelBar model;
};

Gradients backwards(const Rollout& r) {
  const std::vector<RodState> states = r.run();
  Gradients g{make_state_bar(r.rod.model, 1), {}, make_model_bar(r.rod.model, 1)};
  g.state.position = to_device(r.weight_x);
  g.state.velocity = to_device(r.weight_v);
  g.controls.resize(kSteps);
  RodScratch scratch;
  for (int k = kSteps - 1; k >= 0; --k) {
    const auto i = static_cast<std::size_t>(k);
    g.controls[i] = make_controls_bar(r.rod.model, 1);
    EXPECT_EQ(implicit_step_adjoint(r.rod.model, r.controls[i], kDt, states[i], states[i + 1],
                                    g.state, g.controls[i], g.model, scratch),
              0);
  }
  return g;
}

/// Central differences, Richardson: error of fourth order.
double slope(const std::function<double(double)>& cost, double h) {
  const auto difference = [&](double s) { return (cost(s) - cost(-s)) / (2 * s); };
  return (4 * difference(h / 2) - difference(h)) / 3;
}

class RodAdjoint : public testing::Test {
 protected:
  void SetUp() override {
    if (sizeof(Real) == 4) GTEST_SKIP() << "differences need double precision";
    start_ = make_rollout();
    g_ = backwards(start_);
  }
  /// Compares with a change of the rollout by h.
  void check(const std::function<void(Rollout&, Real)>& change, double derivative, double h,
             const std::string& what) {
    const double expected = slope(
        [&](double s) {
          Rollout other = start_;
          change(other, static_cast<Real>(s));
          return other.cost();
        },
        h);
    EXPECT_NEAR(derivative, expected, 1e-6 * std::abs(expected) + 1e-9) << what;
  }
  Rollout start_;
  Gradients g_;
};

template <class A, class Change>
auto changed(const A& array, const Change& change) {
  auto host = to_host(array);
  change(host);
  return to_device(host);
}

TEST_F(RodAdjoint, OfTheStateBefore) {
  const auto x_bar = to_host(g_.state.position);
  const auto v_bar = to_host(g_.state.velocity);
  for (Index v = 0; v < start_.rod.model.n_vertices; ++v) {
    for (int a = 0; a < 3; ++a) {
      Vec<3> unit{};
      unit[a] = 1;
      check([&](Rollout& r, Real h) { r.rod.state = moved_rod(r.rod, v, h * unit, -1, 0); },
            x_bar(0, v)[a], 1e-4, format("position {} {}", v, a));
      check(
          [&](Rollout& r, Real h) {
            r.rod.state.velocity =
                changed(r.rod.state.velocity, [&](auto& host) { host(0, v)[a] += h; });
          },
          v_bar(0, v)[a], 1e-3, format("velocity {} {}", v, a));
    }
  }
  check([&](Rollout& r, Real h) { r.rod.state = moved_rod(r.rod, -1, {}, 0, h); },
        to_host(g_.state.angle)(0, 0), 1e-3, "angle of the held edge");
}

TEST_F(RodAdjoint, OfTheClamps) {
  for (const std::size_t k : {std::size_t(0), std::size_t(5), std::size_t(kSteps - 1)}) {
    const auto target = to_host(g_.controls[k].target);
    const auto force = to_host(g_.controls[k].force);
    for (const Index v : {Index(0), Index(1), start_.held_vertex}) {
      for (int a = 0; a < 3; ++a) {
        check(
            [&](Rollout& r, Real h) {
              r.controls[k].target =
                  changed(r.controls[k].target, [&](auto& host) { host(0, v)[a] += h; });
            },
            target(0, v)[a], 1e-4, format("target {} {} of step {}", v, a, k));
      }
    }
    for (int a = 0; a < 3; ++a) {
      check(
          [&](Rollout& r, Real h) {
            r.controls[k].force =
                changed(r.controls[k].force, [&](auto& host) { host(0, 10)[a] += h; });
          },
          force(0, 10)[a], 1e-3, format("force {} of step {}", a, k));
    }
    check(
        [&](Rollout& r, Real h) {
          r.controls[k].turn = changed(r.controls[k].turn, [&](auto& host) { host(0, 0) += h; });
        },
        to_host(g_.controls[k].turn)(0, 0), 1e-3, format("turn of step {}", k));
  }
}

TEST_F(RodAdjoint, OfTheParameters) {
  const auto length = to_host(g_.model.rest_length);
  const auto stretch = to_host(g_.model.stretch);
  const auto rest = to_host(g_.model.joint_rest);
  const auto stiffness = to_host(g_.model.joint_stiffness);
  const auto mass = to_host(g_.model.mass);
  for (const Index e : {Index(1), Index(5), Index(11)}) {
    check(
        [&](Rollout& r, Real h) {
          r.rod.model.rest_length =
              changed(r.rod.model.rest_length, [&](auto& host) { host(0, e) += h; });
        },
        length(0, e), 1e-4, format("rest length {}", e));
    check(
        [&](Rollout& r, Real h) {
          r.rod.model.stretch = changed(r.rod.model.stretch, [&](auto& host) { host(0, e) += h; });
        },
        stretch(0, e), 1e-2, format("stretch stiffness {}", e));
  }
  for (Index j = 0; j < start_.rod.model.n_joints; j += 2) {
    for (int n = 0; n < 3; ++n) {
      check(
          [&](Rollout& r, Real h) {
            r.rod.model.joint_rest =
                changed(r.rod.model.joint_rest, [&](auto& host) { host(0, j)[n] += h; });
          },
          rest(0, j)[n], 1e-3, format("rest {} {}", j, n));
      check(
          [&](Rollout& r, Real h) {
            r.rod.model.joint_stiffness = changed(r.rod.model.joint_stiffness, [&](auto& host) {
              host(0, j)(n, (n + 1) % 3) += h;
              host(0, j)((n + 1) % 3, n) += h;
            });
          },
          stiffness(0, j)(n, (n + 1) % 3) + stiffness(0, j)((n + 1) % 3, n), 1e-4,
          format("stiffness {} {}", j, n));
    }
  }
  for (const Index v : {Index(2), Index(7)}) {
    check(
        [&](Rollout& r, Real h) {
          r.rod.model.mass = changed(r.rod.model.mass, [&](auto& host) { host(0, v) += h; });
        },
        mass(0, v), 1e-4, format("mass {}", v));
  }
  check(
      [&](Rollout& r, Real h) {
        r.rod.model.damping = changed(r.rod.model.damping, [&](auto& host) { host(0) += h; });
      },
      to_host(g_.model.damping)(0, 0), 1e-3, "damping");
  check([&](Rollout& r, Real h) { r.rod.model.gravity[2] += h; },
        to_host(g_.model.gravity)(0, 0)[2], 1e-3, "gravity");
}

TEST_F(RodAdjoint, AllocatesNothingOnceItHasRun) {
  RodState state = copy_of(start_.rod.state);
  RodScratch scratch;
  RodStateBar bar = make_state_bar(start_.rod.model, 1);
  RodControlsBar controls_bar = make_controls_bar(start_.rod.model, 1);
  RodModelBar model_bar = make_model_bar(start_.rod.model, 1);
  const RodState before = copy_of(state);
  const auto there_and_back = [&] {
    implicit_step(start_.rod.model, start_.controls[0], kDt, {}, state, scratch);
    implicit_step_adjoint(start_.rod.model, start_.controls[0], kDt, before, state, bar,
                          controls_bar, model_bar, scratch);
  };
  there_and_back();
  const Offset allocations = array_allocations();
  there_and_back();
  EXPECT_EQ(array_allocations(), allocations);
}

}  // namespace
}  // namespace filigree::rods
