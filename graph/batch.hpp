// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Many graphs as one: their block-diagonal union, and the way back.
#pragma once

#include <memory>
#include <vector>

#include "graph/graph.hpp"

namespace filigree {

/// Graph g of the batch has receivers [receiver_offsets[g], receiver_offsets[g + 1]), and likewise
/// senders and edges; the order within a graph is kept.
struct GraphBatch {
  std::shared_ptr<const Graph> graph;
  std::vector<Index>
      receiver_offsets;               ///< [n_graphs + 1]; equal to sender_offsets unless bipartite
  std::vector<Index> sender_offsets;  ///< [n_graphs + 1]
  std::vector<Offset> edge_offsets;   ///< [n_graphs + 1]
  Array<Index> graph_of_receiver;     ///< [n_receivers]

  Index n_graphs() const { return static_cast<Index>(edge_offsets.size()) - 1; }
};

/// The union. The graphs must all be on one set of nodes without ghosts, or all bipartite. Throws
/// InputError otherwise, and when there are too many nodes or edges in all.
GraphBatch batch_graphs(const std::vector<std::shared_ptr<const Graph>>& graphs);

/// The graphs that the batch was made from.
std::vector<std::shared_ptr<const Graph>> unbatch(const GraphBatch& batch);

}  // namespace filigree
