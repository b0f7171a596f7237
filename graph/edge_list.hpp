// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Edges as pairs in any order, and the graph they make.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "graph/graph.hpp"

namespace filigree {

/// Edge e goes from senders(e) to receivers(e).
struct EdgeList {
  Index n_receivers = 0;
  Index n_senders = 0;
  Array<Index> receivers;     ///< [n_edges]
  Array<Index> senders;       ///< [n_edges]
  bool is_bipartite = false;  ///< receivers and senders are different things
};

enum class Duplicates {
  kError,  ///< the same pair twice is a mistake
  kKeep,   ///< one graph edge per list edge
  kMerge,  ///< one graph edge per pair
};

enum class SelfLoops { kError, kKeep, kDrop };

struct EdgePolicy {
  Duplicates duplicates = Duplicates::kError;
  SelfLoops self_loops = SelfLoops::kError;  ///< not looked at when the graph is bipartite
};

struct EdgeListGraph {
  std::shared_ptr<const Graph> graph;
  /// [list edges]: number of the graph edge that list edge e became, -1 when it was dropped.
  Array<Index> graph_edge;
};

/// Counting sort by (receiver, sender, place in the list), O(edges + nodes). Throws InputError for
/// node numbers outside their range and for what the policy forbids, naming the first list edge.
EdgeListGraph graph_from_edges(const EdgeList& edges, const EdgePolicy& policy = {});

/// The same from host pairs (sender, receiver) on one set of n nodes.
std::shared_ptr<const Graph> graph_from_pairs(Index n_nodes,
                                              const std::vector<std::pair<Index, Index>>& pairs,
                                              const EdgePolicy& policy = {});

/// The edges of a graph in their order.
EdgeList edges_of(const Graph& graph);

}  // namespace filigree
