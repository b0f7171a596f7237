// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/mpm/obstacle.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "physics/triangle_surface.hpp"

namespace filigree::mpm {

Mat<2> rotation_matrix(const Vec<1, double>& turn) {
  const auto c = static_cast<Real>(std::cos(turn[0]));
  const auto s = static_cast<Real>(std::sin(turn[0]));
  return {c, -s, s, c};
}

Mat<3> rotation_matrix(const Vec<3, double>& turn) {
  const double angle = norm(turn);
  if (!(angle > 0)) return Mat<3>::identity();
  const Vec<3, double> n = turn / angle;
  const Mat<3, 3, double> K{0, -n[2], n[1], n[2], 0, -n[0], -n[1], n[0], 0};
  const double half_sine = std::sin(angle / 2);  // 1 - cos(angle) without cancellation
  const Mat<3, 3, double> R =
      Mat<3, 3, double>::identity() + std::sin(angle) * K + (2 * half_sine * half_sine) * (K * K);
  Mat<3> result{};
  for (int c = 0; c < 9; ++c) result.data[c] = static_cast<Real>(R.data[c]);
  return result;
}

template <int D>
Obstacle<D> at_time(const ObstaclePath<D>& path, double time) {
  Obstacle<D> o = path.start;
  const double moved = std::clamp(time, path.from, path.until) - path.from;
  const bool is_moving = time > path.from && time <= path.until;
  for (int a = 0; a < D; ++a) {
    o.center[a] = static_cast<Real>(path.start.center[a] + moved * path.velocity[a]);
    o.velocity[a] = is_moving ? static_cast<Real>(path.velocity[a]) : Real(0);
  }
  o.orientation = rotation_matrix(moved * path.spin) * path.start.orientation;
  for (int a = 0; a < (D == 2 ? 1 : 3); ++a) {
    o.spin[a] = is_moving ? static_cast<Real>(path.spin[a]) : Real(0);
  }
  return o;
}

template <int D>
double largest_speed(const ObstaclePath<D>& path, double time) {
  if (time >= path.until) return 0;
  return norm(path.velocity) + norm(path.spin) * static_cast<double>(norm(path.start.half));
}

namespace {

/// Samples the distances in a box that is one spacing larger than the surface on every side.
void sample(const TriangleSurface& surface, double h, Obstacle<3>& o, std::vector<Real>& samples) {
  constexpr double kMost = 1 << 27;
  o.form = ObstacleForm::kSampled;
  o.first_sample = static_cast<Index>(samples.size());
  double count = 1;
  Point3 cells{};
  for (int a = 0; a < 3; ++a) {
    cells[a] = std::max(4.0, std::ceil((surface.upper[a] - surface.lower[a]) / (h / 2)));
    count *= cells[a] + 3;
  }
  FILIGREE_REQUIRE(static_cast<double>(samples.size()) + count < kMost,
                   "the surfaces of the obstacles need more than {} samples half a cell apart: use "
                   "larger cells or smaller obstacles",
                   kMost);
  Point3 middle{}, spacing{};
  for (int a = 0; a < 3; ++a) {
    const double extent = surface.upper[a] - surface.lower[a];
    spacing[a] = extent / cells[a];
    middle[a] = (surface.upper[a] + surface.lower[a]) / 2;
    o.half[a] = static_cast<Real>(extent / 2 + spacing[a]);
    o.samples[a] = static_cast<Index>(cells[a]) + 3;
  }
  for (Index i = 0; i < o.samples[0]; ++i) {
    for (Index j = 0; j < o.samples[1]; ++j) {
      for (Index k = 0; k < o.samples[2]; ++k) {
        const Index at[3] = {i, j, k};
        Point3 x{};
        for (int a = 0; a < 3; ++a) {
          x[a] = middle[a] + spacing[a] * (at[a] - 0.5 * (o.samples[a] - 1));
        }
        samples.push_back(static_cast<Real>(signed_distance(surface, x)));
      }
    }
  }
}

}  // namespace

template <int D>
Obstacle<D> make_obstacle(const Shape& shape, const Mat<D>& orientation, bool is_hollow,
                          const Wall& surface) {
  std::vector<Real> none;
  return make_obstacle<D>(shape, orientation, is_hollow, surface, 0, none);
}

template <int D>
Obstacle<D> make_obstacle(const Shape& shape, const Mat<D>& orientation, bool is_hollow,
                          const Wall& surface, [[maybe_unused]] double h,
                          [[maybe_unused]] std::vector<Real>& samples) {
  Obstacle<D> o;
  if (std::holds_alternative<SphereShape>(shape)) o.form = ObstacleForm::kBall;
  if (const auto* cylinder = std::get_if<CylinderShape>(&shape)) {
    o.form = ObstacleForm::kCylinder;
    o.axis = cylinder->axis;
  }
  const std::vector<double> lower = lower_corner(shape);
  const std::vector<double> upper = upper_corner(shape);
  for (int a = 0; a < D; ++a) {
    o.half[a] = static_cast<Real>((upper[a] - lower[a]) / 2);
    o.center[a] = static_cast<Real>((upper[a] + lower[a]) / 2);
  }
  if constexpr (D == 3) {
    if (const auto* triangles = std::get_if<SurfaceShape>(&shape)) {
      sample(*triangles->surface, h, o, samples);
    }
  }
  o.orientation = orientation;
  o.is_hollow = is_hollow;
  o.surface = surface;
  return o;
}

#define FILIGREE_INSTANTIATE(D)                                                                 \
  template Obstacle<D> at_time<D>(const ObstaclePath<D>&, double);                              \
  template double largest_speed<D>(const ObstaclePath<D>&, double);                             \
  template Obstacle<D> make_obstacle<D>(const Shape&, const Mat<D>&, bool, const Wall&);        \
  template Obstacle<D> make_obstacle<D>(const Shape&, const Mat<D>&, bool, const Wall&, double, \
                                        std::vector<Real>&);
FILIGREE_INSTANTIATE(2)
FILIGREE_INSTANTIATE(3)
#undef FILIGREE_INSTANTIATE

}  // namespace filigree::mpm
