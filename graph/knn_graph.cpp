// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/knn_graph.hpp"

#include "core/parallel.hpp"
#include "graph/bounds.hpp"
#include "graph/kd_tree.hpp"
#include "graph/nearest.hpp"
#include "graph/small_sort.hpp"

namespace filigree {

namespace {

/// All pairs are cheaper than a tree up to this many sources.
constexpr Index kBruteForceLimit = kKernelsRunOnHost ? 256 : 4096;

template <int D>
void nearest_by_brute_force(const Array<Vec<D>>& queries, const Array<Vec<D>>& sources, Index k,
                            bool leave_out_self, const Array<Index>& rows) {
  const Index n_sources = sources.size();
  const Array<double> squared_distances("graph/knn_distances", rows.size());
  for_each(
      "graph/nearest_by_brute_force", queries.size(), FILIGREE_LAMBDA(Index i) {
        NearestSet set{squared_distances.data() + std::ptrdiff_t(i) * k,
                       rows.data() + std::ptrdiff_t(i) * k, k};
        const Vec<D> x = queries(i);
        for (Index j = 0; j < n_sources; ++j) {
          if (leave_out_self && j == i) continue;
          set.offer(rounded_squared_norm(difference(x, sources(j))), j);
        }
        sort_ascending(set.numbers, k);
      });
}

template <int D>
Array<Index> nearest(const Array<Vec<D>>& queries, const Array<Vec<D>>& sources, bool is_one_cloud,
                     const KnnGraphOptions<D>& options) {
  const bool brute = options.method == KnnMethod::kBruteForce ||
                     (options.method == KnnMethod::kAuto && sources.size() <= kBruteForceLimit);
  const Index n_edges = queries.size() * options.k;
  if (brute) {
    const Array<Index> rows("graph/senders", n_edges);
    nearest_by_brute_force(queries, sources, options.k, is_one_cloud, rows);
    return rows;
  }
  const HostArray<Index> rows("graph/senders", n_edges);
  const HostArray<Vec<D>> sources_host = to_host(sources);
  const HostArray<Vec<D>> queries_host = is_one_cloud ? sources_host : to_host(queries);
  nearest_by_tree(queries_host, sources_host, options.k, is_one_cloud, rows);
  return to_device(rows);
}

template <int D>
std::shared_ptr<const Graph> connect(const Array<Vec<D>>& queries, const Array<Vec<D>>& sources,
                                     bool is_one_cloud, const KnnGraphOptions<D>& options) {
  validate(options.box);
  FILIGREE_REQUIRE(!options.box.any_periodic(),
                   "nearest neighbours in a periodic box are not supported: use a radius graph, or "
                   "an open box");
  FILIGREE_REQUIRE(options.k >= 1, "k is {}: ask for at least one neighbour", options.k);
  bounds_of(sources, is_one_cloud ? "position" : "source");
  if (!is_one_cloud) bounds_of(queries, "query");
  const Index n = queries.size();
  const Index choice = is_one_cloud ? sources.size() - 1 : sources.size();
  FILIGREE_REQUIRE(n == 0 || options.k <= choice,
                   "k is {} but each point has only {} {} to choose from: use a smaller k or more "
                   "points",
                   options.k, choice, is_one_cloud ? "others" : "sources");
  require_edge_capacity("nearest-neighbour graph", Offset(n) * options.k, kMaxEdges);
  GraphRows rows;
  rows.n_senders = sources.size();
  rows.is_bipartite = !is_one_cloud;
  rows.senders =
      n == 0 ? Array<Index>("graph/senders", 0) : nearest(queries, sources, is_one_cloud, options);
  const Array<Offset> row_offsets("graph/row_offsets", n + 1);
  const Offset k = options.k;
  for_each(
      "graph/row_offsets", n + 1, FILIGREE_LAMBDA(Index i) { row_offsets(i) = k * i; });
  rows.row_offsets = row_offsets;
  return std::make_shared<const Graph>(std::move(rows), Validation::kDebugOnly);
}

}  // namespace

template <int D>
std::shared_ptr<const Graph> knn_graph(const Array<Vec<D>>& positions,
                                       const std::type_identity_t<KnnGraphOptions<D>>& options) {
  return connect<D>(positions, positions, true, options);
}

template <int D>
std::shared_ptr<const Graph> knn_graph(const Array<Vec<D>>& queries, const Array<Vec<D>>& sources,
                                       const std::type_identity_t<KnnGraphOptions<D>>& options) {
  return connect<D>(queries, sources, false, options);
}

#define FILIGREE_INSTANTIATE(D)                                                               \
  template std::shared_ptr<const Graph> knn_graph(const Array<Vec<D>>&,                       \
                                                  const KnnGraphOptions<D>&);                 \
  template std::shared_ptr<const Graph> knn_graph(const Array<Vec<D>>&, const Array<Vec<D>>&, \
                                                  const KnnGraphOptions<D>&);
FILIGREE_INSTANTIATE(2)
FILIGREE_INSTANTIATE(3)
#undef FILIGREE_INSTANTIATE

}  // namespace filigree
