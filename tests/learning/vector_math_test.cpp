// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Exponential and hyperbolic tangent against long double, in units in the last place.
#include "learning/autodiff/vector_math.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "core/random.hpp"
#include "learning/autodiff/ops.hpp"

namespace filigree::learning {
namespace {

template <class T>
class VectorMath : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(VectorMath, Types);

/// |value - exact| in units of the last place of exact.
template <class T>
double ulps(T value, long double exact) {
  int exponent = 0;
  std::frexp(static_cast<T>(exact), &exponent);
  const int smallest = std::numeric_limits<T>::min_exponent;
  const int place = std::max(exponent, smallest) - std::numeric_limits<T>::digits;
  return static_cast<double>(std::abs(std::ldexp(value - exact, -place)));
}

/// Arguments of all sizes: evenly in [low, high], and by size down to 1e-30.
template <class T>
std::vector<T> arguments(double low, double high) {
  const RandomStream random(1, "vector_math");
  std::vector<T> values;
  constexpr int kCount = 200000;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    values.push_back(static_cast<T>(low + (high - low) * double(i) / kCount));
    values.push_back(static_cast<T>(random.between<double>(low, high, i)));
    const double size = std::pow(10.0, random.between<double>(-30, 1.5, i, 1));
    values.push_back(static_cast<T>(random.uniform<double>(i, 2) < 0.5 ? -size : size));
  }
  return values;
}

template <class T>
double lowest_normal() {
  return std::log(static_cast<double>(std::numeric_limits<T>::min()));
}

TYPED_TEST(VectorMath, ExponentialIsWithinTwoUnits) {
  using T = TypeParam;
  const double highest = std::log(static_cast<double>(std::numeric_limits<T>::max()));
  double worst = 0, at = 0;
  for (const T x : arguments<T>(lowest_normal<T>() * (1 - 1e-6), highest * (1 - 1e-7))) {
    const double error = ulps(vector_exp(x), std::exp(static_cast<long double>(x)));
    if (error > worst) worst = error, at = double(x);
  }
  EXPECT_LT(worst, 2) << "at " << at;
}

TYPED_TEST(VectorMath, TangentIsWithinTwoUnits) {
  using T = TypeParam;
  double worst = 0, at = 0;
  for (const T x : arguments<T>(-25, 25)) {
    const double error = ulps(vector_tanh(x), std::tanh(static_cast<long double>(x)));
    if (error > worst) worst = error, at = double(x);
  }
  EXPECT_LT(worst, 2) << "at " << at;
}

TYPED_TEST(VectorMath, LogarithmAboveOneIsWithinTwoUnits) {
  using T = TypeParam;
  double worst = 0, at = 0;
  for (const T x : arguments<T>(0, 1)) {
    const T t = x < T(0) ? -x : x;
    if (t > T(1)) continue;
    const double error = ulps(vector_log1p(t), std::log1p(static_cast<long double>(t)));
    if (error > worst) worst = error, at = double(t);
  }
  EXPECT_LT(worst, 2) << "at " << at;
  EXPECT_EQ(vector_log1p(T(0)), T(0));
  EXPECT_TRUE(std::isnan(vector_log1p(std::numeric_limits<T>::quiet_NaN())));
}

TYPED_TEST(VectorMath, ExponentialAtTheEnds) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  const T infinity = Limits::infinity();
  EXPECT_EQ(vector_exp(infinity), infinity);
  EXPECT_EQ(vector_exp(-infinity), T(0));
  EXPECT_TRUE(std::isnan(vector_exp(Limits::quiet_NaN())));
  EXPECT_EQ(vector_exp(T(0)), T(1));
  EXPECT_EQ(vector_exp(-T(0)), T(1));
  EXPECT_EQ(vector_exp(Limits::denorm_min()), T(1));
  EXPECT_EQ(vector_exp(-Limits::min()), T(1));
  EXPECT_EQ(vector_exp(Limits::max()), infinity);
  EXPECT_EQ(vector_exp(Limits::lowest()), T(0));
  const T highest = std::log(Limits::max());  // rounded: its exponential may not be finite
  EXPECT_EQ(vector_exp(std::nextafter(highest, infinity) * T(1.0001)), infinity);
  EXPECT_TRUE(std::isfinite(vector_exp(std::nextafter(highest, T(0)))));
  EXPECT_EQ(vector_exp(T(lowest_normal<T>() * 1.001)), T(0));
  EXPECT_GT(vector_exp(T(lowest_normal<T>() * (1 - 1e-6))), T(0));
}

TYPED_TEST(VectorMath, TangentAtTheEnds) {
  using T = TypeParam;
  using Limits = std::numeric_limits<T>;
  EXPECT_EQ(vector_tanh(Limits::infinity()), T(1));
  EXPECT_EQ(vector_tanh(-Limits::infinity()), T(-1));
  EXPECT_EQ(vector_tanh(Limits::max()), T(1));
  EXPECT_TRUE(std::isnan(vector_tanh(Limits::quiet_NaN())));
  EXPECT_EQ(vector_tanh(T(0)), T(0));
  EXPECT_TRUE(std::signbit(vector_tanh(-T(0))));
  EXPECT_EQ(vector_tanh(Limits::denorm_min()), Limits::denorm_min());
  EXPECT_EQ(vector_tanh(-Limits::min()), -Limits::min());
  for (const T x : {T(0.3), T(0.625), T(0.7), T(3), T(40)}) {
    EXPECT_EQ(vector_tanh(-x), -vector_tanh(x));
  }
}

TYPED_TEST(VectorMath, LoopsOverTensorsGiveTheSameValues) {
  using T = TypeParam;
  const DType dtype = dtype_of<T>();
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back(double(T(0.037 * (i - 500))));
  const auto exponentials = to_vector(exp(tensor({1000}, values, dtype)));
  const auto tangents = to_vector(tanh(tensor({1000}, values, dtype)));
  for (std::size_t i = 0; i < values.size(); ++i) {
    // Where the compiler fuses a product and a sum, the last bit may differ.
    const T x = static_cast<T>(values[i]);
    EXPECT_LT(ulps(T(exponentials[i]), std::exp(static_cast<long double>(x))), 2);
    EXPECT_LT(ulps(T(tangents[i]), std::tanh(static_cast<long double>(x))), 2);
  }
}

}  // namespace
}  // namespace filigree::learning
