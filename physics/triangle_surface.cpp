// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/triangle_surface.hpp"

#include <utility>

namespace filigree {

TriangleSurface make_triangle_surface(TriangleMesh mesh) {
  TriangleSurface surface;
  surface.repairs = repair_surface(mesh);
  const Bounds bounds = bounds_of(mesh.points);
  surface.lower = bounds.lower;
  surface.upper = bounds.upper;
  surface.volume = signed_volume(mesh);
  surface.area = surface_area(mesh);
  surface.centroid = volume_centroid(mesh);
  surface.tree = make_surface_tree(mesh);
  surface.points = std::move(mesh.points);
  surface.triangles = std::move(mesh.triangles);
  return surface;
}

bool is_inside(const TriangleSurface& surface, const Point3& x) {
  for (int a = 0; a < 3; ++a) {
    if (x[a] < surface.lower[a] || x[a] > surface.upper[a]) return false;
  }
  return winding_number(surface.tree, x) > 0.5;
}

SurfaceProximity proximity(const TriangleSurface& surface, const Point3& x) {
  const NearestOnSurface found = nearest_on_surface(surface.tree, x);
  const double sign = is_inside(surface, x) ? -1 : 1;
  SurfaceProximity result;
  result.nearest = found.point;
  const Point3 r = x - found.point;
  result.distance = sign * norm(r);
  if (norm(r) > 1e-12 * norm(surface.upper - surface.lower)) {
    result.normal = r / result.distance;
  } else {
    const Triangle& t = surface.triangles[found.triangle];
    const Point3 area =
        area_vector(surface.points[t[0]], surface.points[t[1]], surface.points[t[2]]);
    result.normal = area / norm(area);
  }
  return result;
}

double signed_distance(const TriangleSurface& surface, const Point3& x) {
  return proximity(surface, x).distance;
}

}  // namespace filigree
