// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/graph.hpp"

#include "graph/components.hpp"
#include "graph/edge_list.hpp"
#include "graph/generators.hpp"
#include "tests/graph/testing.hpp"

namespace filigree {
namespace {

using testing::Edges;
using testing::edges_of_rows;
using testing::error_of;

GraphRows rows(Index n_senders, const std::vector<Offset>& offsets,
               const std::vector<Index>& senders, bool is_bipartite = false) {
  return {n_senders, to_device("offsets", offsets), to_device("senders", senders), is_bipartite};
}

/// 0 <- 1, 0 <- 2, 2 <- 0, 2 <- 2; node 3 is a ghost that sends to 1.
GraphRows example() {
  return rows(4, {0, 2, 3, 5}, {1, 2, 3, 0, 2});
}

TEST(Graph, KnowsItsSizesAndEdges) {
  const Graph graph(example());
  EXPECT_EQ(graph.n_owned(), 3);
  EXPECT_EQ(graph.n_total(), 4);
  EXPECT_EQ(graph.n_receivers(), 3);
  EXPECT_EQ(graph.n_senders(), 4);
  EXPECT_EQ(graph.edge_count(), 5);
  EXPECT_FALSE(graph.is_bipartite());
  EXPECT_EQ(edges_of_rows(graph), (Edges{{0, 1}, {0, 2}, {1, 3}, {2, 0}, {2, 2}}));
  EXPECT_EQ(to_vector(graph.receivers()), (std::vector<Index>{0, 0, 1, 2, 2}));
  EXPECT_EQ(graph.receivers().data(), graph.receivers().data());
}

TEST(Graph, TransposeListsEdgesBySender) {
  const Graph graph(example());
  const TransposeView& view = graph.transpose();
  EXPECT_EQ(to_vector(view.row_offsets), (std::vector<Index>{0, 1, 2, 4, 5}));
  EXPECT_EQ(to_vector(view.edges), (std::vector<Index>{3, 0, 1, 4, 2}));
  EXPECT_EQ(to_vector(view.receivers), (std::vector<Index>{2, 0, 0, 2, 1}));
}

TEST(Graph, ReversedTwiceIsTheGraph) {
  const auto lattice = lattice_graph<2>({.extents = {7, 5}, .periodic = {true, false}}).graph;
  const auto blocks = stochastic_block_graph({40, 60}, {0.1, 0.02, 0.02, 0.2}, 3);
  const auto one_way = graph_from_pairs(400,
                                        [] {
                                          std::vector<std::pair<Index, Index>> pairs;
                                          for (Index i = 0; i < 399; ++i)
                                            pairs.emplace_back(i * 7 % 400, i * i % 400);
                                          return pairs;
                                        }(),
                                        {Duplicates::kKeep, SelfLoops::kKeep});
  for (const auto& graph : {lattice, blocks, one_way}) {
    const auto back = reversed(*reversed(*graph));
    EXPECT_EQ(edges_of_rows(*back), edges_of_rows(*graph));
    EXPECT_EQ(edges_of_rows(*reversed(*graph)), testing::turned_round(edges_of_rows(*graph)));
    EXPECT_EQ(back->n_nodes(), graph->n_nodes());
  }
}

TEST(Graph, ReversedWithGhostsIsBipartite) {
  const auto back = reversed(Graph(example()));
  EXPECT_TRUE(back->is_bipartite());
  EXPECT_EQ(back->n_receivers(), 4);
  EXPECT_EQ(back->n_senders(), 3);
  EXPECT_EQ(edges_of_rows(*back), (Edges{{0, 2}, {1, 0}, {2, 0}, {2, 2}, {3, 1}}));
}

TEST(Graph, MayHaveNoEdgesAndNoNodes) {
  const Graph none(rows(0, {0}, {}));
  EXPECT_EQ(none.n_nodes(), 0);
  EXPECT_EQ(none.edge_count(), 0);
  EXPECT_EQ(none.receivers().size(), 0);
  EXPECT_EQ(to_vector(none.transpose().row_offsets), (std::vector<Index>{0}));
  const Graph lonely(rows(3, {0, 0, 0, 0}, {}));
  EXPECT_EQ(lonely.n_nodes(), 3);
  EXPECT_EQ(to_vector(lonely.transpose().row_offsets), (std::vector<Index>{0, 0, 0, 0}));
}

TEST(Graph, RefusesRowsThatBreakTheRules) {
  const auto error = [](const GraphRows& r) { return error_of([&] { Graph{r}; }); };
  EXPECT_EQ(error(GraphRows{}),
            "row offsets are empty: n receivers need n + 1 offsets, no receivers need one 0");
  EXPECT_EQ(error(rows(-1, {0}, {})), "a graph cannot have -1 senders");
  EXPECT_EQ(error(rows(1, {0, 0, 0}, {})),
            "a graph with 2 rows cannot have 1 nodes in all: every row belongs to a node (set "
            "is_bipartite when receivers and senders are different things)");
  EXPECT_EQ(error(rows(2, {1, 1, 2}, {0, 0})), "row offsets must start at 0, but the first is 1");
  EXPECT_EQ(error(rows(3, {0, 5, 4, 5}, {0, 0, 0, 0, 0})),
            "row offsets must not decrease, but row 1 begins at 5 and ends at 4");
  EXPECT_EQ(error(rows(2, {0, 1, 3}, {0, 0})), "row offsets end at 3 but there are 2 senders");
  EXPECT_EQ(error(rows(2, {0, 1, 3}, {0, 1, 2})), "edge 2 has sender 2, but senders lie in [0, 2)");
  EXPECT_EQ(error(rows(2, {0, 1, 3}, {-1, 1, 2})),
            "edge 0 has sender -1, but senders lie in [0, 2)");
  EXPECT_EQ(error(rows(3, {0, 2, 4, 4}, {1, 2, 2, 0})),
            "the senders of row 1 are not in rising order: make the graph with graph_from_edges, "
            "which sorts");
}

TEST(Graph, FindsTheFirstBadEdgeOfMany) {
  std::vector<Index> senders(5000, 3);
  senders[4000] = 8;
  senders[3999] = 9;
  EXPECT_EQ(error_of([&] {
              Graph(rows(5, {0, 5000}, senders));
            }),
            "edge 3999 has sender 9, but senders lie in [0, 5)");
}

TEST(Graph, RefusesQuestionsThatMakeNoSense) {
  const Graph ghosts(example());
  EXPECT_EQ(error_of([&] { ghosts.n_nodes(); }),
            "the graph has 3 owned nodes and 4 with ghosts: ask for n_owned or n_total");
  const Graph bipartite(rows(1, {0, 1, 1}, {0}, true));
  EXPECT_EQ(error_of([&] { bipartite.n_owned(); }),
            "a bipartite graph has no owned nodes: ask for n_receivers or n_senders");
  EXPECT_EQ(error_of([&] { bipartite.n_total(); }),
            "a bipartite graph has no common nodes: ask for n_receivers or n_senders");
}

TEST(Graph, CapacityIsNeverExceededSilently) {
  EXPECT_NO_THROW(require_edge_capacity("radius graph", 5, 5));
  EXPECT_NO_THROW(require_edge_capacity("radius graph", kMaxEdges, kMaxEdges));
  const std::string rest =
      ": raise the capacity (at most 2147483647) or make fewer edges with a smaller radius, fewer "
      "neighbours or fewer points";
  EXPECT_EQ(error_of([] { require_edge_capacity("radius graph", 6, 5); }),
            "the radius graph needs 6 edges but its capacity is 5" + rest);
  EXPECT_EQ(error_of([] { require_edge_capacity("batch", Offset(1) << 40, Offset(1) << 50); }),
            "the batch needs 1099511627776 edges but its capacity is 2147483647" + rest);
}

TEST(Components, AreNumberedByTheirFirstNode) {
  const auto graph = graph_from_pairs(7, {{5, 1}, {3, 6}, {0, 3}});
  const Components components = connected_components(*graph);
  EXPECT_EQ(components.component, (std::vector<Index>{0, 1, 2, 0, 3, 1, 0}));
  EXPECT_EQ(components.sizes, (std::vector<Index>{3, 2, 1, 1}));
}

TEST(Components, CountGhostsAndWalkEdgesBothWays) {
  const Components components = connected_components(Graph(rows(5, {0, 0, 1, 2}, {4, 3})));
  EXPECT_EQ(components.component, (std::vector<Index>{0, 1, 2, 2, 1}));
}

TEST(Components, AgreeWithAFloodFill) {
  const auto graph = random_geometric_graph<2>(800, {{0, 0}, {1, 1}, {}}, Real(0.035), 5).graph;
  const Components components = connected_components(*graph);
  const Edges edges = edges_of_rows(*graph);
  std::vector<Index> label(800, -1);
  Index count = 0;
  for (std::size_t start = 0; start < label.size(); ++start) {
    if (label[start] >= 0) continue;
    label[start] = count;
    for (bool grows = true; grows;) {
      grows = false;
      for (const auto& [i, j] : edges) {
        if (label[static_cast<std::size_t>(j)] != count || label[static_cast<std::size_t>(i)] >= 0)
          continue;
        label[static_cast<std::size_t>(i)] = count;
        grows = true;
      }
    }
    ++count;
  }
  EXPECT_GT(count, 3);
  EXPECT_EQ(components.component, label);
}

TEST(Components, RequireConnectedExplains) {
  EXPECT_NO_THROW(require_connected(*graph_from_pairs(3, {{0, 1}, {2, 1}}), "mesh graph"));
  EXPECT_EQ(
      error_of([] {
        require_connected(*graph_from_pairs(5, {{0, 1}, {3, 4}, {2, 4}}), "pore network");
      }),
      "the pore network falls into 2 connected components, the largest with 3 of 5 nodes; node 2 "
      "cannot be reached from node 0: connect them, for example with a larger radius or more "
      "neighbours, or keep the largest component only");
  EXPECT_EQ(error_of([] { require_connected(*graph_from_pairs(0, {}), "cloud"); }),
            "the cloud has no nodes");
}

}  // namespace
}  // namespace filigree
