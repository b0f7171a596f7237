// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// All pairs of points within a distance, as a graph.
//
// Edge j -> i exists when |x_i - x_j| <= radius, with distances computed in double and products
// rounded before they are added, so that the graph is symmetric and the same on every back end.
// On periodic axes the shortest image counts.
#pragma once

#include <memory>
#include <type_traits>

#include "graph/box.hpp"
#include "graph/cell_list.hpp"
#include "graph/graph.hpp"

namespace filigree {

template <int D>
struct RadiusGraphOptions {
  Real radius = 0;              ///< m, positive; at most half of every periodic length
  Box<D> box = {};              ///< all of space by default
  bool self_loops = false;      ///< edge i -> i for every point; one cloud only
  Offset capacity = kMaxEdges;  ///< more edges than this are an error
};

/// The graph of one cloud [n], m: both directions of every pair, rows sorted by point number.
///
/// Counts, sums up, fills: O(n + edges) for a cloud of even density. Throws InputError for bad
/// options, positions that are not finite, and more edges than the capacity (nothing is cut off).
template <int D>
std::shared_ptr<const Graph> radius_graph(
    const Array<Vec<D>>& positions, const std::type_identity_t<RadiusGraphOptions<D>>& options);

/// The bipartite graph from sources (senders) to queries (receivers).
template <int D>
std::shared_ptr<const Graph> radius_graph(
    const Array<Vec<D>>& queries, const Array<Vec<D>>& sources,
    const std::type_identity_t<RadiusGraphOptions<D>>& options);

/// The graph of the cloud that `cells` was made from, whose width must be at least the radius; the
/// box of the options is not looked at.
template <int D>
std::shared_ptr<const Graph> radius_graph(
    const CellList<D>& cells, const std::type_identity_t<RadiusGraphOptions<D>>& options);

}  // namespace filigree
