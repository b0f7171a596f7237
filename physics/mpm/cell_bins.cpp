// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/mpm/cell_bins.hpp"

#include "core/parallel.hpp"

namespace filigree::mpm {

namespace {

void reserve(Array<Index>& array, const char* label, Index n) {
  if (array.size() < n) array = Array<Index>(label, n);
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

/// One scan over all cells numbers the occupied ones and finds where their particles begin.
/// The two running sums share one 64-bit word: occupied cells above, particles below.
void number_cells(Index n_grid, Index n_particles, CellBins& bins) {
  const auto cursor = bins.cursor.view();
  const auto cells = bins.cells.view();
  const auto cell_begin = bins.cell_begin.view();
  const auto slot_of = bins.slot_of.view();
  constexpr Offset kOneCell = Offset(1) << 32;
  Offset total = 0;
  Kokkos::parallel_scan(
      "mpm/bins/number", Kokkos::RangePolicy<ExecSpace, Kokkos::IndexType<Index>>(0, n_grid),
      KOKKOS_LAMBDA(Index c, Offset & sum, bool last) {
        const Index count = cursor(c);
        if (last) {
          const auto slot = static_cast<Index>(sum / kOneCell);
          const auto begin = static_cast<Index>(sum % kOneCell);
          slot_of(c) = count > 0 ? slot : -1;
          if (count > 0) {
            cells(slot) = c;
            cell_begin(slot) = begin;
          }
          cursor(c) = begin;
        }
        sum += count + (count > 0 ? kOneCell : 0);
      },
      total);
  bins.n_cells = static_cast<Index>(total / kOneCell);
  const Index n_cells = bins.n_cells;
  for_each(
      "mpm/bins/end", 1, FILIGREE_LAMBDA(Index) { cell_begin(n_cells) = n_particles; });
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

template <int D>
void list_nodes(const Grid<D>& grid, CellBins& bins) {
  const Array<Index> mark = bins.cursor;
  const Array<Index> cells = bins.cells;
  const auto nodes = bins.nodes.view();
  const Index n_grid = grid.total_nodes();
  for_each(
      "mpm/bins/clear", n_grid, FILIGREE_LAMBDA(Index i) { mark(i) = 0; });
  for_each(
      "mpm/bins/mark", bins.n_cells, FILIGREE_LAMBDA(Index slot) {
        const Index base = cells(slot);
        for (int k = 0; k < kStencilNodes<D>; ++k) {
          Kokkos::atomic_store(&mark(base + grid.index(stencil_offset<D>(k))), Index(1));
        }
      });
  const auto marks = mark.view();
  Index total = 0;
  Kokkos::parallel_scan(
      "mpm/bins/list", Kokkos::RangePolicy<ExecSpace, Kokkos::IndexType<Index>>(0, n_grid),
      KOKKOS_LAMBDA(Index i, Index & sum, bool last) {
        const Index active = marks(i);
        if (last && active != 0) nodes(sum) = i;
        sum += active;
      },
      total);
  bins.n_nodes = total;
}

}  // namespace

template <int D>
void fill_bins(const Grid<D>& grid, const ParticleArrays<D>& particles, CellBins& bins) {
  const Index n = particles.position.size();
  const Index n_grid = grid.total_nodes();
  const Index most_cells = n < n_grid ? n : n_grid;
  reserve(bins.order, "mpm/bins/order", n);
  reserve(bins.cell_of, "mpm/bins/cell_of", n);
  reserve(bins.cells, "mpm/bins/cells", most_cells);
  reserve(bins.cell_begin, "mpm/bins/cell_begin", most_cells + 1);
  reserve(bins.slot_of, "mpm/bins/slot_of", n_grid);
  reserve(bins.cursor, "mpm/bins/cursor", n_grid);
  reserve(bins.nodes, "mpm/bins/nodes", n_grid);
  count_particles(grid, particles, bins.cell_of, bins.cursor);
  number_cells(n_grid, n, bins);
  order_particles(particles.id, n, bins);
  list_nodes(grid, bins);
}

template void fill_bins<2>(const Grid<2>&, const ParticleArrays<2>&, CellBins&);
template void fill_bins<3>(const Grid<3>&, const ParticleArrays<3>&, CellBins&);

}  // namespace filigree::mpm
