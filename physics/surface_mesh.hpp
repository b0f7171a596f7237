// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Points and triangles as a file or a generator gives them, and what can be measured on them.
#pragma once

#include <array>
#include <vector>

#include "core/types.hpp"
#include "core/vec.hpp"

namespace filigree {

using Point3 = Vec<3, double>;
using Triangle = std::array<Index, 3>;

struct TriangleMesh {
  std::vector<Point3> points;       ///< m
  std::vector<Triangle> triangles;  ///< numbers of points
};

/// (b - a) x (c - a) / 2: the triangle's area times its normal (m^2).
Point3 area_vector(const Point3& a, const Point3& b, const Point3& c);
Point3 area_vector(const TriangleMesh& mesh, const Triangle& triangle);

/// sum |area vector| (m^2).
double surface_area(const TriangleMesh& mesh);
/// Divergence theorem: sum a . (b x c) / 6, a, b, c seen from the middle of the bounding box, which
/// keeps digits (m^3). Positive when the triangles face outwards; independent of the middle for
/// closed surfaces only.
double signed_volume(const TriangleMesh& mesh);
/// Centroid of the enclosed volume: sum v_t (o + a + b + c)/4 / sum v_t over the tetrahedra of the
/// triangles and the middle o (m).
Point3 volume_centroid(const TriangleMesh& mesh);

/// Bounding box of the points (m); zero when there are none.
struct Bounds {
  Point3 lower{}, upper{};
  Point3 middle() const { return 0.5 * (lower + upper); }
  double diagonal() const { return norm(upper - lower); }
};
Bounds bounds_of(const std::vector<Point3>& points);

/// Removes points that no triangle names; the others are in the order of their first use.
void drop_unused_points(TriangleMesh& mesh);

/// x' = R_z R_y R_x (scale x): turned by angles (degrees) about the x axis, then y, then z.
void scale_and_rotate(std::vector<Point3>& points, double scale,
                      const std::array<double, 3>& degrees);
/// Moves the middle of the bounding box to `middle` (m).
void move_middle(std::vector<Point3>& points, const Point3& middle);

}  // namespace filigree
