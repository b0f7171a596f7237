// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What the walls of the box do to grid velocities.
#pragma once

#include <array>

#include "core/reflect.hpp"
#include "physics/mpm/grid.hpp"

namespace filigree {

namespace mpm {

enum class WallKind {
  kOpen,      ///< no wall: particles that leave the grid stop the run
  kSlip,      ///< no motion through the wall, in either direction; free along it (a mirror)
  kStick,     ///< no motion at all
  kSeparate,  ///< no motion into the wall, free to leave it, Coulomb friction along it
};

/// One face of the box.
struct Wall {
  WallKind kind = WallKind::kSeparate;
  double friction = 0;
};

/// Face 2a is the lower, face 2a + 1 the upper side of axis a.
template <int D>
using Walls = Vec<2 * D, Wall>;

/// Slip and stick walls are mirrors: the velocity field is continued beyond the wall with the
/// normal component (slip) or all components (stick) reversed, as if every particle had an image.
/// Setting the nodes behind the wall to zero instead, as is often done, shifts the wall by a
/// fraction of a cell: the period of a clamped bar is then first order in h, with images it is
/// second order.
FILIGREE_FUNCTION bool is_mirror(const Wall& wall) {
  return wall.kind == WallKind::kSlip || wall.kind == WallKind::kStick;
}

/// Nodes this far from a mirror have an image that a particle inside the domain can reach.
inline constexpr Index kMirrorReach = 2;

/// The mirror next to a node along one axis: its face number and node plane; face -1 when none is
/// near.
struct NearMirror {
  int face = -1;
  Index plane = 0;
};
template <int D>
FILIGREE_FUNCTION NearMirror near_mirror(const Grid<D>& grid, const Walls<D>& walls, int axis,
                                         Index node) {
  for (int side = 0; side < 2; ++side) {
    const int face = 2 * axis + side;
    const Index plane = kMargin + (side == 0 ? 0 : grid.cells[axis]);
    const Index distance = node > plane ? node - plane : plane - node;
    if (is_mirror(walls[face]) && distance <= kMirrorReach) return {face, plane};
  }
  return {};
}

/// True for the nodes behind the mirror's plane.
FILIGREE_FUNCTION bool is_beyond(const NearMirror& mirror, Index node) {
  return mirror.face % 2 == 1 ? node > mirror.plane : node < mirror.plane;
}

/// Reverses what the mirror reverses.
template <int D>
FILIGREE_FUNCTION Vec<D> reflected(const Wall& wall, int axis, Vec<D> v) {
  if (wall.kind == WallKind::kStick) return -v;
  v[axis] = -v[axis];
  return v;
}

/// Removes what cannot be on the mirror itself.
template <int D>
FILIGREE_FUNCTION Vec<D> on_mirror(const Wall& wall, int axis, Vec<D> v) {
  if (wall.kind == WallKind::kStick) return Vec<D>::zero();
  v[axis] = 0;
  return v;
}

/// Applies the separate walls to the velocity of one node, which feels a wall when it lies on or
/// beyond it; axes are applied in order. When v_n points into the wall:
///   v_t <- v_t - min(mu |v_n|, |v_t|) v_t/|v_t|,  v_n <- 0.
template <int D>
FILIGREE_FUNCTION Vec<D> apply_separate_walls(const Grid<D>& grid, const Walls<D>& walls,
                                              const Vec<D, Index>& node, Vec<D> v) {
  for (int a = 0; a < D; ++a) {
    for (int side = 0; side < 2; ++side) {
      const Wall& wall = walls[2 * a + side];
      const bool behind = side == 0 ? node[a] <= kMargin : node[a] >= kMargin + grid.cells[a];
      const Real into = side == 0 ? -v[a] : v[a];
      if (wall.kind != WallKind::kSeparate || !behind || into <= 0) continue;
      v[a] = 0;
      const Real speed = norm(v);
      const Real lost = Kokkos::fmin(static_cast<Real>(wall.friction) * into, speed);
      if (speed > 0) v *= 1 - lost / speed;
    }
  }
  return v;
}

}  // namespace mpm

template <>
struct EnumNames<mpm::WallKind> {
  static constexpr std::array names{"open", "slip", "stick", "separate"};
};

}  // namespace filigree
