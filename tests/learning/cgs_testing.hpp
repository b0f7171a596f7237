// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Small graphs and options for the tests of convergent graph solvers.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "learning/models/cgs.hpp"
#include "tests/learning/testing.hpp"

namespace filigree::learning::testing {

/// An edge, and which row of the edge features is its own.
struct FeaturedEdge {
  Index sender, receiver, features;
};

/// Edges in the order of graphs: by receiver, then by sender.
inline void sort_edges(std::vector<FeaturedEdge>& edges) {
  std::stable_sort(edges.begin(), edges.end(), [](const auto& a, const auto& b) {
    return std::pair(a.receiver, a.sender) < std::pair(b.receiver, b.sender);
  });
}

/// The graph of sorted edges.
inline GraphPtr graph_of(Index n_nodes, const std::vector<FeaturedEdge>& edges) {
  std::vector<Offset> rows(static_cast<std::size_t>(n_nodes) + 1);
  std::vector<Index> senders;
  for (const FeaturedEdge& edge : edges) {
    ++rows[static_cast<std::size_t>(edge.receiver) + 1];
    senders.push_back(edge.sender);
  }
  for (std::size_t i = 1; i < rows.size(); ++i) rows[i] += rows[i - 1];
  return std::make_shared<const Graph>(GraphRows{.n_senders = n_nodes,
                                                 .row_offsets = to_device("rows", rows),
                                                 .senders = to_device("senders", senders)});
}

/// Five nodes: a ring of some with a chord, a parallel edge, and a node without edges into it.
inline std::vector<FeaturedEdge> small_edges() {
  std::vector<FeaturedEdge> edges;
  for (const auto& [sender, receiver] :
       std::vector<std::array<Index, 2>>{{1, 0}, {3, 0}, {0, 1}, {0, 1}, {1, 2}, {0, 3}, {2, 3}}) {
    edges.push_back({sender, receiver, static_cast<Index>(edges.size())});
  }
  return edges;
}

inline std::shared_ptr<const contraction::Batch> small_batch() {
  return std::make_shared<const contraction::Batch>(graph_of(5, small_edges()));
}

inline FixedPointSolverPtr solver(double tolerance) {
  auto result = std::make_shared<FixedPointSolver>();
  result->forward.tolerance = result->adjoint.tolerance = tolerance;
  return result;
}

inline CgsOptions small_options(double tolerance = 1e-14) {
  CgsOptions options;
  options.heads = 4;
  options.tolerance = tolerance;
  options.encoder = {.layers = 2, .node_width = 3, .edge_width = 5, .hidden_width = 6};
  options.decoder_widths = {4};
  return options;
}

/// Two features per node and one per edge, for small_batch().
inline CgsInput small_input(DType dtype = DType::kF64) {
  return cgs_input(small_batch(), random_tensor({5, 2}, "x", dtype),
                   random_tensor({7, 1}, "e", dtype));
}

}  // namespace filigree::learning::testing
