// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// A hierarchy of bounding volumes over triangles: winding numbers and nearest points in O(log n).
//
// The winding number of a point is the solid angle of the surface over 4 pi (jacobson2013winding),
//
//   w(x) = 1/(4 pi) sum_t Omega_t(x),
//   tan(Omega/2) = a . (b x c) / (|a||b||c| + (a . b)|c| + (b . c)|a| + (c . a)|b|),
//
// a, b, c the corners seen from x (vanoosterom1983). Triangles far away act together as a dipole at
// their area-weighted middle p (barill2018winding),
//
//   Omega ~ N . (p - x) / |p - x|^3,   N the sum of their area vectors,
//
// as soon as |p - x| exceeds `far` times the radius of the ball about p that holds them.
#pragma once

#include "physics/surface_mesh.hpp"

namespace filigree {

struct SurfaceTree {
  struct Node {
    Point3 lower{}, upper{};  ///< bounding box of the triangles
    Point3 middle{};          ///< area-weighted middle of the triangles
    Point3 area{};            ///< sum of their area vectors
    double radius = 0;        ///< of a ball about `middle` that holds them
    Index first = 0, last = 0;
    Index second_child = 0;  ///< the first child follows its parent; 0: a leaf
  };
  std::vector<Node> nodes;                     ///< parents before children
  std::vector<std::array<Point3, 3>> corners;  ///< of the triangles, those of a node in a row
  std::vector<Index> numbers;                  ///< their numbers in the mesh
};

/// Triangles must have an area.
SurfaceTree make_surface_tree(const TriangleMesh& mesh);

/// Measured on spheres, tori, drops and gears: the winding number is off by less than 0.05 with
/// this value; the error falls about as 1/far^2.
inline constexpr double kFar = 3;

/// 1 inside and 0 outside a closed surface. An infinite `far` gives the exact sum.
double winding_number(const SurfaceTree& tree, const Point3& x, double far = kFar);

struct NearestOnSurface {
  Point3 point{};
  double squared_distance = 0;
  Index triangle = -1;  ///< number in the mesh
};
NearestOnSurface nearest_on_surface(const SurfaceTree& tree, const Point3& x);

/// Omega of a triangle seen from x (sr), positive when x is behind it; see above.
double solid_angle(const std::array<Point3, 3>& corners, const Point3& x);
/// The point of a triangle that is nearest to x.
Point3 nearest_on_triangle(const std::array<Point3, 3>& corners, const Point3& x);

}  // namespace filigree
