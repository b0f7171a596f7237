// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/mpm/cell_bins.hpp"

#include <algorithm>
#include <limits>

#include "core/parallel.hpp"

namespace filigree::mpm {

namespace {

/// Arrays that grow again and again, as with sources, grow by half at least.
void reserve(Array<Index>& array, const char* label, Index n) {
  if (array.size() >= n) return;
  const auto grown =
      std::min(Offset(array.size()) * 3 / 2, Offset(std::numeric_limits<Index>::max()));
  array = Array<Index>(label, std::max(n, static_cast<Index>(grown)));
}

template <int D>
void count_particles(const Grid<D>& grid, const ParticleArrays<D>& particles,
                     const Array<Index>& cell_of, const Array<Index>& counts) {
  const ParticleArrays<D> of = particles;
  const Index scene_nodes = grid.node_count();
  for_each(
      "mpm/bins/zero", grid.total_nodes(), FILIGREE_LAMBDA(Index c) { counts(c) = 0; });
  for_each(
      "mpm/bins/count", of.position.size(), FILIGREE_LAMBDA(Index p) {
        const Index cell =
            of.scene(p) * scene_nodes + grid.index(stencil_base<D>(grid.to_cells(of.position(p))));
        cell_of(p) = cell;
        Kokkos::atomic_inc(&counts(cell));
      });
}

/// What lies before a strip.
struct Before {
  Index strips = 0;
  Index cells = 0;
  Index particles = 0;

  FILIGREE_FUNCTION Before& operator+=(const Before& b) {
    strips += b.strips;
    cells += b.cells;
    particles += b.particles;
    return *this;
  }
};

/// One scan over all strips numbers the occupied ones and their occupied cells, and finds where
/// the particles of each cell begin.
template <int D>
void number_cells(const Grid<D>& of_bins, Index n_particles, CellBins& bins) {
  const Grid<D> grid = of_bins;
  const auto cursor = bins.cursor.view();
  const auto cells = bins.cells.view();
  const auto cell_begin = bins.cell_begin.view();
  const auto strips = bins.strips.view();
  const auto strip_begin = bins.strip_begin.view();
  const auto slot_of = bins.slot_of.view();
  Before total;
  Kokkos::parallel_scan(
      "mpm/bins/number",
      Kokkos::RangePolicy<ExecSpace, Kokkos::IndexType<Index>>(0, grid.total_strips()),
      KOKKOS_LAMBDA(Index strip, Before & sum, bool last) {
        const Index first = grid.first_node_of_strip(strip);
        const Index end = first + grid.nodes_of_strip(strip);
        Before own;
        for (Index c = first; c < end; ++c) {
          own.particles += cursor(c);
          own.cells += cursor(c) > 0 ? 1 : 0;
        }
        own.strips = own.cells > 0 ? 1 : 0;
        if (last) slot_of(strip) = own.cells > 0 ? sum.strips : -1;
        if (last && own.cells > 0) {
          strips(sum.strips) = strip;
          strip_begin(sum.strips) = sum.cells;
          Index cell = sum.cells;
          Index begin = sum.particles;
          for (Index c = first; c < end; ++c) {
            const Index count = cursor(c);
            if (count == 0) continue;
            cells(cell) = c;
            cell_begin(cell) = begin;
            cursor(c) = begin;
            begin += count;
            ++cell;
          }
        }
        sum += own;
      },
      total);
  bins.n_cells = total.cells;
  bins.n_strips = total.strips;
  for_each(
      "mpm/bins/end", 1, FILIGREE_LAMBDA(Index) {
        cell_begin(total.cells) = n_particles;
        strip_begin(total.strips) = total.cells;
      });
}

/// Slots are claimed in any order, then each cell is sorted by id.
void order_particles(const Array<Index>& ids, Index n_particles, const CellBins& bins) {
  const Array<Index> order = bins.order;
  const Array<Index> cell_of = bins.cell_of;
  const Array<Index> cursor = bins.cursor;
  const Array<Index> cell_begin = bins.cell_begin;
  for_each(
      "mpm/bins/place", n_particles, FILIGREE_LAMBDA(Index p) {
        order(Kokkos::atomic_fetch_add(&cursor(cell_of(p)), Index(1))) = p;
      });
  for_each(
      "mpm/bins/sort", bins.n_cells, FILIGREE_LAMBDA(Index slot) {
        const Index begin = cell_begin(slot);
        const Index end = cell_begin(slot + 1);
        for (Index i = begin + 1; i < end; ++i) {
          const Index p = order(i);
          const Index id = ids(p);
          Index j = i;
          for (; j > begin && ids(order(j - 1)) > id; --j) order(j) = order(j - 1);
          order(j) = p;
        }
      });
}

/// A cell brings something to the strips of its stencil's rows and, from the last two places of a
/// strip, to the strips that follow them.
template <int D>
void list_node_strips(const Grid<D>& of_bins, CellBins& bins) {
  const Grid<D> grid = of_bins;
  const Array<Index> mark = bins.cursor;
  const Array<Index> cells = bins.cells;
  const Array<Index> strips = bins.strips;
  const Array<Index> strip_begin = bins.strip_begin;
  const auto node_strips = bins.node_strips.view();
  const Index n_grid = grid.total_strips();
  for_each(
      "mpm/bins/clear", n_grid, FILIGREE_LAMBDA(Index s) { mark(s) = 0; });
  for_each(
      "mpm/bins/mark", bins.n_strips, FILIGREE_LAMBDA(Index slot) {
        const Index strip = strips(slot);
        const Index last_cell = cells(strip_begin(slot + 1) - 1);
        const bool crosses = last_cell - grid.first_node_of_strip(strip) > kStrip - kStencil;
        for (int r = 0; r < kStencilRows<D>; ++r) {
          const Index s = strip + row_offset(grid, r) * grid.strips_per_row();
          Kokkos::atomic_store(&mark(s), Index(1));
          if (crosses) Kokkos::atomic_store(&mark(s + 1), Index(1));
        }
      });
  const auto marks = mark.view();
  Index total = 0;
  Kokkos::parallel_scan(
      "mpm/bins/list", Kokkos::RangePolicy<ExecSpace, Kokkos::IndexType<Index>>(0, n_grid),
      KOKKOS_LAMBDA(Index s, Index & sum, bool last) {
        const Index active = marks(s);
        if (last && active != 0) node_strips(sum) = s;
        sum += active;
      },
      total);
  bins.n_node_strips = total;
}

}  // namespace

template <int D>
void fill_bins(const Grid<D>& grid, const ParticleArrays<D>& particles, CellBins& bins) {
  const Index n = particles.position.size();
  const Index n_grid = grid.total_nodes();
  const Index n_strips = grid.total_strips();
  const Index most_cells = std::min(n, n_grid);
  const Index most_strips = std::min(n, n_strips);
  reserve(bins.order, "mpm/bins/order", n);
  reserve(bins.cell_of, "mpm/bins/cell_of", n);
  reserve(bins.cells, "mpm/bins/cells", most_cells);
  reserve(bins.cell_begin, "mpm/bins/cell_begin", most_cells + 1);
  reserve(bins.strips, "mpm/bins/strips", most_strips);
  reserve(bins.strip_begin, "mpm/bins/strip_begin", most_strips + 1);
  reserve(bins.slot_of, "mpm/bins/slot_of", n_strips);
  reserve(bins.node_strips, "mpm/bins/node_strips", n_strips);
  reserve(bins.cursor, "mpm/bins/cursor", n_grid);
  count_particles(grid, particles, bins.cell_of, bins.cursor);
  number_cells(grid, n, bins);
  order_particles(particles.id, n, bins);
  list_node_strips(grid, bins);
}

template void fill_bins<2>(const Grid<2>&, const ParticleArrays<2>&, CellBins&);
template void fill_bins<3>(const Grid<3>&, const ParticleArrays<3>&, CellBins&);

}  // namespace filigree::mpm
