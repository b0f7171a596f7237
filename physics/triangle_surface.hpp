// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Closed surfaces of triangles: what is inside, how far is the surface, which way is out.
//
//   const TriangleSurface surface = make_triangle_surface(sphere_surface(0.1, 4));
//   is_inside(surface, {0, 0, 0.05});                    // true
//   proximity(surface, {0, 0, 0.15}).distance;           // 0.05 m
//
// A point is inside where the winding number exceeds 1/2, so that parts may overlap. Everything is
// host data in `double` and in the frame of the surface's own points: for a surface that moves,
// carry the point into that frame first, and the normal back.
#pragma once

#include "physics/surface_mesh.hpp"
#include "physics/surface_repair.hpp"
#include "physics/surface_tree.hpp"

namespace filigree {

/// Closed, and every part turned so that its triangles run counterclockwise seen from outside.
struct TriangleSurface {
  std::vector<Point3> points;       ///< m
  std::vector<Triangle> triangles;  ///< numbers of points
  SurfaceTree tree;                 ///< the same triangles for fast queries
  Point3 lower{}, upper{};          ///< corners of the bounding box (m)
  double volume = 0;                ///< m^3, see signed_volume
  double area = 0;                  ///< m^2, see surface_area
  Point3 centroid{};                ///< of the volume (m)
  SurfaceRepairs repairs;           ///< what was done to close and turn it
};

/// Repairs small defects (physics/surface_repair.hpp) and prepares the queries. Throws InputError
/// when the surface is open, one-sided, empty or without volume.
TriangleSurface make_triangle_surface(TriangleMesh mesh);

/// Winding number w > 1/2. Undecided for points on the surface itself.
bool is_inside(const TriangleSurface& surface, const Point3& x);

struct SurfaceProximity {
  double distance = 0;  ///< signed, m: negative inside
  Point3 nearest{};     ///< point of the surface
  Point3 normal{};      ///< unit vector along which the distance grows: outward
};

/// Signed distance phi and n = grad phi = (x - nearest)/phi. On the surface itself, and within
/// 1e-12 of the bounding box's diagonal, n is the normal of the nearest triangle.
SurfaceProximity proximity(const TriangleSurface& surface, const Point3& x);
double signed_distance(const TriangleSurface& surface, const Point3& x);

}  // namespace filigree
