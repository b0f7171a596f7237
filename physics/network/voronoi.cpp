// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/network/voronoi.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/random.hpp"
#include "core/reduce.hpp"
#include "graph/bucket_sort.hpp"
#include "graph/edge_list.hpp"
#include "graph/first_bad.hpp"
#include "graph/small_sort.hpp"
#include "physics/network/voronoi_parts.hpp"

namespace filigree::network {

namespace {

using namespace detail;  // NOLINT: the parts of this file that another shares

constexpr double kPointsPerBin = 2.5;
constexpr Index kCellsAtOnce = 1 << 15;
/// Facets narrower than this part of the spacing of points are rounding: those of cells that only
/// touch, as on lattices.
constexpr double kLeastWidth = 1e-11;

std::vector<BinStep> bin_steps(const Vec<3, double>& width) {
  std::vector<BinStep> steps;
  for (Index a = -kListReach; a <= kListReach; ++a) {
    for (Index b = -kListReach; b <= kListReach; ++b) {
      for (Index c = -kListReach; c <= kListReach; ++c) {
        BinStep step{{a, b, c}, 0};
        for (int k = 0; k < 3; ++k) {
          const double gap = std::max(std::abs(step.step[k]) - 1, 0) * width[k];
          step.least2 += gap * gap;
        }
        steps.push_back(step);
      }
    }
  }
  const auto centres2 = [&](const BinStep& step) {
    double sum = 0;
    for (int k = 0; k < 3; ++k) sum += std::pow(step.step[k] * width[k], 2);
    return sum;
  };
  std::stable_sort(steps.begin(), steps.end(), [&](const BinStep& a, const BinStep& b) {
    return a.least2 != b.least2 ? a.least2 < b.least2 : centres2(a) < centres2(b);
  });
  return steps;
}

}  // namespace

CellMaker detail::cell_maker(const BoxPoints& points) {
  Vec<3, double> width{};
  double volume = 1;
  for (int k = 0; k < 3; ++k) {
    width[k] = points.size[k] / points.n_bins[k];
    volume *= points.size[k];
  }
  return {points.positions,
          points.bin_starts,
          to_device("network/bin_steps", bin_steps(width)),
          points.size,
          BinGrid(points.n_bins, points.size),
          width,
          std::pow(volume / std::max(points.positions.size(), Index(1)), 2.0 / 3)};
}

namespace {

struct HasStatus {
  Array<Index> status;
  FILIGREE_FUNCTION bool operator()(Index i) const { return status(i) != kGood; }
};

}  // namespace

void detail::require_cells(const Array<Index>& status, Index count, Index first) {
  const Index bad = first_bad("network/check_cells", count, HasStatus{status});
  if (bad == count) return;
  FILIGREE_REQUIRE(value_at(status, bad) != kEqualPoints,
                   "point {} (counted in the order of bins) lies where another point is: a "
                   "Voronoi tessellation needs different points",
                   first + bad);
  throw NumericalError(
      format("the Voronoi cell of point {} (counted in the order of bins) has more than {} faces "
             "or is too thin for its planes to be told apart: draw the points again",
             first + bad, ConvexCell::kMaxPlanes - 1));
}

namespace {

/// Facets of the cells [first, first + count), in rows of fixed length.
struct FacetRows {
  Array<Index, 2> neighbours;        ///< [count, kMaxPlanes]
  Array<Index> degrees;              ///< [count]
  Array<Vec<3, double>, 2> centres;  ///< [count, 6]
  Array<Index> faces;                ///< [count], bit f: the cell touches face f
  Array<Index> status;               ///< [count]
};

FacetRows facet_rows(Index count) {
  return {Array<Index, 2>("network/neighbours", count, ConvexCell::kMaxPlanes),
          Array<Index>("network/degrees", count),
          Array<Vec<3, double>, 2>("network/face_centres", count, 6),
          Array<Index>("network/cell_faces", count), Array<Index>("network/status", count)};
}

/// The polygon of a cell on one plane.
struct Facet {
  Vec<3, double> mean;  ///< of its vertices
  double width;         ///< area over length
};

/// The facet on the plane k of vertex v, walked around once.
FILIGREE_FUNCTION Facet facet_at(const ConvexCell& cell, int v, int k) {
  const std::uint8_t plane = cell.plane[v][k];
  const Vec<3, double> start = cell.vertex(v);
  Vec<3, double> sum = start;
  Vec<3, double> twice_area = Vec<3, double>::zero();
  Vec<3, double> last = Vec<3, double>::zero();
  double length2 = 0;
  int corners = 1;
  for (int u = cell.neighbour[v][k]; u != v; ++corners) {
    const Vec<3, double> x = cell.vertex(u) - start;
    twice_area += cross(last, x);
    length2 = Kokkos::fmax(length2, dot(x, x));
    sum += cell.vertex(u);
    last = x;
    int side = 0;
    while (cell.plane[u][side] != plane) ++side;
    u = cell.neighbour[u][side];
  }
  const double area = Kokkos::sqrt(dot(twice_area, twice_area)) / 2;
  return {sum / double(corners), length2 > 0 ? area / Kokkos::sqrt(length2) : 0};
}

/// Writes the facets of one cell that are wider than `least_width`.
FILIGREE_FUNCTION void store_facets(const ConvexCell& cell, const Vec<3, double>& centre, Index c,
                                    double least_width, const FacetRows& rows) {
  bool is_done[ConvexCell::kMaxPlanes] = {};
  Index degree = 0;
  Index faces = 0;
  Index* row = &rows.neighbours(c, 0);
  for (int v = 0; v < cell.n_vertices; ++v) {
    for (int k = 0; k < 3; ++k) {
      const std::uint8_t p = cell.plane[v][k];
      if (is_done[p]) continue;
      is_done[p] = true;
      const Facet facet = facet_at(cell, v, k);
      if (!(facet.width > least_width)) continue;
      if (cell.id[p] >= 0) {
        row[degree++] = cell.id[p];
      } else {
        const int face = -1 - cell.id[p];
        faces |= Index(1) << face;
        rows.centres(c, face) = centre + facet.mean;
      }
    }
  }
  sort_ascending(row, degree);
  rows.degrees(c) = degree;
  rows.faces(c) = faces;
}

void make_facets(const CellMaker& maker, Index first, Index count, const FacetRows& rows) {
  const double least_width = kLeastWidth * std::sqrt(maker.spacing2);
  for_each_uneven(
      "network/voronoi_facets", count, 64, FILIGREE_LAMBDA(Index c) {
        ConvexCell cell;
        rows.degrees(c) = 0;
        rows.faces(c) = 0;
        rows.status(c) = maker.make(first + c, cell);
        if (rows.status(c) != kGood) return;
        store_facets(cell, maker.positions(first + c), c, least_width, rows);
      });
  require_cells(rows.status, count, first);
}

/// True when the senders of row j hold i.
FILIGREE_FUNCTION bool row_holds(const GraphView& rows, Index j, Index i) {
  Offset low = rows.row_begin(j);
  Offset high = rows.row_end(j);
  while (low < high) {
    const Offset middle = low + (high - low) / 2;
    if (rows.sender(middle) < i) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < rows.row_end(j) && rows.sender(low) == i;
}

/// The rows without the edges that only one of the two cells has seen: facets as small as rounding.
GraphRows mutual_edges(const GraphRows& rows) {
  const GraphView view{rows.row_offsets, rows.senders};
  const Index n = view.n_receivers();
  const Array<Index> degrees("network/degrees", n);
  for_each(
      "network/count_mutual", n, FILIGREE_LAMBDA(Index i) {
        Index degree = 0;
        for (Offset e = view.row_begin(i); e < view.row_end(i); ++e) {
          degree += row_holds(view, view.sender(e), i);
        }
        degrees(i) = degree;
      });
  GraphRows mutual{n, Array<Offset>("network/row_offsets", n + 1), {}, false};
  const Offset n_edges = offsets_from_counts("network/row_offsets", degrees, mutual.row_offsets);
  if (n_edges == rows.senders.size()) return rows;
  mutual.senders = Array<Index>("network/senders", static_cast<Index>(n_edges));
  const Array<Offset> offsets = mutual.row_offsets;
  const Array<Index> senders = mutual.senders;
  for_each(
      "network/fill_mutual", n, FILIGREE_LAMBDA(Index i) {
        auto place = static_cast<Index>(offsets(i));
        for (Offset e = view.row_begin(i); e < view.row_end(i); ++e) {
          if (row_holds(view, view.sender(e), i)) senders(place++) = view.sender(e);
        }
      });
  return mutual;
}

/// Facets on the faces of the box, collected batch by batch.
struct FaceFacets {
  std::vector<Index> cells[6];
  std::vector<Vec<3, double>> centres[6];

  void add(const FacetRows& rows, Index first, Index count) {
    const HostArray<Index> faces = to_host(rows.faces);
    const HostArray<Vec<3, double>, 2> its_centres = to_host(rows.centres);
    for (Index c = 0; c < count; ++c) {
      for (int f = 0; f < 6; ++f) {
        if ((faces(c) >> f & 1) == 0) continue;
        cells[f].push_back(first + c);
        centres[f].push_back(its_centres(c, f));
      }
    }
  }
};

/// offsets(first + c + 1) = begin + the degrees of the batch's cells up to c. Returns the last.
Offset append_offsets(const Array<Index>& degrees, Index count, Index first, Offset begin,
                      const Array<Offset>& offsets) {
  const Array<Offset> local("network/batch_offsets", count + 1);
  const Array<Index> used(Kokkos::subview(degrees.view(), std::pair(Index(0), count)));
  const Offset total = offsets_from_counts("network/batch_offsets", used, local);
  for_each(
      "network/append_offsets", count + 1,
      FILIGREE_LAMBDA(Index c) { offsets(first + c) = begin + local(c); });
  return begin + total;
}

/// Copies the rows of a batch one after the other to senders from `begin` on.
void pack_rows(const FacetRows& rows, const Array<Offset>& offsets, Index first, Index count,
               const Array<Index>& senders, Offset begin) {
  for_each(
      "network/pack_rows", count, FILIGREE_LAMBDA(Index c) {
        const auto place = static_cast<Index>(offsets(first + c) - begin);
        for (Index k = 0; k < rows.degrees(c); ++k) senders(place + k) = rows.neighbours(c, k);
      });
}

}  // namespace

BoxPoints sort_points(const Array<Vec<3, double>>& positions, const Vec<3, double>& size) {
  const Index n = positions.size();
  for (int k = 0; k < 3; ++k) {
    FILIGREE_REQUIRE(size[k] > 0 && std::isfinite(size[k]),
                     "axis {} of the box is {} m long: it must be positive and finite", k, size[k]);
  }
  const Index outside = first_bad(
      "network/check_points", n, FILIGREE_LAMBDA(Index i) {
        bool is_inside = true;
        for (int k = 0; k < 3; ++k) {
          is_inside = is_inside && positions(i)[k] >= 0 && positions(i)[k] <= size[k];
        }
        return !is_inside;
      });
  FILIGREE_REQUIRE(outside == n, "point {} lies outside the box", outside);
  BoxPoints points;
  points.size = size;
  const double width =
      std::cbrt(size[0] * size[1] * size[2] * kPointsPerBin / std::max(n, Index(1)));
  for (int k = 0; k < 3; ++k) {  // at most 2^30 bins
    points.n_bins[k] = static_cast<Index>(std::clamp(size[k] / width, 1.0, 1024.0));
  }
  const BinGrid grid(points.n_bins, size);
  const Array<Index> bins("network/bins", n);
  for_each(
      "network/bin_points", n,
      FILIGREE_LAMBDA(Index i) { bins(i) = grid.number(grid.bin_of(positions(i))); });
  const Buckets sorted = sort_into_buckets("network/sort_points", bins,
                                           points.n_bins[0] * points.n_bins[1] * points.n_bins[2]);
  points.bin_starts = sorted.starts;
  points.positions = Array<Vec<3, double>>("network/points", n);
  const Array<Vec<3, double>> ordered = points.positions;
  const Array<Index> items = sorted.items;
  for_each(
      "network/order_points", n, FILIGREE_LAMBDA(Index i) { ordered(i) = positions(items(i)); });
  return points;
}

BoxPoints random_box_points(Index n, const Vec<3, double>& size, std::uint64_t seed,
                            std::uint32_t number) {
  FILIGREE_REQUIRE(n >= 1, "{} points in a box: at least one is needed", n);
  const RandomStream stream(seed, "network/points");
  const Array<Vec<3, double>> positions("network/points", n);
  for_each(
      "network/random_points", n, FILIGREE_LAMBDA(Index i) {
        const std::uint64_t index = std::uint64_t(number) << 32 | std::uint64_t(i);
        Vec<3, double> x{};
        for (int k = 0; k < 3; ++k) x[k] = stream.between(0.0, size[k], index, std::uint32_t(k));
        positions(i) = x;
      });
  return sort_points(positions, size);
}

VoronoiFacets voronoi_facets(const BoxPoints& points) {
  const Index n = points.positions.size();
  const CellMaker maker = cell_maker(points);
  const FacetRows rows = facet_rows(std::min(n, kCellsAtOnce));
  const Array<Offset> offsets("network/row_offsets", n + 1);
  std::vector<Array<Index>> batches;
  FaceFacets on_faces;
  Offset n_edges = 0;
  for (Index first = 0; first < n; first += kCellsAtOnce) {
    const Index count = std::min(kCellsAtOnce, n - first);
    make_facets(maker, first, count, rows);
    const Offset begin = n_edges;
    n_edges = append_offsets(rows.degrees, count, first, begin, offsets);
    batches.emplace_back("network/senders", static_cast<Index>(n_edges - begin));
    pack_rows(rows, offsets, first, count, batches.back(), begin);
    on_faces.add(rows, first, count);
  }
  require_edge_capacity("Voronoi tessellation", n_edges, kMaxEdges);
  GraphRows all{n, offsets, Array<Index>("network/senders", static_cast<Index>(n_edges)), false};
  Index place = 0;
  for (Array<Index>& batch : batches) {
    const Index end = place + batch.size();
    copy(Array<Index>(Kokkos::subview(all.senders.view(), std::pair(place, end))), batch);
    place = end;
    batch = {};
  }
  VoronoiFacets facets;
  facets.graph = std::make_shared<const Graph>(mutual_edges(all), Validation::kDebugOnly);
  std::vector<Index> cells;
  std::vector<Vec<3, double>> centres;
  for (int f = 0; f < 6; ++f) {
    facets.face_starts[f] = static_cast<Index>(cells.size());
    cells.insert(cells.end(), on_faces.cells[f].begin(), on_faces.cells[f].end());
    centres.insert(centres.end(), on_faces.centres[f].begin(), on_faces.centres[f].end());
  }
  facets.face_starts[6] = static_cast<Index>(cells.size());
  facets.face_cells = to_device("network/face_cells", cells);
  facets.face_centres = to_device("network/face_centres", centres);
  return facets;
}

}  // namespace filigree::network
