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
  kSlip,      ///< no motion through the wall, in either direction; free along it
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

/// Applies the walls to the velocity of one node. A node feels a wall when it lies on or beyond it;
/// axes are applied in order.
///
///   slip: v_n = 0.   stick: v = 0.
///   separate, when v_n points into the wall: v_t <- v_t - min(mu |v_n|, |v_t|) v_t/|v_t|, v_n <-
///   0.
template <int D>
FILIGREE_FUNCTION Vec<D> apply_walls(const Grid<D>& grid, const Walls<D>& walls,
                                     const Vec<D, Index>& node, Vec<D> v) {
  for (int a = 0; a < D; ++a) {
    for (int side = 0; side < 2; ++side) {
      const bool behind = side == 0 ? node[a] <= kMargin : node[a] >= kMargin + grid.cells[a];
      const Wall& wall = walls[2 * a + side];
      if (!behind || wall.kind == WallKind::kOpen) continue;
      if (wall.kind == WallKind::kStick) return Vec<D>::zero();
      const Real into = side == 0 ? -v[a] : v[a];
      if (wall.kind == WallKind::kSlip) {
        v[a] = 0;
      } else if (into > 0) {
        v[a] = 0;
        const Real speed = norm(v);
        const Real lost = Kokkos::fmin(static_cast<Real>(wall.friction) * into, speed);
        if (speed > 0) v *= 1 - lost / speed;
      }
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
