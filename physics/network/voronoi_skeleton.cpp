// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Vertices and edges of Voronoi cells. A vertex is where four cells meet, or fewer and faces of the
// box; an edge where three do. Each is made by the cell with the lowest number among them, and is
// known by the numbers of the others.
#include "core/parallel.hpp"
#include "core/reduce.hpp"
#include "graph/edge_list.hpp"
#include "graph/first_bad.hpp"
#include "physics/network/voronoi_parts.hpp"

namespace filigree::network {

namespace {

/// The cells and faces that meet in a vertex: the lowest cell, and the other three rising. Faces
/// are negative.
struct VertexKey {
  Index owner;
  Index others[3];

  FILIGREE_FUNCTION bool operator==(const VertexKey& b) const {
    return owner == b.owner && others[0] == b.others[0] && others[1] == b.others[1] &&
           others[2] == b.others[2];
  }
};

FILIGREE_FUNCTION void order(Index& a, Index& b) {
  if (b >= a) return;
  const Index low = b;
  b = a;
  a = low;
}

/// Key of vertex v of the cell of point i.
FILIGREE_FUNCTION VertexKey key_of(const ConvexCell& cell, int v, Index i) {
  Index meet[4] = {cell.id[cell.plane[v][0]], cell.id[cell.plane[v][1]], cell.id[cell.plane[v][2]],
                   i};
  order(meet[0], meet[1]);
  order(meet[2], meet[3]);
  order(meet[0], meet[2]);
  order(meet[1], meet[3]);
  order(meet[1], meet[2]);
  int owner = 0;
  while (meet[owner] < 0) ++owner;
  VertexKey key{meet[owner], {}};
  for (int k = 0, m = 0; m < 4; ++m) {
    if (m != owner) key.others[k++] = meet[m];
  }
  return key;
}

/// True when cell i has the lowest number of the cells on both sides of planes p and q.
FILIGREE_FUNCTION bool owns_edge(const ConvexCell& cell, int p, int q, Index i) {
  return (cell.id[p] < 0 || cell.id[p] > i) && (cell.id[q] < 0 || cell.id[q] > i);
}

struct Ends {
  VertexKey from;
  VertexKey to;
};

/// What the cells own: how many, then where it goes.
struct Owned {
  Array<Index> n_vertices;       ///< [n]
  Array<Index> n_edges;          ///< [n]
  Array<Offset> vertex_offsets;  ///< [n + 1]
  Array<Offset> edge_offsets;    ///< [n + 1]
  Array<VertexKey> vertices;
  Array<Vec<3, double>> positions;
  Array<Ends> edges;
};

void count_owned(const detail::CellMaker& maker, const Owned& owned) {
  const Index n = maker.positions.size();
  const Array<Index> status("network/status", n);
  for_each_uneven(
      "network/count_skeleton", n, 64, FILIGREE_LAMBDA(Index i) {
        ConvexCell cell;
        status(i) = maker.make(i, cell);
        Index n_vertices = 0;
        Index n_edges = 0;
        for (int v = 0; status(i) == detail::kGood && v < cell.n_vertices; ++v) {
          n_vertices += key_of(cell, v, i).owner == i;
          for (int k = 0; k < 3; ++k) {
            n_edges += cell.neighbour[v][k] > v &&
                       owns_edge(cell, cell.plane[v][k], cell.plane[v][(k + 1) % 3], i);
          }
        }
        owned.n_vertices(i) = n_vertices;
        owned.n_edges(i) = n_edges;
      });
  detail::require_cells(status, n, 0);
}

/// A vertex on faces of the box, exactly.
FILIGREE_FUNCTION Vec<3, double> on_faces(Vec<3, double> x, const VertexKey& key,
                                          const Vec<3, double>& size) {
  for (int k = 0; k < 3 && key.others[k] < 0; ++k) {
    const int face = -1 - key.others[k];
    x[face / 2] = face % 2 == 0 ? 0 : size[face / 2];
  }
  return x;
}

void fill_owned(const detail::CellMaker& maker, const Owned& owned) {
  for_each_uneven(
      "network/fill_skeleton", maker.positions.size(), 64, FILIGREE_LAMBDA(Index i) {
        ConvexCell cell;
        maker.make(i, cell);
        auto vertex = static_cast<Index>(owned.vertex_offsets(i));
        auto edge = static_cast<Index>(owned.edge_offsets(i));
        for (int v = 0; v < cell.n_vertices; ++v) {
          const VertexKey key = key_of(cell, v, i);
          if (key.owner == i) {
            owned.positions(vertex) =
                on_faces(maker.positions(i) + cell.vertex(v), key, maker.size);
            owned.vertices(vertex++) = key;
          }
          for (int k = 0; k < 3; ++k) {
            const int u = cell.neighbour[v][k];
            if (u > v && owns_edge(cell, cell.plane[v][k], cell.plane[v][(k + 1) % 3], i)) {
              owned.edges(edge++) = {key, key_of(cell, u, i)};
            }
          }
        }
      });
}

/// Number of a vertex, or -1.
FILIGREE_FUNCTION Index find_vertex(const Owned& owned, const VertexKey& key) {
  const auto end = static_cast<Index>(owned.vertex_offsets(key.owner + 1));
  for (auto v = static_cast<Index>(owned.vertex_offsets(key.owner)); v < end; ++v) {
    if (owned.vertices(v) == key) return v;
  }
  return -1;
}

std::shared_ptr<const Graph> join_vertices(const Owned& owned) {
  const Index n_edges = owned.edges.size();
  EdgeList list;
  list.n_receivers = owned.vertices.size();
  list.n_senders = owned.vertices.size();
  list.receivers = Array<Index>("network/receivers", 2 * n_edges);
  list.senders = Array<Index>("network/senders", 2 * n_edges);
  const Array<Index> receivers = list.receivers;
  const Array<Index> senders = list.senders;
  for_each(
      "network/join_vertices", n_edges, FILIGREE_LAMBDA(Index e) {
        receivers(2 * e) = find_vertex(owned, owned.edges(e).from);
        senders(2 * e) = find_vertex(owned, owned.edges(e).to);
        receivers(2 * e + 1) = senders(2 * e);
        senders(2 * e + 1) = receivers(2 * e);
      });
  const Index lost = first_bad(
      "network/check_vertices", 2 * n_edges,
      FILIGREE_LAMBDA(Index e) { return receivers(e) < 0 || receivers(e) == senders(e); });
  if (lost < 2 * n_edges) {
    throw NumericalError(
        "two cells disagree about a Voronoi vertex, because more than four cells meet in a point "
        "up to rounding: draw the points again with another seed");
  }
  return graph_from_edges(list, {Duplicates::kMerge, SelfLoops::kError}).graph;
}

}  // namespace

VoronoiSkeleton voronoi_skeleton(const BoxPoints& points) {
  const Index n = points.positions.size();
  const detail::CellMaker maker = detail::cell_maker(points);
  Owned owned;
  owned.n_vertices = Array<Index>("network/owned_vertices", n);
  owned.n_edges = Array<Index>("network/owned_edges", n);
  owned.vertex_offsets = Array<Offset>("network/vertex_offsets", n + 1);
  owned.edge_offsets = Array<Offset>("network/edge_offsets", n + 1);
  count_owned(maker, owned);
  const Offset n_vertices =
      offsets_from_counts("network/vertex_offsets", owned.n_vertices, owned.vertex_offsets);
  const Offset n_edges =
      offsets_from_counts("network/edge_offsets", owned.n_edges, owned.edge_offsets);
  require_edge_capacity("Voronoi network", 2 * n_edges, kMaxEdges);
  owned.vertices = Array<VertexKey>("network/vertices", static_cast<Index>(n_vertices));
  owned.positions = Array<Vec<3, double>>("network/positions", static_cast<Index>(n_vertices));
  owned.edges = Array<Ends>("network/edges", static_cast<Index>(n_edges));
  fill_owned(maker, owned);
  VoronoiSkeleton skeleton;
  skeleton.graph = join_vertices(owned);
  skeleton.positions = owned.positions;
  skeleton.faces = Array<Index>("network/faces", owned.positions.size());
  const Array<Index> faces = skeleton.faces;
  for_each(
      "network/vertex_faces", faces.size(), FILIGREE_LAMBDA(Index v) {
        Index bits = 0;
        for (int k = 0; k < 3; ++k) {
          const Index other = owned.vertices(v).others[k];
          if (other < 0) bits |= Index(1) << (-1 - other);
        }
        faces(v) = bits;
      });
  return skeleton;
}

}  // namespace filigree::network
