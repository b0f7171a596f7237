// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/mpm/obstacle.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "core/parallel.hpp"
#include "core/random.hpp"
#include "physics/shape_outline.hpp"
#include "physics/surface_generators.hpp"

namespace filigree::mpm {
namespace {

constexpr bool kFloat = std::is_same_v<Real, float>;
const Array<Real> kNoSamples;

std::vector<Shape> shapes(int dim) {
  if (dim == 2) {
    return {BoxShape{{-0.3, -0.2}, {0.3, 0.2}}, SphereShape{{0, 0}, 0.3}};
  }
  return {BoxShape{{-0.3, -0.2, -0.1}, {0.3, 0.2, 0.1}}, SphereShape{{0, 0, 0}, 0.3},
          CylinderShape{{0, 0, 0}, 0.2, 0.5, 0}, CylinderShape{{0, 0, 0}, 0.2, 0.5, 2}};
}

template <int D>
Vec<D> random_point(const RandomStream& stream, std::uint64_t sample) {
  Vec<D> x{};
  for (int a = 0; a < D; ++a) {
    x[a] = stream.between<Real>(Real(-0.5), Real(0.5), sample, static_cast<std::uint32_t>(a));
  }
  return x;
}

/// A distance has a gradient of length 1, which is the normal, and the sign of the inside test.
template <int D>
void check_distance(const Shape& shape, bool is_hollow) {
  const RandomStream stream(1, "obstacle/distance");
  Vec<D == 2 ? 1 : 3, double> turn{};
  turn[0] = 0.7;
  Obstacle<D> o = make_obstacle<D>(shape, rotation_matrix(turn), is_hollow, {});
  o.center = Vec<D>::filled(Real(0.05));
  const Real step = kFloat ? Real(1e-2) : Real(1e-6);
  int smooth = 0;
  for (int sample = 0; sample < 500; ++sample) {
    const Vec<D> x = random_point<D>(stream, sample);
    const SurfacePoint<D> s = surface_at(o, kNoSamples, x);
    const Vec<D> own = transpose(o.orientation) * (x - o.center);
    const std::vector<double> point(own.data, own.data + D);
    if (std::abs(s.distance) > tol<Real>(100)) {
      EXPECT_EQ(s.distance < 0, contains(shape, point) != is_hollow);
    }
    EXPECT_NEAR(norm(s.normal), 1, tol<Real>(10));
    Real slope = 0;
    bool is_smooth = true;
    for (int a = 0; a < D; ++a) {
      Vec<D> d{};
      d[a] = step;
      const SurfacePoint<D> more = surface_at(o, kNoSamples, x + d);
      const SurfacePoint<D> less = surface_at(o, kNoSamples, x - d);
      is_smooth = is_smooth && norm(more.normal - less.normal) < Real(0.1);
      const Real derivative = (more.distance - less.distance) / (2 * step);
      slope += derivative * s.normal[a];
    }
    if (!is_smooth) continue;  // on the medial axis or at the corner of an inner region
    ++smooth;
    EXPECT_NEAR(slope, 1, kFloat ? 2e-2 : 1e-7);
  }
  EXPECT_GT(smooth, 400);
}

TEST(Obstacle, SurfaceDistanceHasUnitSlopeAndTheSignOfTheInsideTest) {
  for (const bool is_hollow : {false, true}) {
    for (const Shape& shape : shapes(2)) check_distance<2>(shape, is_hollow);
    for (const Shape& shape : shapes(3)) check_distance<3>(shape, is_hollow);
  }
}

/// A floor whose upper face is y = 0; x well inside it.
Obstacle<2> floor_of(WallKind kind, double friction) {
  Obstacle<2> o =
      make_obstacle<2>(BoxShape{{-5, -1}, {5, 0}}, Mat<2>::identity(), false, {kind, friction});
  o.velocity = {2, 1};
  return o;
}
constexpr Vec<2> kInside{Real(0.5), Real(-0.01)};

TEST(Obstacle, StickTakesTheVelocityOfTheObstacle) {
  EXPECT_EQ(touched(floor_of(WallKind::kStick, 0), kNoSamples, kInside, {7, -3}), (Vec<2>{2, 1}));
}

TEST(Obstacle, SlipKeepsTheTangentialVelocityOnly) {
  const Vec<2> v = touched(floor_of(WallKind::kSlip, 0), kNoSamples, kInside, {7, -3});
  EXPECT_NEAR(v[0], 7, tol<Real>(10));
  EXPECT_NEAR(v[1], 1, tol<Real>(10));
}

TEST(Obstacle, SeparateLetsMatterLeaveAndRubsWhatComes) {
  const Obstacle<2> o = floor_of(WallKind::kSeparate, 0.5);
  EXPECT_EQ(touched(o, kNoSamples, kInside, {7, 3}), (Vec<2>{7, 3}))
      << "leaving: faster than the floor";
  // Relative velocity (5, -4): the normal part 4 rubs off 2 of the tangential 5.
  const Vec<2> v = touched(o, kNoSamples, kInside, {7, -3});
  EXPECT_NEAR(v[0], 2 + 3, tol<Real>(10));
  EXPECT_NEAR(v[1], 1, tol<Real>(10));
  // (1, -4): friction 2 exceeds the tangential velocity, so it sticks.
  const Vec<2> stuck = touched(o, kNoSamples, kInside, {3, -3});
  EXPECT_NEAR(stuck[0], 2, tol<Real>(10));
  EXPECT_NEAR(stuck[1], 1, tol<Real>(10));
  EXPECT_EQ(touched(o, kNoSamples, {Real(0.5), Real(0.01)}, {7, -3}), (Vec<2>{7, -3})) << "outside";
}

TEST(Obstacle, TurningSurfacesCarryMatterAround) {
  Obstacle<3> drum = make_obstacle<3>(CylinderShape{{0, 0, 0}, 0.5, 1, 1}, Mat<3>::identity(), true,
                                      {WallKind::kStick, 0});
  drum.spin = {0, 2, 0};
  const Vec<3> v = touched(drum, kNoSamples, {Real(0.6), 0, 0}, Vec<3>::zero());
  EXPECT_NEAR(v[2], -1.2, tol<Real>(10));
  EXPECT_EQ(touched(drum, kNoSamples, {Real(0.4), 0, 0}, {1, 2, 3}), (Vec<3>{1, 2, 3}))
      << "inside the drum";
}

TEST(Obstacle, PathsAreSteadyBetweenTheirTimes) {
  ObstaclePath<2> path;
  path.start = floor_of(WallKind::kStick, 0);
  path.velocity = {3, 0};
  path.spin = {std::numbers::pi};
  path.from = 1;
  path.until = 2;
  const Obstacle<2> before = at_time(path, 0.5);
  EXPECT_EQ(before.center, path.start.center);
  EXPECT_EQ(before.velocity, (Vec<2>{0, 0}));
  const Obstacle<2> half = at_time(path, 1.5);
  EXPECT_NEAR(half.center[0], path.start.center[0] + 1.5, tol<Real>(10));
  EXPECT_NEAR(half.orientation(1, 0), 1, tol<Real>(10)) << "a quarter turn";
  EXPECT_EQ(half.velocity, (Vec<2>{3, 0}));
  const Obstacle<2> after = at_time(path, 7);
  EXPECT_NEAR(after.center[0], path.start.center[0] + 3, tol<Real>(10));
  EXPECT_NEAR(after.orientation(0, 0), -1, tol<Real>(10));
  EXPECT_EQ(after.spin[0], 0);
}

TEST(Obstacle, RotationsAreRotations) {
  const RandomStream stream(2, "obstacle/rotation");
  for (int sample = 0; sample < 100; ++sample) {
    const Vec<3, double> turn{stream.between(-5.0, 5.0, sample, 0),
                              stream.between(-5.0, 5.0, sample, 1),
                              stream.between(-5.0, 5.0, sample, 2)};
    const Mat<3> R = rotation_matrix(turn);
    EXPECT_LE(squared_norm(R * transpose(R) - Mat<3>::identity()), tol<Real>(10));
    EXPECT_NEAR(det(R), 1, tol<Real>(10));
    EXPECT_NEAR(trace(R), 1 + 2 * std::cos(norm(turn)), tol<Real>(20));
  }
}

/// surface_at for many points, in a kernel: samples live on the device.
HostArray<Vec<4>> surfaces_at(const Obstacle<3>& o, const Array<Real>& samples,
                              const std::vector<Vec<3>>& points) {
  const auto x = to_device<Vec<3>>("points", points);
  const Array<Vec<4>> found("found", x.size());
  for_each(
      "test/surfaces_at", x.size(), FILIGREE_LAMBDA(Index i) {
        const SurfacePoint<3> s = surface_at(o, samples, x(i));
        found(i) = {s.distance, s.normal[0], s.normal[1], s.normal[2]};
      });
  return to_host(found);
}

/// A ball of triangles, turned and moved, against the exact ball. Interpolation over h/2 of a
/// distance with the curvature 1/0.1 at most (points closer to the middle are left out) and
/// triangles inside the ball by up to e^2/(8 r), e their edge.
TEST(Obstacle, SampledSurfacesAreWhereTheTrianglesAre) {
  const double r = 0.3, h = 0.05;
  SurfaceShape shape;
  shape.position = {0.1, 0.2, 0.3};
  place_surface(shape, sphere_surface(r, 4));
  std::vector<Real> values;
  const Obstacle<3> o = make_obstacle<3>(Shape(shape), rotation_matrix(Vec<3, double>{0.3, 0.5, 1}),
                                         false, {WallKind::kStick, 0}, h, values);
  EXPECT_NEAR(o.center[2], 0.3, 1e-3);
  const auto samples = to_device<Real>("samples", values);
  const RandomStream stream(3, "obstacle/sampled");
  std::vector<Vec<3>> points;
  for (int i = 0; i < 500; ++i) points.push_back(random_point<3>(stream, i) + o.center);
  const auto found = surfaces_at(o, samples, points);
  for (Index i = 0; i < found.size(); ++i) {
    const Vec<3> r_i = points[static_cast<std::size_t>(i)] - o.center;
    const Real exact = norm(r_i) - Real(r);
    const Vec<3> normal{found(i)[1], found(i)[2], found(i)[3]};
    if (exact > 0.5 * h) {  // beyond the samples: the way to their box, for hollow obstacles
      EXPECT_GT(found(i)[0], 0.3 * exact);
      EXPECT_GT(dot(normal, r_i) / norm(r_i), 0.5);
    } else if (exact > -0.2) {
      EXPECT_NEAR(found(i)[0], exact, h * h / 32 * 2 / 0.1 + 0.001);
      EXPECT_NEAR(dot(normal, r_i) / norm(r_i), 1, 0.02);
    }
  }
}

/// Volume below the triangles by the divergence theorem: V = sum p0 . (p1 x p2) / 6.
double enclosed_volume(const Block& block) {
  double volume = 0;
  for (std::int64_t c = 0; c < block.n_cells(); ++c) {
    Vec<3, double> p[3];
    for (int k = 0; k < 3; ++k) {
      const auto i = block.connectivity[static_cast<std::size_t>(3 * c + k)];
      for (int a = 0; a < 3; ++a) p[k][a] = block.points[static_cast<std::size_t>(3 * i + a)];
    }
    volume += dot(p[0], cross(p[1], p[2])) / 6;
  }
  return volume;
}

TEST(ShapeOutline, EnclosesTheVolumeOfTheShape) {
  const double pi = std::numbers::pi;
  EXPECT_NEAR(enclosed_volume(outline(BoxShape{{0, 0, 0}, {1, 2, 3}})), 6, 1e-12);
  // 48 sides lack a share of 2/3 (pi/48)^2 = 0.3 % of a circle's area.
  EXPECT_NEAR(enclosed_volume(outline(SphereShape{{1, 2, 3}, 0.5})) / (pi / 6), 1, 0.01);
  for (int axis = 0; axis < 3; ++axis) {
    const CylinderShape cylinder{{1, 2, 3}, 0.5, 2, axis};
    const Block block = outline(cylinder);
    EXPECT_NEAR(enclosed_volume(block) / (pi / 2), 1, 0.005);
    double longest = 0;
    for (std::size_t i = 0; i < block.points.size(); i += 3) {
      longest = std::max(longest, block.points[i + static_cast<std::size_t>(axis)]);
    }
    EXPECT_NEAR(longest, 1, 1e-12);
  }
}

}  // namespace
}  // namespace filigree::mpm
