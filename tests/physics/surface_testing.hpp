// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Meshes for tests of surfaces, and ways to spoil them.
#pragma once

#include <utility>

#include "physics/surface_mesh.hpp"

namespace filigree::testing_surface {

/// The corners of a box and two triangles per face.
inline TriangleMesh box_mesh(const Point3& lower, const Point3& upper) {
  TriangleMesh mesh;
  for (int i = 0; i < 8; ++i) {
    Point3 x{};
    for (int a = 0; a < 3; ++a) x[a] = (i >> a & 1) != 0 ? upper[a] : lower[a];
    mesh.points.push_back(x);
  }
  mesh.triangles = {{0, 2, 1}, {1, 2, 3}, {4, 5, 6}, {5, 7, 6}, {0, 1, 4}, {1, 5, 4},
                    {2, 6, 3}, {3, 6, 7}, {0, 4, 2}, {2, 4, 6}, {1, 3, 5}, {3, 7, 5}};
  return mesh;
}

inline TriangleMesh joined(TriangleMesh a, const TriangleMesh& b) {
  const auto shift = static_cast<Index>(a.points.size());
  a.points.insert(a.points.end(), b.points.begin(), b.points.end());
  for (const Triangle& t : b.triangles) {
    a.triangles.push_back({t[0] + shift, t[1] + shift, t[2] + shift});
  }
  return a;
}

inline TriangleMesh inverted(TriangleMesh mesh) {
  for (Triangle& t : mesh.triangles) std::swap(t[1], t[2]);
  return mesh;
}

/// Every triangle with corners of its own, as STL files have them.
inline TriangleMesh loose(const TriangleMesh& mesh) {
  TriangleMesh soup;
  for (const Triangle& t : mesh.triangles) {
    const auto n = static_cast<Index>(soup.points.size());
    for (const Index i : t) soup.points.push_back(mesh.points[i]);
    soup.triangles.push_back({n, n + 1, n + 2});
  }
  return soup;
}

}  // namespace filigree::testing_surface
