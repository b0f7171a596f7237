// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Connected components: which nodes can reach each other when edges are walked both ways.
#pragma once

#include <vector>

#include "graph/graph.hpp"

namespace filigree {

struct Components {
  /// [n_nodes]: component of each node; components are numbered by their first node.
  std::vector<Index> component;
  /// Nodes of each component.
  std::vector<Index> sizes;

  Index count() const { return static_cast<Index>(sizes.size()); }
};

/// Components of a graph on one set of nodes, ghosts included. Union-find on the host, almost
/// O(edges).
Components connected_components(const Graph& graph);

/// Throws InputError unless the graph has exactly one component: operators such as the Laplacian
/// are singular on more than one. `what` names the graph in the message.
void require_connected(const Graph& graph, const char* what);

}  // namespace filigree
