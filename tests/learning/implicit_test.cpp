// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/implicit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/gradcheck.hpp"
#include "learning/autodiff/ops.hpp"
#include "tests/learning/testing.hpp"

namespace filigree::learning {
namespace {

using testing::error_of;
using ::testing::HasSubstr;
using testing::random_tensor;
using Method = IterationOptions::Method;
using Linear = LinearOptions::Method;

FixedPointOptions both(const IterationOptions& options) {
  return {.forward = options, .adjoint = options};
}

/// z = tanh(z w + x), a contraction: |w| is at most 0.1 * 8.
struct Layer {
  Tensor w, x;
  Tensor operator()(const Tensor& z) const { return tanh(matmul(z, w) + x); }
};
Layer layer(DType dtype) {
  return {random_tensor({8, 8}, "w", dtype, -0.1, 0.1), random_tensor({5, 8}, "x", dtype)};
}

class FixedPointBy : public ::testing::TestWithParam<Method> {};

TEST_P(FixedPointBy, ReachesTheToleranceInBothTypes) {
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    const Layer f = layer(dtype);
    const auto report = std::make_shared<ImplicitReport>();
    FixedPointOptions options = both({.method = GetParam()});
    options.report = report;
    Tape tape;
    Tape::Scope on(tape);
    const Tensor z = fixed_point(f, zeros({5, 8}, dtype), options);
    grad(sum(z * z), {f.w});
    const double tolerance = dtype == DType::kF32 ? 1e-6 : 1e-12;
    for (const SolveReport& solve : {report->forward, report->adjoint}) {
      EXPECT_TRUE(solve.converged);
      EXPECT_LE(solve.residual, tolerance);
      EXPECT_GT(solve.iterations, 2);
    }
    // |f(z) - z| relative to |z|, entry by entry at most the norm.
    EXPECT_LT(testing::distance(f(z), z), 10 * tolerance);
  }
}

TEST_P(FixedPointBy, HasTheGradientsOfTheUnrolledIteration) {
  const Layer f = layer(DType::kF64);
  FixedPointOptions options = both({.method = GetParam(), .tolerance = 1e-14});
  Tape tape;
  Tape::Scope on(tape);
  Tensor unrolled = zeros({5, 8}, DType::kF64);
  for (int k = 0; k < 80; ++k) unrolled = f(unrolled);
  const Tensor z = fixed_point(f, zeros({5, 8}, DType::kF64), options);
  EXPECT_LT(testing::distance(z, unrolled), 1e-12);
  const auto expected = grad(sum(unrolled * unrolled), {f.w, f.x});
  const auto found = grad(sum(z * z), {f.w, f.x});
  for (std::size_t k = 0; k < 2; ++k) EXPECT_LT(testing::distance(expected[k], found[k]), 1e-12);
}

TEST_P(FixedPointBy, HasFirstAndSecondDerivatives) {
  const Method method = GetParam();
  const auto function = [method](const std::vector<Tensor>& in) {
    const Layer f{in[0], in[1]};
    return fixed_point(f, zeros({2, 3}, DType::kF64), both({.method = method, .tolerance = 1e-13}));
  };
  const auto report = gradcheck(
      function, {random_tensor({3, 3}, "w", DType::kF64, -0.2, 0.2), random_tensor({2, 3}, "x")});
  EXPECT_TRUE(report.passed) << report.text;
}

INSTANTIATE_TEST_SUITE_P(Methods, FixedPointBy,
                         ::testing::Values(Method::kPicard, Method::kAnderson, Method::kBroyden));

TEST(FixedPoint, OfAScalarHasItsThreeDerivatives) {
  // z = a cos z: z' = c / (1 + a s), with c = cos z and s = sin z.
  const Tensor a = tensor({}, {0.7}, DType::kF64);
  Tape tape;
  Tape::Scope on(tape);
  const Tensor z = fixed_point([=](const Tensor& x) { return a * cos(x); }, scalar(0, DType::kF64),
                               both({.tolerance = 1e-15, .must_converge = false}));
  const auto slope = [](double at) {  // dz/da by Newton's method and the formula
    double root = 0.6;
    for (int k = 0; k < 50; ++k) {
      root -= (root - at * std::cos(root)) / (1 + at * std::sin(root));
    }
    return std::cos(root) / (1 + at * std::sin(root));
  };
  Tensor y = z;
  std::vector<double> orders;
  for (int order = 0; order < 3; ++order) {
    y = grad(y, {a}, {.create_graph = true})[0];
    orders.push_back(item(y));
  }
  EXPECT_NEAR(orders[0], slope(0.7), 1e-13);
  // Differences of the exact slope with h = 1e-3, fourth order: errors of 1e-12 and 1e-9.
  const double h = 1e-3;
  const auto s = [&](int k) { return slope(0.7 + k * h); };
  EXPECT_NEAR(orders[1], (8 * (s(1) - s(-1)) - (s(2) - s(-2))) / (12 * h), 1e-10);
  EXPECT_NEAR(orders[2], (16 * (s(1) + s(-1)) - (s(2) + s(-2)) - 30 * s(0)) / (12 * h * h), 1e-7);
}

TEST(FixedPoint, OfALinearMapIsTheSolutionOfTheSystem) {
  // z = z W + b: z = b (1 - W)^-1, and d sum(z) / db = (1 - W)^-1 1.
  const Tensor w = tensor({2, 2}, {0.5, 0.2, -0.1, 0.3}, DType::kF64);
  const Tensor b = tensor({1, 2}, {1, 2}, DType::kF64);
  Tape tape;
  Tape::Scope on(tape);
  const Tensor z = fixed_point([=](const Tensor& x) { return matmul(x, w) + b; }, b);
  // 1 - W = [[0.5, -0.2], [0.1, 0.7]], determinant 0.37.
  EXPECT_NEAR(to_vector(z)[0], (0.7 * 1 - 0.1 * 2) / 0.37, 1e-11);
  EXPECT_NEAR(to_vector(z)[1], (0.2 * 1 + 0.5 * 2) / 0.37, 1e-11);
  const auto g = to_vector(grad(sum(z), {b})[0]);
  EXPECT_NEAR(g[0], (0.7 + 0.2) / 0.37, 1e-11);
  EXPECT_NEAR(g[1], (-0.1 + 0.5) / 0.37, 1e-11);
}

TEST(FixedPoint, AcceleratorsTakeFewerIterations) {
  // z -> 0.99 z R + b with a rotation R: Picard needs log(1e-12) / log(0.99) = 2750 iterations.
  const Tensor r = tensor({2, 2}, {0.99 * 0.8, 0.99 * 0.6, -0.99 * 0.6, 0.99 * 0.8}, DType::kF64);
  const Tensor b = ones({1, 2}, DType::kF64);
  const auto f = [=](const Tensor& z) { return matmul(z, r) + b; };
  for (const Method method : {Method::kAnderson, Method::kBroyden}) {
    const auto report = std::make_shared<ImplicitReport>();
    FixedPointOptions options = both({.method = method});
    options.report = report;
    fixed_point(f, b, options);
    EXPECT_LE(report->forward.iterations, 8) << int(method);
  }
}

TEST(FixedPoint, FindsWhatPicardDoesNot) {
  // z = 2 e^(-3 z) has the slope -3 z = -1.4 at its solution: Picard ends in a cycle.
  const auto f = [](const Tensor& z) { return 2.0 * exp(z * -3.0); };
  const Tensor z0 = scalar(0.3, DType::kF64);
  for (const Method method : {Method::kAnderson, Method::kBroyden}) {
    const Tensor z = fixed_point(f, z0, both({.method = method}));
    EXPECT_NEAR(item(z), 2 * std::exp(-3 * item(z)), 1e-11);
  }
  EXPECT_THROW(fixed_point(f, z0, both({.method = Method::kPicard})), NumericalError);
}

TEST(FixedPoint, SaysSoWhenItStalls) {
  const auto f = [](const Tensor& z) { return 1 - z; };  // jumps between two values
  const std::string text = error_of<NumericalError>(
      [&] { fixed_point(f, scalar(3), both({.method = Method::kPicard, .max_iterations = 7})); });
  EXPECT_THAT(text,
              HasSubstr("fixed_point: after 7 iterations of Picard the relative residual is"));
  EXPECT_THAT(text, HasSubstr("allow more iterations"));
  const auto report = std::make_shared<ImplicitReport>();
  FixedPointOptions options = both({.method = Method::kPicard, .max_iterations = 7});
  options.forward.must_converge = false;
  options.report = report;
  fixed_point(f, scalar(3), options);
  EXPECT_FALSE(report->forward.converged);
  EXPECT_EQ(report->forward.iterations, 7);
  EXPECT_GT(report->forward.residual, 0.5);
}

TEST(FixedPoint, SaysSoWhenTheAdjointStalls) {
  // Forward is at the solution at once, the adjoint with slope 0.999 is not.
  const Tensor w = scalar(0.999, DType::kF64);
  FixedPointOptions options = both({.method = Method::kPicard, .max_iterations = 20});
  Tape tape;
  Tape::Scope on(tape);
  const auto f = [=](const Tensor& z) { return z * w; };
  const Tensor z = fixed_point(f, scalar(0, DType::kF64), options);
  EXPECT_THAT(error_of<NumericalError>([&] { grad(z, {w}); }),
              HasSubstr("fixed_point, adjoint: after 20 iterations"));
}

TEST(FixedPoint, StopsAtNumbersThatAreNotFinite) {
  const auto f = [](const Tensor& z) { return exp(z * 3.0) + 1; };
  EXPECT_THAT(error_of<NumericalError>(
                  [&] { fixed_point(f, scalar(1), both({.method = Method::kPicard})); }),
              HasSubstr("fixed_point"));
}

TEST(FixedPoint, MemoryDoesNotGrowWithTheIterations) {
  const Tensor w = scalar(0.9, DType::kF64);
  const Tensor x = random_tensor({1000}, "x");
  std::size_t high_water[2];
  Index iterations[2];
  for (const int k : {0, 1}) {
    FixedPointOptions options = both(
        {.method = Method::kPicard, .tolerance = k == 0 ? 1e-2 : 1e-12, .max_iterations = 500});
    options.report = std::make_shared<ImplicitReport>();
    Tape tape;
    Tape::Scope on(tape);
    const Tensor z = fixed_point([=](const Tensor& y) { return sin(y * w) + x; }, x, options);
    grad(sum(z), {w});
    high_water[k] = tape.high_water();
    iterations[k] = options.report->forward.iterations + options.report->adjoint.iterations;
  }
  EXPECT_GT(iterations[1], 3 * iterations[0]);
  EXPECT_EQ(high_water[1], high_water[0]);
}

TEST(FixedPoint, AllocatesNothingOnceTheTapeHasGrown) {
  const Layer f = layer(DType::kF32);
  const Tensor z0 = zeros({5, 8});
  Tape tape;
  Offset allocations = 0;
  for (int round = 0; round < 3; ++round) {
    Tape::Scope on(tape);
    grad(sum(fixed_point(f, z0)), {f.w});
    tape.reset();
    if (round > 0) {
      EXPECT_EQ(array_allocations(), allocations);
    }
    allocations = array_allocations();
  }
}

TEST(FixedPoint, ComputesTheSameWithAndWithoutATape) {
  const Layer f = layer(DType::kF32);
  const auto plain = to_vector(fixed_point(f, zeros({5, 8})));
  Tape tape;
  Tape::Scope on(tape);
  EXPECT_EQ(to_vector(fixed_point(f, zeros({5, 8}))), plain);
}

TEST(FixedPoint, ExplainsWrongArguments) {
  const auto f = [](const Tensor& z) { return sum(z); };
  EXPECT_EQ(error_of<InputError>([&] { fixed_point(f, zeros({2})); }),
            "a function returned [] f32 for [2] f32: it must keep shape and type");
  EXPECT_THAT(error_of<InputError>([&] { fixed_point(f, scalar(1), both({.window = 33})); }),
              HasSubstr("a window of 33 iterates"));
}

// --- Linear systems -----------------------------------------------------------------------------

LinearSolveOptions both(const LinearOptions& options) {
  return {.forward = options, .adjoint = options};
}

/// 1 + m^T m / n: symmetric and positive; or 1 + m / 4, neither.
Tensor matrix_of(const Tensor& m, bool is_symmetric) {
  std::vector<double> unit(static_cast<std::size_t>(m.size()), 0.0);
  for (std::size_t i = 0; i < unit.size(); i += static_cast<std::size_t>(m.rows()) + 1) unit[i] = 1;
  const Tensor one = tensor(m.shape(), unit, m.dtype());
  return one + (is_symmetric ? matmul(m, m, {.a = true}) / m.rows() : m / 4.0);
}

class LinearSolveBy : public ::testing::TestWithParam<Linear> {
 protected:
  bool is_symmetric() const { return GetParam() == Linear::kCg; }
};

TEST_P(LinearSolveBy, SolvesInBothTypes) {
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    const Tensor a = matrix_of(random_tensor({40, 40}, "m", dtype), is_symmetric());
    const Tensor b = random_tensor({40, 1}, "b", dtype);
    LinearSolveOptions options = both({.method = GetParam()});
    options.report = std::make_shared<ImplicitReport>();
    const Tensor x = linear_solve([=](const Tensor& v) { return matmul(a, v); }, b, options);
    const double tolerance = dtype == DType::kF32 ? 1e-6 : 1e-12;
    EXPECT_LE(options.report->forward.residual, tolerance);
    EXPECT_LT(testing::distance(matmul(a, x), b), 20 * tolerance);  // |b| is about 3.6
  }
}

TEST_P(LinearSolveBy, HasFirstAndSecondDerivatives) {
  const Linear method = GetParam();
  const bool symmetric = is_symmetric();
  const auto function = [=](const std::vector<Tensor>& in) {
    const Tensor a = matrix_of(in[0], symmetric);
    return linear_solve([a](const Tensor& v) { return matmul(a, v); }, in[1],
                        both({.method = method, .tolerance = 1e-13}));
  };
  const auto report = gradcheck(function, {random_tensor({4, 4}, "m"), random_tensor({4, 1}, "b")});
  EXPECT_TRUE(report.passed) << report.text;
}

INSTANTIATE_TEST_SUITE_P(Methods, LinearSolveBy,
                         ::testing::Values(Linear::kCg, Linear::kBiCgStab, Linear::kGmres));

TEST(LinearSolve, TakesNoMoreProductsThanUnknowns) {
  const Tensor a = matrix_of(random_tensor({20, 20}, "m"), false);
  const Tensor b = random_tensor({20, 1}, "b");
  LinearSolveOptions options;
  options.report = std::make_shared<ImplicitReport>();
  linear_solve([=](const Tensor& v) { return matmul(a, v); }, b, options);
  EXPECT_LE(options.report->forward.iterations, 21);  // and one for the true residual
}

TEST(LinearSolve, RestartsGmres) {
  const Tensor a = matrix_of(random_tensor({40, 40}, "m"), true);
  const Tensor b = random_tensor({40, 1}, "b");
  const Tensor x = linear_solve([=](const Tensor& v) { return matmul(a, v); }, b,
                                both({.restart = 4, .max_iterations = 2000}));
  EXPECT_LT(testing::distance(matmul(a, x), b), 1e-11);
}

TEST(LinearSolve, OfZeroIsZero) {
  const Tensor x = linear_solve([](const Tensor& v) { return v * 2.0; }, zeros({3}));
  EXPECT_EQ(to_vector(x), std::vector<double>(3, 0.0));
}

TEST(LinearSolve, SaysSoWhenItStalls) {
  const Tensor mask = tensor({2}, {1, 0}, DType::kF64);
  const auto singular = [=](const Tensor& v) { return v * mask; };
  for (const Linear method : {Linear::kBiCgStab, Linear::kGmres}) {  // that of least squares
    EXPECT_THAT(error_of<NumericalError>([&] {
                  linear_solve(singular, ones({2}, DType::kF64), both({.method = method}));
                }),
                HasSubstr("leaves the relative residual 0.7071"));
  }
  EXPECT_THAT(error_of<NumericalError>([&] {
                linear_solve(singular, ones({2}, DType::kF64), both({.method = Linear::kCg}));
              }),
              HasSubstr("CG leaves the relative residual"));
}

}  // namespace
}  // namespace filigree::learning
