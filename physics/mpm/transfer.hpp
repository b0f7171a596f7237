// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Transfers between particles and grid as pulls: no atomics, the same bits for any thread count.
#pragma once

#include "core/array.hpp"
#include "physics/mpm/cell_bins.hpp"
#include "physics/mpm/obstacle.hpp"

namespace filigree::mpm {

/// Lanes per node in transfer buffers: mass or spare, then up to three components.
inline constexpr int kLanes = 4;

/// Buffers of the transfers; grown when needed, by half again.
struct TransferScratch {
  Array<Real> partials;  ///< [occupied strips, 3^(D-1) rows, places, kLanes] mass and momentum of
                         ///< each strip's particles
  Array<Real> nodes;     ///< [grid nodes, kLanes] mass, velocity
  Array<Index> lost;     ///< [1] lowest id of a particle that left the grid in the last step
};

enum class TransferKind { kApic, kPic };

/// Particles to cells: mass and momentum of every occupied cell on its 3^D nodes,
///   m_i += w_ip m_p,   (m v)_i += w_ip [m_p v_p + A_p (x_i - x_p)],
///   A_p = m_p C_p - dt V_p (4/h^2) tau_p.
/// Source: jiang2015apic; hu2018mls.
template <int D>
void particles_to_cells(const Grid<D>& grid, const CellBins& bins,
                        const ParticleArrays<D>& particles, Real dt, TransferScratch& scratch);

/// What the nodes meet: the box and what stands in it.
template <int D>
struct Surroundings {
  Walls<D> walls{};
  Array<Obstacle<D>> obstacles;  ///< at the end of the step
  Array<Real> samples;           ///< distances of their sampled surfaces
  Vec<D> gravity{};              ///< m/s^2
};

/// Cells to nodes, then the grid step: v_i = (m v)_i / m_i + dt g, walls and obstacles applied.
template <int D>
void cells_to_nodes(const Grid<D>& grid, const CellBins& bins, const Surroundings<D>& surroundings,
                    Real dt, TransferScratch& scratch);

/// Nodes to particles: v_p = sum_i w_ip v_i, C_p = (4/h^2) sum_i w_ip v_i (x_i - x_p)^T (zero for
/// PIC), x_p += dt v_p. Returns the lowest id of a particle that left the grid or lost finiteness,
/// or -1.
template <int D>
Index nodes_to_particles(const Grid<D>& grid, const CellBins& bins, TransferKind kind, Real dt,
                         TransferScratch& scratch, const ParticleArrays<D>& particles);

}  // namespace filigree::mpm
