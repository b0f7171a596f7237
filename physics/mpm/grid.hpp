// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The background grid of the material point method: regular nodes, dense storage.
#pragma once

#include "core/vec.hpp"
#include "physics/kernels/quadratic_bspline.hpp"

namespace filigree::mpm {

/// Layers of nodes beyond each wall, so that points at (and slightly behind) a wall have full
/// stencils.
inline constexpr Index kMargin = 3;

/// Nodes per strip.
inline constexpr Index kStrip = 8;

/// Node (i, j, k) lies at origin + h (i, j, k); the last axis is the fastest. The domain's lower
/// corner is node (kMargin, ...), its upper corner node (kMargin + cells, ...). Several scenes that
/// do not feel each other can share one grid: the nodes of scene s are numbered from s
/// node_count(). The rows of nodes along the last axis are cut into strips of kStrip nodes, the
/// last strip of a row may be shorter.
template <int D>
struct Grid {
  Vec<D> origin;
  Real h;               ///< m, cell size
  Vec<D, Index> cells;  ///< cells of the domain per axis
  Vec<D, Index> nodes;  ///< nodes per axis, margins included
  Index scenes = 1;     ///< copies of the domain

  /// Nodes of one scene.
  FILIGREE_FUNCTION Index node_count() const {
    Index count = 1;
    for (int a = 0; a < D; ++a) count *= nodes[a];
    return count;
  }
  /// Nodes of all scenes.
  FILIGREE_FUNCTION Index total_nodes() const { return scenes * node_count(); }
  /// Number of the first node of the scene that node i belongs to.
  FILIGREE_FUNCTION Index first_node(Index i) const {
    return scenes == 1 ? 0 : i - i % node_count();
  }
  FILIGREE_FUNCTION Index index(const Vec<D, Index>& node) const {
    Index i = node[0];
    for (int a = 1; a < D; ++a) i = i * nodes[a] + node[a];
    return i;
  }
  FILIGREE_FUNCTION Vec<D, Index> node(Index i) const {
    Vec<D, Index> result{};
    i -= first_node(i);
    for (int a = D - 1; a > 0; --a) {
      result[a] = i % nodes[a];
      i /= nodes[a];
    }
    result[0] = i;
    return result;
  }
  FILIGREE_FUNCTION Index strips_per_row() const { return (nodes[D - 1] + kStrip - 1) / kStrip; }
  FILIGREE_FUNCTION Index total_strips() const {
    return total_nodes() / nodes[D - 1] * strips_per_row();
  }
  FILIGREE_FUNCTION Index strip_of(Index i) const {
    return i / nodes[D - 1] * strips_per_row() + i % nodes[D - 1] / kStrip;
  }
  FILIGREE_FUNCTION Index first_node_of_strip(Index strip) const {
    const Index row = strip / strips_per_row();
    return row * nodes[D - 1] + (strip - row * strips_per_row()) * kStrip;
  }
  FILIGREE_FUNCTION Index nodes_of_strip(Index strip) const {
    const Index left = nodes[D - 1] - strip % strips_per_row() * kStrip;
    return left < kStrip ? left : kStrip;
  }
  /// Where a node lies, m.
  FILIGREE_FUNCTION Vec<D> position(const Vec<D, Index>& node) const {
    Vec<D> x{};
    for (int a = 0; a < D; ++a) x[a] = origin[a] + h * static_cast<Real>(node[a]);
    return x;
  }
  FILIGREE_FUNCTION Vec<D> to_cells(const Vec<D>& x) const { return (x - origin) * (Real(1) / h); }
  /// True when the whole stencil of a point lies on the grid; false also for NaN.
  FILIGREE_FUNCTION bool holds(const Vec<D>& x) const {
    const Vec<D> x_cells = to_cells(x);
    for (int a = 0; a < D; ++a) {
      if (!(x_cells[a] >= Real(0.5) && x_cells[a] < static_cast<Real>(nodes[a]) - Real(1.5))) {
        return false;
      }
    }
    return true;
  }
};

/// Offset of stencil node k in [0, 3^D), last axis fastest.
template <int D>
FILIGREE_FUNCTION constexpr Vec<D, Index> stencil_offset(int k) {
  Vec<D, Index> offset{};
  for (int a = D - 1; a >= 0; --a) {
    offset[a] = k % kStencil;
    k /= kStencil;
  }
  return offset;
}

/// Rows of nodes along the last axis under one point: 3 or 9.
template <int D>
inline constexpr int kStencilRows = kStencilNodes<D> / kStencil;

/// Offset of stencil row r in rows.
template <int D>
FILIGREE_FUNCTION Index row_offset(const Grid<D>& grid, int r) {
  return D == 2 ? r : r / kStencil * grid.nodes[1] + r % kStencil;
}

}  // namespace filigree::mpm
