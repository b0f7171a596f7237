// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/components.hpp"

#include <algorithm>
#include <numeric>

namespace filigree {

namespace {

/// The root of x; halves the path on the way. Roots are the lowest node of their tree.
Index root_of(std::vector<Index>& parents, Index x) {
  const auto parent = [&](Index i) -> Index& { return parents[static_cast<std::size_t>(i)]; };
  while (parent(x) != x) {
    parent(x) = parent(parent(x));
    x = parent(x);
  }
  return x;
}

}  // namespace

Components connected_components(const Graph& graph) {
  const Index n = graph.n_total();
  std::vector<Index> parents(static_cast<std::size_t>(n));
  std::iota(parents.begin(), parents.end(), Index(0));
  const HostArray<Offset> row_offsets = to_host(graph.row_offsets());
  const HostArray<Index> senders = to_host(graph.senders());
  for (Index i = 0; i < graph.n_receivers(); ++i) {
    for (auto e = static_cast<Index>(row_offsets(i)); e < row_offsets(i + 1); ++e) {
      const Index a = root_of(parents, i);
      const Index b = root_of(parents, senders(e));
      parents[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
    }
  }
  Components result;
  result.component.resize(parents.size());
  for (Index i = 0; i < n; ++i) {
    const Index root = root_of(parents, i);
    if (root == i) result.sizes.push_back(0);
    // A root comes before the other nodes of its tree, so that its component is known.
    const Index component =
        root == i ? result.count() - 1 : result.component[static_cast<std::size_t>(root)];
    result.component[static_cast<std::size_t>(i)] = component;
    ++result.sizes[static_cast<std::size_t>(component)];
  }
  return result;
}

void require_connected(const Graph& graph, const char* what) {
  const Components components = connected_components(graph);
  FILIGREE_REQUIRE(components.count() > 0, "the {} has no nodes", what);
  if (components.count() == 1) return;
  const Index largest = *std::max_element(components.sizes.begin(), components.sizes.end());
  const auto outsider = std::find(components.component.begin(), components.component.end(), 1);
  throw InputError(format(
      "the {} falls into {} connected components, the largest with {} of {} nodes; node {} "
      "cannot be reached from node 0: connect them, for example with a larger radius or more "
      "neighbours, or keep the largest component only",
      what, components.count(), largest, graph.n_total(), outsider - components.component.begin()));
}

}  // namespace filigree
