// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/mpm/transfer.hpp"

#include "core/parallel.hpp"

namespace filigree::mpm {

namespace {

/// kLanes scalars that the compiler keeps in one vector register.
using Lanes = Vec<kLanes>;

FILIGREE_FUNCTION Lanes load_lanes(const Real* from) {
  Lanes lanes{};
  for (int c = 0; c < kLanes; ++c) lanes[c] = from[c];
  return lanes;
}

/// Adds one particle to the 3^D sums of its cell. The contribution is linear in the node's offset,
/// so the first node's value and one increment per axis are enough: 3^D (add + multiply-add) of 4
/// lanes.
template <int D>
FILIGREE_FUNCTION void scatter(const QuadraticBSpline<D>& spline, Real h, Real mass,
                               const Vec<D>& v, const Mat<D>& A, Lanes* sums) {
  Lanes first{};
  Lanes along[D]{};
  first[0] = mass;
  for (int c = 0; c < D; ++c) {
    Real value = mass * v[c];
    for (int a = 0; a < D; ++a) {
      along[a][c + 1] = A(c, a) * h;
      value -= A(c, a) * h * spline.local[a];
    }
    first[c + 1] = value;
  }
  int k = 0;
  Lanes row0 = first;
  for (int i = 0; i < kStencil; ++i) {
    const Real wi = spline.weight[0][i];
    Lanes row1 = row0;
    for (int j = 0; j < kStencil; ++j) {
      const Real wij = wi * spline.weight[1][j];
      if constexpr (D == 2) {
        for (int c = 0; c < kLanes; ++c) sums[k][c] += wij * row1[c];
        ++k;
      } else {
        Lanes value = row1;
        for (int l = 0; l < kStencil; ++l, ++k) {
          const Real w = wij * spline.weight[D - 1][l];
          for (int c = 0; c < kLanes; ++c) sums[k][c] += w * value[c];
          value += along[D - 1];
        }
      }
      row1 += along[1];
    }
    row0 += along[0];
  }
}

/// sum_i w_i v_i and sum_i w_i v_i (o_i - s)^T over the stencil, o_i the node's offset in cells.
template <int D>
FILIGREE_FUNCTION void gather(const QuadraticBSpline<D>& spline, const Lanes* nodes, Vec<D>& v,
                              Mat<D>& B) {
  Lanes sum{};
  Lanes moment[D]{};
  int k = 0;
  for (int i = 0; i < kStencil; ++i) {
    const Real di = static_cast<Real>(i) - spline.local[0];
    for (int j = 0; j < kStencil; ++j) {
      const Real dj = static_cast<Real>(j) - spline.local[1];
      const Real wij = spline.weight[0][i] * spline.weight[1][j];
      Lanes line{};
      if constexpr (D == 2) {
        line = nodes[k++];
      } else {
        Lanes line_moment{};
        for (int l = 0; l < kStencil; ++l, ++k) {
          const Real w = spline.weight[D - 1][l];
          const Real wd = w * (static_cast<Real>(l) - spline.local[D - 1]);
          for (int c = 0; c < kLanes; ++c) line[c] += w * nodes[k][c];
          for (int c = 0; c < kLanes; ++c) line_moment[c] += wd * nodes[k][c];
        }
        for (int c = 0; c < kLanes; ++c) moment[D - 1][c] += wij * line_moment[c];
      }
      for (int c = 0; c < kLanes; ++c) sum[c] += wij * line[c];
      for (int c = 0; c < kLanes; ++c) moment[0][c] += wij * di * line[c];
      for (int c = 0; c < kLanes; ++c) moment[1][c] += wij * dj * line[c];
    }
  }
  for (int c = 0; c < D; ++c) {
    v[c] = sum[c + 1];
    for (int a = 0; a < D; ++a) B(c, a) = moment[a][c + 1];
  }
}

/// Mass and momentum that the particles of the up to 3^D cells around a node bring to it; `first`
/// is the first node of the scene.
template <int D>
FILIGREE_FUNCTION Lanes node_total(const Grid<D>& grid, Index first, const Vec<D, Index>& node,
                                   const Array<Index>& slot_of, const Array<Real>& partials) {
  Lanes total{};
  const Index i = first + grid.index(node);
  for (int k = 0; k < kStencilNodes<D>; ++k) {
    const Vec<D, Index> offset = stencil_offset<D>(k);
    bool on_grid = true;
    for (int a = 0; a < D; ++a) on_grid = on_grid && node[a] >= offset[a];
    if (!on_grid) continue;
    const Index slot = slot_of(i - grid.index(offset));
    if (slot < 0) continue;
    total += load_lanes(partials.data() + (Offset(slot) * kStencilNodes<D> + k) * kLanes);
  }
  return total;
}

/// As node_total, with the images of the particles in the mirrors near the node: one term per
/// subset of the axes that have a mirror near.
template <int D>
FILIGREE_FUNCTION Lanes mirrored_total(const Grid<D>& grid, const Walls<D>& walls, Index first,
                                       const Vec<D, Index>& node, const Array<Index>& slot_of,
                                       const Array<Real>& partials) {
  NearMirror mirrors[D];
  for (int a = 0; a < D; ++a) mirrors[a] = near_mirror(grid, walls, a, node[a]);
  Lanes total{};
  for (int subset = 0; subset < (1 << D); ++subset) {
    Vec<D, Index> image = node;
    Vec<D> sign = Vec<D>::filled(1);
    bool exists = true;
    for (int a = 0; a < D; ++a) {
      if ((subset >> a & 1) == 0) continue;
      exists = exists && mirrors[a].face >= 0;
      if (!exists) break;
      image[a] = 2 * mirrors[a].plane - node[a];
      sign = reflected<D>(walls[mirrors[a].face], a, sign);
    }
    if (!exists) continue;
    const Lanes term = node_total<D>(grid, first, image, slot_of, partials);
    total[0] += term[0];
    for (int c = 0; c < D; ++c) total[c + 1] += sign[c] * term[c + 1];
  }
  return total;
}

/// Obstacles, in order. A node beyond a mirror sees them as its image does.
template <int D>
FILIGREE_FUNCTION Vec<D> touch_obstacles(const Grid<D>& grid, const Surroundings<D>& around,
                                         const Vec<D, Index>& node, Vec<D> v) {
  if (around.obstacles.size() == 0) return v;
  Vec<D, Index> image = node;
  Vec<D> sign = Vec<D>::filled(1);
  for (int a = 0; a < D; ++a) {
    const NearMirror mirror = near_mirror(grid, around.walls, a, node[a]);
    if (mirror.face < 0 || !is_beyond(mirror, node[a])) continue;
    image[a] = 2 * mirror.plane - node[a];
    sign = reflected<D>(around.walls[mirror.face], a, sign);
  }
  const Vec<D> x = grid.position(image);
  v = cwise_product(sign, v);
  for (Index i = 0; i < around.obstacles.size(); ++i) {
    v = touched(around.obstacles(i), around.samples, x, v);
  }
  return cwise_product(sign, v);
}

/// Velocity of a node after the grid step.
template <int D>
FILIGREE_FUNCTION Vec<D> grid_velocity(const Grid<D>& grid, const Surroundings<D>& around,
                                       const Vec<D, Index>& node, const Lanes& total, Real dt) {
  if (!(total[0] > 0)) return Vec<D>::zero();
  const Walls<D>& walls = around.walls;
  Vec<D> kick = dt * around.gravity;
  for (int a = 0; a < D; ++a) {
    const NearMirror mirror = near_mirror(grid, walls, a, node[a]);
    if (mirror.face < 0) continue;
    if (is_beyond(mirror, node[a])) kick = reflected<D>(walls[mirror.face], a, kick);
  }
  Vec<D> v{};
  for (int a = 0; a < D; ++a) v[a] = total[a + 1] / total[0] + kick[a];
  v = touch_obstacles(grid, around, node, v);
  for (int a = 0; a < D; ++a) {
    const NearMirror mirror = near_mirror(grid, walls, a, node[a]);
    if (mirror.face >= 0 && node[a] == mirror.plane) v = on_mirror<D>(walls[mirror.face], a, v);
  }
  return apply_separate_walls(grid, walls, node, v);
}

template <int D>
void reserve(const Grid<D>& grid, const CellBins& bins, TransferScratch& scratch) {
  const Offset partials = Offset(bins.n_cells) * kStencilNodes<D> * kLanes;
  if (scratch.partials.size() < partials) {
    const Offset most = std::numeric_limits<Index>::max();
    FILIGREE_REQUIRE(partials <= most,
                     "{} occupied cells are too many for one transfer: at most {} fit; "
                     "use larger cells",
                     bins.n_cells, most / (kStencilNodes<D> * kLanes));
    const Offset grown = std::min(partials + partials / 2, most);
    scratch.partials = Array<Real>("mpm/partials", static_cast<Index>(grown));
  }
  if (scratch.lost.size() == 0) scratch.lost = Array<Index>("mpm/lost", 1);
  const Index nodes = grid.total_nodes() * kLanes;
  if (scratch.nodes.size() < nodes) scratch.nodes = Array<Real>("mpm/nodes", nodes);
}

}  // namespace

template <int D>
void particles_to_cells(const Grid<D>& grid, const CellBins& bins,
                        const ParticleArrays<D>& particles, Real dt, TransferScratch& scratch) {
  reserve(grid, bins, scratch);
  const ParticleArrays<D> of = particles;
  const Array<Index> order = bins.order;
  const Array<Index> cells = bins.cells;
  const Array<Index> cell_begin = bins.cell_begin;
  const Array<Real> partials = scratch.partials;
  const Real stress_factor = -dt * 4 / (grid.h * grid.h);
  for_each(
      "mpm/particles_to_cells", bins.n_cells, FILIGREE_LAMBDA(Index slot) {
        Lanes sums[kStencilNodes<D>]{};
        const Vec<D, Index> base = grid.node(cells(slot));
        const Index end = cell_begin(slot + 1);
        for (Index i = cell_begin(slot); i < end; ++i) {
          const Index p = order(i);
          const Real mass = of.mass(p);
          const Mat<D> A =
              mass * of.velocity_gradient(p) + (stress_factor * of.volume(p)) * of.stress(p);
          const auto spline = quadratic_bspline<D>(grid.to_cells(of.position(p)), base);
          scatter<D>(spline, grid.h, mass, of.velocity(p), A, sums);
        }
        Real* to = partials.data() + Offset(slot) * (kStencilNodes<D> * kLanes);
        for (int k = 0; k < kStencilNodes<D>; ++k) {
          for (int c = 0; c < kLanes; ++c) to[k * kLanes + c] = sums[k][c];
        }
      });
}

template <int D>
void cells_to_nodes(const Grid<D>& grid, const CellBins& bins, const Surroundings<D>& surroundings,
                    Real dt, TransferScratch& scratch) {
  const Surroundings<D> around = surroundings;
  const Array<Index> active = bins.nodes;
  const Array<Index> slot_of = bins.slot_of;
  const Array<Real> partials = scratch.partials;
  const Array<Real> nodes = scratch.nodes;
  for_each(
      "mpm/cells_to_nodes", bins.n_nodes, FILIGREE_LAMBDA(Index n) {
        const Index i = active(n);
        const Vec<D, Index> node = grid.node(i);
        const Lanes total =
            mirrored_total<D>(grid, around.walls, grid.first_node(i), node, slot_of, partials);
        const Vec<D> v = grid_velocity<D>(grid, around, node, total, dt);
        Real* to = nodes.data() + Offset(i) * kLanes;
        to[0] = total[0];
        for (int a = 0; a < D; ++a) to[a + 1] = v[a];
        for (int c = D + 1; c < kLanes; ++c) to[c] = 0;
      });
}

template <int D>
Index nodes_to_particles(const Grid<D>& grid, const CellBins& bins, TransferKind kind, Real dt,
                         TransferScratch& scratch, const ParticleArrays<D>& particles) {
  const ParticleArrays<D> of = particles;
  const Array<Index> order = bins.order;
  const Array<Index> cells = bins.cells;
  const Array<Index> cell_begin = bins.cell_begin;
  const Array<Real> nodes = scratch.nodes;
  const Real affine = kind == TransferKind::kApic ? 4 / grid.h : Real(0);
  const Index nobody = std::numeric_limits<Index>::max();
  const Array<Index> lost = scratch.lost;
  fill(lost, nobody);
  for_each(
      "mpm/nodes_to_particles", bins.n_cells, FILIGREE_LAMBDA(Index slot) {
        Lanes stencil[kStencilNodes<D>];
        const Index cell = cells(slot);
        for (int k = 0; k < kStencilNodes<D>; ++k) {
          const Index i = cell + grid.index(stencil_offset<D>(k));
          stencil[k] = load_lanes(nodes.data() + Offset(i) * kLanes);
        }
        const Vec<D, Index> base = grid.node(cell);
        const Index end = cell_begin(slot + 1);
        for (Index i = cell_begin(slot); i < end; ++i) {
          const Index p = order(i);
          const Vec<D> x = of.position(p);
          Vec<D> v{};
          Mat<D> B{};
          gather<D>(quadratic_bspline<D>(grid.to_cells(x), base), stencil, v, B);
          const Vec<D> moved = x + dt * v;
          of.position(p) = moved;
          of.velocity(p) = v;
          of.velocity_gradient(p) = affine * B;
          if (!grid.holds(moved)) Kokkos::atomic_min(&lost(0), of.id(p));
        }
      });
  Index lowest = nobody;
  Kokkos::View<Index*, HostSpace, Kokkos::MemoryUnmanaged> host(&lowest, 1);
  Kokkos::deep_copy(host, lost.view());
  return lowest == nobody ? -1 : lowest;
}

#define FILIGREE_INSTANTIATE(D)                                                                  \
  template void particles_to_cells<D>(const Grid<D>&, const CellBins&, const ParticleArrays<D>&, \
                                      Real, TransferScratch&);                                   \
  template void cells_to_nodes<D>(const Grid<D>&, const CellBins&, const Surroundings<D>&, Real, \
                                  TransferScratch&);                                             \
  template Index nodes_to_particles<D>(const Grid<D>&, const CellBins&, TransferKind, Real,      \
                                       TransferScratch&, const ParticleArrays<D>&);
FILIGREE_INSTANTIATE(2)
FILIGREE_INSTANTIATE(3)
#undef FILIGREE_INSTANTIATE

}  // namespace filigree::mpm
