// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/batch.hpp"

#include "graph/components.hpp"
#include "graph/edge_list.hpp"
#include "graph/generators.hpp"
#include "tests/graph/testing.hpp"

namespace filigree {
namespace {

using testing::edges_of_rows;
using testing::error_of;
using GraphList = std::vector<std::shared_ptr<const Graph>>;

std::shared_ptr<const Graph> bipartite(Index n_receivers, Index n_senders,
                                       const std::vector<Index>& receivers,
                                       const std::vector<Index>& senders) {
  EdgeList edges{n_receivers, n_senders, to_device("receivers", receivers),
                 to_device("senders", senders), true};
  return graph_from_edges(edges).graph;
}

void expect_returns(const GraphList& graphs) {
  const GraphBatch batch = batch_graphs(graphs);
  const GraphList back = unbatch(batch);
  ASSERT_EQ(back.size(), graphs.size());
  for (std::size_t g = 0; g < graphs.size(); ++g) {
    EXPECT_EQ(edges_of_rows(*back[g]), edges_of_rows(*graphs[g])) << g;
    EXPECT_EQ(back[g]->n_receivers(), graphs[g]->n_receivers()) << g;
    EXPECT_EQ(back[g]->n_senders(), graphs[g]->n_senders()) << g;
    EXPECT_EQ(back[g]->is_bipartite(), graphs[g]->is_bipartite()) << g;
  }
}

TEST(Batch, IsTheBlockDiagonalUnion) {
  const GraphBatch batch =
      batch_graphs({graph_from_pairs(3, {{0, 1}, {2, 0}}), graph_from_pairs(1, {}),
                    graph_from_pairs(2, {{0, 1}, {1, 0}})});
  EXPECT_EQ(batch.n_graphs(), 3);
  EXPECT_EQ(batch.graph->n_nodes(), 6);
  EXPECT_EQ(edges_of_rows(*batch.graph), (testing::Edges{{0, 2}, {1, 0}, {4, 5}, {5, 4}}));
  EXPECT_EQ(batch.receiver_offsets, (std::vector<Index>{0, 3, 4, 6}));
  EXPECT_EQ(batch.sender_offsets, batch.receiver_offsets);
  EXPECT_EQ(batch.edge_offsets, (std::vector<Offset>{0, 2, 2, 4}));
  EXPECT_EQ(to_vector(batch.graph_of_receiver), (std::vector<Index>{0, 0, 0, 1, 2, 2}));
}

TEST(Batch, NeverConnectsItsGraphs) {
  const auto lattice = lattice_graph<2>({.extents = {20, 20}}).graph;
  const GraphBatch batch = batch_graphs({lattice, lattice, lattice});
  const Components components = connected_components(*batch.graph);
  EXPECT_EQ(components.sizes, (std::vector<Index>{400, 400, 400}));
}

TEST(Batch, ComesApartAgain) {
  expect_returns({});
  expect_returns({graph_from_pairs(0, {})});
  expect_returns({lattice_graph<2>({.extents = {5, 9}}).graph, graph_from_pairs(0, {}),
                  stochastic_block_graph({200, 300}, {0.05, 0.01, 0.01, 0.05}, 1),
                  small_world_graph(300, 6, 0.2, 2), graph_from_pairs(7, {})});
  expect_returns({bipartite(2, 5, {0, 1, 1}, {4, 0, 3}), bipartite(3, 1, {2}, {0}),
                  bipartite(0, 4, {}, {}), bipartite(2, 2, {0}, {1})});
}

TEST(Batch, KeepsReceiversAndSendersApart) {
  const GraphBatch batch =
      batch_graphs({bipartite(2, 5, {0, 1}, {4, 3}), bipartite(1, 2, {0}, {1})});
  EXPECT_TRUE(batch.graph->is_bipartite());
  EXPECT_EQ(batch.receiver_offsets, (std::vector<Index>{0, 2, 3}));
  EXPECT_EQ(batch.sender_offsets, (std::vector<Index>{0, 5, 7}));
  EXPECT_EQ(edges_of_rows(*batch.graph), (testing::Edges{{0, 4}, {1, 3}, {2, 6}}));
}

TEST(Batch, RefusesWhatDoesNotFitTogether) {
  const auto pair = graph_from_pairs(2, {{0, 1}});
  EXPECT_EQ(error_of([&] { batch_graphs({pair, nullptr}); }), "graph 1 of the batch is missing");
  EXPECT_EQ(
      error_of([&] {
        batch_graphs({pair, bipartite(1, 1, {}, {})});
      }),
      "graph 1 of the batch is bipartite but graph 0 is not bipartite: batch them separately");
  const auto ghosts =
      std::make_shared<const Graph>(GraphRows{3, to_device("offsets", std::vector<Offset>{0, 1}),
                                              to_device("senders", std::vector<Index>{2}), false});
  EXPECT_EQ(error_of([&] {
              batch_graphs({pair, ghosts});
            }),
            "graph 1 of the batch has 2 ghost nodes: batches are made of whole graphs");
}

TEST(Batch, RefusesMoreThanCanBeCounted) {
  const auto lonely = graph_from_pairs(1000000, {});
  EXPECT_EQ(error_of([&] { batch_graphs(GraphList(3000, lonely)); }),
            "the batch has 3000000000 nodes but at most 2147483646 are possible: make smaller "
            "batches");
  const auto dense = stochastic_block_graph({1500}, {1}, 0);  // 1500 * 1499 edges
  EXPECT_EQ(
      error_of([&] { batch_graphs(GraphList(1000, dense)); }),
      "the batch needs 2248500000 edges but its capacity is 2147483647: raise the capacity (at "
      "most 2147483647) or make fewer edges with a smaller radius, fewer neighbours or fewer "
      "points");
}

}  // namespace
}  // namespace filigree
