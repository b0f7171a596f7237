// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// From points to the nodes of a regular grid and back, by multilinear weights:
//
//   sample: y_p = sum over the corners n of the cell of p of w_n(x_p) v_n
//   splat:  v_n = sum over the points p of w_n(x_p) y_p
//
// Each is the adjoint of the other. Both are differentiable in the positions too, away from the
// planes between cells, where slopes jump. Splatting is a pull over points sorted by cell: the bits
// do not depend on the number of threads.
#pragma once

#include <array>
#include <memory>

#include "learning/autodiff/tensor.hpp"

namespace filigree::learning {

/// Nodes at origin + i spacing, i in [0, extent) on each axis; the last axis runs fastest. Along a
/// periodic axis the node `extent` is node 0 again.
struct RegularGrid {
  int dimensions = 2;  ///< 1, 2 or 3
  std::array<Index, 3> extents{1, 1, 1};
  std::array<double, 3> origin{};
  std::array<double, 3> spacing{1, 1, 1};
  std::array<bool, 3> periodic{};

  Index n_nodes() const;
};

struct LocatedPoints;
/// In which cell each point lies, to be used for as long as no point leaves its cell.
using GridPoints = std::shared_ptr<const LocatedPoints>;

/// Finds the cells of positions x: [N, dimensions], and sorts the points by cell. Throws InputError
/// naming the first point that is not finite, or beyond the grid on an axis that is not periodic
/// (by more than 1e-6 of a spacing). Allocates; keep the result while points stay in their cells.
GridPoints locate(const Tensor& x, const RegularGrid& grid);

/// Values at the points [N, channels] from those at the nodes [n_nodes, channels]. x must be the
/// positions that were located; beyond its cell a point is given what continues the cell.
Tensor sample(const Tensor& nodes, const Tensor& x, const GridPoints& points);
/// Values at the nodes [n_nodes, channels] from those at the points [N, channels].
Tensor splat(const Tensor& values, const Tensor& x, const GridPoints& points);

}  // namespace filigree::learning
