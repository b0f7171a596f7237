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

/// Multiplies `a` by a power of two so that squares of its entries neither overflow nor lose their
/// digits; returns the power that undoes it. Ordinary matrices are left alone; one entry that is
/// not finite makes all of them NaN.
template <int N, class T>
FILIGREE_FUNCTION T bring_into_range(Mat<N, N, T>& a) {
  constexpr T kStep = static_cast<T>(sizeof(T) == 8 ? 0x1p256 : 0x1p32);
  T largest = 0;
  T probe = 0;  // NaN when an entry is NaN or infinite
  for (int i = 0; i < N * N; ++i) {
    const T size = Kokkos::fabs(a.data[i]);
    largest = size > largest ? size : largest;
    probe += 0 * size;
  }
  if (!(probe == 0)) {
    for (int i = 0; i < N * N; ++i) a.data[i] = probe;
    return 1;
  }
  T back = 1;
  for (int k = 0; k < 5 && largest > kStep; ++k) {
    a *= 1 / kStep;
    largest *= 1 / kStep;
    back *= kStep;
  }
  for (int k = 0; k < 5 && largest < 1 / kStep && largest > 0; ++k) {
    a *= kStep;
    largest *= kStep;
    back *= 1 / kStep;
  }
  return back;
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

/// As above with an angle that is right to third order, from one division and no square root: the
/// rotation is orthonormal to round-off all the same. Entries must be around 1.
///   tan(angle / 2) = n / m,  n = e (|d| + p |e|),  m = 4 d^2 + 4 p |d| |e| + 5/4 e^2,
///   e = 2 off, d = difference, p = 5/4 tan(pi / 8): exact for e -> 0 and for d = 0.
template <class T>
FILIGREE_FUNCTION PlaneRotation<T> quick_rotation(T difference, T off) {
  constexpr T kP = T(0.51776695296636893);
  const T d = Kokkos::fabs(difference);
  const T e = Kokkos::fabs(2 * off);
  const T n = e * (d + kP * e);
  const T m = 4 * d * (d + kP * e) + T(1.25) * e * e;
  const T scale = 1 / (m * m + n * n);
  const T s = 2 * m * n * scale;
  return {(m * m - n * n) * scale, (difference < 0) != (off < 0) ? -s : s};
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

/// Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations; the upper
/// triangle is read. Positive definite matrices whose rows have very different sizes keep the
/// digits of their small eigenvalues.
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

namespace detail {

/// A symmetric 3x3 matrix of trace 1 under Jacobi rotations; off[k] lies opposite to diag[k].
template <class T>
struct Gram {
  T diag[3];
  T off[3];

  template <int P, int Q>
  FILIGREE_FUNCTION bool step(Mat<3, 3, T>& V) {
    constexpr int R = 3 - P - Q;
    if (!(Kokkos::fabs(off[R]) > std::numeric_limits<T>::epsilon())) return false;
    const PlaneRotation<T> r = quick_rotation(diag[P] - diag[Q], off[R]);
    const T cc = r.c * r.c;
    const T ss = r.s * r.s;
    const T cs = r.c * r.s;
    const T p = diag[P];
    const T q = diag[Q];
    const T cross = 2 * cs * off[R];
    diag[P] = cc * p + ss * q + cross;
    diag[Q] = ss * p + cc * q - cross;
    off[R] = (cc - ss) * off[R] - cs * (p - q);
    const T pr = off[Q];
    const T qr = off[P];
    off[Q] = r.c * pr + r.s * qr;
    off[P] = r.c * qr - r.s * pr;
    rotate_columns<P, Q>(V, r);
    return true;
  }
};

template <int P, int Q, class T>
FILIGREE_FUNCTION T dot_columns(const Mat<3, 3, T>& a) {
  return a(0, P) * a(0, Q) + a(1, P) * a(1, Q) + a(2, P) * a(2, Q);
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

/// Makes columns P and Q of B orthogonal relative to their own lengths (one-sided Jacobi).
template <int P, int Q, class T>
FILIGREE_FUNCTION bool orthogonalize(Mat<3, 3, T>& B, Mat<3, 3, T>& V) {
  constexpr T kTol = 4 * std::numeric_limits<T>::epsilon();
  const T p = dot_columns<P, P>(B);
  const T q = dot_columns<Q, Q>(B);
  const T off = dot_columns<P, Q>(B);
  if (!(off * off > kTol * kTol * p * q)) return false;
  const PlaneRotation<T> r = diagonalizing_rotation(p - q, off);
  rotate_columns<P, Q>(B, r);
  rotate_columns<P, Q>(V, r);
  return true;
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

}  // namespace detail

/// Singular value decomposition. Jacobi rotations on F^T F give V nearly, one-sided Jacobi on F V
/// finishes it, so that small singular values do not suffer from the squaring.
template <class T>
FILIGREE_FUNCTION Svd<3, T> svd(const Mat<3, 3, T>& F) {
  constexpr T kEps = std::numeric_limits<T>::epsilon();
  constexpr int kSweeps = 8;  // one or two are usual
  Mat<3, 3, T> B = F;
  const T back = detail::bring_into_range(B);
  Svd<3, T> result{Mat<3, 3, T>::identity(), {}, detail::right_vectors(B)};
  Mat<3, 3, T>& V = result.V;
  B = B * V;
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    bool rotated = detail::orthogonalize<0, 1>(B, V);
    rotated |= detail::orthogonalize<0, 2>(B, V);
    rotated |= detail::orthogonalize<1, 2>(B, V);
    if (!rotated) break;
  }
  Vec<3, T> squares{detail::dot_columns<0, 0>(B), detail::dot_columns<1, 1>(B),
                    detail::dot_columns<2, 2>(B)};
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
