// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Symmetric matrices whose blocks couple the vertices of a tree: Cholesky-like factors without
// fill.
//
// A vertex v and its parent edge are one node of 4 unknowns (x, y, z, theta). Joints couple v with
// its parent, its grandparent and its siblings. When nodes are eliminated from the leaves to the
// roots, what is left of such a clique is coupled already, so the factors have the pattern of the
// matrix: for a chain, block bandwidth 2. Cost: linear in the number of vertices, about 450
// multiply-adds for each along a chain.
#pragma once

#include <vector>

#include "core/array.hpp"
#include "core/vec.hpp"
#include "physics/rods/rod_topology.hpp"

namespace filigree::rods {

/// Where the blocks of the matrix lie; the same for all rods of one topology. Node v has the
/// coupling blocks upper_begin[v] to upper_begin[v + 1] - 1, block k couples rows v with columns
/// upper[k], a node nearer to the root.
struct TreeLayout {
  std::vector<Index> order;        ///< [n_nodes] every node after its uppers
  std::vector<Index> upper_begin;  ///< [n_nodes + 1]
  std::vector<Index> upper;        ///< [n_blocks] parent, grandparent, earlier siblings

  /// The block that couples two different nodes: 2 block, or 2 block + 1 when its rows are those of
  /// `column`; -1 when there is none.
  Index find(Index row, Index column) const;
};
TreeLayout make_tree_layout(const RodTopology& topology);

/// The layout for kernels.
struct TreePattern {
  Index n_nodes = 0;
  Index n_blocks = 0;
  Array<Index> order;
  Array<Index> upper_begin;
  Array<Index> upper;
  Array<Index> pair_begin;  ///< [n_nodes + 1]
  Array<Index> pair;        ///< per node, for each pair i > j of its uppers: TreeLayout::find(i, j)
};
TreePattern make_tree_pattern(const TreeLayout& layout);

/// One matrix of N x N blocks in memory that somebody else owns.
template <int N>
struct TreeMatrixOf {
  Mat<N>* diagonal;  ///< [n_nodes]
  Mat<N>* coupling;  ///< [n_blocks]
};
using TreeMatrix = TreeMatrixOf<4>;

/// Replaces the matrix by its factors: diagonal(v) by the inverse of what elimination leaves there,
/// coupling(k) by inverse x coupling. Returns the number of nodes whose pivot block was not
/// positive definite: then the factors are of no use.
template <int N>
FILIGREE_FUNCTION Index factorize(const TreePattern& pattern, const TreeMatrixOf<N>& matrix);

/// Solves with the factors in place: x holds the right side before, the solution after.
template <int N>
FILIGREE_FUNCTION void solve(const TreePattern& pattern, const TreeMatrixOf<N>& factors, Vec<N>* x);

namespace detail {

/// The inverse of a small symmetric positive definite matrix by its Cholesky factors; only the
/// lower triangle is read. False when it is not positive definite.
template <int N>
FILIGREE_FUNCTION bool invert_spd(Mat<N>& a) {
  Mat<N> inverse_factor{};  // of L in a = L L^T
  Mat<N> factor{};
  for (int j = 0; j < N; ++j) {
    Real pivot = a(j, j);
    for (int k = 0; k < j; ++k) pivot -= factor(j, k) * factor(j, k);
    if (!(pivot > 0)) return false;
    const Real inverse_root = 1 / Kokkos::sqrt(pivot);
    factor(j, j) = pivot * inverse_root;
    inverse_factor(j, j) = inverse_root;
    for (int i = j + 1; i < N; ++i) {
      Real sum = a(i, j);
      for (int k = 0; k < j; ++k) sum -= factor(i, k) * factor(j, k);
      factor(i, j) = sum * inverse_root;
    }
  }
  for (int j = 0; j < N; ++j) {
    for (int i = j + 1; i < N; ++i) {
      Real sum = 0;
      for (int k = j; k < i; ++k) sum -= factor(i, k) * inverse_factor(k, j);
      inverse_factor(i, j) = sum * inverse_factor(i, i);
    }
  }
  a = transpose(inverse_factor) * inverse_factor;
  return true;
}

}  // namespace detail

template <int N>
FILIGREE_FUNCTION Index factorize(const TreePattern& pattern, const TreeMatrixOf<N>& matrix) {
  Index refused = 0;
  for (Index n = pattern.n_nodes - 1; n >= 0; --n) {
    const Index v = pattern.order(n);
    if (!detail::invert_spd(matrix.diagonal[v])) ++refused;
    Index pair = pattern.pair_begin(v);
    for (Index i = pattern.upper_begin(v); i < pattern.upper_begin(v + 1); ++i) {
      const Mat<N> before = matrix.coupling[i];
      matrix.coupling[i] = matrix.diagonal[v] * before;
      const Mat<N> left = transpose(before);
      for (Index j = pattern.upper_begin(v); j < i; ++j) {
        const Mat<N> change = left * matrix.coupling[j];
        const Index place = pattern.pair(pair++);
        matrix.coupling[place / 2] -= place % 2 == 0 ? change : transpose(change);
      }
      matrix.diagonal[pattern.upper(i)] -= left * matrix.coupling[i];
    }
  }
  return refused;
}

template <int N>
FILIGREE_FUNCTION void solve(const TreePattern& pattern, const TreeMatrixOf<N>& factors,
                             Vec<N>* x) {
  for (Index n = pattern.n_nodes - 1; n >= 0; --n) {
    const Index v = pattern.order(n);
    for (Index i = pattern.upper_begin(v); i < pattern.upper_begin(v + 1); ++i) {
      x[pattern.upper(i)] -= transpose(factors.coupling[i]) * x[v];
    }
    x[v] = factors.diagonal[v] * x[v];
  }
  for (Index n = 0; n < pattern.n_nodes; ++n) {
    const Index v = pattern.order(n);
    for (Index i = pattern.upper_begin(v); i < pattern.upper_begin(v + 1); ++i) {
      x[v] -= factors.coupling[i] * x[pattern.upper(i)];
    }
  }
}

/// y += A x with the matrix itself, not its factors.
FILIGREE_FUNCTION void add_product(const TreePattern& pattern, const TreeMatrix& matrix,
                                   const Vec<4>* x, Vec<4>* y) {
  for (Index v = 0; v < pattern.n_nodes; ++v) {
    y[v] += matrix.diagonal[v] * x[v];
    for (Index k = pattern.upper_begin(v); k < pattern.upper_begin(v + 1); ++k) {
      const Index u = pattern.upper(k);
      y[v] += matrix.coupling[k] * x[u];
      y[u] += transpose(matrix.coupling[k]) * x[v];
    }
  }
}

}  // namespace filigree::rods
