// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/dual.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "core/mat3.hpp"
#include "core/parallel.hpp"

namespace filigree {
namespace {

using D1 = Dual<double, 1>;
using D2 = Dual<double, 2>;

struct Function {
  std::string name;
  std::function<D1(const D1&)> dual;
  std::function<double(double)> derivative;  // analytic
  std::vector<double> points;
};

std::vector<Function> functions() {
  const auto f = [](auto g) { return std::function<D1(const D1&)>(g); };
  return {
      {"sqrt",
       f([](const D1& x) { return sqrt(x); }),
       [](double x) { return 0.5 / std::sqrt(x); },
       {0.1, 2, 1e4}},
      {"cbrt",
       f([](const D1& x) { return cbrt(x); }),
       [](double x) { return 1 / (3 * std::cbrt(x) * std::cbrt(x)); },
       {-2, 0.1, 30}},
      {"exp",
       f([](const D1& x) { return exp(x); }),
       [](double x) { return std::exp(x); },
       {-3, 0, 2}},
      {"log", f([](const D1& x) { return log(x); }), [](double x) { return 1 / x; }, {0.1, 1, 7}},
      {"log1p",
       f([](const D1& x) { return log1p(x); }),
       [](double x) { return 1 / (1 + x); },
       {-0.5, 1e-9, 7}},
      {"sin",
       f([](const D1& x) { return sin(x); }),
       [](double x) { return std::cos(x); },
       {-1, 0, 2}},
      {"cos",
       f([](const D1& x) { return cos(x); }),
       [](double x) { return -std::sin(x); },
       {-1, 0, 2}},
      {"tan",
       f([](const D1& x) { return tan(x); }),
       [](double x) { return 1 / (std::cos(x) * std::cos(x)); },
       {-1, 0, 1.2}},
      {"asin",
       f([](const D1& x) { return asin(x); }),
       [](double x) { return 1 / std::sqrt(1 - x * x); },
       {-0.9, 0, 0.3}},
      {"acos",
       f([](const D1& x) { return acos(x); }),
       [](double x) { return -1 / std::sqrt(1 - x * x); },
       {-0.9, 0, 0.3}},
      {"atan",
       f([](const D1& x) { return atan(x); }),
       [](double x) { return 1 / (1 + x * x); },
       {-3, 0, 0.3}},
      {"tanh",
       f([](const D1& x) { return tanh(x); }),
       [](double x) { return 1 / (std::cosh(x) * std::cosh(x)); },
       {-2, 0, 0.3}},
      {"abs",
       f([](const D1& x) { return abs(x) + fabs(x); }),
       [](double x) { return x < 0 ? -2.0 : 2.0; },
       {-2, 0.3}},
      {"pow",
       f([](const D1& x) { return pow(x, 3.5); }),
       [](double x) { return 3.5 * std::pow(x, 2.5); },
       {0.2, 4}},
      {"pow of itself",
       f([](const D1& x) { return pow(x, x); }),
       [](double x) { return std::pow(x, x) * (std::log(x) + 1); },
       {0.2, 2}},
      {"inverse",
       f([](const D1& x) { return 3 / x - 2; }),
       [](double x) { return -3 / (x * x); },
       {-2, 0.2, 5}},
      {"polynomial",
       f([](const D1& x) {
         D1 y = x;
         y *= x;
         y += 2 * x;
         y -= 1;
         y /= 4.0f;
         return -(+y);
       }),
       [](double x) { return -(2 * x + 2) / 4; },
       {-2, 0, 3}},
  };
}

TEST(Dual, DerivativesOfFunctionsAreTheAnalyticOnes) {
  for (const Function& f : functions()) {
    for (const double x : f.points) {
      const double expected = f.derivative(x);
      EXPECT_NEAR(f.dual(D1::variable(x, 0)).gradient[0], expected,
                  tol<double>(8) * (1 + std::abs(expected)))
          << f.name << " at " << x;
    }
  }
}

TEST(Dual, DerivativesOfFunctionsAgreeWithCentralDifferences) {
  const double h = std::cbrt(tol<double>(1));
  for (const Function& f : functions()) {
    for (const double x : f.points) {
      const double step = h * std::max(std::abs(x), 0.01);
      const double difference = (f.dual(x + step).value - f.dual(x - step).value) / (2 * step);
      EXPECT_NEAR(f.dual(D1::variable(x, 0)).gradient[0], difference,
                  1e4 * h * h * (1 + std::abs(difference)))
          << f.name << " at " << x;
    }
  }
}

TEST(Dual, ValuesAreThoseOfThePlainFunctions) {
  const D1 x = D1::variable(0.7, 0);
  EXPECT_EQ(sqrt(x).value, std::sqrt(0.7));
  EXPECT_EQ(exp(x).value, std::exp(0.7));
  EXPECT_EQ(log(x).value, std::log(0.7));
  EXPECT_EQ(pow(x, 2.5).value, std::pow(0.7, 2.5));
  EXPECT_EQ((1 / x).value, 1 / 0.7);
}

TEST(Dual, FunctionsOfTwoVariablesHaveBothPartialDerivatives) {
  const D2 x = D2::variable(3, 0);
  const D2 y = D2::variable(2, 1);
  const D2 product = x * y;
  EXPECT_EQ(product.gradient, (Vec<2, double>{2, 3}));
  const D2 quotient = x / y;
  EXPECT_EQ(quotient.value, 1.5);
  EXPECT_EQ(quotient.gradient, (Vec<2, double>{0.5, -0.75}));
  const D2 angle = atan2(y, x);
  EXPECT_EQ(angle.value, std::atan2(2.0, 3.0));
  EXPECT_NEAR(angle.gradient[0], -2.0 / 13, tol<double>());
  EXPECT_NEAR(angle.gradient[1], 3.0 / 13, tol<double>());
  const D2 power = pow(x, y);
  EXPECT_NEAR(power.gradient[0], 6, tol<double>(40));
  EXPECT_NEAR(power.gradient[1], 9 * std::log(3.0), tol<double>(40));
  EXPECT_EQ(min(x, y).gradient, (Vec<2, double>{0, 1}));
  EXPECT_EQ(max(x, y).gradient, (Vec<2, double>{1, 0}));
  EXPECT_EQ(max(x, D2(5)).gradient, (Vec<2, double>{0, 0}));
}

TEST(Dual, ConstantPowersAreDefinedAtZeroAndBelow) {
  EXPECT_EQ(pow(D1::variable(0, 0), 2.0).gradient[0], 0);
  EXPECT_EQ(pow(D1::variable(-2, 0), 3.0).gradient[0], 12);
  EXPECT_EQ(pow(D1::variable(0, 0), 0.0).value, 1);
  EXPECT_EQ(pow(D1::variable(0, 0), 0.0).gradient[0], 0);
}

TEST(Dual, ComparisonsLookAtValues) {
  const D1 x = D1::variable(3, 0);
  EXPECT_TRUE(x == D1(3));
  EXPECT_TRUE(x != 4);
  EXPECT_TRUE(x < 4 && x <= 3 && x > 2 && x >= 3 && 2 < x);
  EXPECT_FALSE(x < 3 || x > 3);
  EXPECT_EQ(plain_value(x), 3);
  EXPECT_EQ(plain_value(2.5f), 2.5f);
}

TEST(Dual, NestedDualsGiveSecondDerivatives) {
  using DD = Dual<D2, 2>;
  // f = x^2 sin(y) at (3, 2)
  const DD x(D2::variable(3, 0), {D2(1), D2(0)});
  const DD y(D2::variable(2, 1), {D2(0), D2(1)});
  const DD f = x * x * sin(y);
  EXPECT_NEAR(f.gradient[0].gradient[0], 2 * std::sin(2.0), tol<double>());
  EXPECT_NEAR(f.gradient[0].gradient[1], 6 * std::cos(2.0), tol<double>());
  EXPECT_NEAR(f.gradient[1].gradient[0], 6 * std::cos(2.0), tol<double>());
  EXPECT_NEAR(f.gradient[1].gradient[1], -9 * std::sin(2.0), tol<double>());
  EXPECT_EQ(plain_value(f), f.value.value);
}

TEST(Dual, GradientOfADeterminantIsTheCofactorMatrix) {
  const Mat<3, 3, double> F{1.1, 0.2, -0.3, 0.1, 0.9, 0.4, -0.2, 0.3, 1.3};
  const auto J = det(variables(F));
  const auto gradient = gradient_matrix<3, 3>(J);
  const auto expected = cofactor(F);
  for (int i = 0; i < 9; ++i) EXPECT_NEAR(gradient.data[i], expected.data[i], tol<double>());
  EXPECT_DOUBLE_EQ(J.value, det(F));
}

TEST(Dual, InverseOfADualMatrixHasTheKnownDerivative) {
  const Mat<2, 2, double> F{2, 1, 0.5, 3};
  const auto A = inverse(variables(F));  // d(F^-1)_ij / dF_kl = -(F^-1)_ik (F^-1)_lj
  const auto B = inverse(F);
  for (int i = 0; i < 2; ++i) {
    for (int j = 0; j < 2; ++j) {
      for (int k = 0; k < 2; ++k) {
        for (int l = 0; l < 2; ++l) {
          EXPECT_NEAR(A(i, j).gradient[2 * k + l], -B(i, k) * B(l, j), tol<double>());
        }
      }
    }
  }
}

// Kernels stand in free functions: nvcc takes no lambda from a private member such as a test body.
std::vector<double> slopes_of_a_parabola(Index n) {
  const Array<double> slopes("slopes", n);
  for_each(
      "test/dual", n, FILIGREE_LAMBDA(Index i) {
        const auto x = Dual<double, 1>::variable(i, 0);
        slopes(i) = (x * x + 3 * x).gradient[0];
      });
  return to_vector(slopes);
}

TEST(Dual, RunsInsideKernels) {
  const std::vector<double> slopes = slopes_of_a_parabola(300);
  for (std::size_t i = 0; i < slopes.size(); ++i) EXPECT_EQ(slopes[i], 2.0 * double(i) + 3);
}

}  // namespace
}  // namespace filigree
