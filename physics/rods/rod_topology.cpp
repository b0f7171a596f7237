// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/rod_topology.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace filigree::rods {

namespace {

struct Incident {
  Index edge;
  Index neighbour;
};

std::vector<std::vector<Incident>> incident_edges(const RodTopology& topology) {
  std::vector<std::vector<Incident>> incident(static_cast<std::size_t>(topology.n_vertices));
  for (Index e = 0; e < topology.n_edges(); ++e) {
    const auto [tail, head] = topology.edges[static_cast<std::size_t>(e)];
    incident[static_cast<std::size_t>(tail)].push_back({e, head});
    incident[static_cast<std::size_t>(head)].push_back({e, tail});
  }
  return incident;
}

void check_edges(const RodTopology& topology) {
  for (Index e = 0; e < topology.n_edges(); ++e) {
    const auto [tail, head] = topology.edges[static_cast<std::size_t>(e)];
    for (const Index v : {tail, head}) {
      FILIGREE_REQUIRE(v >= 0 && v < topology.n_vertices,
                       "edge {} joins vertices {} and {}, but the vertices are 0 to {}", e, tail,
                       head, topology.n_vertices - 1);
    }
    FILIGREE_REQUIRE(tail != head, "edge {} joins vertex {} to itself", e, tail);
  }
}

/// Walks the trees from their lowest vertices, the neighbours of a vertex in the order of their
/// edges.
void hang_up(RodTopology& topology, const std::vector<std::vector<Incident>>& incident) {
  const auto n = static_cast<std::size_t>(topology.n_vertices);
  topology.parent.assign(n, -1);
  topology.parent_edge.assign(n, -1);
  std::vector<bool> reached(n, false);
  for (std::size_t root = 0; root < n; ++root) {
    if (reached[root]) continue;
    reached[root] = true;
    std::vector<Index> waiting{static_cast<Index>(root)};
    while (!waiting.empty()) {
      const Index v = waiting.back();
      waiting.pop_back();
      topology.order.push_back(v);
      const auto& around = incident[static_cast<std::size_t>(v)];
      for (auto it = around.rbegin(); it != around.rend(); ++it) {
        if (it->edge == topology.parent_edge[static_cast<std::size_t>(v)]) continue;
        const auto w = static_cast<std::size_t>(it->neighbour);
        FILIGREE_REQUIRE(
            !reached[w],
            "edge {} (vertices {} and {}) closes a loop; rods are trees: take one edge "
            "of the loop away, or hold its ends together with clamps",
            it->edge, v, it->neighbour);
        reached[w] = true;
        topology.parent[w] = v;
        topology.parent_edge[w] = it->edge;
        waiting.push_back(it->neighbour);
      }
    }
  }
}

void list_joints(RodTopology& topology, const std::vector<std::vector<Incident>>& incident) {
  for (Index v = 0; v < topology.n_vertices; ++v) {
    const auto& around = incident[static_cast<std::size_t>(v)];
    for (std::size_t i = 0; i < around.size(); ++i) {
      for (std::size_t j = i + 1; j < around.size(); ++j) {
        const Index a = around[i].edge;
        const Index b = around[j].edge;
        topology.joints.push_back({v, a, b, topology.edges[static_cast<std::size_t>(a)][1] != v,
                                   topology.edges[static_cast<std::size_t>(b)][0] != v});
      }
    }
  }
}

}  // namespace

RodTopology make_topology(Index n_vertices, std::vector<std::array<Index, 2>> edges) {
  RodTopology topology;
  topology.n_vertices = n_vertices;
  topology.edges = std::move(edges);
  check_edges(topology);
  const auto incident = incident_edges(topology);
  hang_up(topology, incident);
  list_joints(topology, incident);
  return topology;
}

RodTopology make_topology(const std::vector<Branch>& branches) {
  Index n_vertices = 0;
  std::vector<std::array<Index, 2>> edges;
  for (std::size_t i = 0; i < branches.size(); ++i) {
    const Branch& branch = branches[i];
    FILIGREE_REQUIRE(
        branch.root >= -1 && branch.root < n_vertices,
        "branch {} stands on vertex {}, but the branches before it have the vertices 0 "
        "to {}",
        i, branch.root, n_vertices - 1);
    const Index least = branch.root < 0 ? 2 : 1;
    FILIGREE_REQUIRE(branch.vertices >= least, "branch {} has {} vertices; it needs at least {}", i,
                     branch.vertices, least);
    for (Index k = 0; k < branch.vertices; ++k) {
      const Index previous = k > 0 ? n_vertices + k - 1 : branch.root;
      if (previous >= 0) edges.push_back({previous, n_vertices + k});
    }
    n_vertices += branch.vertices;
  }
  return make_topology(n_vertices, std::move(edges));
}

}  // namespace filigree::rods
