// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Voronoi tessellations of points in a box, cell by cell.
//
// A cell is the part of the box that is nearer to its point than to any other: the box, cut by the
// planes half-way to the other points in the order of their distance, until all that remain are
// more than twice as far away as the farthest vertex. This equals the tessellation of the points
// and their mirror images at the six faces, looked at inside the box. Cells do not know of each
// other, so that any number of threads makes the same cells.
// Sources: Rycroft, "Voro++", Chaos 19, 2009; Ray et al., "Meshless Voronoi on the GPU", ACM
// Transactions on Graphics 37, 2018.
#pragma once

#include <cstdint>
#include <memory>

#include "core/vec.hpp"
#include "graph/graph.hpp"

namespace filigree::network {

/// A box from the origin to `size`, and points in it in the order of bins along its axes, which
/// keeps neighbours near each other in memory.
struct BoxPoints {
  Vec<3, double> size;              ///< m
  Array<Vec<3, double>> positions;  ///< [n], m, each in [0, size]
  Vec<3, Index> n_bins;
  Array<Index> bin_starts;  ///< [bins + 1]: points of each bin; the last axis runs fastest
};

/// Sorts points into bins. Throws InputError naming the first point outside the box, or a box
/// without volume.
BoxPoints sort_points(const Array<Vec<3, double>>& positions, const Vec<3, double>& size);

/// n points uniformly distributed in the box; `number` tells the sets of one seed apart.
BoxPoints random_box_points(Index n, const Vec<3, double>& size, std::uint64_t seed,
                            std::uint32_t number);

/// Which cells share a facet, and which touch a face of the box. Faces are numbered 2 axis for the
/// lower and 2 axis + 1 for the upper one.
struct VoronoiFacets {
  std::shared_ptr<const Graph> graph;  ///< an edge each way between cells that share a facet
  Array<Index> face_cells;             ///< [n_facets on faces], by face, then by cell
  Array<Vec<3, double>> face_centres;  ///< [n_facets on faces], mean of the facet's vertices, m
  Vec<7, Index> face_starts;           ///< facets of face f: [face_starts[f], face_starts[f + 1])
};

/// Facets of the tessellation wider than 1e-11 of the spacing of points: on lattices, cells that
/// only touch do not count. Throws InputError for equal points, naming one.
VoronoiFacets voronoi_facets(const BoxPoints& points);

/// The vertices and edges of all cells, those on the faces of the box included.
struct VoronoiSkeleton {
  std::shared_ptr<const Graph> graph;  ///< vertices joined by edges, each way
  Array<Vec<3, double>> positions;     ///< [n_vertices], m
  Array<Index> faces;                  ///< [n_vertices]: bit f is set on face f of the box
};

/// The skeleton. Throws NumericalError when more than four cells meet in a point up to rounding,
/// which random points do not do: draw again.
VoronoiSkeleton voronoi_skeleton(const BoxPoints& points);

}  // namespace filigree::network
