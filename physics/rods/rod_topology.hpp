// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// How the vertices of branched rods hang together: trees, with any number of branches at a vertex.
//
// There is no difference between a parent rod and its branches: an edge joins two vertices, and at
// every vertex each pair of edges that meet there is a joint that bends and twists. A scene may
// hold several rods (a forest). Closed loops are refused.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/types.hpp"

namespace filigree::rods {

/// Two edges that meet at a vertex. `a` is walked into the vertex, `b` out of it; an edge that
/// points the other way is reversed.
struct Joint {
  Index vertex = 0;
  Index a = 0;
  Index b = 0;
  bool a_reversed = false;
  bool b_reversed = false;
  bool operator==(const Joint&) const = default;
};

/// A chain of vertices. `root` is the vertex of an earlier branch on which its first edge stands,
/// or -1 for a rod of its own.
struct Branch {
  Index root = -1;
  Index vertices = 0;  ///< without the root
};

struct RodTopology {
  Index n_vertices = 0;
  std::vector<std::array<Index, 2>> edges;  ///< tail and head
  std::vector<Joint> joints;                ///< by vertex, then by edges

  // The trees, each hung up at its lowest vertex.
  std::vector<Index> order;        ///< every vertex after its parent
  std::vector<Index> parent;       ///< per vertex, -1 at a root
  std::vector<Index> parent_edge;  ///< per vertex, -1 at a root

  Index n_edges() const { return static_cast<Index>(edges.size()); }
  /// The vertex of an edge that lies further from the root; it owns the edge's angle.
  Index angle_vertex(Index edge) const {
    const auto [tail, head] = edges[static_cast<std::size_t>(edge)];
    return parent_edge[static_cast<std::size_t>(head)] == edge ? head : tail;
  }
};

/// Checks that the edges form trees. Throws InputError when an edge names a vertex that does not
/// exist or joins one to itself, when two vertices are joined twice, or when there is a loop; the
/// message names the edges.
RodTopology make_topology(Index n_vertices, std::vector<std::array<Index, 2>> edges);

/// Vertices are numbered branch by branch. Throws InputError when a root does not lie on an earlier
/// branch, or a branch has no edge.
RodTopology make_topology(const std::vector<Branch>& branches);

}  // namespace filigree::rods
