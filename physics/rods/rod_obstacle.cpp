// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/rod_obstacle.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/to_real.hpp"

namespace filigree::rods {

namespace {

using Vec3d = Vec<3, double>;

/// Axes of which the third is the unit vector `z`.
Mat<3> axes_along(const Vec3d& z) {
  Vec3d some{};
  some[std::abs(z[0]) < 0.6 ? 0 : 1] = 1;
  Vec3d x = cross(some, z);
  x *= 1 / norm(x);
  const Vec3d y = cross(z, x);
  Mat<3> axes{};
  for (int a = 0; a < 3; ++a) {
    axes(a, 0) = static_cast<Real>(x[a]);
    axes(a, 1) = static_cast<Real>(y[a]);
    axes(a, 2) = static_cast<Real>(z[a]);
  }
  return axes;
}

/// Samples the distances in a box that is `reach` and two spacings larger than the surface.
void sample(const TriangleSurface& surface, double spacing, double reach, RodObstacle& o,
            std::vector<Real>& samples) {
  constexpr double kMost = 1 << 26;
  double count = 1;
  for (int a = 0; a < 3; ++a) {
    count *= (surface.upper[a] - surface.lower[a] + 2 * reach) / spacing + 6;
  }
  FILIGREE_REQUIRE(static_cast<double>(samples.size()) + count < kMost,
                   "a surface of {:.3g} m needs more than {} distances {:.3g} m apart: use a "
                   "smaller obstacle or thicker rods",
                   norm(surface.upper - surface.lower), kMost, spacing);
  mpm::Obstacle<3>& body = o.body;
  body.form = mpm::ObstacleForm::kSampled;
  body.first_sample = static_cast<Index>(samples.size());
  o.margin = static_cast<Real>(reach + 2 * spacing);
  Point3 first{};
  for (int a = 0; a < 3; ++a) {
    const double extent = surface.upper[a] - surface.lower[a] + 2 * (reach + 2 * spacing);
    body.samples[a] = static_cast<Index>(std::ceil(extent / spacing)) + 1;
    body.half[a] = static_cast<Real>(spacing * (body.samples[a] - 1) / 2);
    const double middle = (surface.upper[a] + surface.lower[a]) / 2;
    first[a] = middle - spacing * (body.samples[a] - 1) / 2;
    body.center[a] = static_cast<Real>(middle);
  }
  for (Index i = 0; i < body.samples[0]; ++i) {
    for (Index j = 0; j < body.samples[1]; ++j) {
      for (Index k = 0; k < body.samples[2]; ++k) {
        const Point3 x{first[0] + spacing * i, first[1] + spacing * j, first[2] + spacing * k};
        samples.push_back(static_cast<Real>(signed_distance(surface, x)));
      }
    }
  }
}

}  // namespace

RodObstacle at_time(const RodObstaclePath& path, double time) {
  RodObstacle o = path.start;
  o.body = mpm::at_time(path.path, time);
  return o;
}

RodObstacle make_plane(const Vec3d& point, const Vec3d& out) {
  RodObstacle o;
  o.is_plane = true;
  o.body.center = to_real(point);
  o.body.orientation = axes_along(out * (1 / norm(out)));
  return o;
}

RodObstacle make_ball(const Vec3d& center, double radius) {
  RodObstacle o;
  o.body.center = to_real(center);
  o.rounding = static_cast<Real>(radius);
  return o;
}

RodObstacle make_capsule(const Vec3d& from, const Vec3d& to, double radius) {
  RodObstacle o = make_ball(0.5 * (from + to), radius);
  const double length = norm(to - from);
  if (!(length > 0)) return o;
  o.body.orientation = axes_along((to - from) * (1 / length));
  o.body.half[2] = static_cast<Real>(length / 2);
  return o;
}

RodObstacle make_obstacle(const Shape& shape, const Mat<3>& orientation, double spacing,
                          double reach, std::vector<Real>& samples) {
  RodObstacle o;
  if (const auto* triangles = std::get_if<SurfaceShape>(&shape)) {
    sample(*triangles->surface, spacing, reach, o, samples);
  } else {
    o.body = mpm::make_obstacle<3>(shape, orientation, false, {});
    if (o.body.form == mpm::ObstacleForm::kBall) {
      o.body.form = mpm::ObstacleForm::kBox;
      o.rounding = o.body.half[0];
      o.body.half = Vec<3>::zero();
    }
  }
  o.body.orientation = orientation;
  return o;
}

}  // namespace filigree::rods
