// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Derivatives along a direction, forwards: against differences, and against those backwards.
#include "tests/support/rod_rollouts.hpp"

namespace filigree::rods {
namespace {

template <class T, int R>
void draw_into(const Array<T, R>& array, double size, Draws& draw) {
  HostArray<T, R> host = to_host(array);
  constexpr Index kNumbers = sizeof(T) / sizeof(Real);
  auto* const numbers = reinterpret_cast<Real*>(host.data());
  for (Index i = 0; i < kNumbers * host.size(); ++i) numbers[i] = draw(size);
  Kokkos::deep_copy(array.view(), host.view());
}

template <class T, int R>
double product(const Array<T, R>& a, const Array<T, R>& b) {
  const auto x = to_host(a);
  const auto y = to_host(b);
  constexpr Index kNumbers = sizeof(T) / sizeof(Real);
  const auto* const p = reinterpret_cast<const Real*>(x.data());
  const auto* const q = reinterpret_cast<const Real*>(y.data());
  double sum = 0;
  for (Index i = 0; i < kNumbers * x.size(); ++i) sum += double(p[i]) * double(q[i]);
  return sum;
}
double product(const RodStateBar& a, const RodStateBar& b) {
  return product(a.position, b.position) + product(a.velocity, b.velocity) +
         product(a.angle, b.angle);
}
double product(const RodControlsBar& a, const RodControlsBar& b) {
  return product(a.target, b.target) + product(a.turn, b.turn) + product(a.force, b.force);
}
double product(const RodModelBar& a, const RodModelBar& b) {
  return product(a.rest_length, b.rest_length) + product(a.stretch, b.stretch) +
         product(a.joint_rest, b.joint_rest) + product(a.joint_stiffness, b.joint_stiffness) +
         product(a.mass, b.mass) + product(a.damping, b.damping) + product(a.gravity, b.gravity);
}

/// A direction of everything.
struct Direction {
  RodStateChange state;
  std::vector<RodControlsChange> controls;
  RodModelChange model;
};
Direction random_direction(const TestRollout& r) {
  Draws draw{RandomStream(r.controls.size(), "test/direction")};
  Direction d{make_state_bar(r.rod.model, 1), {}, make_model_bar(r.rod.model, 1)};
  draw_into(d.state.position, 1, draw);
  draw_into(d.state.velocity, 1, draw);
  draw_into(d.state.angle, 1, draw);
  for (std::size_t k = 0; k < r.controls.size(); ++k) {
    d.controls.push_back(make_controls_bar(r.rod.model, 1));
    draw_into(d.controls[k].target, 0.2, draw);
    draw_into(d.controls[k].turn, 0.2, draw);
    draw_into(d.controls[k].force, 0.2, draw);
  }
  draw_into(d.model.rest_length, 0.1, draw);
  draw_into(d.model.stretch, 1, draw);
  draw_into(d.model.joint_rest, 1, draw);
  draw_into(d.model.joint_stiffness, 0.05, draw);
  draw_into(d.model.mass, 0.01, draw);
  draw_into(d.model.damping, 1, draw);
  draw_into(d.model.gravity, 1, draw);
  return d;
}

/// The change at the end along the direction, which is left as it is.
RodStateChange forwards(const TestRollout& r, const Direction& d) {
  RodStateChange change = make_state_bar(r.rod.model, 1);
  copy(change.position, d.state.position);
  copy(change.velocity, d.state.velocity);
  copy(change.angle, d.state.angle);
  RodState state = copy_of(r.rod.state);
  RodRolloutMemory memory;
  const Index refused = rollout_tangent(
      r.rod.model, r.plan(), state, change, d.model, memory,
      [&](Index step, RodControlsChange& c) { c = d.controls[static_cast<std::size_t>(step)]; });
  EXPECT_EQ(refused, 0);
  return change;
}

template <class T, int R>
Array<T, R> shifted(const Array<T, R>& array, Real h, const Array<T, R>& by) {
  auto host = to_host(array);
  const auto change = to_host(by);
  for (Index i = 0; i < host.size(); ++i) host.data()[i] += h * change.data()[i];
  return to_device(host);
}

TestRollout moved_along(const TestRollout& r, const Direction& d, Real h) {
  TestRollout other = r;
  const auto x = to_host(d.state.position);
  const auto angle = to_host(d.state.angle);
  std::vector<Vec<3>> dx;
  std::vector<Real> turn;
  for (Index v = 0; v < r.rod.model.n_vertices; ++v) dx.push_back(h * x(0, v));
  for (Index e = 0; e < r.rod.model.n_edges; ++e) turn.push_back(h * angle(0, e));
  other.rod.state = moved_rod(r.rod, dx, turn);
  other.rod.state.velocity = shifted(r.rod.state.velocity, h, d.state.velocity);
  for (std::size_t k = 0; k < r.controls.size(); ++k) {
    other.controls[k].target = shifted(r.controls[k].target, h, d.controls[k].target);
    other.controls[k].turn = shifted(r.controls[k].turn, h, d.controls[k].turn);
    other.controls[k].force = shifted(r.controls[k].force, h, d.controls[k].force);
  }
  RodModel& m = other.rod.model;
  m.rest_length = shifted(m.rest_length, h, d.model.rest_length);
  m.stretch = shifted(m.stretch, h, d.model.stretch);
  m.joint_rest = shifted(m.joint_rest, h, d.model.joint_rest);
  m.joint_stiffness = shifted(m.joint_stiffness, h, d.model.joint_stiffness);
  m.mass = shifted(m.mass, h, d.model.mass);
  m.damping =
      changed(m.damping, [&](auto& host) { host(0) += h * to_host(d.model.damping)(0, 0); });
  m.gravity += h * to_host(d.model.gravity)(0, 0);
  return other;
}

class RodTangent : public testing::TestWithParam<RodRule> {
 protected:
  void SetUp() override {
    if (sizeof(Real) == 4) GTEST_SKIP() << "differences need double precision";
  }
};
INSTANTIATE_TEST_SUITE_P(Rules, RodTangent, testing::Values(RodRule::kEuler, RodRule::kMidpoint),
                         [](const auto& of) {
                           return of.param == RodRule::kEuler ? "Euler" : "Midpoint";
                         });

/// K must stay symmetric: its derivative is used as that of a quadratic form.
void make_symmetric(Direction& d) {
  d.model.joint_stiffness = changed(d.model.joint_stiffness, [](auto& host) {
    for (Index j = 0; j < host.size(); ++j) host(0, j) = host(0, j) + transpose(host(0, j));
  });
}

TEST_P(RodTangent, IsTheSlopeOfTheStateAfter) {
  const TestRollout r = make_test_rollout(GetParam());
  Direction d = random_direction(r);
  make_symmetric(d);
  const RodStateChange change = forwards(r, d);
  const auto dx = to_host(change.position);
  const auto dv = to_host(change.velocity);
  const auto da = to_host(change.angle);
  const double h = 1e-4;
  // Differences with h and h/2, Richardson: error of fourth order.
  const RodState at[4] = {moved_along(r, d, Real(-h)).last(),
                          moved_along(r, d, Real(-h / 2)).last(),
                          moved_along(r, d, Real(h / 2)).last(), moved_along(r, d, Real(h)).last()};
  const auto slope_of = [&](const auto& a, const auto& b, const auto& c, const auto& e) {
    return (Real(8) * (c - b) - (e - a)) * Real(1 / (6 * h));
  };
  HostArray<Vec<3>, 2> x[4], v[4], directors[4];
  for (int i = 0; i < 4; ++i) {
    x[i] = to_host(at[i].position);
    v[i] = to_host(at[i].velocity);
    directors[i] = to_host(at[i].director);
  }
  double largest_x = 0, largest_v = 0;
  for (Index i = 0; i < r.rod.model.n_vertices; ++i) {
    largest_x = std::max(largest_x, double(norm(dx(0, i))));
    largest_v = std::max(largest_v, double(norm(dv(0, i))));
  }
  for (Index i = 0; i < r.rod.model.n_vertices; ++i) {
    const Vec<3> sx = slope_of(x[0](0, i), x[1](0, i), x[2](0, i), x[3](0, i));
    const Vec<3> sv = slope_of(v[0](0, i), v[1](0, i), v[2](0, i), v[3](0, i));
    EXPECT_LT(norm(sx - dx(0, i)), 1e-6 * largest_x) << i;
    EXPECT_LT(norm(sv - dv(0, i)), 1e-6 * largest_v) << i;
  }
  // A frame turns by the part of its director's change that is along d2 = t x d1.
  const RodState last = r.last();
  const auto end = to_host(last.position);
  const auto d1 = to_host(last.director);
  for (Index e = 0; e < r.rod.model.n_edges; ++e) {
    const auto [tail, head] = r.rod.topology.edges[static_cast<std::size_t>(e)];
    const Vec<3> edge = end(0, head) - end(0, tail);
    const Vec<3> d2 = cross(edge, d1(0, e)) * (1 / norm(edge));
    const Vec<3> s =
        slope_of(directors[0](0, e), directors[1](0, e), directors[2](0, e), directors[3](0, e));
    EXPECT_NEAR(dot(s, d2), da(0, e), 1e-5 * (1 + std::abs(da(0, e)))) << e;
  }
}

/// <bar after, change after> = <bar before, change before> for random bars and changes.
TEST_P(RodTangent, IsTheTransposeOfTheAdjoint) {
  for (const std::uint64_t seed : {9, 10, 12}) {
    const TestRollout r = make_test_rollout(GetParam(), 7, seed);
    const Direction d = random_direction(r);
    const RodStateChange change = forwards(r, d);
    Draws draw{RandomStream(seed, "test/bars")};
    RodStateBar last = make_state_bar(r.rod.model, 1);
    draw_into(last.position, 1, draw);
    draw_into(last.velocity, 1, draw);
    draw_into(last.angle, 1, draw);

    RodRolloutMemory memory;
    RodState state = copy_of(r.rod.state);
    run_rollout(r.rod.model, r.plan(), state, memory);
    RodStateBar bar = make_state_bar(r.rod.model, 1);
    RodModelBar model_bar = make_model_bar(r.rod.model, 1);
    double sum = 0;
    rollout_adjoint(
        r.rod.model, r.plan(), memory,
        [&](Index frame, const RodState&, RodStateBar& own) {
          if (frame < r.plan().steps) return;
          copy(own.position, last.position);
          copy(own.velocity, last.velocity);
          copy(own.angle, last.angle);
        },
        bar, model_bar,
        [&](Index step, const RodControlsBar& of_step) {
          sum += product(of_step, d.controls[static_cast<std::size_t>(step)]);
        });
    sum += product(bar, d.state) + product(model_bar, d.model);
    EXPECT_NEAR(sum / product(last, change), 1, 1e-10) << seed;
  }
}

}  // namespace
}  // namespace filigree::rods
