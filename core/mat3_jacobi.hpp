// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Inner workings of mat3.hpp: scaling, plane rotations, Jacobi steps. Not for use elsewhere.
#pragma once

#include <limits>

#include "core/vec.hpp"

namespace filigree::detail {

/// The slow path of bring_into_range.
template <int N, class T>
FILIGREE_FUNCTION T rescale(Mat<N, N, T>& a, T step) {
  T largest = 0;
  for (int i = 0; i < N * N; ++i) {
    const T size = Kokkos::fabs(a.data[i]);
    if (!(size <= std::numeric_limits<T>::max())) {
      for (T& value : a.data) value = std::numeric_limits<T>::quiet_NaN();
      return 1;
    }
    largest = size > largest ? size : largest;
  }
  T back = 1;
  for (; largest > step; largest *= 1 / step) {
    a *= 1 / step;
    back *= step;
  }
  for (; largest < 1 / step && largest > 0; largest *= step) {
    a *= step;
    back *= 1 / step;
  }
  return back;
}

/// Multiplies `a` by a power of two so that squares of its entries neither overflow nor lose their
/// digits; returns the power that undoes it. Ordinary matrices are left alone; one entry that is
/// not finite makes all of them NaN.
template <int N, class T>
FILIGREE_FUNCTION T bring_into_range(Mat<N, N, T>& a) {
  constexpr T kStep = static_cast<T>(sizeof(T) == 8 ? 0x1p256 : 0x1p32);
  T columns[N];  // separate sums do not wait for each other
  for (int j = 0; j < N; ++j) columns[j] = a(0, j) * a(0, j);
  for (int i = 1; i < N; ++i) {
    for (int j = 0; j < N; ++j) columns[j] += a(i, j) * a(i, j);
  }
  T size = columns[0];
  for (int j = 1; j < N; ++j) size += columns[j];
  return size > 1 / (kStep * kStep) && size < kStep * kStep ? T(1) : rescale(a, kStep);
}

template <class T>
struct PlaneRotation {
  T c, s;
};

/// The rotation by at most 45 degrees that makes [[p, off], [off, q]] diagonal:
/// tan(2 angle) = 2 off / (p - q), with difference = p - q.
template <class T>
FILIGREE_FUNCTION PlaneRotation<T> diagonalizing_rotation(T difference, T off) {
  const T twice = 2 * off;
  const T opposite = difference < 0 ? -twice : twice;
  const T adjacent =
      Kokkos::fabs(difference) + Kokkos::sqrt(difference * difference + twice * twice);
  const T scale = 1 / Kokkos::sqrt(adjacent * adjacent + opposite * opposite);
  return {adjacent * scale, opposite * scale};
}

/// Columns P and Q of a times [[c, -s], [s, c]].
template <int P, int Q, class T>
FILIGREE_FUNCTION void rotate_columns(Mat<3, 3, T>& a, const PlaneRotation<T>& r) {
  for (int i = 0; i < 3; ++i) {
    const T p = a(i, P);
    const T q = a(i, Q);
    a(i, P) = r.c * p + r.s * q;
    a(i, Q) = r.c * q - r.s * p;
  }
}

/// One Jacobi step of symmetric_eigen; returns false when the entry is already negligible.
template <int P, int Q, class T>
FILIGREE_FUNCTION bool jacobi_step(Mat<3, 3, T>& a, Mat<3, 3, T>& vectors) {
  constexpr T kEps = std::numeric_limits<T>::epsilon();
  constexpr int R = 3 - P - Q;
  const T off = a(P, Q);
  if (!(off * off > T(0.0625) * kEps * kEps * Kokkos::fabs(a(P, P) * a(Q, Q)))) return false;
  const PlaneRotation<T> r = diagonalizing_rotation(a(P, P) - a(Q, Q), off);
  const T shift = r.s / r.c * off;
  a(P, P) += shift;
  a(Q, Q) -= shift;
  a(P, Q) = a(Q, P) = 0;
  const T p = a(P, R);
  const T q = a(Q, R);
  a(P, R) = a(R, P) = r.c * p + r.s * q;
  a(Q, R) = a(R, Q) = r.c * q - r.s * p;
  rotate_columns<P, Q>(vectors, r);
  return true;
}

/// Exchanges columns P and Q where `yes`, changing one sign so that det is kept.
template <int P, int Q, int N, class T>
FILIGREE_FUNCTION void swap_columns(bool yes, Mat<N, N, T>& a) {
  for (int i = 0; i < N; ++i) {
    const T p = a(i, P);
    const T q = a(i, Q);
    a(i, P) = yes ? q : p;
    a(i, Q) = yes ? -p : q;
  }
}
template <int P, int Q, int N, class T>
FILIGREE_FUNCTION void swap_entries(bool yes, Vec<N, T>& a) {
  const T p = a[P];
  const T q = a[Q];
  a[P] = yes ? q : p;
  a[Q] = yes ? p : q;
}

/// A symmetric 3x3 matrix of trace 1 under Jacobi rotations; off[k] lies opposite to diag[k].
template <class T>
struct Gram {
  T diag[3];
  T off[3];

  /// Nearly zeroes entry (P, Q) and turns the columns of V along; false when it is negligible.
  /// The angle is right to third order and comes from one division and no square root; the rotation
  /// is orthonormal to round-off all the same:
  ///   tan(angle / 2) = n / m,  n = e (|d| + k |e|),  m = 4 d^2 + 4 k |d| |e| + 5/4 e^2,
  ///   e = 2 off, d = p - q, k = 5/4 tan(pi / 8): exact for e -> 0 and for d = 0.
  /// Products are ordered so that little is left to do once the division is done.
  template <int P, int Q>
  FILIGREE_FUNCTION bool step(Mat<3, 3, T>& V) {
    constexpr int R = 3 - P - Q;
    constexpr T kK = T(0.51776695296636893);
    const T pq = off[R];
    if (!(Kokkos::fabs(pq) > std::numeric_limits<T>::epsilon())) return false;
    const T difference = diag[P] - diag[Q];
    const T d = Kokkos::fabs(difference);
    const T e = Kokkos::fabs(2 * pq);
    const T n = e * (d + kK * e);
    const T m = 4 * d * (d + kK * e) + T(1.25) * e * e;
    const T scale = 1 / (m * m + n * n);
    const T c_scaled = m * m - n * n;
    const T s_scaled = (difference < 0) != (pq < 0) ? -2 * m * n : 2 * m * n;
    const T mixed = c_scaled * pq - s_scaled * difference;
    const PlaneRotation<T> r{c_scaled * scale, s_scaled * scale};
    const T shift = r.s * ((c_scaled * pq + mixed) * scale);
    diag[P] += shift;
    diag[Q] -= shift;
    off[R] = r.c * (mixed * scale) - r.s * (s_scaled * pq * scale);
    const T pr = off[Q];
    const T qr = off[P];
    off[Q] = (c_scaled * pr + s_scaled * qr) * scale;
    off[P] = (c_scaled * qr - s_scaled * pr) * scale;
    rotate_columns<P, Q>(V, r);
    return true;
  }
};

template <int P, int Q, class T>
FILIGREE_FUNCTION T dot_columns(const Mat<3, 3, T>& a) {
  return a(0, P) * a(0, Q) + a(1, P) * a(1, Q) + a(2, P) * a(2, Q);
}
template <class T>
FILIGREE_FUNCTION Vec<3, T> squared_columns(const Mat<3, 3, T>& a) {
  return {dot_columns<0, 0>(a), dot_columns<1, 1>(a), dot_columns<2, 2>(a)};
}

/// A rotation V that makes the columns of B V nearly orthogonal: eigenvectors of B^T B.
template <class T>
FILIGREE_FUNCTION Mat<3, 3, T> right_vectors(const Mat<3, 3, T>& B) {
  constexpr int kSweeps = 6;
  Gram<T> gram{{dot_columns<0, 0>(B), dot_columns<1, 1>(B), dot_columns<2, 2>(B)},
               {dot_columns<1, 2>(B), dot_columns<0, 2>(B), dot_columns<0, 1>(B)}};
  Mat<3, 3, T> V = Mat<3, 3, T>::identity();
  const T trace = gram.diag[0] + gram.diag[1] + gram.diag[2];
  if (!(trace > 0)) return V;
  for (int i = 0; i < 3; ++i) {
    gram.diag[i] *= 1 / trace;
    gram.off[i] *= 1 / trace;
  }
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    bool rotated = gram.template step<0, 1>(V);
    rotated |= gram.template step<0, 2>(V);
    rotated |= gram.template step<1, 2>(V);
    if (!rotated) break;
  }
  return V;
}

/// Whether columns P and Q of B are orthogonal relative to their lengths.
template <int P, int Q, class T>
FILIGREE_FUNCTION bool are_orthogonal(const Mat<3, 3, T>& B, const Vec<3, T>& squares) {
  constexpr T kTol = 4 * std::numeric_limits<T>::epsilon();
  const T off = dot_columns<P, Q>(B);
  return !(off * off > kTol * kTol * squares[P] * squares[Q]);
}

/// Makes columns P and Q of B orthogonal (one-sided Jacobi).
template <int P, int Q, class T>
FILIGREE_FUNCTION void orthogonalize(Mat<3, 3, T>& B, Mat<3, 3, T>& V) {
  const Vec<3, T> squares = squared_columns(B);
  if (are_orthogonal<P, Q>(B, squares)) return;
  const PlaneRotation<T> r = diagonalizing_rotation(squares[P] - squares[Q], dot_columns<P, Q>(B));
  rotate_columns<P, Q>(B, r);
  rotate_columns<P, Q>(V, r);
}

/// Makes all columns of B orthogonal by rotations, which V follows; returns their squared lengths.
template <class T>
FILIGREE_FUNCTION Vec<3, T> orthogonalize_columns(Mat<3, 3, T>& B, Mat<3, 3, T>& V) {
  constexpr int kSweeps = 8;  // none or one are usual
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    const Vec<3, T> squares = squared_columns(B);
    if (are_orthogonal<0, 1>(B, squares) & are_orthogonal<0, 2>(B, squares) &
        are_orthogonal<1, 2>(B, squares)) {
      return squares;
    }
    orthogonalize<0, 1>(B, V);
    orthogonalize<0, 2>(B, V);
    orthogonalize<1, 2>(B, V);
  }
  return squared_columns(B);
}

/// The unit vector along the part of b that is perpendicular to the unit vector u; any
/// perpendicular one when b has no such part.
template <class T>
FILIGREE_FUNCTION Vec<3, T> perpendicular_unit(const Vec<3, T>& u, Vec<3, T> b) {
  const T length = norm(b);
  if (length > 0) {
    b = b * (1 / length);
    b -= dot(u, b) * u;
    const T rest = norm(b);
    if (rest > T(0.5)) {
      b -= dot(u, b) * u;
      return b * (1 / norm(b));
    }
  }
  const int axis = Kokkos::fabs(u[0]) < T(0.6) ? 0 : 1;
  Vec<3, T> unit = Vec<3, T>::zero();
  unit[axis] = 1;
  const Vec<3, T> result = cross(u, unit);
  return result * (1 / norm(result));
}

template <int P, int Q, class T>
FILIGREE_FUNCTION void sort_descending(Vec<3, T>& squares, Mat<3, 3, T>& B, Mat<3, 3, T>& V) {
  const bool yes = squares[P] < squares[Q];
  swap_entries<P, Q>(yes, squares);
  swap_columns<P, Q>(yes, B);
  swap_columns<P, Q>(yes, V);
}

}  // namespace filigree::detail
