// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Small dense problems of iterative solvers, on the host.
#pragma once

#include <cmath>
#include <numeric>
#include <vector>

namespace filigree::learning {

/// x of least squares from the normal equations G x = b, G the upper left part (as many rows as b
/// has entries) of a symmetric matrix with rows of `leading` values. Cholesky with pivoting on the
/// scaled matrix; columns whose part that no other explains is shorter than sqrt(dependent) times
/// themselves get 0.
inline std::vector<double> solve_gram(const std::vector<double>& gram, std::size_t leading,
                                      const std::vector<double>& b, double dependent) {
  const std::size_t n = b.size();
  std::vector<double> scale(n), l(n * n, 0.0), pivots(n, 1.0), y(n, 0.0), x(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    const double square = gram[i * leading + i];
    scale[i] = square > 0 ? 1 / std::sqrt(square) : 0;
    if (square <= 0) pivots[i] = 0;
  }
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::size_t rank = 0;
  for (; rank < n; ++rank) {
    std::size_t best = rank;
    for (std::size_t k = rank; k < n; ++k) {
      if (pivots[order[k]] > pivots[order[best]]) best = k;
    }
    std::swap(order[rank], order[best]);
    const std::size_t p = order[rank];
    if (!(pivots[p] > dependent)) break;
    const double root = std::sqrt(pivots[p]);
    l[p * n + rank] = root;
    for (std::size_t k = rank + 1; k < n; ++k) {
      const std::size_t i = order[k];
      double value = gram[i * leading + p] * scale[i] * scale[p];
      for (std::size_t j = 0; j < rank; ++j) value -= l[i * n + j] * l[p * n + j];
      l[i * n + rank] = value / root;
      pivots[i] -= l[i * n + rank] * l[i * n + rank];
    }
  }
  for (std::size_t k = 0; k < rank; ++k) {
    y[k] = b[order[k]] * scale[order[k]];
    for (std::size_t j = 0; j < k; ++j) y[k] -= l[order[k] * n + j] * y[j];
    y[k] /= l[order[k] * n + k];
  }
  for (std::size_t k = rank; k-- > 0;) {
    const std::size_t i = order[k];
    x[i] = y[k];
    for (std::size_t j = k + 1; j < rank; ++j) x[i] -= l[order[j] * n + k] * x[order[j]];
    x[i] /= l[i * n + k];
  }
  for (std::size_t i = 0; i < n; ++i) x[i] *= scale[i];
  return x;
}

}  // namespace filigree::learning
