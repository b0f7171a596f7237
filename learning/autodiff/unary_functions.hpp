// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Functions of one value that tensors are mapped with: value(x), and slope(x, y) with y = value(x).
#pragma once

#include "learning/autodiff/vector_math.hpp"

namespace filigree::learning::functions {

struct Neg {
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return -x;
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T, T) const {
    return T(-1);
  }
};
struct Scale {
  double factor;
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return T(factor) * x;
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T, T) const {
    return T(factor);
  }
};
struct Shift {
  double offset;
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return x + T(offset);
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T, T) const {
    return T(1);
  }
};
struct Pow {
  double exponent;
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return Kokkos::pow(x, T(exponent));
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T x, T) const {
    return exponent == 0 ? T(0) : T(exponent) * Kokkos::pow(x, T(exponent - 1));
  }
};
struct Square {
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return x * x;
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T x, T) const {
    return T(2) * x;
  }
};
struct Exp {
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return vector_exp(x);
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T, T y) const {
    return y;
  }
};
struct Log {
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return Kokkos::log(x);
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T x, T) const {
    return T(1) / x;
  }
};
struct Sqrt {
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return Kokkos::sqrt(x);
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T, T y) const {
    return T(0.5) / y;
  }
};
struct Abs {
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return x < T(0) ? -x : x;
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T x, T) const {
    return x > T(0) ? T(1) : (x < T(0) ? T(-1) : T(0));
  }
};
struct Sin {
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return Kokkos::sin(x);
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T x, T) const {
    return Kokkos::cos(x);
  }
};
struct Cos {
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return Kokkos::cos(x);
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T x, T) const {
    return -Kokkos::sin(x);
  }
};
struct Tanh {
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return vector_tanh(x);
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T, T y) const {
    return T(1) - y * y;
  }
};
struct Erf {
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return Kokkos::erf(x);
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T x, T) const {
    return T(2 / 1.77245385090551602730) * vector_exp(-x * x);
  }
};
struct Sigmoid {
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return T(1) / (T(1) + vector_exp(-x));
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T, T y) const {
    return y * (T(1) - y);
  }
};
struct Softplus {
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return (x > T(0) ? x : T(0)) + vector_log1p(vector_exp(x > T(0) ? -x : x));
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T x, T) const {
    return Sigmoid{}.value(x);
  }
};
struct LeakyRelu {  // relu is the case factor = 0
  double factor;
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return x > T(0) ? x : T(factor) * x;
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T x, T) const {
    return x > T(0) ? T(1) : T(factor);
  }
};
struct Silu {
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return x * Sigmoid{}.value(x);
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T x, T) const {
    const T s = Sigmoid{}.value(x);
    return s * (T(1) + x * (T(1) - s));
  }
};
struct Gelu {
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return T(0.5) * x * (T(1) + Kokkos::erf(x * T(0.70710678118654752440)));
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T x, T) const {
    return T(0.5) * (T(1) + Kokkos::erf(x * T(0.70710678118654752440))) +
           x * T(0.39894228040143267794) * vector_exp(T(-0.5) * x * x);
  }
};
struct Clip {
  double low, high;
  template <class T>
  FILIGREE_FUNCTION T value(T x) const {
    return x < T(low) ? T(low) : (x > T(high) ? T(high) : x);
  }
  template <class T>
  FILIGREE_FUNCTION T slope(T x, T) const {
    return x > T(low) && x < T(high) ? T(1) : T(0);
  }
};

}  // namespace filigree::learning::functions
