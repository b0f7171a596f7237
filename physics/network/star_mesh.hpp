// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Direct solution of small conductance networks by the star-mesh transform, on the host.
//
// A node with conductances k_j to its neighbours and g to the ground, D = g + sum_j k_j, can be
// taken out of a network when its neighbours are joined instead: k_ij += k_i k_j / D, g_i += k_i g
// / D. This is Gaussian elimination of the network's matrix, written without a single subtraction:
// every conductance is exact to a few roundings, however much the throats differ, and pressures
// inside are averages of those outside. Nodes of few neighbours go first; when the rest is nearly
// full it is treated as a dense matrix.
// Source of the accuracy: Alfa, Xue, Ye, "Accurate computation of the smallest eigenvalue of a
// diagonally dominant M-matrix", Mathematics of Computation 71, 2002.
#pragma once

#include <span>
#include <vector>

#include "core/types.hpp"

namespace filigree::network {

/// A network as rows on the host: node i has conductance values[e] to columns[e] for e in
/// [row_offsets[i], row_offsets[i + 1]), the same both ways, and ground[i] to the ground. Parallel
/// edges count together, self loops do not count.
struct HostNetwork {
  std::vector<Offset> row_offsets;
  std::vector<Index> columns;
  std::vector<double> values;
  std::vector<double> ground;

  Index size() const { return static_cast<Index>(ground.size()); }
};

class StarMesh {
 public:
  /// Every node must reach the ground, which is the caller's promise.
  explicit StarMesh(const HostNetwork& network);

  Index size() const { return static_cast<Index>(order_.size()); }
  /// Pressures p of sum_j k_ij (p_i - p_j) + g_i p_i = q_i, in place of q. [size]
  void solve(std::span<double> q) const;

 private:
  // Node order_[s] was taken out in step s, with these parts k_j / D of it going to its neighbours.
  std::vector<Index> order_;
  std::vector<Offset> starts_;
  std::vector<Index> neighbours_;
  std::vector<double> parts_;
  std::vector<double> totals_;  ///< D of each step

  struct Builder;
};

}  // namespace filigree::network
