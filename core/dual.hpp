// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Forward-mode dual numbers: a value and its N partial derivatives, usable inside kernels.
//
//   using D = Dual<double, 2>;
//   const D x = D::variable(3, 0), y = D::variable(2, 1);
//   const D z = x * sin(y);        // z.value, z.gradient[0] = dz/dx, z.gradient[1] = dz/dy
//
// Code written for a scalar T takes duals when it calls functions unqualified
// (`using Kokkos::sqrt; sqrt(x)`). Duals nest: Dual<Dual<double, N>, N> carries second derivatives.
// Comparisons look at values alone. At kinks (abs, min, max) the derivative is that of the branch
// taken; where a derivative is infinite (sqrt at 0) the gradient is infinite or NaN.
#pragma once

#include <type_traits>

#include "core/vec.hpp"

namespace filigree {

template <class T, int N>
struct Dual {
  T value;
  Vec<N, T> gradient;

  Dual() = default;
  /// A constant. Implicit, so that literals mix with duals.
  FILIGREE_FUNCTION constexpr Dual(const T& constant)
      : value(constant), gradient(Vec<N, T>::zero()) {}
  template <class S>
  requires(std::is_arithmetic_v<S> && !std::is_same_v<S, T>) FILIGREE_FUNCTION
      constexpr Dual(S constant)
      : Dual(T(constant)) {}
  FILIGREE_FUNCTION constexpr Dual(const T& v, const Vec<N, T>& g) : value(v), gradient(g) {}

  /// The independent variable number `which`.
  FILIGREE_FUNCTION static constexpr Dual variable(const T& value, int which) {
    Dual result(value);
    result.gradient[which] = T(1);
    return result;
  }

  FILIGREE_FUNCTION constexpr Dual& operator+=(const Dual& b) {
    value += b.value;
    gradient += b.gradient;
    return *this;
  }
  FILIGREE_FUNCTION constexpr Dual& operator-=(const Dual& b) {
    value -= b.value;
    gradient -= b.gradient;
    return *this;
  }
  FILIGREE_FUNCTION constexpr Dual& operator*=(const Dual& b) { return *this = *this * b; }
  FILIGREE_FUNCTION constexpr Dual& operator/=(const Dual& b) { return *this = *this / b; }

  friend FILIGREE_FUNCTION constexpr Dual operator+(Dual a, const Dual& b) { return a += b; }
  friend FILIGREE_FUNCTION constexpr Dual operator-(Dual a, const Dual& b) { return a -= b; }
  friend FILIGREE_FUNCTION constexpr Dual operator-(const Dual& a) {
    return {-a.value, -a.gradient};
  }
  friend FILIGREE_FUNCTION constexpr Dual operator+(const Dual& a) { return a; }
  friend FILIGREE_FUNCTION constexpr Dual operator*(const Dual& a, const Dual& b) {
    return {a.value * b.value, a.gradient * b.value + b.gradient * a.value};
  }
  friend FILIGREE_FUNCTION constexpr Dual operator/(const Dual& a, const Dual& b) {
    const T inverse = T(1) / b.value;
    const T quotient = a.value / b.value;
    return {quotient, (a.gradient - b.gradient * quotient) * inverse};
  }

  friend FILIGREE_FUNCTION constexpr bool operator==(const Dual& a, const Dual& b) {
    return a.value == b.value;
  }
  friend FILIGREE_FUNCTION constexpr bool operator<(const Dual& a, const Dual& b) {
    return a.value < b.value;
  }
  friend FILIGREE_FUNCTION constexpr bool operator>(const Dual& a, const Dual& b) {
    return a.value > b.value;
  }
  friend FILIGREE_FUNCTION constexpr bool operator<=(const Dual& a, const Dual& b) {
    return a.value <= b.value;
  }
  friend FILIGREE_FUNCTION constexpr bool operator>=(const Dual& a, const Dual& b) {
    return a.value >= b.value;
  }

  // Functions of one variable: f(a) with gradient f'(a) grad a.
  friend FILIGREE_FUNCTION Dual sqrt(const Dual& a) {
    using Kokkos::sqrt;
    const T root = sqrt(a.value);
    return {root, a.gradient * (T(0.5) / root)};
  }
  friend FILIGREE_FUNCTION Dual cbrt(const Dual& a) {
    using Kokkos::cbrt;
    const T root = cbrt(a.value);
    return {root, a.gradient * (T(1) / (T(3) * root * root))};
  }
  friend FILIGREE_FUNCTION Dual exp(const Dual& a) {
    using Kokkos::exp;
    const T power = exp(a.value);
    return {power, a.gradient * power};
  }
  friend FILIGREE_FUNCTION Dual log(const Dual& a) {
    using Kokkos::log;
    return {log(a.value), a.gradient * (T(1) / a.value)};
  }
  friend FILIGREE_FUNCTION Dual log1p(const Dual& a) {
    using Kokkos::log1p;
    return {log1p(a.value), a.gradient * (T(1) / (T(1) + a.value))};
  }
  friend FILIGREE_FUNCTION Dual sin(const Dual& a) {
    using Kokkos::cos;
    using Kokkos::sin;
    return {sin(a.value), a.gradient * cos(a.value)};
  }
  friend FILIGREE_FUNCTION Dual cos(const Dual& a) {
    using Kokkos::cos;
    using Kokkos::sin;
    return {cos(a.value), a.gradient * -sin(a.value)};
  }
  friend FILIGREE_FUNCTION Dual tan(const Dual& a) {
    using Kokkos::tan;
    const T tangent = tan(a.value);
    return {tangent, a.gradient * (T(1) + tangent * tangent)};
  }
  friend FILIGREE_FUNCTION Dual asin(const Dual& a) {
    using Kokkos::asin;
    using Kokkos::sqrt;
    return {asin(a.value), a.gradient * (T(1) / sqrt(T(1) - a.value * a.value))};
  }
  friend FILIGREE_FUNCTION Dual acos(const Dual& a) {
    using Kokkos::acos;
    using Kokkos::sqrt;
    return {acos(a.value), a.gradient * (T(-1) / sqrt(T(1) - a.value * a.value))};
  }
  friend FILIGREE_FUNCTION Dual atan(const Dual& a) {
    using Kokkos::atan;
    return {atan(a.value), a.gradient * (T(1) / (T(1) + a.value * a.value))};
  }
  friend FILIGREE_FUNCTION Dual tanh(const Dual& a) {
    using Kokkos::tanh;
    const T t = tanh(a.value);
    return {t, a.gradient * (T(1) - t * t)};
  }
  friend FILIGREE_FUNCTION Dual abs(const Dual& a) { return a.value < T(0) ? -a : a; }
  friend FILIGREE_FUNCTION Dual fabs(const Dual& a) { return abs(a); }

  // Functions of two variables.
  friend FILIGREE_FUNCTION Dual atan2(const Dual& y, const Dual& x) {
    using Kokkos::atan2;
    const T scale = T(1) / (x.value * x.value + y.value * y.value);
    return {atan2(y.value, x.value), (y.gradient * x.value - x.gradient * y.value) * scale};
  }
  /// a to a constant power; a may be 0 or negative where the power allows it.
  friend FILIGREE_FUNCTION Dual pow(const Dual& a, const T& power) {
    using Kokkos::pow;
    if (power == T(0)) return Dual(T(1));
    return {pow(a.value, power), a.gradient * (power * pow(a.value, power - T(1)))};
  }
  /// a^b for a > 0.
  friend FILIGREE_FUNCTION Dual pow(const Dual& a, const Dual& b) {
    using Kokkos::log;
    using Kokkos::pow;
    const T value = pow(a.value, b.value);
    return {value, a.gradient * (b.value * pow(a.value, b.value - T(1))) +
                       b.gradient * (value * log(a.value))};
  }
  friend FILIGREE_FUNCTION Dual min(const Dual& a, const Dual& b) { return b < a ? b : a; }
  friend FILIGREE_FUNCTION Dual max(const Dual& a, const Dual& b) { return a < b ? b : a; }
};

/// The plain number inside a scalar of any kind.
FILIGREE_FUNCTION constexpr float plain_value(float x) {
  return x;
}
FILIGREE_FUNCTION constexpr double plain_value(double x) {
  return x;
}
template <class T, int N>
FILIGREE_FUNCTION constexpr auto plain_value(const Dual<T, N>& x) {
  return plain_value(x.value);
}

/// The entries of a plain matrix as R * C independent variables, in row-major order.
template <int R, int C, class T>
FILIGREE_FUNCTION constexpr Mat<R, C, Dual<T, R * C>> variables(const Mat<R, C, T>& a) {
  Mat<R, C, Dual<T, R * C>> result{};
  for (int i = 0; i < R * C; ++i) result.data[i] = Dual<T, R * C>::variable(a.data[i], i);
  return result;
}
/// The derivative of a scalar by the matrix made by variables().
template <int R, int C, class T>
FILIGREE_FUNCTION constexpr Mat<R, C, T> gradient_matrix(const Dual<T, R * C>& x) {
  Mat<R, C, T> result{};
  for (int i = 0; i < R * C; ++i) result.data[i] = x.gradient[i];
  return result;
}

/// The value without derivatives, of numbers, duals and nested duals.
FILIGREE_FUNCTION constexpr float scalar_value(float x) {
  return x;
}
FILIGREE_FUNCTION constexpr double scalar_value(double x) {
  return x;
}
template <class T, int N>
FILIGREE_FUNCTION constexpr auto scalar_value(const Dual<T, N>& x) {
  return scalar_value(x.value);
}

}  // namespace filigree
