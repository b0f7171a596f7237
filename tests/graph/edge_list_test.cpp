// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/edge_list.hpp"

#include <map>

#include "tests/graph/testing.hpp"

namespace filigree {
namespace {

using testing::Edges;
using testing::edges_of_rows;
using testing::error_of;

EdgeList list(Index n, const std::vector<Index>& senders, const std::vector<Index>& receivers) {
  EdgeList edges;
  edges.n_receivers = n;
  edges.n_senders = n;
  edges.receivers = to_device("receivers", receivers);
  edges.senders = to_device("senders", senders);
  return edges;
}

TEST(EdgeList, SortsByReceiverThenSender) {
  const EdgeListGraph made = graph_from_edges(list(4, {3, 0, 2, 1}, {1, 2, 1, 0}));
  EXPECT_EQ(edges_of_rows(*made.graph), (Edges{{0, 1}, {1, 2}, {1, 3}, {2, 0}}));
  EXPECT_EQ(to_vector(made.graph_edge), (std::vector<Index>{2, 3, 1, 0}));
}

TEST(EdgeList, KeepsDuplicatesInTheOrderOfTheList) {
  const EdgeListGraph made =
      graph_from_edges(list(3, {2, 1, 2, 2}, {0, 0, 0, 0}), {Duplicates::kKeep, SelfLoops::kError});
  EXPECT_EQ(edges_of_rows(*made.graph), (Edges{{0, 1}, {0, 2}, {0, 2}, {0, 2}}));
  EXPECT_EQ(to_vector(made.graph_edge), (std::vector<Index>{1, 0, 2, 3}));
}

TEST(EdgeList, MergesDuplicatesAndDropsLoops) {
  const EdgeListGraph made = graph_from_edges(list(3, {2, 0, 1, 2, 0, 1, 1}, {0, 0, 0, 0, 0, 2, 1}),
                                              {Duplicates::kMerge, SelfLoops::kDrop});
  EXPECT_EQ(edges_of_rows(*made.graph), (Edges{{0, 1}, {0, 2}, {2, 1}}));
  EXPECT_EQ(to_vector(made.graph_edge), (std::vector<Index>{1, -1, 0, 1, -1, 2, -1}));
}

TEST(EdgeList, KeepsLoopsWhenTold) {
  const auto graph = graph_from_pairs(2, {{1, 1}, {0, 1}}, {Duplicates::kError, SelfLoops::kKeep});
  EXPECT_EQ(edges_of_rows(*graph), (Edges{{1, 0}, {1, 1}}));
}

TEST(EdgeList, TakesNoEdges) {
  const auto graph = graph_from_pairs(3, {});
  EXPECT_EQ(graph->n_nodes(), 3);
  EXPECT_EQ(graph->edge_count(), 0);
}

TEST(EdgeList, EqualNumbersOfABipartiteGraphAreNoLoops) {
  EdgeList edges = list(2, {1, 4}, {1, 0});
  edges.n_senders = 5;
  edges.is_bipartite = true;
  const auto graph = graph_from_edges(edges).graph;
  EXPECT_EQ(edges_of_rows(*graph), (Edges{{0, 4}, {1, 1}}));
  EXPECT_TRUE(graph->is_bipartite());
}

TEST(EdgeList, AgreesWithAnOrderedMapOnRandomLists) {
  for (const unsigned seed : {1u, 2u, 3u}) {
    std::mt19937 generator(seed);
    std::vector<Index> senders(4000);
    std::vector<Index> receivers(4000);
    std::map<std::pair<Index, Index>, int> pairs;
    for (std::size_t e = 0; e < senders.size(); ++e) {
      senders[e] = static_cast<Index>(generator() % 60);
      receivers[e] = static_cast<Index>(generator() % 60);
      ++pairs[{receivers[e], senders[e]}];
    }
    Edges kept;
    Edges merged;
    for (const auto& [pair, count] : pairs) {
      kept.insert(kept.end(), static_cast<std::size_t>(count), pair);
      if (pair.first != pair.second) merged.push_back(pair);
    }
    const EdgeList edges = list(60, senders, receivers);
    EXPECT_EQ(edges_of_rows(*graph_from_edges(edges, {Duplicates::kKeep, SelfLoops::kKeep}).graph),
              kept);
    const EdgeListGraph made = graph_from_edges(edges, {Duplicates::kMerge, SelfLoops::kDrop});
    EXPECT_EQ(edges_of_rows(*made.graph), merged);
    const std::vector<Index> graph_edge = to_vector(made.graph_edge);
    for (std::size_t e = 0; e < senders.size(); ++e) {
      if (senders[e] == receivers[e]) {
        EXPECT_EQ(graph_edge[e], -1);
      } else {
        EXPECT_EQ(merged[static_cast<std::size_t>(graph_edge[e])],
                  std::make_pair(receivers[e], senders[e]));
      }
    }
  }
}

TEST(EdgeList, OfAGraphMakesTheGraphAgain) {
  const auto graph = graph_from_pairs(4, {{3, 1}, {0, 2}, {2, 1}, {1, 0}});
  const EdgeListGraph again = graph_from_edges(edges_of(*graph));
  EXPECT_EQ(edges_of_rows(*again.graph), edges_of_rows(*graph));
  EXPECT_EQ(to_vector(again.graph_edge), (std::vector<Index>{0, 1, 2, 3}));
}

TEST(EdgeList, NamesTheFirstBadEdge) {
  const auto error = [](const EdgeList& edges) {
    return error_of([&] { graph_from_edges(edges); });
  };
  EXPECT_EQ(error(list(3, {0, 1}, {1})),
            "the edge list has 1 receivers but 2 senders: every edge needs both");
  EXPECT_EQ(error(list(3, {0, 3}, {1, 1})), "edge 1 has sender 3, but senders lie in [0, 3)");
  EXPECT_EQ(error(list(3, {0, 1}, {-2, 9})), "edge 0 has receiver -2, but receivers lie in [0, 3)");
  EXPECT_EQ(error(list(3, {0, 1, 2}, {1, 1, 2})),
            "edge 1 goes from node 1 to itself: remove it, or choose to keep or drop self loops");
  EXPECT_EQ(error(list(3, {0, 2, 1, 2}, {1, 1, 2, 1})),
            "edges 1 and 3 both go from node 2 to node 1: remove one, or choose to keep or merge "
            "duplicates");
}

}  // namespace
}  // namespace filigree
