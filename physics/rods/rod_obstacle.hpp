// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Rigid obstacles that rods touch: signed distance with first and second derivatives.
//
// Boxes and cylinders are those of particle scenes (physics/mpm/obstacle.hpp). A box whose corners
// are rounded off is also a ball (no extent), a capsule (extent along one axis) and a plate. The
// distance of a closed surface of triangles is sampled on a grid and smoothed by cubic B-splines,
// so that its second derivatives are continuous everywhere: corners are rounded by about a spacing
// h, and a surface of curvature radius R is off by h^2/(3 R).
#pragma once

#include <vector>

#include "physics/mpm/obstacle.hpp"
#include "physics/triangle_surface.hpp"

namespace filigree::rods {

/// At one moment, for kernels.
struct RodObstacle {
  mpm::Obstacle<3> body;  ///< form, place and motion; form kBox or kCylinder or kSampled
  bool is_plane = false;  ///< a half space; the third of its own axes points out of it
  Real rounding = 0;      ///< of a box: radius of its corners, beyond `half`, m
  Real margin = 0;        ///< of samples: how far they reach beyond the surface, m
  Real friction = 0;      ///< Coulomb's coefficient
};

/// An obstacle and its path; see mpm::ObstaclePath.
struct RodObstaclePath {
  RodObstacle start;
  mpm::ObstaclePath<3> path;
};
RodObstacle at_time(const RodObstaclePath& path, double time);

/// Half space below a point, with the unit normal `out`.
RodObstacle make_plane(const Vec<3, double>& point, const Vec<3, double>& out);
RodObstacle make_ball(const Vec<3, double>& center, double radius);
/// All points within `radius` of the line between two points.
RodObstacle make_capsule(const Vec<3, double>& from, const Vec<3, double>& to, double radius);
/// Box, ball, cylinder or surface of particle scenes, turned about its middle. Distances of a
/// surface are sampled at most `spacing` (m) apart, `reach` (m) beyond it, and appended to
/// `samples`. Throws InputError when there are too many.
RodObstacle make_obstacle(const Shape& shape, const Mat<3>& orientation, double spacing,
                          double reach, std::vector<Real>& samples);

/// Signed distance (m, negative inside), its gradient and second derivatives (1/m).
struct RodSurface {
  Real distance;
  Vec<3> normal;
  Mat<3> curvature;
};

namespace detail {

/// The length of the positive parts of excesses (mpm::edged_distance), and its second derivatives.
template <int N>
FILIGREE_FUNCTION Mat<N> edged_curvature(const Vec<N>& excess, const Vec<N>& half,
                                         const mpm::SurfacePoint<N>& s) {
  Mat<N> H{};
  bool is_outside = false;
  for (int a = 0; a < N; ++a) {
    if (excess[a] > 0 || half[a] == 0) H(a, a) = 1;
    is_outside = is_outside || excess[a] > 0;
  }
  if (!is_outside) return Mat<N>::zero();
  return (1 / s.distance) * (H - outer(s.normal, s.normal));
}

FILIGREE_FUNCTION RodSurface rounded_box(const RodObstacle& o, const Vec<3>& x) {
  Vec<3> excess{};
  for (int a = 0; a < 3; ++a) excess[a] = Kokkos::fabs(x[a]) - o.body.half[a];
  mpm::SurfacePoint<3> s = mpm::edged_distance<3>(excess);
  for (int a = 0; a < 3; ++a) s.normal[a] = x[a] < 0 ? -s.normal[a] : s.normal[a];
  return {s.distance - o.rounding, s.normal, edged_curvature<3>(excess, o.body.half, s)};
}

FILIGREE_FUNCTION RodSurface cylinder(const RodObstacle& o, const Vec<3>& x) {
  const int axis = o.body.axis;
  const int across = axis == 0 ? 1 : 0;
  Vec<3> radial = x;
  radial[axis] = 0;
  const Real r = norm(radial);
  const Vec<2> excess{r - o.body.half[across], Kokkos::fabs(x[axis]) - o.body.half[axis]};
  const mpm::SurfacePoint<2> flat = mpm::edged_distance<2>(excess);
  Vec<3> out{};  // away from the axis
  out[across] = 1;
  if (r > 0) out = radial * (1 / r);
  Vec<3> up{};
  up[axis] = x[axis] < 0 ? Real(-1) : Real(1);
  const Mat<2> H = edged_curvature<2>(excess, {1, 1}, flat);
  const Vec<3> around = cross(up, out);
  Mat<3> curvature = H(0, 0) * outer(out, out) + H(0, 1) * (outer(out, up) + outer(up, out)) +
                     H(1, 1) * outer(up, up);
  if (r > 0) curvature += (flat.normal[0] / r) * outer(around, around);
  return {flat.distance, flat.normal[0] * out + flat.normal[1] * up, curvature};
}

/// Weights of the cubic B-spline of four samples in a row, t in [0, 1] between the middle two, with
/// first and second derivatives.
struct CubicWeights {
  Real w[4], d[4], dd[4];
};
FILIGREE_FUNCTION CubicWeights cubic_weights(Real t) {
  const Real u = 1 - t;
  constexpr Real k = Real(1) / 6;
  return {
      {k * u * u * u, k * (4 - 3 * t * t * (2 - t)), k * (4 - 3 * u * u * (2 - u)), k * t * t * t},
      {-u * u / 2, t * (3 * t - 4) / 2, u * (4 - 3 * u) / 2, t * t / 2},
      {u, 3 * t - 2, 3 * u - 2, t}};
}

FILIGREE_FUNCTION RodSurface sampled(const RodObstacle& o, const Array<Real>& samples,
                                     const Vec<3>& x) {
  RodSurface s{};
  s.normal[2] = 1;
  Index cell[3];
  CubicWeights c[3];
  Real scale[3];
  Real beyond = 0;
  bool is_far = false;
  for (int a = 0; a < 3; ++a) {
    scale[a] = static_cast<Real>(o.body.samples[a] - 1) / (2 * o.body.half[a]);
    const Real place = (x[a] + o.body.half[a]) * scale[a];
    is_far = is_far || !(place >= 1 && place < static_cast<Real>(o.body.samples[a] - 2));
    const Real out = Kokkos::fabs(x[a]) - (o.body.half[a] - o.margin);
    if (out > 0) beyond += out * out;
    if (is_far) continue;
    cell[a] = static_cast<Index>(place);
    c[a] = cubic_weights(place - static_cast<Real>(cell[a]));
  }
  if (is_far) {  // the distance to the bounding box is less than that to the surface
    s.distance = Kokkos::sqrt(beyond);
    return s;
  }
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) {
      const Index row =
          ((cell[0] - 1 + i) * o.body.samples[1] + cell[1] - 1 + j) * o.body.samples[2] + cell[2] -
          1 + o.body.first_sample;
      Real f = 0, fz = 0, fzz = 0;
      for (int k = 0; k < 4; ++k) {
        const Real value = samples(row + k);
        f += c[2].w[k] * value;
        fz += c[2].d[k] * value;
        fzz += c[2].dd[k] * value;
      }
      const Real ww = c[0].w[i] * c[1].w[j];
      const Real dw = c[0].d[i] * c[1].w[j];
      const Real wd = c[0].w[i] * c[1].d[j];
      s.distance += ww * f;
      if (i == 0 && j == 0) s.normal = Vec<3>::zero();
      s.normal += Vec<3>{dw * f, wd * f, ww * fz};
      s.curvature(0, 0) += c[0].dd[i] * c[1].w[j] * f;
      s.curvature(1, 1) += c[0].w[i] * c[1].dd[j] * f;
      s.curvature(2, 2) += ww * fzz;
      s.curvature(0, 1) += c[0].d[i] * c[1].d[j] * f;
      s.curvature(0, 2) += dw * fz;
      s.curvature(1, 2) += wd * fz;
    }
  }
  for (int a = 0; a < 3; ++a) {
    s.normal[a] *= scale[a];
    for (int b = a; b < 3; ++b) {
      s.curvature(a, b) *= scale[a] * scale[b];
      s.curvature(b, a) = s.curvature(a, b);
    }
  }
  return s;
}

}  // namespace detail

/// The surface of an obstacle as seen from a point in space.
FILIGREE_FUNCTION RodSurface surface_at(const RodObstacle& o, const Array<Real>& samples,
                                        const Vec<3>& x) {
  const Mat<3>& R = o.body.orientation;
  if (o.is_plane) {
    const Vec<3> out{R(0, 2), R(1, 2), R(2, 2)};
    return {dot(out, x - o.body.center), out, Mat<3>::zero()};
  }
  const Vec<3> own = transpose(R) * (x - o.body.center);
  RodSurface s = o.body.form == mpm::ObstacleForm::kSampled    ? detail::sampled(o, samples, own)
                 : o.body.form == mpm::ObstacleForm::kCylinder ? detail::cylinder(o, own)
                                                               : detail::rounded_box(o, own);
  s.normal = R * s.normal;
  s.curvature = R * s.curvature * transpose(R);
  return s;
}

}  // namespace filigree::rods
