// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Exponential and hyperbolic tangent without branches, so that compilers turn loops over them into
// vector instructions. On devices they are the device's own.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "core/kokkos.hpp"

namespace filigree::learning {

namespace detail {

template <class T>
struct ExpFormat;
template <>
struct ExpFormat<float> {
  using Bits = std::int32_t;
  static constexpr int kMantissa = 23, kDegree = 7;
  static constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
  static constexpr float kLow = -87.33654f, kHigh = 88.7228317f, kHalved = 88.0f;
  static constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
};
template <>
struct ExpFormat<double> {
  using Bits = std::int64_t;
  static constexpr int kMantissa = 52, kDegree = 13;
  static constexpr double kRound = 6755399441055744.0;  // 1.5 * 2^52
  static constexpr double kLow = -708.39641853226408, kHigh = 709.782712893384, kHalved = 709.0;
  static constexpr double kLn2High = 0.693145751953125, kLn2Low = 1.42860682030941723212e-6;
};

/// 2^n e^r with x = n ln 2 + r, |r| <= ln 2 / 2, and the Taylor series of e^r.
template <class T>
inline T exp_without_branches(T x) {
  using F = ExpFormat<T>;
  const T bounded = x < F::kLow ? F::kLow : (x > F::kHigh ? F::kHigh : x);
  const T shifted = bounded * T(1.44269504088896340736) + F::kRound;
  const T n = shifted - F::kRound;
  const T r = (bounded - n * F::kLn2High) - n * F::kLn2Low;
  T series = T(1);
  for (int k = F::kDegree; k >= 1; --k) series = T(1) + series * r * (T(1) / T(k));
  // Near the largest number 2^n itself is too large: half of it, and twice the result.
  const bool is_halved = x > F::kHalved;
  const T whole = shifted - (is_halved ? T(1) : T(0));
  const auto power = std::bit_cast<typename F::Bits>(whole) << F::kMantissa;
  const T scaled = std::bit_cast<T>(std::bit_cast<typename F::Bits>(series) + power);
  const T finite = is_halved ? T(2) * scaled : scaled;
  const T upper = x > F::kHigh ? F::kHigh * T(INFINITY) : finite;
  return x < F::kLow ? T(0) : (x == x ? upper : x);
}

/// For |x| < 0.625 the rational function of Cephes' tanh (relative error below 1e-16), else
/// 1 - 2 / (e^(2 |x|) + 1) with the sign of x.
template <class T>
inline T tanh_without_branches(T x) {
  const T z = x * x;
  const T p = (T(-9.64399179425052238628e-1) * z + T(-9.92877231001918586564e1)) * z +
              T(-1.61468768441708447952e3);
  const T q = ((z + T(1.12811678491632931402e2)) * z + T(2.23548839060100448583e3)) * z +
              T(4.84406305325125486048e3);
  const T magnitude = x < T(0) ? -x : x;
  const T small = magnitude + magnitude * z * (p / q);
  const T far = T(1) - T(2) / (exp_without_branches(T(2) * magnitude) + T(1));
  return std::copysign(magnitude < T(0.625) ? small : far, x);  // keeps -0
}

/// 2 artanh(s) with s = t / (2 + t) <= 1/3, by its series; 2 s = t - s t, so that the rounding of s
/// meets the smaller part of the sum.
template <class T>
inline T log1p_without_branches(T t) {
  constexpr int kTerms = sizeof(T) == 4 ? 8 : 17;  // s^16 / 17 and s^34 / 35 are below round-off
  const T s = t / (T(2) + t);
  const T z = s * s;
  T series = T(1) / T(2 * kTerms - 1);
  for (int k = kTerms - 2; k >= 1; --k) series = T(1) / T(2 * k + 1) + z * series;
  return t - s * (t - T(2) * z * series);
}

}  // namespace detail

/// e^x to two units in the last place; 0 below the smallest normal number.
template <class T>
FILIGREE_FUNCTION T vector_exp(T x) {
  KOKKOS_IF_ON_HOST((return detail::exp_without_branches(x);))
  KOKKOS_IF_ON_DEVICE((return Kokkos::exp(x);))
}

/// tanh(x) to two units in the last place.
template <class T>
FILIGREE_FUNCTION T vector_tanh(T x) {
  KOKKOS_IF_ON_HOST((return detail::tanh_without_branches(x);))
  KOKKOS_IF_ON_DEVICE((return Kokkos::tanh(x);))
}

/// log(1 + t) to two units in the last place, for t in [0, 1] alone.
template <class T>
FILIGREE_FUNCTION T vector_log1p(T t) {
  KOKKOS_IF_ON_HOST((return detail::log1p_without_branches(t);))
  KOKKOS_IF_ON_DEVICE((return Kokkos::log1p(t);))
}

}  // namespace filigree::learning
