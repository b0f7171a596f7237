// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/cell_list.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/parallel.hpp"
#include "core/reduce.hpp"
#include "graph/bucket_sort.hpp"

namespace filigree {

namespace {

/// Bins are wider than asked for by this factor: more than the rounding errors of a distance and of
/// two bin numbers together, so that points within the distance are never two bins apart.
constexpr double kWidthMargin = 1 + 2e-6;

/// Bins per point, beyond which finer bins cost more than they save.
constexpr double kCellsPerPoint = 2;
constexpr double kFewCells = 4096;

/// Bins on each axis for a width, as doubles, because there may be 1e15 of them.
template <int D>
Vec<D, double> wanted_extents(const Bounds<D>& bounds, double min_width) {
  Vec<D, double> extents{};
  for (int k = 0; k < D; ++k) {
    const double span = bounds.upper[k] - bounds.lower[k];
    extents[k] = std::clamp(std::floor(span / (min_width * kWidthMargin)), 1.0, 1e15);
  }
  return extents;
}

template <int D>
double product(const Vec<D, double>& v) {
  double result = 1;
  for (int k = 0; k < D; ++k) result *= v[k];
  return result;
}

/// Bounds of the bulk of the points on open axes, from at most 4096 of them evenly spaced in
/// number: the middle 96 %, widened by half of that on both sides, and never wider than `bounds`. A
/// few points that flew away must not make the bins as large as the universe.
template <int D>
Bounds<D> bounds_of_bulk(const Array<Vec<D>>& positions, const Bounds<D>& bounds,
                         const Box<D>& box) {
  constexpr Index kSamples = 4096;
  const Index stride = (positions.size() + kSamples - 1) / kSamples;
  const Index n = (positions.size() + stride - 1) / stride;
  const Array<Vec<D>> samples("graph/samples", n);
  for_each(
      "graph/sample", n, FILIGREE_LAMBDA(Index i) { samples(i) = positions(i * stride); });
  const std::vector<Vec<D>> host = to_vector(samples);
  Bounds<D> bulk = bounds;
  std::vector<double> values(host.size());
  for (int k = 0; k < D; ++k) {
    if (box.periodic[k]) continue;
    std::transform(host.begin(), host.end(), values.begin(), [k](const Vec<D>& x) { return x[k]; });
    std::sort(values.begin(), values.end());
    const std::size_t cut = values.size() / 50;
    const double low = values[cut];
    const double high = values[values.size() - 1 - cut];
    bulk.lower[k] = std::max(bounds.lower[k], low - (high - low) / 2);
    bulk.upper[k] = std::min(bounds.upper[k], high + (high - low) / 2);
  }
  return bulk;
}

/// What the bins cover: the box on periodic axes, the points within the box on open ones.
template <int D>
Bounds<D> covered(Bounds<D> bounds, const Box<D>& box) {
  for (int k = 0; k < D; ++k) {
    if (box.periodic[k]) {
      bounds.lower[k] = box.lower[k];
      bounds.upper[k] = box.upper[k];
    } else {
      bounds.lower[k] = std::clamp(bounds.lower[k], double(box.lower[k]), double(box.upper[k]));
      bounds.upper[k] = std::clamp(bounds.upper[k], double(box.lower[k]), double(box.upper[k]));
    }
  }
  return bounds;
}

template <int D>
CellGrid<D> make_grid(const Array<Vec<D>>& positions, const Bounds<D>& extent, double min_width,
                      const Box<D>& box) {
  const double budget = std::min(kFewCells + kCellsPerPoint * positions.size(), 1e9);
  Bounds<D> bounds = covered(extent, box);
  Vec<D, double> extents = wanted_extents(bounds, min_width);
  if (product(extents) > budget && positions.size() > 0) {
    bounds = bounds_of_bulk(positions, bounds, box);
    extents = wanted_extents(bounds, min_width);
  }
  while (product(extents) > budget) {
    double& longest = *std::max_element(extents.data, extents.data + D);
    longest = std::ceil(longest / 2);
  }
  CellGrid<D> grid;
  grid.periodic = box.periodic;
  for (int k = 0; k < D; ++k) {
    const double span = bounds.upper[k] - bounds.lower[k];
    grid.origin[k] = bounds.lower[k];
    grid.extents[k] = static_cast<Index>(extents[k]);
    grid.inverse_width[k] = grid.extents[k] > 1 ? extents[k] / span : 0;
  }
  return grid;
}

template <int D>
Index count_outside(const Array<Vec<D>>& positions, Box<D> box) {
  const double infinity = std::numeric_limits<double>::infinity();
  bool is_bounded = false;
  for (int k = 0; k < D; ++k) {
    if (box.periodic[k]) {  // no place is outside a periodic axis
      box.lower[k] = static_cast<Real>(-infinity);
      box.upper[k] = static_cast<Real>(infinity);
    }
    is_bounded = is_bounded || box.lower[k] > -infinity || box.upper[k] < infinity;
  }
  if (!is_bounded) return 0;
  return static_cast<Index>(sum(
      "graph/outside", positions.size(),
      FILIGREE_LAMBDA(Index i) { return box.contains(positions(i)) ? 0.0 : 1.0; }));
}

template <int D>
CellListView<D> sort_points(const Array<Vec<D>>& positions, const CellGrid<D>& grid,
                            const Box<D>& box) {
  const Index n = positions.size();
  const Array<Index> cells("graph/cell_of_point", n);
  for_each(
      "graph/cell_of_point", n,
      FILIGREE_LAMBDA(Index i) { cells(i) = grid.number(grid.cell_of(box.wrap(positions(i)))); });
  const Buckets buckets = sort_into_buckets("graph/cells", cells, grid.n_cells());
  const Array<Index> points = buckets.items;
  const Array<Vec<D>> sorted("graph/cell_positions", n);
  for_each(
      "graph/cell_positions", n,
      FILIGREE_LAMBDA(Index slot) { sorted(slot) = box.wrap(positions(points(slot))); });
  return {grid, buckets.starts, points, sorted};
}

}  // namespace

template <int D>
CellList<D>::CellList(const Array<Vec<D>>& positions, Real min_width, const Box<D>& box)
    : box_(box), min_width_(min_width) {
  validate(box);
  FILIGREE_REQUIRE(min_width > 0 && std::isfinite(min_width),
                   "the width of cells is {} m: it must be positive and finite", min_width);
  const Bounds<D> extent = bounds_of(positions, "position");
  const CellGrid<D> grid = make_grid(positions, extent, double(min_width), box);
  view_ = sort_points(positions, grid, box);
  n_outside_ = count_outside(positions, box);
}

template class CellList<2>;
template class CellList<3>;

}  // namespace filigree
