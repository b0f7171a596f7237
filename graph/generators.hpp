// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Graphs of known kinds, for tests, examples and benchmarks. Every edge goes both ways, and the
// same seed gives the same graph on every machine.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "graph/box.hpp"
#include "graph/graph.hpp"

namespace filigree {

/// A graph whose nodes have places in space.
template <int D>
struct PointGraph {
  Array<Vec<D>> positions;  ///< [n_nodes], m
  std::shared_ptr<const Graph> graph;
};

template <int D>
struct LatticeOptions {
  Vec<D, Index> extents = {};  ///< nodes along each axis
  Real spacing = 1;            ///< m
  Vec<D, bool> periodic = {};  ///< axes whose last node is a neighbour of the first
};

/// Nodes on a square or cubic lattice, the last axis running fastest, with edges to the next nodes
/// along each axis (two per axis inside).
template <int D>
PointGraph<D> lattice_graph(const LatticeOptions<D>& options);

/// n points uniformly distributed in a box with finite bounds.
template <int D>
Array<Vec<D>> random_points(Index n, const Box<D>& box, std::uint64_t seed);

/// Random points and all pairs of them within a radius, m.
template <int D>
PointGraph<D> random_geometric_graph(Index n, const Box<D>& box, Real radius, std::uint64_t seed);

/// A ring of n nodes joined to their `neighbours` (even) nearest, where each edge is led to a
/// random other node with the given probability. There are n * neighbours directed edges. Source:
/// Watts and Strogatz, "Collective dynamics of small-world networks", Nature 393, 1998.
std::shared_ptr<const Graph> small_world_graph(Index n, Index neighbours, double probability,
                                               std::uint64_t seed);

/// Groups of nodes; a pair from groups a and b is joined with probability p[a * n_groups + b], p
/// symmetric. Node numbers run through the groups in order. O(n^2).
std::shared_ptr<const Graph> stochastic_block_graph(const std::vector<Index>& sizes,
                                                    const std::vector<double>& probabilities,
                                                    std::uint64_t seed);

}  // namespace filigree
