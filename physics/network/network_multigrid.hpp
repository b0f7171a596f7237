// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// A preconditioner for large conductance networks: networks of ever fewer nodes.
//
// Groups of about eight strongly joined nodes become one node of the next network. Conductances
// between groups add up, and so do those to the ground: the coarse matrix P^T A P, with P constant
// on groups, is again the matrix of a network, so that all levels are the same kind of thing.
// Groups come from three rounds of pairing along the strongest throats. Each level is smoothed by a
// Chebyshev polynomial of its Jacobi-scaled matrix, whose eigenvalues never exceed 2, and the
// coarse problem is solved by two steps of conjugate gradients that use the next level (K-cycle);
// the last by elimination.
// Sources: Notay, "An aggregation-based algebraic multigrid method", ETNA 37, 2010; Adams et al.,
// "Parallel multigrid smoothing", Journal of Computational Physics 188, 2003.
#pragma once

#include <memory>
#include <vector>

#include "core/reduce.hpp"
#include "graph/graph.hpp"
#include "physics/network/star_mesh.hpp"

namespace filigree::network {

/// A network whose nodes may also conduct to the ground: the symmetric matrix
/// (A x)_i = d_i x_i - sum_j k_ij x_j,  d_i = g_i + sum_j k_ij.
struct GroundedNetwork {
  GraphView rows;          ///< no self loops
  Array<double> values;    ///< [n_edges] k, the same both ways
  Array<double> ground;    ///< [n] g
  Array<double> diagonal;  ///< [n] d

  Index size() const { return rows.n_receivers(); }
};

/// d from the rest.
void fill_diagonal(GroundedNetwork& network);
/// result = A x
void apply(const GroundedNetwork& network, const Array<double>& x, const Array<double>& result);
/// The same network on the host.
HostNetwork to_host(const GroundedNetwork& network);

struct MultigridOptions {
  int pairings = 3;            ///< rounds of pairing per level: groups of about 2^pairings
  int degree = 2;              ///< of the smoothing polynomial, before and after
  double smoothed_part = 0.2;  ///< eigenvalues above this part of the largest are smoothed
  Index coarsest = 300;        ///< nodes that elimination takes over
};

/// One network of the hierarchy and the way to the next.
struct MultigridLevel {
  GroundedNetwork network;
  Array<Index> group;         ///< [n]: node of the next level
  Array<Index> group_starts;  ///< [next n + 1]
  Array<Index> members;       ///< [n]: nodes of each group
  double largest = 2;         ///< bound of the eigenvalues of D^-1 A
  // Scratch: right-hand side and result of this level as seen from the one above, and more.
  Array<double> b, x, residual, step, other;
  Array<double> first, first_image, second, second_image;
};

class NetworkMultigrid {
 public:
  explicit NetworkMultigrid(const GroundedNetwork& network, const MultigridOptions& options = {});

  /// x = M^-1 b for a fixed operator M near A, nearly linear and symmetric: meant for flexible
  /// conjugate gradients. Allocates nothing. b may not be x.
  void apply(const Array<double>& b, const Array<double>& x);

  int n_levels() const { return static_cast<int>(levels_.size()); }
  /// Edges of all levels over those of the first.
  double operator_complexity() const;

 private:
  void cycle(std::size_t depth, const Array<double>& b, const Array<double>& x);
  void solve_coarse(std::size_t depth);

  MultigridOptions options_;
  std::vector<MultigridLevel> levels_;
  std::unique_ptr<StarMesh> direct_;
  HostArray<double> direct_values_;
  Reducer reducer_;
};

}  // namespace filigree::network
