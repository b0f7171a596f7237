// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/surface_mesh.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace filigree {

namespace {

/// Calls visit(v, a, b, c) for every triangle: v = a . (b x c) / 6, corners seen from `origin`.
template <class Visit>
void visit_tetrahedra(const TriangleMesh& mesh, const Point3& origin, const Visit& visit) {
  for (const Triangle& t : mesh.triangles) {
    const Point3 a = mesh.points[t[0]] - origin;
    const Point3 b = mesh.points[t[1]] - origin;
    const Point3 c = mesh.points[t[2]] - origin;
    visit(dot(a, cross(b, c)) / 6, a, b, c);
  }
}

}  // namespace

Point3 area_vector(const Point3& a, const Point3& b, const Point3& c) {
  return 0.5 * cross(b - a, c - a);
}

Point3 area_vector(const TriangleMesh& mesh, const Triangle& t) {
  return area_vector(mesh.points[t[0]], mesh.points[t[1]], mesh.points[t[2]]);
}

double surface_area(const TriangleMesh& mesh) {
  double area = 0;
  for (const Triangle& t : mesh.triangles) area += norm(area_vector(mesh, t));
  return area;
}

double signed_volume(const TriangleMesh& mesh) {
  double volume = 0;
  visit_tetrahedra(mesh, bounds_of(mesh.points).middle(),
                   [&](double v, const Point3&, const Point3&, const Point3&) { volume += v; });
  return volume;
}

Point3 volume_centroid(const TriangleMesh& mesh) {
  const Point3 origin = bounds_of(mesh.points).middle();
  double volume = 0;
  Point3 moment{};
  visit_tetrahedra(mesh, origin, [&](double v, const Point3& a, const Point3& b, const Point3& c) {
    volume += v;
    moment += (0.25 * v) * (a + b + c);
  });
  return origin + moment / volume;
}

Bounds bounds_of(const std::vector<Point3>& points) {
  Bounds bounds;
  if (points.empty()) return bounds;
  bounds.lower = bounds.upper = points.front();
  for (const Point3& x : points) {
    for (int a = 0; a < 3; ++a) {
      bounds.lower[a] = std::min(bounds.lower[a], x[a]);
      bounds.upper[a] = std::max(bounds.upper[a], x[a]);
    }
  }
  return bounds;
}

void drop_unused_points(TriangleMesh& mesh) {
  std::vector<Point3> points;
  std::vector<Index> number(mesh.points.size(), -1);
  for (Triangle& t : mesh.triangles) {
    for (Index& i : t) {
      if (number[i] < 0) {
        number[i] = static_cast<Index>(points.size());
        points.push_back(mesh.points[i]);
      }
      i = number[i];
    }
  }
  mesh.points = std::move(points);
}

void scale_and_rotate(std::vector<Point3>& points, double scale,
                      const std::array<double, 3>& degrees) {
  for (int axis = 0; axis < 3; ++axis) {
    const double angle = degrees[axis] * std::numbers::pi / 180;
    const double c = std::cos(angle);
    const double s = std::sin(angle);
    const int u = (axis + 1) % 3;
    const int v = (axis + 2) % 3;
    for (Point3& x : points) {
      const double before = x[u];
      x[u] = c * before - s * x[v];
      x[v] = s * before + c * x[v];
    }
  }
  for (Point3& x : points) x *= scale;
}

void move_middle(std::vector<Point3>& points, const Point3& middle) {
  const Point3 shift = middle - bounds_of(points).middle();
  for (Point3& x : points) x += shift;
}

}  // namespace filigree
