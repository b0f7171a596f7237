// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Closed surfaces against formulas, exact sums and brute force.
#include "physics/triangle_surface.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/random.hpp"
#include "physics/surface_generators.hpp"
#include "tests/physics/surface_testing.hpp"

namespace filigree {
namespace {

using testing_surface::box_mesh;

constexpr double kPi = std::numbers::pi;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
const GearShape kGear;

/// Points spread evenly over a box that reaches beyond the surface by a tenth.
std::vector<Point3> random_points(const TriangleSurface& surface, int n) {
  const RandomStream random(7, "test/surface");
  const Point3 middle = 0.5 * (surface.lower + surface.upper);
  const Point3 reach = 0.55 * (surface.upper - surface.lower);
  std::vector<Point3> points;
  for (int i = 0; i < n; ++i) {
    Point3 x = middle;
    for (int a = 0; a < 3; ++a) x[a] += reach[a] * random.between(-1.0, 1.0, 3 * i + a);
    points.push_back(x);
  }
  return points;
}

std::vector<TriangleSurface> all_surfaces() {
  return {make_triangle_surface(sphere_surface(0.3, 4)),
          make_triangle_surface(torus_surface(0.3, 0.1, 64, 24)),
          make_triangle_surface(drop_surface(0.2, 48, 40)),
          make_triangle_surface(gear_surface(kGear, 96, 12))};
}

double order(double coarse, double fine) {
  return std::log2(coarse / fine);
}

TEST(SurfaceMeasures, SpheresConvergeWithSecondOrder) {
  double before = 0;
  for (const int level : {2, 3, 4, 5}) {
    const TriangleSurface ball = make_triangle_surface(sphere_surface(0.3, level));
    EXPECT_EQ(ball.triangles.size(), 20U << (2 * level));
    const double volume = 4 * kPi / 3 * 0.027;
    const double error = volume - ball.volume;
    EXPECT_GT(error, 0);
    EXPECT_NEAR(ball.area / (4 * kPi * 0.09), 1, error / volume);
    if (before > 0) {
      EXPECT_NEAR(order(before, error), 2, 0.05) << level;
    }
    before = error;
  }
  EXPECT_LT(before, 1e-3 * 0.113);
}

TEST(SurfaceMeasures, ToriAndDropsConvergeWithSecondOrder) {
  double torus_before = 0;
  double drop_before = 0;
  for (const int n : {16, 32, 64, 128}) {
    const TriangleSurface torus = make_triangle_surface(torus_surface(0.3, 0.1, n, n));
    const TriangleSurface drop = make_triangle_surface(drop_surface(0.3, n, n));
    const double torus_error = 2 * kPi * kPi * 0.3 * 0.01 - torus.volume;
    const double drop_error = 2 * kPi / 3 * 0.027 - drop.volume;
    if (torus_before > 0) {
      EXPECT_NEAR(order(torus_before, torus_error), 2, 0.1) << n;
      EXPECT_NEAR(order(drop_before, drop_error), 2, 0.1) << n;
    }
    torus_before = torus_error;
    drop_before = drop_error;
  }
}

TEST(SurfaceMeasures, GearsHaveTheirVolume) {
  const double e = 0.25;
  const double rounding = std::tgamma(1 + e / 2) * std::tgamma(1 + e) / std::tgamma(1 + 1.5 * e);
  const double volume = kPi * kGear.radius * kGear.radius * (1 + kGear.tooth * kGear.tooth / 2) *
                        kGear.height * rounding;
  EXPECT_NEAR(make_triangle_surface(gear_surface(kGear, 400, 200)).volume / volume, 1, 1e-3);
}

const TriangleMesh kBox = box_mesh({1, 2, 3}, {2, 4, 6});

TEST(SurfaceMeasures, BoxesAreExact) {
  const TriangleSurface box = make_triangle_surface(kBox);
  EXPECT_NEAR(box.volume, 6, 1e-13);
  EXPECT_NEAR(box.area, 22, 1e-13);
  EXPECT_LT(norm(box.centroid - Point3{1.5, 3, 4.5}), 1e-13);
  EXPECT_EQ(box.lower, kBox.points.front());
  EXPECT_EQ(box.upper, kBox.points.back());
  for (const Point3& x : random_points(box, 2000)) {
    bool inside = true;
    double out = 0;
    double depth = kInfinity;
    for (int a = 0; a < 3; ++a) {
      const double past = std::max(box.lower[a] - x[a], x[a] - box.upper[a]);
      inside = inside && past < 0;
      out += std::max(past, 0.0) * std::max(past, 0.0);
      depth = std::min(depth, -past);
    }
    EXPECT_EQ(is_inside(box, x), inside);
    EXPECT_NEAR(signed_distance(box, x), inside ? -depth : std::sqrt(out), 1e-14);
  }
}

/// Inside of the formula and of the triangles differ at most within the sagitta of the triangles.
TEST(InsideTest, AgreesWithFormulas) {
  const double sagitta = 2e-3;
  const TriangleSurface ball = make_triangle_surface(sphere_surface(0.3, 4));
  const TriangleSurface torus = make_triangle_surface(torus_surface(0.3, 0.1, 128, 64));
  int n_inside = 0;
  for (const Point3& x : random_points(ball, 20000)) {
    const double phi = norm(x) - 0.3;
    EXPECT_NEAR(signed_distance(ball, x), phi, sagitta);
    if (std::abs(phi) > sagitta) {
      EXPECT_EQ(is_inside(ball, x), phi < 0);
    }
    n_inside += is_inside(ball, x);
  }
  EXPECT_GT(n_inside, 5000);
  for (const Point3& x : random_points(torus, 20000)) {
    const double phi = std::hypot(std::hypot(x[0], x[1]) - 0.3, x[2]) - 0.1;
    EXPECT_NEAR(signed_distance(torus, x), phi, sagitta);
    if (std::abs(phi) > sagitta) {
      EXPECT_EQ(is_inside(torus, x), phi < 0);
    }
  }
}

/// The dipoles' error against the exact sum, which is 0 or 1 for a closed surface.
TEST(WindingNumber, FarFieldErrorIsSmallAndFallsWithDistance) {
  for (const TriangleSurface& surface : all_surfaces()) {
    double error[2] = {0, 0};
    for (const Point3& x : random_points(surface, 2000)) {
      const double exact = winding_number(surface.tree, x, kInfinity);
      EXPECT_NEAR(exact, std::round(exact), 1e-9);
      error[0] = std::max(error[0], std::abs(winding_number(surface.tree, x) - exact));
      error[1] = std::max(error[1], std::abs(winding_number(surface.tree, x, 4 * kFar) - exact));
    }
    EXPECT_LT(error[0], 0.05);
    EXPECT_LT(error[1], error[0] / 8);
  }
}

TEST(WindingNumber, SolidAnglesOfAnOctantAndOfAPlane) {
  const std::array<Point3, 3> octant{Point3{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
  EXPECT_NEAR(solid_angle(octant, {0, 0, 0}), kPi / 2, 1e-15);
  EXPECT_NEAR(solid_angle(octant, {1, 1, 1}),
              -solid_angle({octant[0], octant[2], octant[1]}, {1, 1, 1}), 1e-15);
  EXPECT_EQ(solid_angle(octant, {2, -0.5, -0.5}), 0);
}

TEST(Proximity, AgreesWithBruteForce) {
  for (const TriangleSurface& surface : all_surfaces()) {
    for (const Point3& x : random_points(surface, 300)) {
      double least = kInfinity;
      for (const Triangle& t : surface.triangles) {
        const std::array<Point3, 3> corners{surface.points[t[0]], surface.points[t[1]],
                                            surface.points[t[2]]};
        least = std::min(least, norm(x - nearest_on_triangle(corners, x)));
      }
      const SurfaceProximity found = proximity(surface, x);
      EXPECT_EQ(std::abs(found.distance), least);
      EXPECT_EQ(norm(x - found.nearest), least);
      EXPECT_EQ(found.distance<0, winding_number(surface.tree, x, kInfinity)> 0.5);
    }
  }
}

/// No point of a fine grid over a triangle is nearer than the point found.
TEST(Proximity, NearestPointsOfATriangle) {
  const std::array<Point3, 3> corners{Point3{0, 0, 0}, {1, 0.2, 0}, {0.3, 0.8, 0.4}};
  const RandomStream random(3, "test/triangle");
  for (int i = 0; i < 500; ++i) {
    Point3 x{};
    for (int a = 0; a < 3; ++a) x[a] = random.between(-1.0, 2.0, 3 * i + a);
    const double found = norm(x - nearest_on_triangle(corners, x));
    double least = kInfinity;
    for (int j = 0; j <= 100; ++j) {
      for (int k = 0; j + k <= 100; ++k) {
        const Point3 y = corners[0] + (0.01 * j) * (corners[1] - corners[0]) +
                         (0.01 * k) * (corners[2] - corners[0]);
        least = std::min(least, norm(x - y));
      }
    }
    EXPECT_LE(found, least + 1e-14);
    EXPECT_GT(found, least - 0.02);
  }
}

TEST(Proximity, NormalsAreTheGradientOfTheDistance) {
  for (const TriangleSurface& surface : all_surfaces()) {
    int n_smooth = 0;
    for (const Point3& x : random_points(surface, 300)) {
      const SurfaceProximity here = proximity(surface, x);
      EXPECT_NEAR(norm(here.normal), 1, 1e-12);
      // Along the normal the distance grows by the way, except across the skeleton.
      const double h = 1e-6;
      const double ahead = signed_distance(surface, x + h * here.normal);
      const double behind = signed_distance(surface, x - h * here.normal);
      n_smooth += std::abs((ahead - behind) / (2 * h) - 1) < 1e-6;
    }
    EXPECT_GT(n_smooth, 280);
  }
  const TriangleSurface box = make_triangle_surface(kBox);
  const SurfaceProximity on_top = proximity(box, {1.5, 3.1, 6});
  EXPECT_EQ(on_top.distance, 0);
  EXPECT_LT(norm(on_top.normal - Point3{0, 0, 1}), 1e-15);
}

TEST(SurfaceMesh, IsScaledRotatedAndMoved) {
  std::vector<Point3> points{{1, 2, 3}};
  scale_and_rotate(points, 2, {90, 0, 0});
  EXPECT_LT(norm(points[0] - Point3{2, -6, 4}), 1e-14);
  points = {{1, 2, 3}};
  scale_and_rotate(points, 1, {90, 90, 0});  // x first: (1, -3, 2), then y: (2, -3, -1)
  EXPECT_LT(norm(points[0] - Point3{2, -3, -1}), 1e-14);
  points = {{1, 2, 3}, {3, 4, 9}};
  move_middle(points, {0, 0, 1});
  EXPECT_EQ(points[1], (Point3{1, 1, 4}));
}

}  // namespace
}  // namespace filigree
