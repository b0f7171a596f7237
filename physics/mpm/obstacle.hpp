// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Rigid obstacles: solid shapes, or hollows, that stand or move on a given path and touch the
// matter through the grid.
//
// A node inside an obstacle (signed distance below zero) moves with it: with n the outward normal,
// V + omega x (x - c) the obstacle's velocity there and u the node's velocity relative to it,
//   stick:     u <- 0
//   slip:      u <- u - (u . n) n
//   separate:  where u . n < 0 only:  u_t <- u_t - min(mu |u . n|, |u_t|) u_t/|u_t|,  u_n <- 0
// which is the law of the walls (boundary.hpp) in the obstacle's frame.
#pragma once

#include <vector>

#include "core/array.hpp"
#include "physics/mpm/boundary.hpp"
#include "physics/shapes.hpp"

namespace filigree::mpm {

/// Rotation in the plane (D = 2, one number) or in space (D = 3), rad/s.
template <int D>
using Spin = Vec<D == 2 ? 1 : 3>;

/// spin x r: the velocity that a rotation gives to a point at r from its axis.
FILIGREE_FUNCTION Vec<2> swept(const Spin<2>& spin, const Vec<2>& r) {
  return {-spin[0] * r[1], spin[0] * r[0]};
}
FILIGREE_FUNCTION Vec<3> swept(const Spin<3>& spin, const Vec<3>& r) {
  return cross(spin, r);
}

/// Rotation by the angle |turn| about the axis turn/|turn| (Rodrigues' formula); D = 2: by turn[0].
Mat<2> rotation_matrix(const Vec<1, double>& turn);
Mat<3> rotation_matrix(const Vec<3, double>& turn);

enum class ObstacleForm { kBox, kBall, kCylinder, kSampled };

/// An obstacle at one moment, for kernels.
template <int D>
struct Obstacle {
  ObstacleForm form = ObstacleForm::kBox;
  Vec<D> half{};  ///< half the extent of the shape along its own axes, m
  int axis = 0;   ///< of a cylinder
  /// Of a sampled surface: where its distances begin, and how many there are per axis; the last
  /// axis is the fastest, the outermost samples lie at +- half.
  Index first_sample = 0;
  Vec<D, Index> samples{};
  bool is_hollow = false;                   ///< the matter is inside the shape
  Wall surface{};                           ///< slip, stick or separate, with its friction
  Vec<D> center{};                          ///< m
  Mat<D> orientation = Mat<D>::identity();  ///< own axes to the axes of space
  Vec<D> velocity{};                        ///< of the centre, m/s
  Spin<D> spin{};                           ///< rad/s
};

/// Signed distance to a surface (m, negative in the solid) and the normal that points out of it.
template <int D>
struct SurfacePoint {
  Real distance;
  Vec<D> normal;
};

/// Distance from per-axis excesses e = |x| - half of a shape with edges (box; cylinder in its
/// (radius, height) plane): outside the length of the positive parts, inside the largest one.
template <int N>
FILIGREE_FUNCTION SurfacePoint<N> edged_distance(const Vec<N>& excess) {
  SurfacePoint<N> s{};
  int nearest = 0;
  Vec<N> outside{};
  bool is_outside = false;
  for (int a = 0; a < N; ++a) {
    if (excess[a] > excess[nearest]) nearest = a;
    if (excess[a] > 0) {
      outside[a] = excess[a];
      is_outside = true;
    }
  }
  if (is_outside) {
    s.distance = norm(outside);
    s.normal = outside / s.distance;
  } else {
    s.distance = excess[nearest];
    s.normal[nearest] = 1;
  }
  return s;
}

/// Linear interpolation of sampled distances; the normal is the direction of its gradient. For
/// points beyond the samples: the way to the nearest sampled point, plus the distance there.
template <int D>
FILIGREE_FUNCTION SurfacePoint<D> sampled_surface(const Obstacle<D>& o, const Array<Real>& samples,
                                                  const Vec<D>& x) {
  SurfacePoint<D> s{};
  s.normal[0] = 1;
  Vec<D, Index> cell{};
  Vec<D> share{};
  Vec<D> spacing{};
  Vec<D> beyond{};
  for (int a = 0; a < D; ++a) {
    spacing[a] = 2 * o.half[a] / static_cast<Real>(o.samples[a] - 1);
    const Real inside = Kokkos::fmin(Kokkos::fmax(x[a], -o.half[a]), o.half[a]);
    beyond[a] = x[a] - inside;
    const Real place = (inside + o.half[a]) / spacing[a];
    cell[a] = static_cast<Index>(place);
    if (cell[a] > o.samples[a] - 2) cell[a] = o.samples[a] - 2;
    share[a] = place - static_cast<Real>(cell[a]);
  }
  Vec<D> gradient{};
  for (int corner = 0; corner < (1 << D); ++corner) {
    Index i = 0;
    Vec<D> weight{};
    for (int a = 0; a < D; ++a) {
      const bool upper = (corner >> a & 1) == 1;
      i = i * o.samples[a] + cell[a] + (upper ? 1 : 0);
      weight[a] = upper ? share[a] : 1 - share[a];
    }
    const Real value = samples(o.first_sample + i);
    Real product = value;
    for (int a = 0; a < D; ++a) product *= weight[a];
    s.distance += product;
    for (int a = 0; a < D; ++a) {
      Real slope = (corner >> a & 1) == 1 ? value / spacing[a] : -value / spacing[a];
      for (int b = 0; b < D; ++b) slope *= b == a ? Real(1) : weight[b];
      gradient[a] += slope;
    }
  }
  const Real way = norm(beyond);
  if (way > 0) {
    s.distance += way;
    gradient = beyond;
  }
  const Real length = norm(gradient);
  if (length > 0) s.normal = gradient / length;
  return s;
}

/// The nearest point of the obstacle's surface, in its own frame.
template <int D>
FILIGREE_FUNCTION SurfacePoint<D> own_surface(const Obstacle<D>& o, const Array<Real>& samples,
                                              const Vec<D>& x) {
  if (o.form == ObstacleForm::kSampled) return sampled_surface(o, samples, x);
  SurfacePoint<D> s{};
  if (o.form == ObstacleForm::kBall) {
    const Real r = norm(x);
    s.distance = r - o.half[0];
    s.normal[0] = 1;
    if (r > 0) s.normal = x / r;
    return s;
  }
  if (o.form == ObstacleForm::kBox) {
    Vec<D> excess{};
    for (int a = 0; a < D; ++a) excess[a] = Kokkos::fabs(x[a]) - o.half[a];
    s = edged_distance<D>(excess);
    for (int a = 0; a < D; ++a) s.normal[a] = x[a] < 0 ? -s.normal[a] : s.normal[a];
    return s;
  }
  Vec<D> radial = x;
  radial[o.axis] = 0;
  const Real r = norm(radial);
  const int across = o.axis == 0 ? 1 : 0;
  const SurfacePoint<2> flat =
      edged_distance<2>({r - o.half[across], Kokkos::fabs(x[o.axis]) - o.half[o.axis]});
  s.distance = flat.distance;
  if (r > 0) {
    s.normal = (flat.normal[0] / r) * radial;
  } else {
    s.normal[across] = flat.normal[0];
  }
  s.normal[o.axis] = x[o.axis] < 0 ? -flat.normal[1] : flat.normal[1];
  return s;
}

/// The nearest point of the obstacle's surface from a point in space.
template <int D>
FILIGREE_FUNCTION SurfacePoint<D> surface_at(const Obstacle<D>& o, const Array<Real>& samples,
                                             const Vec<D>& x) {
  SurfacePoint<D> s = own_surface(o, samples, transpose(o.orientation) * (x - o.center));
  s.normal = o.orientation * s.normal;
  if (o.is_hollow) {
    s.distance = -s.distance;
    s.normal = -s.normal;
  }
  return s;
}

/// Velocity of a node at x after it has touched the obstacle.
template <int D>
FILIGREE_FUNCTION Vec<D> touched(const Obstacle<D>& o, const Array<Real>& samples, const Vec<D>& x,
                                 const Vec<D>& v) {
  const SurfacePoint<D> s = surface_at(o, samples, x);
  if (!(s.distance < 0)) return v;
  const Vec<D> carried = o.velocity + swept(o.spin, x - o.center);
  if (o.surface.kind == WallKind::kStick) return carried;
  Vec<D> u = v - carried;
  const Real outwards = dot(u, s.normal);
  if (o.surface.kind == WallKind::kSeparate && outwards >= 0) return v;
  u -= outwards * s.normal;
  if (o.surface.kind == WallKind::kSeparate) {
    const Real speed = norm(u);
    const Real lost = Kokkos::fmin(static_cast<Real>(o.surface.friction) * -outwards, speed);
    if (speed > 0) u *= 1 - lost / speed;
  }
  return carried + u;
}

/// An obstacle and its path: at rest, then steady from `from` until `until`, then at rest again.
template <int D>
struct ObstaclePath {
  Obstacle<D> start;
  Vec<D, double> velocity{};           ///< m/s
  Vec<D == 2 ? 1 : 3, double> spin{};  ///< rad/s, about the centre
  double from = 0;                     ///< s
  double until = 1e300;                ///< s
};

/// The obstacle at a time. The orientation is that of the start turned by spin times the time.
template <int D>
Obstacle<D> at_time(const ObstaclePath<D>& path, double time);

/// Largest speed of a point of the surface from `time` on, m/s.
template <int D>
double largest_speed(const ObstaclePath<D>& path, double time);

/// A standing obstacle of the shape, its own axes turned by `orientation` about its centre. The
/// signed distances of a surface of triangles are sampled at most half a cell `h` apart and
/// appended to `samples`; the error of the interpolation is (h/2)^2/8 times the curvatures.
template <int D>
Obstacle<D> make_obstacle(const Shape& shape, const Mat<D>& orientation, bool is_hollow,
                          const Wall& surface, double h, std::vector<Real>& samples);
/// The same for shapes other than surfaces.
template <int D>
Obstacle<D> make_obstacle(const Shape& shape, const Mat<D>& orientation, bool is_hollow,
                          const Wall& surface);

}  // namespace filigree::mpm
