// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// A convex polyhedron that is cut by planes, for one thread inside a kernel: how a Voronoi cell is
// made.
//
// Every vertex lies on three planes. Seen as a triangle of the dual surface it has three
// neighbours, the vertices at the other ends of its three edges. A cut removes the vertices beyond
// the plane; each edge from a kept to a removed vertex gets a new vertex where it meets the plane,
// placed between its ends, so that rounding never leaves the polyhedron. The new vertices close the
// hole as one ring, which is checked.
#pragma once

#include <cstdint>

#include "core/vec.hpp"

namespace filigree::network {

enum class CutResult {
  kMissed,   ///< nothing of the cell lies beyond the plane
  kCut,      ///< a part was cut off
  kEmptied,  ///< all of the cell lies beyond
  kFailed,   ///< too many planes, or rounding tore the surface
};

/// Planes carry the number of what they belong to; six of the first box are -1 ... -6.
struct ConvexCell {
  static constexpr int kMaxPlanes = 120;
  static constexpr int kMaxVertices = 2 * kMaxPlanes - 4;
  static constexpr std::uint8_t kNone = 255;

  int n_planes;
  int n_vertices;
  double radius2;  ///< largest squared distance of a vertex from the origin
  double x[kMaxVertices];
  double y[kMaxVertices];
  double z[kMaxVertices];
  double beyond[kMaxVertices];              ///< scratch of cut()
  std::uint8_t plane[kMaxVertices][3];      ///< planes of a vertex, anticlockwise from outside
  std::uint8_t neighbour[kMaxVertices][3];  ///< vertex across the edge of planes k and k + 1
  Index id[kMaxPlanes];                     ///< number that came with each plane
  std::uint8_t starting[kMaxPlanes];        ///< scratch of cut(): kNone between cuts

  /// The box [lower, upper] around the origin. Plane 2 k is the lower face of axis k, with number
  /// -1 - 2 k, and plane 2 k + 1 the upper one, with number -2 - 2 k.
  FILIGREE_FUNCTION void make_box(const Vec<3, double>& lower, const Vec<3, double>& upper);

  /// Cuts off the points p with normal . p > offset + tolerance.
  FILIGREE_FUNCTION CutResult cut(const Vec<3, double>& normal, double offset, double tolerance,
                                  Index number);

  FILIGREE_FUNCTION Vec<3, double> vertex(int v) const { return {x[v], y[v], z[v]}; }

 private:
  static constexpr double kRemoved = 1e300;  ///< marks empty places in `beyond`

  FILIGREE_FUNCTION void move_vertex(int from, int to);
  /// Forgets the planes that no vertex lies on any more.
  FILIGREE_FUNCTION void drop_unused_planes();
};

FILIGREE_FUNCTION void ConvexCell::make_box(const Vec<3, double>& lower,
                                            const Vec<3, double>& upper) {
  n_planes = 6;
  n_vertices = 8;
  radius2 = 0;
  for (int p = 0; p < kMaxPlanes; ++p) starting[p] = kNone;
  for (int p = 0; p < 6; ++p) id[p] = -1 - p;
  for (int v = 0; v < 8; ++v) {
    const int side[3] = {v >> 2 & 1, v >> 1 & 1, v & 1};
    x[v] = side[0] ? upper[0] : lower[0];
    y[v] = side[1] ? upper[1] : lower[1];
    z[v] = side[2] ? upper[2] : lower[2];
    const double r2 = x[v] * x[v] + y[v] * y[v] + z[v] * z[v];
    radius2 = r2 > radius2 ? r2 : radius2;
    // Seen from outside, axes 0, 1, 2 follow each other anticlockwise at the corner of the three
    // upper faces, and each lower face instead turns the order round.
    const bool is_turned = (side[0] + side[1] + side[2]) % 2 == 0;
    const int order[3] = {0, is_turned ? 2 : 1, is_turned ? 1 : 2};
    for (int k = 0; k < 3; ++k) {
      plane[v][k] = static_cast<std::uint8_t>(2 * order[k] + side[order[k]]);
      // The edge of two planes runs along the third axis.
      const int along = 3 - order[k] - order[(k + 1) % 3];
      neighbour[v][k] = static_cast<std::uint8_t>(v ^ (4 >> along));
    }
  }
}

FILIGREE_FUNCTION CutResult ConvexCell::cut(const Vec<3, double>& normal, double offset,
                                            double tolerance, Index number) {
  for (int v = 0; v < n_vertices; ++v) {
    beyond[v] = normal[0] * x[v] + normal[1] * y[v] + normal[2] * z[v] - offset;
  }
  int n_beyond = 0;
  for (int v = 0; v < n_vertices; ++v) n_beyond += beyond[v] > tolerance ? 1 : 0;
  if (n_beyond == 0) return CutResult::kMissed;
  if (n_planes == kMaxPlanes) drop_unused_planes();
  if (n_planes == kMaxPlanes) return CutResult::kFailed;
  std::uint8_t removed[kMaxVertices];
  int n_removed = 0;
  for (int v = 0; v < n_vertices; ++v) {
    if (beyond[v] > tolerance) removed[n_removed++] = static_cast<std::uint8_t>(v);
  }
  if (n_removed == n_vertices) return CutResult::kEmptied;

  // One new vertex for each edge from a removed to a kept vertex. They are collected first: their
  // places are those of removed vertices, which are still needed.
  struct Corner {
    double x, y, z;
    std::uint8_t from, to;  ///< the planes of the edge
    std::uint8_t kept;
  };
  Corner corners[kMaxPlanes];
  int n_corners = 0;
  for (int r = 0; r < n_removed; ++r) {
    const int t = removed[r];
    for (int k = 0; k < 3; ++k) {
      const int u = neighbour[t][k];
      if (beyond[u] > tolerance) continue;
      if (n_corners == kMaxPlanes) return CutResult::kFailed;
      const double part = beyond[u] < 0 ? beyond[u] / (beyond[u] - beyond[t]) : 0;
      corners[n_corners++] = {x[u] + part * (x[t] - x[u]), y[u] + part * (y[t] - y[u]),
                              z[u] + part * (z[t] - z[u]), plane[t][k],
                              plane[t][(k + 1) % 3],       static_cast<std::uint8_t>(u)};
    }
  }
  if (n_vertices + n_corners - n_removed > kMaxVertices) return CutResult::kFailed;
  const auto here = static_cast<std::uint8_t>(n_planes++);
  id[here] = number;
  const auto slot = [&](int c) {
    return c < n_removed ? removed[c] : static_cast<std::uint8_t>(n_vertices + c - n_removed);
  };
  bool is_ring = true;
  for (int c = 0; c < n_corners; ++c) {
    const int from = corners[c].from;
    is_ring = is_ring && starting[from] == kNone;
    starting[from] = slot(c);
  }
  for (int c = 0; c < n_corners; ++c) {
    const Corner& corner = corners[c];
    const int v = slot(c);
    x[v] = corner.x;
    y[v] = corner.y;
    z[v] = corner.z;
    plane[v][0] = corner.from;
    plane[v][1] = corner.to;
    plane[v][2] = here;
    neighbour[v][0] = corner.kept;
    for (int k = 0; k < 3; ++k) {  // the kept vertex sees the edge the other way round
      if (plane[corner.kept][k] == corner.to && plane[corner.kept][(k + 1) % 3] == corner.from) {
        neighbour[corner.kept][k] = static_cast<std::uint8_t>(v);
      }
    }
  }
  for (int c = 0; c < n_corners; ++c) {
    const std::uint8_t next = starting[corners[c].to];
    is_ring = is_ring && next != kNone;
    if (!is_ring) break;
    neighbour[slot(c)][1] = next;
    neighbour[next][2] = slot(c);
  }
  int length = 0;
  for (int v = slot(0); is_ring && length <= n_corners; v = neighbour[v][1]) {
    if (length > 0 && v == slot(0)) break;
    ++length;
  }
  for (int c = 0; c < n_corners; ++c) starting[corners[c].from] = kNone;
  if (!is_ring || length != n_corners) return CutResult::kFailed;
  n_vertices += n_corners - n_removed;
  // Whole faces that go take more vertices with them than the new face brings: the last vertices
  // move into the places that stay empty.
  int last = n_vertices + (n_removed > n_corners ? n_removed - n_corners : 0);
  for (int r = n_corners; r < n_removed; ++r) beyond[removed[r]] = kRemoved;
  for (int r = 0; r < n_corners && r < n_removed; ++r) beyond[removed[r]] = 0;
  for (int r = n_corners; r < n_removed; ++r) {
    if (removed[r] >= n_vertices) continue;
    do {
      --last;
    } while (beyond[last] == kRemoved);
    move_vertex(last, removed[r]);
  }
  for (int v = 0; v < n_vertices; ++v) beyond[v] = x[v] * x[v] + y[v] * y[v] + z[v] * z[v];
  radius2 = 0;
  for (int v = 0; v < n_vertices; ++v) radius2 = beyond[v] > radius2 ? beyond[v] : radius2;
  return CutResult::kCut;
}

FILIGREE_FUNCTION void ConvexCell::move_vertex(int from, int to) {
  x[to] = x[from];
  y[to] = y[from];
  z[to] = z[from];
  for (int k = 0; k < 3; ++k) {
    plane[to][k] = plane[from][k];
    neighbour[to][k] = neighbour[from][k];
    for (int m = 0; m < 3; ++m) {
      std::uint8_t& back = neighbour[neighbour[from][k]][m];
      if (back == from) back = static_cast<std::uint8_t>(to);
    }
  }
}

FILIGREE_FUNCTION void ConvexCell::drop_unused_planes() {
  std::uint8_t renamed[kMaxPlanes];
  for (int p = 0; p < n_planes; ++p) renamed[p] = kNone;
  for (int v = 0; v < n_vertices; ++v) {
    for (int k = 0; k < 3; ++k) renamed[plane[v][k]] = 0;
  }
  int kept = 0;
  for (int p = 0; p < n_planes; ++p) {
    if (renamed[p] == kNone) continue;
    id[kept] = id[p];
    renamed[p] = static_cast<std::uint8_t>(kept++);
  }
  for (int v = 0; v < n_vertices; ++v) {
    for (int k = 0; k < 3; ++k) plane[v][k] = renamed[plane[v][k]];
  }
  n_planes = kept;
}

}  // namespace filigree::network
