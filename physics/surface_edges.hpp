// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Edges of a triangle mesh and the holes that they bound.
#pragma once

#include <span>

#include "physics/surface_mesh.hpp"

namespace filigree {

/// One side of a triangle.
struct EdgeUse {
  Index low = 0, high = 0;  ///< points, low < high
  Index triangle = 0;
  bool forward = false;  ///< the triangle runs from low to high
};

/// All sides of all triangles, sorted by points, then by triangle.
std::vector<EdgeUse> edge_uses(const std::vector<Triangle>& triangles);

/// Calls visit(uses of one edge) for each edge.
template <class Visit>
void visit_edges(const std::vector<EdgeUse>& uses, const Visit& visit) {
  for (std::size_t first = 0; first < uses.size();) {
    std::size_t last = first;
    while (last < uses.size() && uses[last].low == uses[first].low &&
           uses[last].high == uses[first].high) {
      ++last;
    }
    visit(std::span<const EdgeUse>(uses.data() + first, last - first));
    first = last;
  }
}

/// A closed walk along unmatched edges, in the direction of their triangles.
struct Hole {
  std::vector<Index> rim;  ///< points
  Point3 middle{};         ///< of the rim's points
  double fan_area = 0;     ///< of the triangles between rim and middle (m^2)
  double size = 0;         ///< diagonal of the rim's bounding box (m)
};

/// The rims of all holes: where more triangles run along an edge in one direction than in the
/// other. At a point where several rims meet, the walk takes the sharpest turn, so that long thin
/// slits are separate holes.
std::vector<Hole> find_holes(const TriangleMesh& mesh);

}  // namespace filigree
