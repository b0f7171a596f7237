// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/shapes.hpp"

#include <gmock/gmock.h>

#include <numbers>

#include "core/error.hpp"
#include "physics/surface_generators.hpp"
#include "physics/triangle_surface.hpp"

namespace filigree {
namespace {

using testing::HasSubstr;

const Shape kBox = BoxShape{.min = {0, 0, 0}, .max = {1, 0.5, 0.25}};
const Shape kBall = SphereShape{.center = {0.5, 0.25, 0.125}, .radius = 0.1};
const Shape kCylinder = CylinderShape{.center = {0, 0, 0}, .radius = 0.2, .height = 0.5, .axis = 1};

double filled_volume(const Shape& shape, double spacing) {
  const FilledShape filled = fill_shape(shape, spacing);
  return filled.point_volume * static_cast<double>(filled.points.size() / dimension(shape));
}

TEST(Shapes, BoxesAreFilledExactly) {
  for (const double spacing : {0.3, 0.1, 0.07, 0.01}) {
    EXPECT_NEAR(filled_volume(kBox, spacing), 0.125, 1e-14) << spacing;
  }
}

/// A lattice counts a smooth body with an error of its surface layer: less than one spacing times
/// the surface.
TEST(Shapes, RoundShapesHaveTheirVolumeUpToTheLattice) {
  const double pi = std::numbers::pi;
  const double ball = 4 * pi / 3 * 1e-3;
  const double cylinder = pi * 0.04 * 0.5;
  for (const double spacing : {0.02, 0.01, 0.005}) {
    EXPECT_NEAR(filled_volume(kBall, spacing), ball, spacing * 4 * pi * 0.01) << spacing;
    EXPECT_NEAR(filled_volume(kCylinder, spacing), cylinder, spacing * 2 * pi * 0.2 * (0.5 + 0.2))
        << spacing;
  }
  EXPECT_NEAR(filled_volume(kBall, 0.002), ball, 2e-3 * ball);
}

TEST(Shapes, PointsAreInside) {
  for (const Shape& shape : {kBox, kBall, kCylinder}) {
    const FilledShape filled = fill_shape(shape, 0.03);
    const std::size_t dim = dimension(shape);
    for (std::size_t i = 0; i < filled.points.size(); i += dim) {
      const std::vector<double> point(filled.points.begin() + static_cast<std::ptrdiff_t>(i),
                                      filled.points.begin() + static_cast<std::ptrdiff_t>(i + dim));
      EXPECT_TRUE(contains(shape, point));
    }
  }
}

TEST(Shapes, MarginsMoveTheSurfaceInwards) {
  EXPECT_TRUE(contains(kCylinder, {0, 0.25, 0}));
  EXPECT_FALSE(contains(kCylinder, {0, 0.25, 0}, 0.01));
  EXPECT_TRUE(contains(kCylinder, {0.19, 0, 0}, 0.01));
  EXPECT_FALSE(contains(kCylinder, {0.195, 0, 0}, 0.01));
  EXPECT_FALSE(contains(kBall, {0.5, 0.25, 0.125}, 0.11));
  EXPECT_TRUE(contains(kBox, {0.5, 0.25, 0.1}, 0.1));
  EXPECT_FALSE(contains(kBox, {0.5, 0.25, 0.1}, 0.11));
}

TEST(Shapes, AnySpacingLeavesAPoint) {
  for (const Shape& shape : {kBox, kBall, kCylinder}) {
    for (double spacing = 0.01; spacing < 10; spacing *= 1.1) {
      EXPECT_EQ(not_fillable(shape, spacing), "");
      EXPECT_FALSE(fill_shape(shape, spacing).points.empty()) << spacing;
    }
  }
}

TEST(Shapes, TooManyPointsAreRefused) {
  EXPECT_THAT(not_fillable(kBall, 1e-5), HasSubstr("more than 2^30: use larger cells"));
  EXPECT_THROW(fill_shape(kBall, 1e-5), InputError);
}

TEST(Shapes, CommonPointsAreFoundFromEitherSide) {
  const Shape box = BoxShape{.min = {0, 0}, .max = {1, 1}};
  const Shape touching = BoxShape{.min = {1, 0}, .max = {2, 1}};
  const Shape overlapping = BoxShape{.min = {0.9, 0.9}, .max = {2, 2}};
  const Shape far = SphereShape{.center = {5, 5}, .radius = 1};
  const Shape inner = SphereShape{.center = {0.5, 0.5}, .radius = 0.2};
  EXPECT_FALSE(common_point(box, touching, 0.1, 0.025));
  EXPECT_FALSE(common_point(touching, box, 0.1, 0.025));
  EXPECT_FALSE(common_point(box, far, 0.1, 0.025));
  for (const Shape& other : {overlapping, inner}) {
    for (const auto& [a, b] : {std::pair(box, other), std::pair(other, box)}) {
      const auto point = common_point(a, b, 0.1, 0.025);
      ASSERT_TRUE(point);
      EXPECT_TRUE(contains(a, *point));
      EXPECT_TRUE(contains(b, *point, 0.025));
    }
  }
}

Shape surface_shape(SurfaceShape shape, TriangleMesh mesh) {
  place_surface(shape, std::move(mesh));
  return shape;
}

TEST(SurfaceShapes, ArePlacedByTheMiddleOfTheirBox) {
  const TriangleMesh gear = gear_surface({.radius = 100, .tooth = 0, .height = 50}, 32, 20);
  SurfaceShape shape;
  shape.scale = 0.001;
  shape.rotation = {90, 0, 0};  // z becomes -y
  const Shape at_origin = surface_shape(shape, gear);
  EXPECT_EQ(dimension(at_origin), 3U);
  EXPECT_THAT(upper_corner(at_origin)[1], testing::DoubleNear(0.025, 1e-15));
  EXPECT_THAT(upper_corner(at_origin)[2], testing::DoubleNear(0.1, 1e-15));
  shape.position = {1, 2, 3};
  const Shape moved = surface_shape(shape, gear);
  EXPECT_THAT(lower_corner(moved),
              testing::Pointwise(testing::DoubleNear(1e-14), std::vector<double>{0.9, 1.975, 2.9}));
  EXPECT_TRUE(contains(moved, {1, 2.02, 3}));
  EXPECT_FALSE(contains(moved, {1, 2.02, 3}, 0.01));
  EXPECT_FALSE(contains(moved, {1, 2.03, 3}));
}

TEST(SurfaceShapes, AreFilledLikeTheFormula) {
  const Shape ball = surface_shape({}, sphere_surface(0.1, 4));
  const TriangleSurface& surface = *std::get<SurfaceShape>(ball).surface;
  for (const double spacing : {0.02, 0.01, 0.005}) {
    EXPECT_NEAR(filled_volume(ball, spacing), surface.volume, spacing * surface.area) << spacing;
  }
  EXPECT_NEAR(filled_volume(ball, 0.004), surface.volume, 5e-3 * surface.volume);
  const Shape box = BoxShape{.min = {0.05, -1, -1}, .max = {1, 1, 1}};
  EXPECT_TRUE(common_point(ball, box, 0.01, 0.0025));
  EXPECT_TRUE(common_point(box, ball, 0.01, 0.0025));
  EXPECT_FALSE(common_point(ball, BoxShape{.min = {0.1, -1, -1}, .max = {1, 1, 1}}, 0.01, 0.0025));
}

TEST(SurfaceShapes, ThinOnesAreRefused) {
  const Shape ring = surface_shape({}, torus_surface(0.1, 0.01, 64, 16));
  EXPECT_EQ(not_fillable(ring, 0.005), "");
  EXPECT_EQ(not_fillable(ring, 0.2),
            "it is so thin that no particle lies inside at 0.2 m: use smaller cells");
  EXPECT_THROW(fill_shape(ring, 0.2), InputError);
  EXPECT_THROW(fill_shape(SurfaceShape{}, 0.2), InternalError);
}

}  // namespace
}  // namespace filigree
