// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The k nearest neighbours of every point, as a graph.
//
// Edge j -> i exists when j is among the k nearest of i; the graph need not be symmetric. Ties of
// distance go to the lower number, so that every method gives the same graph.
#pragma once

#include <memory>
#include <type_traits>

#include "graph/box.hpp"
#include "graph/graph.hpp"

namespace filigree {

enum class KnnMethod {
  kAuto,        ///< by the size of the cloud
  kBruteForce,  ///< all pairs, where kernels run
  kTree,        ///< a k-d tree on the host
};

template <int D>
struct KnnGraphOptions {
  Index k = 0;      ///< neighbours per point, from 1 to the number of other points
  Box<D> box = {};  ///< must not be periodic
  KnnMethod method = KnnMethod::kAuto;
};

/// The graph of one cloud [n], m; a point is no neighbour of itself. Rows sorted by point number.
/// Throws InputError for bad options and positions that are not finite.
template <int D>
std::shared_ptr<const Graph> knn_graph(const Array<Vec<D>>& positions,
                                       const std::type_identity_t<KnnGraphOptions<D>>& options);

/// The bipartite graph from the k nearest sources (senders) to each query (receivers).
template <int D>
std::shared_ptr<const Graph> knn_graph(const Array<Vec<D>>& queries, const Array<Vec<D>>& sources,
                                       const std::type_identity_t<KnnGraphOptions<D>>& options);

}  // namespace filigree
