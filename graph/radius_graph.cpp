// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/radius_graph.hpp"

#include <cmath>

#include "core/parallel.hpp"
#include "graph/bucket_sort.hpp"
#include "graph/small_sort.hpp"

namespace filigree {

namespace {

/// Rows up to this many edges are gathered on the stack and sorted by rank.
constexpr Index kStackRow = 192;

/// What a row of the graph asks for.
template <int D>
struct Query {
  Vec<D> x;    ///< wrapped position, m
  Index self;  ///< the point that is left out, -1 for none
};

/// The rows of the graph in an order in which neighbours in space are neighbours in memory.
template <int D>
struct Queries {
  Array<Vec<D>> positions;  ///< [n] wrapped, in that order
  Array<Index> rows;        ///< [n] row of the graph
  bool leave_out_self;

  FILIGREE_FUNCTION Query<D> operator()(Index q) const {
    return {positions(q), leave_out_self ? rows(q) : Index(-1)};
  }
};

/// Finds the points around a place.
template <int D>
struct Pairs {
  CellListView<D> cells;
  Box<D> box;
  double squared_radius;

  FILIGREE_FUNCTION Index count(const Query<D>& query) const {
    return may_wrap(query.x) ? count<true>(query) : count<false>(query);
  }

  /// Writes the senders of a row of `degree` edges, sorted.
  FILIGREE_FUNCTION void fill(const Query<D>& query, Index* row, Index degree) const {
    return may_wrap(query.x) ? fill<true>(query, row, degree) : fill<false>(query, row, degree);
  }

 private:
  /// False in bins that do not touch a periodic face: images of the points around are more than a
  /// bin away, so that the direct way decides. This spares most queries the search for images.
  FILIGREE_FUNCTION bool may_wrap(const Vec<D>& x) const {
    const Vec<D, Index> cell = cells.grid.cell_of(x);
    bool may = false;
    for (int k = 0; k < D; ++k) {
      may = may || (box.periodic[k] && (cell[k] == 0 || cell[k] == cells.grid.extents[k] - 1));
    }
    return may;
  }

  template <bool kWraps>
  FILIGREE_FUNCTION bool is_edge(const Query<D>& query, Index slot) const {
    Vec<D, double> d = difference(query.x, cells.positions(slot));
    if constexpr (kWraps) d = box.shortest(d);
    const bool is_near = rounded_squared_norm(d) <= squared_radius;
    return is_near & (cells.points(slot) != query.self);
  }

  template <bool kWraps>
  FILIGREE_FUNCTION Index count(const Query<D>& query) const {
    SlotRange ranges[CellListView<D>::kMaxRanges];
    const int n_ranges = cells.ranges_around(query.x, ranges);
    Index count = 0;
    for (int r = 0; r < n_ranges; ++r) {
      for (Index slot = ranges[r].begin; slot < ranges[r].end; ++slot) {
        count += is_edge<kWraps>(query, slot);
      }
    }
    return count;
  }

  template <bool kWraps>
  FILIGREE_FUNCTION void fill(const Query<D>& query, Index* row, Index degree) const {
    Index stack[kStackRow + 1];
    const bool on_stack = degree <= kStackRow;
    SlotRange ranges[CellListView<D>::kMaxRanges];
    const int n_ranges = cells.ranges_around(query.x, ranges);
    Index n = 0;
    for (int r = 0; r < n_ranges; ++r) {
      for (Index slot = ranges[r].begin; slot < ranges[r].end; ++slot) {
        const bool hit = is_edge<kWraps>(query, slot);
        if (on_stack) {
          stack[n] = cells.points(slot);  // kept only if it is a hit
        } else if (hit) {
          row[n] = cells.points(slot);
        }
        n += hit;
      }
    }
    if (on_stack) {
      rank_sort(stack, n, row);
    } else {
      sort_ascending(row, n);
    }
  }
};

template <int D>
GraphRows connect(const Queries<D>& queries, const CellList<D>& cells,
                  const RadiusGraphOptions<D>& options) {
  const Pairs<D> pairs{cells.view(), cells.box(), rounded_product(options.radius, options.radius)};
  const Index n = queries.rows.size();
  const Array<Index> degrees("graph/degrees", n);
  for_each(
      "graph/radius_count", n,
      FILIGREE_LAMBDA(Index q) { degrees(queries.rows(q)) = pairs.count(queries(q)); });
  const Array<Offset> row_offsets("graph/row_offsets", n + 1);
  const Offset n_edges = offsets_from_counts("graph/row_offsets", degrees, row_offsets);
  require_edge_capacity("radius graph", n_edges, options.capacity);
  const Array<Index> senders("graph/senders", static_cast<Index>(n_edges));
  for_each(
      "graph/radius_fill", n, FILIGREE_LAMBDA(Index q) {
        const Index row = queries.rows(q);
        pairs.fill(queries(q), senders.data() + row_offsets(row), degrees(row));
      });
  GraphRows rows;
  rows.row_offsets = row_offsets;
  rows.senders = senders;
  return rows;
}

template <int D>
void check(const RadiusGraphOptions<D>& options, const Box<D>& box) {
  validate(box);
  const double radius = options.radius;
  FILIGREE_REQUIRE(radius > 0 && std::isfinite(radius),
                   "the radius is {} m: it must be positive and finite", radius);
  FILIGREE_REQUIRE(std::isnormal(radius * radius),
                   "the square of the radius {} m is not an ordinary number: use other units",
                   radius);
  FILIGREE_REQUIRE(options.capacity >= 0, "the capacity is {} edges: it cannot be negative",
                   options.capacity);
  for (int k = 0; k < D; ++k) {
    const double length = double(box.upper[k]) - double(box.lower[k]);
    FILIGREE_REQUIRE(!box.periodic[k] || 2 * radius <= length,
                     "the radius {} m is more than half of the periodic length {} m of axis {}: a "
                     "point would meet several images of another, use a radius of at most {} m or "
                     "a longer box",
                     radius, length, k, length / 2);
  }
}

/// The order of the queries by bins of the sources.
template <int D>
Queries<D> in_order_of_cells(const Array<Vec<D>>& queries, const CellList<D>& cells) {
  const Index n = queries.size();
  const CellGrid<D> grid = cells.grid();
  const Box<D> box = cells.box();
  const Array<Index> keys("graph/cell_of_query", n);
  for_each(
      "graph/cell_of_query", n,
      FILIGREE_LAMBDA(Index i) { keys(i) = grid.number(grid.cell_of(box.wrap(queries(i)))); });
  const Array<Index> rows = sort_into_buckets("graph/queries", keys, grid.n_cells()).items;
  const Array<Vec<D>> sorted("graph/query_positions", n);
  for_each(
      "graph/query_positions", n,
      FILIGREE_LAMBDA(Index q) { sorted(q) = box.wrap(queries(rows(q))); });
  return {sorted, rows, false};
}

}  // namespace

template <int D>
std::shared_ptr<const Graph> radius_graph(
    const CellList<D>& cells, const std::type_identity_t<RadiusGraphOptions<D>>& options) {
  check(options, cells.box());
  FILIGREE_REQUIRE(options.radius <= cells.min_width(),
                   "the radius {} m is more than the width {} m the cells were made for",
                   options.radius, cells.min_width());
  const CellListView<D> view = cells.view();
  GraphRows rows =
      connect(Queries<D>{view.positions, view.points, !options.self_loops}, cells, options);
  rows.n_senders = cells.n_points();
  return std::make_shared<const Graph>(std::move(rows), Validation::kDebugOnly);
}

template <int D>
std::shared_ptr<const Graph> radius_graph(
    const Array<Vec<D>>& positions, const std::type_identity_t<RadiusGraphOptions<D>>& options) {
  check(options, options.box);
  return radius_graph(CellList<D>(positions, options.radius, options.box), options);
}

template <int D>
std::shared_ptr<const Graph> radius_graph(
    const Array<Vec<D>>& queries, const Array<Vec<D>>& sources,
    const std::type_identity_t<RadiusGraphOptions<D>>& options) {
  check(options, options.box);
  bounds_of(queries, "query");
  const CellList<D> cells(sources, options.radius, options.box);
  GraphRows rows = connect(in_order_of_cells(queries, cells), cells, options);
  rows.n_senders = sources.size();
  rows.is_bipartite = true;
  return std::make_shared<const Graph>(std::move(rows), Validation::kDebugOnly);
}

#define FILIGREE_INSTANTIATE(D)                                                                  \
  template std::shared_ptr<const Graph> radius_graph(const CellList<D>&,                         \
                                                     const RadiusGraphOptions<D>&);              \
  template std::shared_ptr<const Graph> radius_graph(const Array<Vec<D>>&,                       \
                                                     const RadiusGraphOptions<D>&);              \
  template std::shared_ptr<const Graph> radius_graph(const Array<Vec<D>>&, const Array<Vec<D>>&, \
                                                     const RadiusGraphOptions<D>&);
FILIGREE_INSTANTIATE(2)
FILIGREE_INSTANTIATE(3)
#undef FILIGREE_INSTANTIATE

}  // namespace filigree
