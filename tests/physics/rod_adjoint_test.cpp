// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Derivatives of a rollout against differences, one kind of variable after the other.
#include "tests/support/rod_rollouts.hpp"

namespace filigree::rods {
namespace {

class RodAdjoint : public testing::TestWithParam<RodRule> {
 protected:
  void SetUp() override {
    if (sizeof(Real) == 4) GTEST_SKIP() << "differences need double precision";
    start_ = make_test_rollout(GetParam());
    g_ = gradients_of(start_);
  }
  /// Compares with a change of the rollout by h.
  void check(const std::function<void(TestRollout&, Real)>& change, double derivative, double h,
             const std::string& what) {
    const double expected = slope(
        [&](double s) {
          TestRollout other = start_;
          change(other, static_cast<Real>(s));
          return other.cost();
        },
        h);
    EXPECT_NEAR(derivative, expected, 1e-6 * std::abs(expected) + 1e-9) << what;
  }
  TestRollout start_;
  Gradients g_;
};

INSTANTIATE_TEST_SUITE_P(Rules, RodAdjoint, testing::Values(RodRule::kEuler, RodRule::kMidpoint),
                         [](const auto& of) {
                           return of.param == RodRule::kEuler ? "Euler" : "Midpoint";
                         });

TEST_P(RodAdjoint, OfTheStateBefore) {
  const auto x_bar = to_host(g_.state.position);
  const auto v_bar = to_host(g_.state.velocity);
  for (Index v = 0; v < start_.rod.model.n_vertices; ++v) {
    for (int a = 0; a < 3; ++a) {
      Vec<3> unit{};
      unit[a] = 1;
      check([&](TestRollout& r, Real h) { r.rod.state = moved_rod(r.rod, v, h * unit, -1, 0); },
            x_bar(0, v)[a], 1e-4, format("position {} {}", v, a));
      check(
          [&](TestRollout& r, Real h) {
            r.rod.state.velocity =
                changed(r.rod.state.velocity, [&](auto& host) { host(0, v)[a] += h; });
          },
          v_bar(0, v)[a], 1e-3, format("velocity {} {}", v, a));
    }
  }
  check([&](TestRollout& r, Real h) { r.rod.state = moved_rod(r.rod, -1, {}, 0, h); },
        to_host(g_.state.angle)(0, 0), 1e-3, "angle of the held edge");
}

TEST_P(RodAdjoint, OfTheClamps) {
  for (const std::size_t k : {std::size_t(0), std::size_t(5), start_.controls.size() - 1}) {
    const auto target = to_host(g_.controls[k].target);
    const auto force = to_host(g_.controls[k].force);
    for (const Index v : {Index(0), Index(1), start_.held_vertex}) {
      for (int a = 0; a < 3; ++a) {
        check(
            [&](TestRollout& r, Real h) {
              r.controls[k].target =
                  changed(r.controls[k].target, [&](auto& host) { host(0, v)[a] += h; });
            },
            target(0, v)[a], 1e-4, format("target {} {} of step {}", v, a, k));
      }
    }
    for (int a = 0; a < 3; ++a) {
      check(
          [&](TestRollout& r, Real h) {
            r.controls[k].force =
                changed(r.controls[k].force, [&](auto& host) { host(0, 10)[a] += h; });
          },
          force(0, 10)[a], 1e-3, format("force {} of step {}", a, k));
    }
    check(
        [&](TestRollout& r, Real h) {
          r.controls[k].turn = changed(r.controls[k].turn, [&](auto& host) { host(0, 0) += h; });
        },
        to_host(g_.controls[k].turn)(0, 0), 1e-3, format("turn of step {}", k));
  }
}

TEST_P(RodAdjoint, OfTheParameters) {
  const auto length = to_host(g_.model.rest_length);
  const auto stretch = to_host(g_.model.stretch);
  const auto rest = to_host(g_.model.joint_rest);
  const auto stiffness = to_host(g_.model.joint_stiffness);
  const auto mass = to_host(g_.model.mass);
  for (const Index e : {Index(1), Index(5), Index(11)}) {
    check(
        [&](TestRollout& r, Real h) {
          r.rod.model.rest_length =
              changed(r.rod.model.rest_length, [&](auto& host) { host(0, e) += h; });
        },
        length(0, e), 1e-4, format("rest length {}", e));
    check(
        [&](TestRollout& r, Real h) {
          r.rod.model.stretch = changed(r.rod.model.stretch, [&](auto& host) { host(0, e) += h; });
        },
        stretch(0, e), 1e-2, format("stretch stiffness {}", e));
  }
  for (Index j = 0; j < start_.rod.model.n_joints; j += 2) {
    for (int n = 0; n < 3; ++n) {
      check(
          [&](TestRollout& r, Real h) {
            r.rod.model.joint_rest =
                changed(r.rod.model.joint_rest, [&](auto& host) { host(0, j)[n] += h; });
          },
          rest(0, j)[n], 1e-3, format("rest {} {}", j, n));
      check(
          [&](TestRollout& r, Real h) {
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
        [&](TestRollout& r, Real h) {
          r.rod.model.mass = changed(r.rod.model.mass, [&](auto& host) { host(0, v) += h; });
        },
        mass(0, v), 1e-4, format("mass {}", v));
  }
  check(
      [&](TestRollout& r, Real h) {
        r.rod.model.damping = changed(r.rod.model.damping, [&](auto& host) { host(0) += h; });
      },
      to_host(g_.model.damping)(0, 0), 1e-3, "damping");
  check([&](TestRollout& r, Real h) { r.rod.model.gravity[2] += h; },
        to_host(g_.model.gravity)(0, 0)[2], 1e-3, "gravity");
}

/// No tolerance or branch of a step enters: central differences come closer as the square of their
/// step until round-off takes over, from 0.1 mm down.
TEST_P(RodAdjoint, IsSmooth) {
  TestRollout longer = make_test_rollout(GetParam(), 50);
  const Gradients g = gradients_of(longer);
  Draws draw;
  const Vec<3> way{1, Real(-0.5), Real(0.7)};  // of one clamp, at all times
  double derivative = 0;
  for (const RodControlsBar& bar : g.controls) {
    for (Index v = 0; v < 2; ++v) derivative += dot(way, to_host(bar.target)(0, v));
  }
  const auto error = [&](double h) {
    const auto cost = [&](double s) {
      TestRollout other = longer;
      for (RodControls& c : other.controls) {
        c.target = changed(c.target, [&](auto& host) {
          for (Index v = 0; v < 2; ++v) host(0, v) += static_cast<Real>(s) * way;
        });
      }
      return other.cost();
    };
    return std::abs((cost(h) - cost(-h)) / (2 * h) / derivative - 1);
  };
  const double largest = error(1e-4);
  EXPECT_LT(largest, 1e-3);
  EXPECT_LT(error(1e-5), largest / 50 + 1e-8);  // a hundredth, and round-off
  EXPECT_LT(error(1e-6), 1e-7);                 // round-off of a cost of order 1 over the step
}

}  // namespace
}  // namespace filigree::rods
