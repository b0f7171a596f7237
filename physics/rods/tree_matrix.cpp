// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/tree_matrix.hpp"

namespace filigree::rods {

namespace {

Array<Index> to_device_array(const char* label, const std::vector<Index>& values) {
  HostArray<Index> host(label, static_cast<Index>(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) host(static_cast<Index>(i)) = values[i];
  return to_device(host);
}

}  // namespace

Index TreeLayout::find(Index row, Index column) const {
  const auto search = [&](Index v, Index u) {
    const auto begin = static_cast<std::size_t>(upper_begin[static_cast<std::size_t>(v)]);
    const auto end = static_cast<std::size_t>(upper_begin[static_cast<std::size_t>(v) + 1]);
    for (std::size_t k = begin; k < end; ++k) {
      if (upper[k] == u) return static_cast<Index>(k);
    }
    return Index(-1);
  };
  if (const Index k = search(row, column); k >= 0) return 2 * k;
  if (const Index k = search(column, row); k >= 0) return 2 * k + 1;
  return -1;
}

TreeLayout make_tree_layout(const RodTopology& topology) {
  const auto n = static_cast<std::size_t>(topology.n_vertices);
  std::vector<std::vector<Index>> uppers(n);
  std::vector<std::vector<Index>> children(n);
  for (const Index v : topology.order) {
    const Index p = topology.parent[static_cast<std::size_t>(v)];
    if (p < 0) continue;
    auto& own = uppers[static_cast<std::size_t>(v)];
    own.push_back(p);
    const Index g = topology.parent[static_cast<std::size_t>(p)];
    if (g >= 0) own.push_back(g);
    auto& siblings = children[static_cast<std::size_t>(p)];
    own.insert(own.end(), siblings.begin(), siblings.end());
    siblings.push_back(v);
  }
  TreeLayout layout;
  layout.order = topology.order;
  layout.upper_begin.push_back(0);
  for (const auto& own : uppers) {
    layout.upper.insert(layout.upper.end(), own.begin(), own.end());
    layout.upper_begin.push_back(static_cast<Index>(layout.upper.size()));
  }
  return layout;
}

TreePattern make_tree_pattern(const TreeLayout& layout) {
  std::vector<Index> pairs;
  std::vector<Index> pair_begin{0};
  for (std::size_t v = 0; v + 1 < layout.upper_begin.size(); ++v) {
    const auto begin = static_cast<std::size_t>(layout.upper_begin[v]);
    const auto end = static_cast<std::size_t>(layout.upper_begin[v + 1]);
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = begin; j < i; ++j) {
        pairs.push_back(layout.find(layout.upper[i], layout.upper[j]));
      }
    }
    pair_begin.push_back(static_cast<Index>(pairs.size()));
  }
  TreePattern pattern;
  pattern.n_nodes = static_cast<Index>(layout.order.size());
  pattern.n_blocks = static_cast<Index>(layout.upper.size());
  pattern.order = to_device_array("rods/order", layout.order);
  pattern.upper_begin = to_device_array("rods/upper_begin", layout.upper_begin);
  pattern.upper = to_device_array("rods/upper", layout.upper);
  pattern.pair_begin = to_device_array("rods/pair_begin", pair_begin);
  pattern.pair = to_device_array("rods/pair", pairs);
  return pattern;
}

}  // namespace filigree::rods
