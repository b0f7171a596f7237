// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Quadratic B-spline weights of a point on a regular grid.
//
//   s = x / h - b,  b = floor(x / h - 1/2),  s in [1/2, 3/2)
//   w_0 = (3/2 - s)^2 / 2,  w_1 = 3/4 - (s - 1)^2,  w_2 = (s - 1/2)^2 / 2     (per axis)
//
// The weights are positive, sum to 1, reproduce linear functions, and have the constant second
// moment sum_i w_i (x_i - x)^2 = h^2 / 4, which is why APIC's inertia matrix is h^2/4 I. Source:
// jiang2016mpm, eq. (123); support 3 nodes per axis, C1.
#pragma once

#include "core/vec.hpp"

namespace filigree {

/// Nodes per axis under one point.
inline constexpr int kStencil = 3;

/// Nodes under one point in D dimensions: 9 or 27.
template <int D>
inline constexpr int kStencilNodes = D == 2 ? 9 : 27;

template <int D>
struct QuadraticBSpline {
  Vec<D, Index> base;  ///< lowest node of the stencil
  Vec<D> local;        ///< s: position relative to the base node in cells, in [1/2, 3/2)
  Real weight[D][kStencil];
};

/// Base node of the stencil at `x_cells` = (x - origin) / h. Finite values within the grid only.
template <int D>
FILIGREE_FUNCTION Vec<D, Index> stencil_base(const Vec<D>& x_cells) {
  Vec<D, Index> base{};
  for (int a = 0; a < D; ++a) base[a] = static_cast<Index>(Kokkos::floor(x_cells[a] - Real(0.5)));
  return base;
}

template <int D>
FILIGREE_FUNCTION QuadraticBSpline<D> quadratic_bspline(const Vec<D>& x_cells,
                                                        const Vec<D, Index>& base) {
  QuadraticBSpline<D> spline{};
  spline.base = base;
  for (int a = 0; a < D; ++a) {
    const Real s = x_cells[a] - static_cast<Real>(base[a]);
    spline.local[a] = s;
    spline.weight[a][0] = Real(0.5) * (Real(1.5) - s) * (Real(1.5) - s);
    spline.weight[a][1] = Real(0.75) - (s - Real(1)) * (s - Real(1));
    spline.weight[a][2] = Real(0.5) * (s - Real(0.5)) * (s - Real(0.5));
  }
  return spline;
}

}  // namespace filigree
