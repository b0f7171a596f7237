// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Small vectors and matrices as plain values, usable inside kernels.
#pragma once

#include "core/kokkos.hpp"
#include "core/scalar.hpp"

namespace filigree {

/// N scalars. An aggregate: Vec<3>{x, y, z}.
template <int N, class T = Real>
struct Vec {
  using value_type = T;
  T data[N];

  FILIGREE_FUNCTION constexpr T& operator[](int i) { return data[i]; }
  FILIGREE_FUNCTION constexpr const T& operator[](int i) const { return data[i]; }

  FILIGREE_FUNCTION static constexpr Vec zero() { return filled(T(0)); }
  FILIGREE_FUNCTION static constexpr Vec filled(T value) {
    Vec v{};
    for (int i = 0; i < N; ++i) v[i] = value;
    return v;
  }
  FILIGREE_FUNCTION constexpr Vec& operator+=(const Vec& b) {
    for (int i = 0; i < N; ++i) data[i] += b[i];
    return *this;
  }
  FILIGREE_FUNCTION constexpr Vec& operator-=(const Vec& b) {
    for (int i = 0; i < N; ++i) data[i] -= b[i];
    return *this;
  }
  FILIGREE_FUNCTION constexpr Vec& operator*=(const T& s) {
    for (int i = 0; i < N; ++i) data[i] *= s;
    return *this;
  }
  friend FILIGREE_FUNCTION constexpr Vec operator+(Vec a, const Vec& b) { return a += b; }
  friend FILIGREE_FUNCTION constexpr Vec operator-(Vec a, const Vec& b) { return a -= b; }
  friend FILIGREE_FUNCTION constexpr Vec operator-(const Vec& a) { return zero() - a; }
  friend FILIGREE_FUNCTION constexpr Vec operator*(Vec a, const T& s) { return a *= s; }
  friend FILIGREE_FUNCTION constexpr Vec operator*(const T& s, Vec a) { return a *= s; }
  friend FILIGREE_FUNCTION constexpr Vec operator/(Vec a, const T& s) { return a *= T(1) / s; }
  friend FILIGREE_FUNCTION constexpr bool operator==(const Vec& a, const Vec& b) {
    for (int i = 0; i < N; ++i) {
      if (!(a[i] == b[i])) return false;
    }
    return true;
  }
};

/// R x C scalars, row-major. An aggregate over its rows' scalars: Mat<2>{a, b, c, d}.
template <int R, int C = R, class T = Real>
struct Mat {
  using value_type = T;
  T data[R * C];

  FILIGREE_FUNCTION constexpr T& operator()(int i, int j) { return data[i * C + j]; }
  FILIGREE_FUNCTION constexpr const T& operator()(int i, int j) const { return data[i * C + j]; }

  FILIGREE_FUNCTION static constexpr Mat zero() { return Mat{}; }
  FILIGREE_FUNCTION static constexpr Mat identity() requires(R == C) {
    Mat m{};
    for (int i = 0; i < R; ++i) m(i, i) = T(1);
    return m;
  }
  FILIGREE_FUNCTION constexpr Mat& operator+=(const Mat& b) {
    for (int i = 0; i < R * C; ++i) data[i] += b.data[i];
    return *this;
  }
  FILIGREE_FUNCTION constexpr Mat& operator-=(const Mat& b) {
    for (int i = 0; i < R * C; ++i) data[i] -= b.data[i];
    return *this;
  }
  FILIGREE_FUNCTION constexpr Mat& operator*=(const T& s) {
    for (int i = 0; i < R * C; ++i) data[i] *= s;
    return *this;
  }
  friend FILIGREE_FUNCTION constexpr Mat operator+(Mat a, const Mat& b) { return a += b; }
  friend FILIGREE_FUNCTION constexpr Mat operator-(Mat a, const Mat& b) { return a -= b; }
  friend FILIGREE_FUNCTION constexpr Mat operator-(const Mat& a) { return zero() - a; }
  friend FILIGREE_FUNCTION constexpr Mat operator*(Mat a, const T& s) { return a *= s; }
  friend FILIGREE_FUNCTION constexpr Mat operator*(const T& s, Mat a) { return a *= s; }
  friend FILIGREE_FUNCTION constexpr bool operator==(const Mat& a, const Mat& b) {
    for (int i = 0; i < R * C; ++i) {
      if (!(a.data[i] == b.data[i])) return false;
    }
    return true;
  }
};

template <int N, class T>
FILIGREE_FUNCTION constexpr T dot(const Vec<N, T>& a, const Vec<N, T>& b) {
  T sum = a[0] * b[0];
  for (int i = 1; i < N; ++i) sum += a[i] * b[i];
  return sum;
}
template <int N, class T>
FILIGREE_FUNCTION constexpr T squared_norm(const Vec<N, T>& a) {
  return dot(a, a);
}
template <int N, class T>
FILIGREE_FUNCTION T norm(const Vec<N, T>& a) {
  using Kokkos::sqrt;
  return sqrt(dot(a, a));
}
template <class T>
FILIGREE_FUNCTION constexpr Vec<3, T> cross(const Vec<3, T>& a, const Vec<3, T>& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
/// The scalar a_x b_y - a_y b_x.
template <class T>
FILIGREE_FUNCTION constexpr T cross(const Vec<2, T>& a, const Vec<2, T>& b) {
  return a[0] * b[1] - a[1] * b[0];
}
/// Component by component.
template <int N, class T>
FILIGREE_FUNCTION constexpr Vec<N, T> cwise_product(Vec<N, T> a, const Vec<N, T>& b) {
  for (int i = 0; i < N; ++i) a[i] *= b[i];
  return a;
}

template <int R, int K, int C, class T>
FILIGREE_FUNCTION constexpr Mat<R, C, T> operator*(const Mat<R, K, T>& a, const Mat<K, C, T>& b) {
  Mat<R, C, T> product{};
  for (int i = 0; i < R; ++i) {
    for (int j = 0; j < C; ++j) {
      T sum = a(i, 0) * b(0, j);
      for (int k = 1; k < K; ++k) sum += a(i, k) * b(k, j);
      product(i, j) = sum;
    }
  }
  return product;
}
template <int R, int C, class T>
FILIGREE_FUNCTION constexpr Vec<R, T> operator*(const Mat<R, C, T>& a, const Vec<C, T>& x) {
  Vec<R, T> product{};
  for (int i = 0; i < R; ++i) {
    T sum = a(i, 0) * x[0];
    for (int k = 1; k < C; ++k) sum += a(i, k) * x[k];
    product[i] = sum;
  }
  return product;
}
template <int R, int C, class T>
FILIGREE_FUNCTION constexpr Mat<C, R, T> transpose(const Mat<R, C, T>& a) {
  Mat<C, R, T> result{};
  for (int i = 0; i < R; ++i) {
    for (int j = 0; j < C; ++j) result(j, i) = a(i, j);
  }
  return result;
}
/// a b^T
template <int R, int C, class T>
FILIGREE_FUNCTION constexpr Mat<R, C, T> outer(const Vec<R, T>& a, const Vec<C, T>& b) {
  Mat<R, C, T> result{};
  for (int i = 0; i < R; ++i) {
    for (int j = 0; j < C; ++j) result(i, j) = a[i] * b[j];
  }
  return result;
}
template <int N, class T>
FILIGREE_FUNCTION constexpr Mat<N, N, T> diagonal(const Vec<N, T>& d) {
  Mat<N, N, T> result{};
  for (int i = 0; i < N; ++i) result(i, i) = d[i];
  return result;
}
template <int N, class T>
FILIGREE_FUNCTION constexpr T trace(const Mat<N, N, T>& a) {
  T sum = a(0, 0);
  for (int i = 1; i < N; ++i) sum += a(i, i);
  return sum;
}
/// Frobenius product a : b.
template <int R, int C, class T>
FILIGREE_FUNCTION constexpr T contract(const Mat<R, C, T>& a, const Mat<R, C, T>& b) {
  T sum = a.data[0] * b.data[0];
  for (int i = 1; i < R * C; ++i) sum += a.data[i] * b.data[i];
  return sum;
}
/// Squared Frobenius norm.
template <int R, int C, class T>
FILIGREE_FUNCTION constexpr T squared_norm(const Mat<R, C, T>& a) {
  return contract(a, a);
}
template <class T>
FILIGREE_FUNCTION constexpr T det(const Mat<2, 2, T>& a) {
  return a(0, 0) * a(1, 1) - a(0, 1) * a(1, 0);
}
template <class T>
FILIGREE_FUNCTION constexpr T det(const Mat<3, 3, T>& a) {
  return a(0, 0) * (a(1, 1) * a(2, 2) - a(1, 2) * a(2, 1)) -
         a(0, 1) * (a(1, 0) * a(2, 2) - a(1, 2) * a(2, 0)) +
         a(0, 2) * (a(1, 0) * a(2, 1) - a(1, 1) * a(2, 0));
}

}  // namespace filigree
