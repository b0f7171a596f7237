// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/mpm/transfer.hpp"

#include <algorithm>
#include <limits>

#include "core/pack.hpp"
#include "core/parallel.hpp"

namespace filigree::mpm {

namespace {

/// What a node holds: mass or nothing, then up to three components.
using Node = Pack<Real, kLanes>;

/// The nodes of one row of a stencil, as many side by side as a vector register holds.
inline constexpr int kNodesPerChunk =
    std::clamp(kVectorBytes / static_cast<int>(kLanes * sizeof(Real)), 1, 4);
inline constexpr int kChunks = (kStencil + kNodesPerChunk - 1) / kNodesPerChunk;
/// Nodes that loads and stores of a whole row reach beyond it.
inline constexpr int kOverhang = kChunks * kNodesPerChunk - kStencil;

template <int N>
struct RowOfChunks {
  static constexpr int kSize = N * kLanes;
  Pack<Real, kSize> chunks[kChunks];

  FILIGREE_FUNCTION static RowOfChunks load(const Real* from) {
    RowOfChunks row;
    for (int k = 0; k < kChunks; ++k) row.chunks[k] = Pack<Real, kSize>::load(from + k * kSize);
    return row;
  }
  FILIGREE_FUNCTION void store(Real* to) const {
    for (int k = 0; k < kChunks; ++k) chunks[k].store(to + k * kSize);
  }
  FILIGREE_FUNCTION RowOfChunks& operator+=(const RowOfChunks& b) {
    for (int k = 0; k < kChunks; ++k) chunks[k] += b.chunks[k];
    return *this;
  }
  friend FILIGREE_FUNCTION RowOfChunks operator+(RowOfChunks a, const RowOfChunks& b) {
    return a += b;
  }
  friend FILIGREE_FUNCTION RowOfChunks operator*(RowOfChunks a, const RowOfChunks& b) {
    for (int k = 0; k < kChunks; ++k) a.chunks[k] = a.chunks[k] * b.chunks[k];
    return a;
  }
  friend FILIGREE_FUNCTION RowOfChunks operator*(Real s, RowOfChunks a) {
    for (int k = 0; k < kChunks; ++k) a.chunks[k] = s * a.chunks[k];
    return a;
  }
};
using Row = RowOfChunks<kNodesPerChunk>;

/// The row of three nodes.
template <int N = kNodesPerChunk>
FILIGREE_FUNCTION RowOfChunks<N> row_of(const Node& a, const Node& b, const Node& c) {
  RowOfChunks<N> row;
  if constexpr (N == 1) {
    row.chunks[0] = a;
    row.chunks[1] = b;
    row.chunks[2] = c;
  } else if constexpr (N == 2) {
    row.chunks[0] = join(a, b);
    row.chunks[1] = join(c, Node::zero());
  } else {
    row.chunks[0] = join(join(a, b), join(c, Node::zero()));
  }
  return row;
}

/// The sum of the row's three nodes.
template <int N>
FILIGREE_FUNCTION Node sum_of_nodes(const RowOfChunks<N>& row) {
  const auto node = [&](auto k) { return quarter<k % N>(row.chunks[k / N]); };
  return node(std::integral_constant<int, 0>{}) + node(std::integral_constant<int, 1>{}) +
         node(std::integral_constant<int, 2>{});
}

/// Per node of a row: f(0), f(1), f(2) in every lane.
template <class F>
FILIGREE_FUNCTION Row row_by_node(const F& f) {
  return row_of(Node::filled(f(0)), Node::filled(f(1)), Node::filled(f(2)));
}

/// Adds one particle to the 3^D sums of its cell. The contribution is linear in the node's offset,
///   m_p v_p + A h (o - s) = value + o_0 along_0 + o_1 along_1 + o_2 along_2,
/// so one row and its increments per axis are enough: per row a multiply-add of all lanes.
template <int D>
FILIGREE_FUNCTION void scatter(const QuadraticBSpline<D>& spline, Real h, Real mass,
                               const Vec<D>& v, const Mat<D>& A, Row* sums) {
  Node along[D];
  Node value{};
  value.set(0, mass);
  for (int c = 0; c < D; ++c) value.set(c + 1, mass * v[c]);
  for (int a = 0; a < D; ++a) {
    along[a] = Node::zero();
    for (int c = 0; c < D; ++c) along[a].set(c + 1, A(c, a) * h);
    value -= spline.local[a] * along[a];
  }
  const Real* const w0 = spline.weight[0];
  const Row weights = row_by_node([&](int l) { return spline.weight[D - 1][l]; });
  const Node next = value + along[D - 1];
  Row row = weights * row_of(value, next, next + along[D - 1]);
  const Row along0 = weights * row_of(along[0], along[0], along[0]);
  if constexpr (D == 2) {
    for (int i = 0; i < kStencil; ++i, row += along0) sums[i] += w0[i] * row;
  } else {
    const Row along1 = weights * row_of(along[1], along[1], along[1]);
    const Real* const w1 = spline.weight[1];
    for (int i = 0; i < kStencil; ++i, row += along0) {
      Row of_j = row;
      for (int j = 0; j < kStencil; ++j, of_j += along1) {
        sums[i * kStencil + j] += (w0[i] * w1[j]) * of_j;
      }
    }
  }
}

/// sum_i w_i v_i and sum_i w_i v_i (o_i - s)^T over the stencil, o_i the node's offset in cells.
/// Sums over rows come first, the last axis is summed within them.
template <int D>
FILIGREE_FUNCTION void gather(const QuadraticBSpline<D>& spline, const Row* rows, Vec<D>& v,
                              Mat<D>& B) {
  const auto distance = [&](int a, int o) { return static_cast<Real>(o) - spline.local[a]; };
  Row sum{};
  Row moment0{};
  Row moment1{};
  for (int i = 0; i < kStencil; ++i) {
    const Real w0 = spline.weight[0][i];
    Row of_i{};
    if constexpr (D == 2) {
      of_i = rows[i];
    } else {
      Row moment_of_i{};
      for (int j = 0; j < kStencil; ++j) {
        const Real w1 = spline.weight[1][j];
        of_i += w1 * rows[i * kStencil + j];
        moment_of_i += (w1 * distance(1, j)) * rows[i * kStencil + j];
      }
      moment1 += w0 * moment_of_i;
    }
    sum += w0 * of_i;
    moment0 += (w0 * distance(0, i)) * of_i;
  }
  const Row weights = row_by_node([&](int l) { return spline.weight[D - 1][l]; });
  const Row distances = row_by_node([&](int l) { return distance(D - 1, l); });
  sum = weights * sum;
  Node moment[D];
  moment[0] = sum_of_nodes(weights * moment0);
  if constexpr (D == 3) moment[1] = sum_of_nodes(weights * moment1);
  moment[D - 1] = sum_of_nodes(distances * sum);
  const Node total = sum_of_nodes(sum);
  for (int c = 0; c < D; ++c) {
    v[c] = total[c + 1];
    for (int a = 0; a < D; ++a) B(c, a) = moment[a][c + 1];
  }
}

/// Places of one row of a strip's partial sums: the nodes under its cells, and what whole vectors
/// reach beyond.
inline constexpr int kPlaces = kStrip + kStencil - 1 + kOverhang;
/// Lanes of the partial sums of one strip.
template <int D>
inline constexpr int kStripLanes = kStencilRows<D>* kPlaces* kLanes;

/// Where the partial sums that reach a strip's nodes lie: per stencil row those of the strip of
/// cells at the same places, and those of the strip before it, or -1.
template <int D>
struct Sources {
  Index here[kStencilRows<D>];
  Index before[kStencilRows<D>];
};
template <int D>
FILIGREE_FUNCTION Sources<D> sources_of(const Grid<D>& grid, Index strip,
                                        const Array<Index>& slot_of) {
  Sources<D> sources{};
  for (int r = 0; r < kStencilRows<D>; ++r) {
    const Index s = strip - row_offset(grid, r) * grid.strips_per_row();
    sources.here[r] = s >= 0 ? slot_of(s) : -1;
    sources.before[r] = s >= 1 ? slot_of(s - 1) : -1;
  }
  return sources;
}

/// Mass and momentum that the particles of the up to 3^D cells around a node bring to it; `place`
/// is the node's place in its strip.
template <int D>
FILIGREE_FUNCTION Node node_total(const Sources<D>& sources, Index place, const Real* partials) {
  Node total{};
  for (int r = 0; r < kStencilRows<D>; ++r) {
    const auto add = [&](Index slot, Index at) {
      if (slot < 0) return;
      const Offset row = Offset(slot) * kStencilRows<D> + r;
      total += Node::load(partials + (row * kPlaces + at) * kLanes);
    };
    add(sources.here[r], place);
    if (place < kStencil - 1) add(sources.before[r], place + kStrip);
  }
  return total;
}

/// What the images of the particles in the mirrors near a node bring to it: one term per set of
/// axes that have a mirror near. `first` is the first node of the scene.
template <int D>
FILIGREE_FUNCTION Node mirrored_total(const Grid<D>& grid, const Walls<D>& walls, Index first,
                                      const Vec<D, Index>& node, const Array<Index>& slot_of,
                                      const Real* partials) {
  NearMirror mirrors[D];
  for (int a = 0; a < D; ++a) mirrors[a] = near_mirror(grid, walls, a, node[a]);
  Node total{};
  for (int subset = 1; subset < (1 << D); ++subset) {
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
    Node signs = Node::filled(1);
    for (int c = 0; c < D; ++c) signs.set(c + 1, sign[c]);
    const Index i = first + grid.index(image);
    const Index strip = grid.strip_of(i);
    total += signs * node_total<D>(sources_of(grid, strip, slot_of),
                                   i - grid.first_node_of_strip(strip), partials);
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
                                       const Vec<D, Index>& node, const Node& total, Real dt) {
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
  const Offset partials = Offset(bins.n_strips) * kStripLanes<D>;
  if (scratch.partials.size() < partials) {
    const Offset most = std::numeric_limits<Index>::max();
    FILIGREE_REQUIRE(partials <= most,
                     "particles in {} strips of cells are too many for one transfer: at most {} "
                     "fit; use larger cells",
                     bins.n_strips, most / kStripLanes<D>);
    const Offset grown = std::min(partials + partials / 2, most);
    scratch.partials = Array<Real>("mpm/partials", static_cast<Index>(grown));
  }
  if (scratch.lost.size() == 0) scratch.lost = Array<Index>("mpm/lost", 1);
  const Index nodes = (grid.total_nodes() + kOverhang) * kLanes;
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
  const Array<Index> strips = bins.strips;
  const Array<Index> strip_begin = bins.strip_begin;
  const Array<Real> partials = scratch.partials;
  const Real stress_factor = -dt * 4 / (grid.h * grid.h);
  for_each(
      "mpm/particles_to_cells", bins.n_strips, FILIGREE_LAMBDA(Index slot) {
        Real* const to = partials.data() + Offset(slot) * kStripLanes<D>;
        for (int k = 0; k < kStripLanes<D>; ++k) to[k] = 0;
        const Index first = grid.first_node_of_strip(strips(slot));
        for (Index k = strip_begin(slot); k < strip_begin(slot + 1); ++k) {
          Row sums[kStencilRows<D>]{};
          const Vec<D, Index> base = grid.node(cells(k));
          const Index end = cell_begin(k + 1);
          for (Index i = cell_begin(k); i < end; ++i) {
            const Index p = order(i);
            const Real mass = of.mass(p);
            const Mat<D> A =
                mass * of.velocity_gradient(p) + (stress_factor * of.volume(p)) * of.stress(p);
            const auto spline = quadratic_bspline<D>(grid.to_cells(of.position(p)), base);
            scatter<D>(spline, grid.h, mass, of.velocity(p), A, sums);
          }
          for (int r = 0; r < kStencilRows<D>; ++r) {
            Real* const place = to + (r * kPlaces + cells(k) - first) * kLanes;
            (sums[r] + Row::load(place)).store(place);
          }
        }
      });
}

template <int D>
void cells_to_nodes(const Grid<D>& grid, const CellBins& bins, const Surroundings<D>& surroundings,
                    Real dt, TransferScratch& scratch) {
  const Surroundings<D> around = surroundings;
  const Array<Index> strips = bins.node_strips;
  const Array<Index> slot_of = bins.slot_of;
  const Array<Real> partials = scratch.partials;
  const Array<Real> nodes = scratch.nodes;
  bool has_mirrors = false;
  for (int face = 0; face < 2 * D; ++face) {
    has_mirrors = has_mirrors || is_mirror(surroundings.walls[face]);
  }
  for_each(
      "mpm/cells_to_nodes", bins.n_node_strips, FILIGREE_LAMBDA(Index n) {
        const Index strip = strips(n);
        const Index first = grid.first_node_of_strip(strip);
        const Sources<D> sources = sources_of(grid, strip, slot_of);
        Vec<D, Index> node = grid.node(first);
        for (Index place = 0; place < grid.nodes_of_strip(strip); ++place, ++node[D - 1]) {
          const Index i = first + place;
          Node total = node_total<D>(sources, place, partials.data());
          if (has_mirrors) {
            total += mirrored_total<D>(grid, around.walls, grid.first_node(i), node, slot_of,
                                       partials.data());
          }
          const Vec<D> v = grid_velocity<D>(grid, around, node, total, dt);
          Node result{};
          result.set(0, total[0]);
          for (int a = 0; a < D; ++a) result.set(a + 1, v[a]);
          result.store(nodes.data() + Offset(i) * kLanes);
        }
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
        Row rows[kStencilRows<D>];
        const Index cell = cells(slot);
        for (int r = 0; r < kStencilRows<D>; ++r) {
          const Index first = cell + row_offset(grid, r) * grid.nodes[D - 1];
          rows[r] = Row::load(nodes.data() + Offset(first) * kLanes);
        }
        const Vec<D, Index> base = grid.node(cell);
        const Index end = cell_begin(slot + 1);
        for (Index i = cell_begin(slot); i < end; ++i) {
          const Index p = order(i);
          const Vec<D> x = of.position(p);
          Vec<D> v{};
          Mat<D> B{};
          gather<D>(quadratic_bspline<D>(grid.to_cells(x), base), rows, v, B);
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
