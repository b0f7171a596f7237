// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Which particles lie in which grid cell, sorted by id within a cell, for transfers as pulls.
//
// A particle belongs to the cell named by its stencil's base node, so all particles of a cell share
// the same 3^D nodes. The order within a cell is by particle id: sums over a cell have the same
// bits whatever the storage order and the number of threads.
#pragma once

#include "core/array.hpp"
#include "physics/mpm/grid.hpp"

namespace filigree::mpm {

/// What the particles bring to transfers: device arrays by storage row.
template <int D>
struct ParticleArrays {
  Array<Index> id;
  Array<Index> scene;
  Array<Real> mass;
  Array<Real> volume;
  Array<Vec<D>> position;
  Array<Vec<D>> velocity;
  Array<Mat<D>> velocity_gradient;
  Array<Mat<D>> stress;
};

/// Device arrays are grown to the largest size seen and never shrunk.
struct CellBins {
  Index n_cells = 0;         ///< occupied cells
  Index n_strips = 0;        ///< strips with occupied cells
  Index n_node_strips = 0;   ///< strips with nodes under at least one particle
  Array<Index> order;        ///< [n_particles] storage rows, cell after cell, by id within a cell
  Array<Index> cells;        ///< [n_cells] base node of each occupied cell, ascending
  Array<Index> cell_begin;   ///< [n_cells + 1] first entry of each cell in `order`
  Array<Index> strips;       ///< [n_strips] the strip of each, ascending
  Array<Index> strip_begin;  ///< [n_strips + 1] first entry of each strip in `cells`
  Array<Index> slot_of;      ///< [grid strips] entry of the strip in `strips`, or -1
  Array<Index> node_strips;  ///< [n_node_strips] ascending

  Array<Index> cell_of;  ///< [n_particles] scratch: base node of each particle
  Array<Index> cursor;   ///< [grid nodes] scratch
};

/// Fills the bins from positions, ids and scenes. Every position must be held by the grid.
template <int D>
void fill_bins(const Grid<D>& grid, const ParticleArrays<D>& particles, CellBins& bins);

}  // namespace filigree::mpm
