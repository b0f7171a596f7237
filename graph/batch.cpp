// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/batch.hpp"

#include <algorithm>
#include <limits>

#include "core/parallel.hpp"

namespace filigree {

namespace {

using GraphList = std::vector<std::shared_ptr<const Graph>>;

void check(const GraphList& graphs) {
  Offset n_nodes = 0;
  Offset n_edges = 0;
  for (std::size_t g = 0; g < graphs.size(); ++g) {
    FILIGREE_REQUIRE(graphs[g] != nullptr, "graph {} of the batch is missing", g);
    const Graph& graph = *graphs[g];
    FILIGREE_REQUIRE(graph.is_bipartite() == graphs[0]->is_bipartite(),
                     "graph {} of the batch is {}bipartite but graph 0 is {}bipartite: batch them "
                     "separately",
                     g, graph.is_bipartite() ? "" : "not ",
                     graphs[0]->is_bipartite() ? "" : "not ");
    FILIGREE_REQUIRE(graph.is_bipartite() || graph.n_owned() == graph.n_total(),
                     "graph {} of the batch has {} ghost nodes: batches are made of whole graphs",
                     g, graph.n_senders() - graph.n_receivers());
    n_nodes += std::max(graph.n_receivers(), graph.n_senders());
    n_edges += graph.edge_count();
  }
  const Offset most = std::numeric_limits<Index>::max() - 1;
  FILIGREE_REQUIRE(n_nodes <= most,
                   "the batch has {} nodes but at most {} are possible: make smaller "
                   "batches",
                   n_nodes, most);
  require_edge_capacity("batch", n_edges, kMaxEdges);
}

/// Copies one graph's rows to their place in the union.
void place(const Graph& graph, Index first_receiver, Index first_sender, Offset first_edge,
           Index number, const GraphRows& rows, const Array<Index>& graph_of_receiver) {
  const GraphView from = graph.view();
  const Array<Offset> row_offsets = rows.row_offsets;
  const Array<Index> senders = rows.senders;
  for_each(
      "graph/batch_rows", graph.n_receivers(), FILIGREE_LAMBDA(Index i) {
        row_offsets(first_receiver + i + 1) = first_edge + from.row_end(i);
        graph_of_receiver(first_receiver + i) = number;
        for (Offset e = from.row_begin(i); e < from.row_end(i); ++e) {
          senders(static_cast<Index>(first_edge + e)) = first_sender + from.sender(e);
        }
      });
}

/// Cuts one graph out of the union.
std::shared_ptr<const Graph> cut(const GraphBatch& batch, std::size_t g) {
  const GraphView from = batch.graph->view();
  const Index first_receiver = batch.receiver_offsets[g];
  const Index first_sender = batch.sender_offsets[g];
  const Offset first_edge = batch.edge_offsets[g];
  const Index n = batch.receiver_offsets[g + 1] - first_receiver;
  const auto n_edges = static_cast<Index>(batch.edge_offsets[g + 1] - first_edge);
  const Array<Offset> row_offsets("graph/row_offsets", n + 1);
  const Array<Index> senders("graph/senders", n_edges);
  for_each(
      "graph/unbatch_rows", n + 1, FILIGREE_LAMBDA(Index i) {
        row_offsets(i) = from.row_begin(first_receiver + i) - first_edge;
      });
  for_each(
      "graph/unbatch_senders", n_edges,
      FILIGREE_LAMBDA(Index e) { senders(e) = from.sender(first_edge + e) - first_sender; });
  return std::make_shared<const Graph>(GraphRows{batch.sender_offsets[g + 1] - first_sender,
                                                 row_offsets, senders, batch.graph->is_bipartite()},
                                       Validation::kDebugOnly);
}

}  // namespace

GraphBatch batch_graphs(const GraphList& graphs) {
  check(graphs);
  GraphBatch batch;
  batch.receiver_offsets = {0};
  batch.sender_offsets = {0};
  batch.edge_offsets = {0};
  for (const auto& graph : graphs) {
    batch.receiver_offsets.push_back(batch.receiver_offsets.back() + graph->n_receivers());
    batch.sender_offsets.push_back(batch.sender_offsets.back() + graph->n_senders());
    batch.edge_offsets.push_back(batch.edge_offsets.back() + graph->edge_count());
  }
  GraphRows rows;
  rows.n_senders = batch.sender_offsets.back();
  rows.is_bipartite = !graphs.empty() && graphs[0]->is_bipartite();
  rows.row_offsets = Array<Offset>("graph/row_offsets", batch.receiver_offsets.back() + 1);
  rows.senders = Array<Index>("graph/senders", static_cast<Index>(batch.edge_offsets.back()));
  batch.graph_of_receiver = Array<Index>("graph/graph_of_receiver", batch.receiver_offsets.back());
  fill(rows.row_offsets, Offset(0));
  for (std::size_t g = 0; g < graphs.size(); ++g) {
    place(*graphs[g], batch.receiver_offsets[g], batch.sender_offsets[g], batch.edge_offsets[g],
          static_cast<Index>(g), rows, batch.graph_of_receiver);
  }
  batch.graph = std::make_shared<const Graph>(std::move(rows), Validation::kDebugOnly);
  return batch;
}

GraphList unbatch(const GraphBatch& batch) {
  GraphList graphs;
  for (Index g = 0; g < batch.n_graphs(); ++g) {
    graphs.push_back(cut(batch, static_cast<std::size_t>(g)));
  }
  return graphs;
}

}  // namespace filigree
