// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/labelled_graphs.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "core/error.hpp"
#include "core/random.hpp"

namespace filigree {

namespace {

bool is_within(Index value, Index end) {
  return value >= 0 && value < end;
}

void validate_graph(const LabelledGraphSet& set, std::size_t g) {
  const LabelledGraph& graph = set.graphs[g];
  const auto require = [&](bool condition, const std::string& what) {
    FILIGREE_REQUIRE(condition, "graph {} of '{}' {}", g, set.name, what);
  };
  require(graph.n_nodes > 0, "has no nodes");
  require(graph.labels.size() == static_cast<std::size_t>(graph.n_nodes),
          format("has {} nodes and {} labels", graph.n_nodes, graph.labels.size()));
  for (const Index label : graph.labels) {
    require(is_within(label, set.n_labels),
            format("has the label {}; labels go from 0 to {}", label, set.n_labels - 1));
  }
  require(
      is_within(graph.graph_class, set.n_classes),
      format("has the class {}; classes go from 0 to {}", graph.graph_class, set.n_classes - 1));
  std::vector<std::pair<Index, Index>> sorted = graph.edges;
  std::sort(sorted.begin(), sorted.end());
  for (std::size_t e = 0; e < sorted.size(); ++e) {
    const auto [from, to] = sorted[e];
    require(
        is_within(from, graph.n_nodes) && is_within(to, graph.n_nodes),
        format("has an edge from {} to {}; nodes go from 0 to {}", from, to, graph.n_nodes - 1));
    require(from != to, format("has an edge from node {} to itself", from));
    require(e == 0 || sorted[e - 1] != sorted[e],
            format("has the edge from {} to {} twice", from, to));
    require(std::binary_search(sorted.begin(), sorted.end(), std::pair(to, from)),
            format("has an edge from {} to {} but none back", from, to));
  }
}

void validate_folds(const LabelledGraphSet& set) {
  const auto n_graphs = static_cast<Index>(set.graphs.size());
  std::vector<Index> fold_of(set.graphs.size(), -1);
  for (std::size_t f = 0; f < set.folds.size(); ++f) {
    for (const Index g : set.folds[f]) {
      FILIGREE_REQUIRE(is_within(g, n_graphs), "fold {} of '{}' tests graph {} of {}", f, set.name,
                       g, n_graphs);
      Index& fold = fold_of[static_cast<std::size_t>(g)];
      FILIGREE_REQUIRE(fold < 0, "graph {} of '{}' is tested by folds {} and {}", g, set.name, fold,
                       f);
      fold = static_cast<Index>(f);
    }
  }
}

}  // namespace

Folds stratified_folds(const std::vector<Index>& classes, Index n_folds, std::uint64_t seed) {
  FILIGREE_REQUIRE(n_folds >= 2 && static_cast<std::size_t>(n_folds) <= classes.size(),
                   "{} graphs cannot be split into {} folds: use 2 to {}", classes.size(), n_folds,
                   classes.size());
  std::map<Index, std::vector<Index>> members;
  for (std::size_t g = 0; g < classes.size(); ++g) {
    members[classes[g]].push_back(static_cast<Index>(g));
  }
  const RandomStream stream(seed, "graphs/folds");
  Folds folds(static_cast<std::size_t>(n_folds));
  Index dealt = 0;  // fold dealt % n_folds is next: shares differ by at most one graph
  std::uint32_t draw = 0;
  for (auto& [graph_class, graphs] : members) {
    stream.shuffle(std::span<Index>(graphs), draw++);
    for (const Index g : graphs) folds[static_cast<std::size_t>(dealt++ % n_folds)].push_back(g);
  }
  for (std::vector<Index>& fold : folds) std::sort(fold.begin(), fold.end());
  return folds;
}

std::vector<Index> classes_of(const LabelledGraphSet& set) {
  std::vector<Index> classes;
  for (const LabelledGraph& graph : set.graphs) classes.push_back(graph.graph_class);
  return classes;
}

std::vector<Index> training_graphs(const Folds& folds, Index fold, Index n_graphs) {
  FILIGREE_REQUIRE(is_within(fold, static_cast<Index>(folds.size())),
                   "there is no fold {}: folds go from 0 to {}", fold, folds.size() - 1);
  const std::vector<Index>& tested = folds[static_cast<std::size_t>(fold)];
  std::vector<Index> graphs;
  for (Index g = 0; g < n_graphs; ++g) {
    if (!std::binary_search(tested.begin(), tested.end(), g)) graphs.push_back(g);
  }
  return graphs;
}

void validate(const LabelledGraphSet& set) {
  FILIGREE_REQUIRE(!set.graphs.empty(), "'{}' holds no graphs", set.name);
  for (std::size_t g = 0; g < set.graphs.size(); ++g) validate_graph(set, g);
  validate_folds(set);
}

}  // namespace filigree
