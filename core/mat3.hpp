// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Decompositions of 2x2 and 3x3 matrices: inverse, symmetric eigenvalues, SVD, polar.
//
// All are values in, values out, usable inside kernels for float and double. Orthogonal factors are
// orthonormal to a few units of round-off whatever the input (singular, zero, tiny, huge);
// singular values and eigenvalues are exact for a matrix within a few round-offs of the largest.
// Inputs with NaN or infinity give NaN and never hang.
#pragma once

#include <limits>

#include "core/mat3_jacobi.hpp"
#include "core/vec.hpp"

namespace filigree {

/// Values ascending; column k of `vectors` belongs to values[k]; det(vectors) = 1.
template <int N, class T = Real>
struct SymmetricEigen {
  Vec<N, T> values;
  Mat<N, N, T> vectors;
};

/// F = U diag(sigma) V^T with rotations U and V (det = 1) and sigma[0] >= ... >= |sigma[N-1]|; the
/// last one carries the sign of det F.
template <int N, class T = Real>
struct Svd {
  Mat<N, N, T> U;
  Vec<N, T> sigma;
  Mat<N, N, T> V;
};

/// F = R S with a rotation R (det = 1) and a symmetric S; S is positive semi-definite when
/// det F >= 0, else its smallest eigenvalue is negative.
template <int N, class T = Real>
struct Polar {
  Mat<N, N, T> R;
  Mat<N, N, T> S;
};

/// The matrix of signed minors: det(a) a^-T. Defined for singular matrices too.
template <class T>
FILIGREE_FUNCTION constexpr Mat<2, 2, T> cofactor(const Mat<2, 2, T>& a) {
  return {a(1, 1), -a(1, 0), -a(0, 1), a(0, 0)};
}
template <class T>
FILIGREE_FUNCTION constexpr Mat<3, 3, T> cofactor(const Mat<3, 3, T>& a) {
  return {a(1, 1) * a(2, 2) - a(1, 2) * a(2, 1), a(1, 2) * a(2, 0) - a(1, 0) * a(2, 2),
          a(1, 0) * a(2, 1) - a(1, 1) * a(2, 0), a(2, 1) * a(0, 2) - a(2, 2) * a(0, 1),
          a(2, 2) * a(0, 0) - a(2, 0) * a(0, 2), a(2, 0) * a(0, 1) - a(2, 1) * a(0, 0),
          a(0, 1) * a(1, 2) - a(0, 2) * a(1, 1), a(0, 2) * a(1, 0) - a(0, 0) * a(1, 2),
          a(0, 0) * a(1, 1) - a(0, 1) * a(1, 0)};
}

/// a^-T; det(a) must not be zero or underflow. T may be a dual number.
template <int N, class T>
FILIGREE_FUNCTION constexpr Mat<N, N, T> inverse_transpose(const Mat<N, N, T>& a) {
  const Mat<N, N, T> minors = cofactor(a);
  T determinant = a(0, 0) * minors(0, 0);
  for (int j = 1; j < N; ++j) determinant += a(0, j) * minors(0, j);
  return minors * (T(1) / determinant);
}

/// a^-1; det(a) must not be zero or underflow. T may be a dual number.
template <int N, class T>
FILIGREE_FUNCTION constexpr Mat<N, N, T> inverse(const Mat<N, N, T>& a) {
  return transpose(inverse_transpose(a));
}

namespace detail {

template <int P, int Q, int N, class T>
FILIGREE_FUNCTION void sort_ascending(SymmetricEigen<N, T>& eigen) {
  const bool yes = eigen.values[Q] < eigen.values[P];
  swap_entries<P, Q>(yes, eigen.values);
  swap_columns<P, Q>(yes, eigen.vectors);
}

}  // namespace detail

/// Eigenvalues and eigenvectors of a symmetric matrix, in closed form; only a(0, 0), a(0, 1) and
/// a(1, 1) are read.
template <class T>
FILIGREE_FUNCTION SymmetricEigen<2, T> symmetric_eigen(const Mat<2, 2, T>& matrix) {
  Mat<2, 2, T> a = matrix;
  const T back = detail::bring_into_range(a);
  SymmetricEigen<2, T> eigen{{a(0, 0), a(1, 1)}, Mat<2, 2, T>::identity()};
  if (a(0, 1) != 0) {
    const auto [c, s] = detail::diagonalizing_rotation(a(0, 0) - a(1, 1), a(0, 1));
    const T shift = s / c * a(0, 1);
    eigen = {{a(0, 0) + shift, a(1, 1) - shift}, {c, -s, s, c}};
  }
  detail::sort_ascending<0, 1>(eigen);
  eigen.values *= back;
  return eigen;
}

/// Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations. Positive definite
/// matrices whose rows have very different sizes keep the digits of their small eigenvalues.
template <class T>
FILIGREE_FUNCTION SymmetricEigen<3, T> symmetric_eigen(const Mat<3, 3, T>& matrix) {
  constexpr int kSweeps = 12;  // five are usual
  Mat<3, 3, T> a = matrix;
  const T back = detail::bring_into_range(a);
  SymmetricEigen<3, T> eigen{{}, Mat<3, 3, T>::identity()};
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    bool rotated = detail::jacobi_step<0, 1>(a, eigen.vectors);
    rotated |= detail::jacobi_step<0, 2>(a, eigen.vectors);
    rotated |= detail::jacobi_step<1, 2>(a, eigen.vectors);
    if (!rotated) break;
  }
  eigen.values = {a(0, 0), a(1, 1), a(2, 2)};
  detail::sort_ascending<0, 1>(eigen);
  detail::sort_ascending<1, 2>(eigen);
  detail::sort_ascending<0, 1>(eigen);
  eigen.values *= back;
  return eigen;
}

/// Singular value decomposition. Jacobi rotations on F^T F give V nearly, one-sided Jacobi on F V
/// finishes it, so that small singular values do not suffer from the squaring.
template <class T>
FILIGREE_FUNCTION Svd<3, T> svd(const Mat<3, 3, T>& F) {
  constexpr T kEps = std::numeric_limits<T>::epsilon();
  Mat<3, 3, T> B = F;
  const T back = detail::bring_into_range(B);
  Svd<3, T> result{Mat<3, 3, T>::identity(), {}, detail::right_vectors(B)};
  Mat<3, 3, T>& V = result.V;
  B = B * V;
  Vec<3, T> squares = detail::orthogonalize_columns(B, V);
  detail::sort_descending<0, 1>(squares, B, V);
  detail::sort_descending<1, 2>(squares, B, V);
  detail::sort_descending<0, 1>(squares, B, V);
  if (squares[0] == 0) return result;

  const Vec<3, T> b1{B(0, 1), B(1, 1), B(2, 1)};
  const T largest = Kokkos::sqrt(squares[0]);
  const T middle = Kokkos::sqrt(squares[1]);
  const Vec<3, T> u0 = Vec<3, T>{B(0, 0), B(1, 0), B(2, 0)} * (1 / largest);
  const Vec<3, T> u1 =
      middle > kEps * largest ? b1 * (1 / middle) : detail::perpendicular_unit(u0, b1);
  const Vec<3, T> u2 = cross(u0, u1);
  const T smallest = u2[0] * B(0, 2) + u2[1] * B(1, 2) + u2[2] * B(2, 2);
  const T bounded = Kokkos::fabs(smallest) > middle ? Kokkos::copysign(middle, smallest) : smallest;
  result.U = {u0[0], u1[0], u2[0], u0[1], u1[1], u2[1], u0[2], u1[2], u2[2]};
  result.sigma = Vec<3, T>{largest, middle, bounded} * back;
  return result;
}

/// The rotation R of the polar decomposition, in closed form; the identity for F = 0.
template <class T>
FILIGREE_FUNCTION Mat<2, 2, T> rotation_part(const Mat<2, 2, T>& F) {
  Mat<2, 2, T> a = F;
  detail::bring_into_range(a);
  const T x = a(0, 0) + a(1, 1);
  const T y = a(1, 0) - a(0, 1);
  const T length = Kokkos::sqrt(x * x + y * y);
  if (length == 0) return Mat<2, 2, T>::identity();
  const T c = x / length;
  const T s = y / length;
  return {c, -s, s, c};
}

/// Singular value decomposition through the polar decomposition and the eigenvectors of S.
template <class T>
FILIGREE_FUNCTION Svd<2, T> svd(const Mat<2, 2, T>& F) {
  Mat<2, 2, T> a = F;
  const T back = detail::bring_into_range(a);
  const Mat<2, 2, T> R = rotation_part(a);
  Mat<2, 2, T> S = transpose(R) * a;
  S(0, 1) = T(0.5) * (S(0, 1) + S(1, 0));
  SymmetricEigen<2, T> eigen = symmetric_eigen(S);
  detail::swap_columns<0, 1>(true, eigen.vectors);
  const T largest = eigen.values[1];
  const T smallest = eigen.values[0];
  const T bounded =
      Kokkos::fabs(smallest) > largest ? Kokkos::copysign(largest, smallest) : smallest;
  return {R * eigen.vectors, Vec<2, T>{largest, bounded} * back, eigen.vectors};
}

namespace detail {

/// Newton's iteration X <- (X + X^-T) / 2 from a matrix of size around 1 and positive determinant;
/// false when it does not settle.
template <class T>
FILIGREE_FUNCTION bool newton_rotation(Mat<3, 3, T>& X) {
  constexpr int kIterations = 12;  // four or five are usual
  for (int k = 0; k < kIterations; ++k) {
    const Mat<3, 3, T> inverse_t = inverse_transpose(X);
    const T size = squared_norm(X);
    const T inverse_size = squared_norm(inverse_t);
    T weight = T(0.5);
    T inverse_weight = T(0.5);
    if (inverse_size > 2 * size || size > 2 * inverse_size) {  // balance first: fewer iterations
      const T scale = Kokkos::sqrt(Kokkos::sqrt(inverse_size / size));
      weight = T(0.5) * scale;
      inverse_weight = T(0.5) / scale;
    }
    const Mat<3, 3, T> next = weight * X + inverse_weight * inverse_t;
    const T change = squared_norm(next - X);
    X = next;
    if (change < std::numeric_limits<T>::epsilon()) return true;  // the error is its square
  }
  return false;
}

}  // namespace detail

/// The rotation R of the polar decomposition F = R S: Newton's iteration for ordinary F, the SVD
/// for nearly singular and reflecting ones. The result is U V^T of svd(F); where that is not unique
/// (rank below 2, or a reflection whose two smallest singular values agree) it is one of them.
template <class T>
FILIGREE_FUNCTION Mat<3, 3, T> rotation_part(const Mat<3, 3, T>& F) {
  Mat<3, 3, T> X = F;
  detail::bring_into_range(X);
  T size = squared_norm(X);
  if (!(size > T(0.3) && size < T(30))) {
    X *= Kokkos::sqrt(3 / size);
    size = 3;
  }
  const T determinant = det(X);
  const bool ordinary = determinant > 0 && determinant * determinant > T(4e-7) * size * size * size;
  if (ordinary && detail::newton_rotation(X)) return X;
  const Svd<3, T> decomposition = svd(F);
  return decomposition.U * transpose(decomposition.V);
}

/// Polar decomposition F = R S.
template <int N, class T>
FILIGREE_FUNCTION Polar<N, T> polar(const Mat<N, N, T>& F) {
  Polar<N, T> result{rotation_part(F), {}};
  const Mat<N, N, T> S = transpose(result.R) * F;
  result.S = T(0.5) * (S + transpose(S));
  return result;
}

}  // namespace filigree
