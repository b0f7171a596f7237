// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Decompositions of matrices of dual numbers, for first derivatives of isotropic functions.
//
// Eigenvectors and rotations are taken without their derivatives. That leaves the first derivatives
// of eigenvalues exact (d lambda_k = u_k . dA u_k), also of symmetric functions of eigenvalues that
// coincide, and those of |F - R| with the rotation R of F, which is stationary in R.
#pragma once

#include "core/dual.hpp"
#include "core/mat3.hpp"

namespace filigree {

/// The matrix without derivatives.
template <int R, int C, class T, int N>
FILIGREE_FUNCTION Mat<R, C, T> values_of(const Mat<R, C, Dual<T, N>>& a) {
  Mat<R, C, T> values{};
  for (int i = 0; i < R * C; ++i) values.data[i] = a.data[i].value;
  return values;
}
/// The matrix with derivatives of zero.
template <int N, int R, int C, class T>
FILIGREE_FUNCTION Mat<R, C, Dual<T, N>> constant_dual(const Mat<R, C, T>& a) {
  Mat<R, C, Dual<T, N>> dual{};
  for (int i = 0; i < R * C; ++i) dual.data[i] = Dual<T, N>(a.data[i]);
  return dual;
}

namespace detail {

template <int D, class T, int N>
FILIGREE_FUNCTION SymmetricEigen<D, Dual<T, N>> dual_eigen(const Mat<D, D, Dual<T, N>>& a) {
  const SymmetricEigen<D, T> eigen = symmetric_eigen(values_of(a));
  SymmetricEigen<D, Dual<T, N>> result{};
  result.vectors = constant_dual<N>(eigen.vectors);
  const Mat<D, D, Dual<T, N>> in_axes = transpose(result.vectors) * a * result.vectors;
  for (int k = 0; k < D; ++k) result.values[k] = {eigen.values[k], in_axes(k, k).gradient};
  return result;
}

}  // namespace detail

/// Eigenvalues with their first derivatives, eigenvectors without.
template <class T, int N>
FILIGREE_FUNCTION SymmetricEigen<2, Dual<T, N>> symmetric_eigen(const Mat<2, 2, Dual<T, N>>& a) {
  return detail::dual_eigen(a);
}
template <class T, int N>
FILIGREE_FUNCTION SymmetricEigen<3, Dual<T, N>> symmetric_eigen(const Mat<3, 3, Dual<T, N>>& a) {
  return detail::dual_eigen(a);
}

/// The rotation without derivatives.
template <class T, int N>
FILIGREE_FUNCTION Mat<2, 2, Dual<T, N>> rotation_part(const Mat<2, 2, Dual<T, N>>& F) {
  return constant_dual<N>(rotation_part(values_of(F)));
}
template <class T, int N>
FILIGREE_FUNCTION Mat<3, 3, Dual<T, N>> rotation_part(const Mat<3, 3, Dual<T, N>>& F) {
  return constant_dual<N>(rotation_part(values_of(F)));
}

}  // namespace filigree
