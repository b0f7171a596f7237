// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/graph_set_generator.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/random.hpp"

namespace filigree {

namespace {

enum Draw : std::uint32_t { kSize, kRing, kParent, kLabel, kTriangles, kNames };

/// Random numbers of one graph: `item` is a node or 0.
class Dice {
 public:
  Dice(std::uint64_t seed, Index graph)
      : stream_(seed, "graphs/generator"), graph_(static_cast<std::uint64_t>(graph)) {}

  Index below(Index n, Draw draw, Index item = 0) const {
    const std::uint64_t index = graph_ << 32 | static_cast<std::uint64_t>(item);
    return static_cast<Index>(stream_.integer(static_cast<std::uint64_t>(n), index, draw));
  }
  /// 0 ... n - 1 in random order.
  std::vector<Index> permutation(Index n, Draw draw) const {
    std::vector<Index> order(static_cast<std::size_t>(n));
    for (Index i = 0; i < n; ++i) {
      const Index j = below(i + 1, draw, i);
      order[static_cast<std::size_t>(i)] = order[static_cast<std::size_t>(j)];
      order[static_cast<std::size_t>(j)] = i;
    }
    return order;
  }

 private:
  RandomStream stream_;
  std::uint64_t graph_;
};

/// Hangs nodes [first, n) on earlier ones; returns the parent of every node, -1 for those before.
/// The nodes below `path` follow each other, so that at least path - 2 nodes have a parent with a
/// parent.
std::vector<Index> grow(Index first, Index path, Index n, const Dice& dice,
                        std::vector<std::pair<Index, Index>>& edges) {
  std::vector<Index> parents(static_cast<std::size_t>(n), -1);
  for (Index node = first; node < n; ++node) {
    const Index parent = node < path ? node - 1 : dice.below(node, kParent, node);
    parents[static_cast<std::size_t>(node)] = parent;
    edges.emplace_back(parent, node);
  }
  return parents;
}

/// Joins some nodes with their parents' parents.
void close_triangles(const std::vector<Index>& parents, const Dice& dice,
                     std::vector<std::pair<Index, Index>>& edges) {
  const auto n = static_cast<Index>(parents.size());
  Index wanted = std::max<Index>(2, n / 6);
  for (const Index node : dice.permutation(n, kTriangles)) {
    const Index parent = parents[static_cast<std::size_t>(node)];
    const Index above = parent < 0 ? -1 : parents[static_cast<std::size_t>(parent)];
    if (above < 0 || wanted == 0) continue;
    edges.emplace_back(above, node);
    --wanted;
  }
}

LabelledGraph generate(const GeneratedGraphsOptions& options, std::uint64_t seed, Index number) {
  const Dice dice(seed, number);
  LabelledGraph graph;
  graph.graph_class = number % options.classes;
  const Index n = options.min_nodes + dice.below(options.max_nodes - options.min_nodes + 1, kSize);
  graph.n_nodes = n;
  std::vector<std::pair<Index, Index>> edges;
  if (graph.graph_class == 1) {
    const Index ring = (n + 1) / 2 + dice.below(n / 2 + 1, kRing);
    for (Index i = 0; i < ring; ++i) edges.emplace_back(i, (i + 1) % ring);
    grow(ring, ring, n, dice, edges);
  } else {
    const std::vector<Index> parents = grow(1, 4, n, dice, edges);
    if (graph.graph_class == 2) close_triangles(parents, dice, edges);
  }
  const std::vector<Index> names = dice.permutation(n, kNames);  // numbers say nothing either
  for (const auto& [a, b] : edges) {
    const Index u = names[static_cast<std::size_t>(a)];
    const Index v = names[static_cast<std::size_t>(b)];
    graph.edges.emplace_back(u, v);
    graph.edges.emplace_back(v, u);
  }
  std::sort(graph.edges.begin(), graph.edges.end());
  for (Index node = 0; node < n; ++node) {
    graph.labels.push_back(dice.below(options.labels, kLabel, node));
  }
  return graph;
}

}  // namespace

LabelledGraphSet generate_graph_set(const GeneratedGraphsOptions& options, std::uint64_t seed) {
  FILIGREE_REQUIRE(options.graphs >= 1, "a set of {} graphs cannot be made: at least 1",
                   options.graphs);
  FILIGREE_REQUIRE(
      options.min_nodes >= 8 && options.max_nodes >= options.min_nodes,
      "graphs of {} to {} nodes cannot be made: at least 8, and the larger number last",
      options.min_nodes, options.max_nodes);
  FILIGREE_REQUIRE(options.labels >= 1, "{} labels cannot be given: at least 1", options.labels);
  FILIGREE_REQUIRE(options.classes == 2 || options.classes == 3,
                   "there are 2 or 3 classes of graphs, not {}", options.classes);
  LabelledGraphSet set;
  set.name = "generated";
  set.n_labels = options.labels;
  set.n_classes = options.classes;
  for (Index g = 0; g < options.graphs; ++g) set.graphs.push_back(generate(options, seed, g));
  return set;
}

}  // namespace filigree
