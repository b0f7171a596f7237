// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Activations with three derivatives: for kernels, and the first two as operations.
#pragma once

#include "learning/autodiff/ops_elementwise.hpp"
#include "learning/autodiff/vector_math.hpp"
#include "learning/nn/activation.hpp"

namespace filigree::learning::jet_functions {

template <class T>
struct Derivatives {
  T value, first, second, third;
};

struct Identity {
  template <class T>
  FILIGREE_FUNCTION Derivatives<T> derivatives(T x) const {
    return {x, T(1), T(0), T(0)};
  }
};
struct LeakyRelu {
  double slope;
  template <class T>
  FILIGREE_FUNCTION Derivatives<T> derivatives(T x) const {
    const T factor = x > T(0) ? T(1) : T(slope);
    return {factor * x, factor, T(0), T(0)};
  }
};
struct Tanh {
  template <class T>
  FILIGREE_FUNCTION Derivatives<T> derivatives(T x) const {
    const T t = vector_tanh(x);
    const T s = T(1) - t * t;
    return {t, s, T(-2) * t * s, s * (T(6) * t * t - T(2))};
  }
};
struct Sigmoid {
  template <class T>
  FILIGREE_FUNCTION Derivatives<T> derivatives(T x) const {
    const T y = T(1) / (T(1) + vector_exp(-x));
    const T s = y * (T(1) - y);
    return {y, s, s * (T(1) - T(2) * y), s * (T(1) - T(6) * s)};
  }
};
struct Softplus {
  template <class T>
  FILIGREE_FUNCTION Derivatives<T> derivatives(T x) const {
    const auto s = Sigmoid{}.derivatives(x);
    const T value = (x > T(0) ? x : T(0)) + vector_log1p(vector_exp(x > T(0) ? -x : x));
    return {value, s.value, s.first, s.second};
  }
};
struct Silu {
  template <class T>
  FILIGREE_FUNCTION Derivatives<T> derivatives(T x) const {
    const auto s = Sigmoid{}.derivatives(x);
    return {x * s.value, s.value + x * s.first, T(2) * s.first + x * s.second,
            T(3) * s.second + x * s.third};
  }
};
struct Gelu {  // with the normal density p: p' = -x p
  template <class T>
  FILIGREE_FUNCTION Derivatives<T> derivatives(T x) const {
    const T share = T(0.5) * (T(1) + Kokkos::erf(x * T(0.70710678118654752440)));
    const T density = T(0.39894228040143267794) * vector_exp(T(-0.5) * x * x);
    return {x * share, share + x * density, density * (T(2) - x * x), density * x * (x * x - T(4))};
  }
};
struct Sin {
  template <class T>
  FILIGREE_FUNCTION Derivatives<T> derivatives(T x) const {
    const T s = Kokkos::sin(x);
    const T c = Kokkos::cos(x);
    return {s, c, -s, -c};
  }
};

struct ValueSlopeBend {
  Tensor value, slope, bend;
};

/// Value, first and second derivative as operations, to be differentiated further.
ValueSlopeBend derivatives(Activation f, const Tensor& x);

}  // namespace filigree::learning::jet_functions
