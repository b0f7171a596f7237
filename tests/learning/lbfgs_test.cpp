// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/optim/lbfgs.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"

namespace filigree::optim {
namespace {

using Vector = std::vector<double>;

/// sum 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2, least at (1, ..., 1).
double rosenbrock(const Vector& x, Vector& g) {
  double value = 0;
  g.assign(x.size(), 0);
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    const double a = x[i + 1] - x[i] * x[i];
    const double b = 1 - x[i];
    value += 100 * a * a + b * b;
    g[i] += -400 * a * x[i] - 2 * b;
    g[i + 1] += 200 * a;
  }
  return value;
}

TEST(Lbfgs, FollowsRosenbrocksValley) {
  for (const std::size_t n : {std::size_t(2), std::size_t(20)}) {
    Vector x(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = i % 2 == 0 ? -1.2 : 1;
    const LbfgsState report = minimize(
        rosenbrock, x, {.max_iterations = 500, .gradient_tolerance = 1e-9, .value_tolerance = 0});
    EXPECT_EQ(report.end, LbfgsEnd::kGradient) << n;
    for (const double xi : report.x) EXPECT_NEAR(xi, 1, 1e-7) << n;
    EXPECT_LT(report.evaluations, 300) << n;
  }
}

// With all directions in memory an ill-conditioned parabola (1 to 10^6) takes a few times n
// iterations; steepest descent would need of the order of 10^6.
TEST(Lbfgs, SolvesIllConditionedParabolas) {
  constexpr std::size_t kSize = 10;
  Vector x(kSize, 1);
  const Objective parabola = [](const Vector& at, Vector& g) {
    double value = 0;
    for (std::size_t i = 0; i < at.size(); ++i) {
      const double k = std::pow(10.0, 6.0 * static_cast<double>(i) / (kSize - 1));
      value += 0.5 * k * at[i] * at[i];
      g[i] = k * at[i];
    }
    return value;
  };
  const LbfgsState report =
      minimize(parabola, x, {.gradient_tolerance = 1e-8, .value_tolerance = 0});
  for (const double g : report.gradient) EXPECT_LT(std::abs(g), 1e-8);
  EXPECT_LT(report.iterations, 100);
}

// -log(x) + x is infinite below 0: the line search must come back from there.
TEST(Lbfgs, StaysWhereTheFunctionIsFinite) {
  Vector x{1e-3};
  const Objective barrier = [](const Vector& at, Vector& g) {
    g[0] = 1 - 1 / at[0];
    return at[0] > 0 ? at[0] - std::log(at[0]) : INFINITY;
  };
  const LbfgsState report = minimize(barrier, x, {.gradient_tolerance = 1e-9, .first_step = 100});
  EXPECT_NEAR(report.x[0], 1, 1e-6);
  EXPECT_NEAR(report.value, 1, 1e-9);
}

TEST(Lbfgs, EveryIterationGoesDownAndTheCallerMayStop) {
  Vector x{-1.2, 1};
  double last = INFINITY;
  int calls = 0;
  const LbfgsState report =
      minimize(rosenbrock, x, {.max_iterations = 100}, [&](const LbfgsState& state) {
        EXPECT_LT(state.value, last);
        last = state.value;
        return ++calls < 5;
      });
  EXPECT_EQ(report.end, LbfgsEnd::kStopped);
  EXPECT_EQ(report.iterations, 5);
  Vector there{1, 1};
  EXPECT_EQ(minimize(rosenbrock, there).iterations, 0);
}

TEST(Lbfgs, EndsWhereThereIsNoWayDown) {
  const Objective broken = [](const std::vector<double>&, std::vector<double>& g) {
    g[0] = NAN;
    return 1.0;
  };
  EXPECT_EQ(minimize(broken, {0}).end, LbfgsEnd::kLineSearch);
}

TEST(Lbfgs, RefusesAStartThatIsNotFinite) {
  Vector x{0};
  EXPECT_THROW(minimize([](const Vector&, Vector&) { return NAN; }, x), InputError);
}

}  // namespace
}  // namespace filigree::optim
