// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/surface_generators.hpp"

#include <cmath>
#include <map>
#include <numbers>
#include <utility>

#include "core/error.hpp"

namespace filigree {

namespace {

constexpr double kPi = std::numbers::pi;

/// Rings of points from one pole to the other: point(u, phi) for u in (0, 1), its poles at u = 0
/// (below) and u = 1 (above).
template <class PointAt>
TriangleMesh surface_of_rings(int n_around, int n_along, const PointAt& point) {
  FILIGREE_REQUIRE(n_around >= 3 && n_along >= 2,
                   "a closed surface needs at least 3 points around and 2 steps along, not {} and "
                   "{}",
                   n_around, n_along);
  TriangleMesh mesh;
  mesh.points.push_back(point(0.0, 0.0));
  for (int i = 1; i < n_along; ++i) {
    for (int j = 0; j < n_around; ++j) {
      mesh.points.push_back(point(static_cast<double>(i) / n_along, 2 * kPi * j / n_around));
    }
  }
  mesh.points.push_back(point(1.0, 0.0));
  const auto top = static_cast<Index>(mesh.points.size() - 1);
  const auto at = [&](int ring, int j) -> Index { return 1 + ring * n_around + j % n_around; };
  for (int j = 0; j < n_around; ++j) {
    mesh.triangles.push_back({0, at(0, j + 1), at(0, j)});
    for (int i = 0; i + 2 < n_along; ++i) {
      mesh.triangles.push_back({at(i, j), at(i, j + 1), at(i + 1, j + 1)});
      mesh.triangles.push_back({at(i, j), at(i + 1, j + 1), at(i + 1, j)});
    }
    mesh.triangles.push_back({top, at(n_along - 2, j), at(n_along - 2, j + 1)});
  }
  return mesh;
}

TriangleMesh icosahedron() {
  const double g = std::numbers::phi;
  return {{{-1, g, 0},
           {1, g, 0},
           {-1, -g, 0},
           {1, -g, 0},
           {0, -1, g},
           {0, 1, g},
           {0, -1, -g},
           {0, 1, -g},
           {g, 0, -1},
           {g, 0, 1},
           {-g, 0, -1},
           {-g, 0, 1}},
          {{0, 11, 5},  {0, 5, 1},  {0, 1, 7},  {0, 7, 10}, {0, 10, 11}, {1, 5, 9}, {5, 11, 4},
           {11, 10, 2}, {10, 7, 6}, {7, 1, 8},  {3, 9, 4},  {3, 4, 2},   {3, 2, 6}, {3, 6, 8},
           {3, 8, 9},   {4, 9, 5},  {2, 4, 11}, {6, 2, 10}, {8, 6, 7},   {9, 8, 1}}};
}

/// Each triangle becomes four.
TriangleMesh subdivided(const TriangleMesh& coarse) {
  TriangleMesh fine{coarse.points, {}};
  std::map<std::pair<Index, Index>, Index> middles;
  const auto middle = [&](Index a, Index b) {
    const auto [entry, is_new] =
        middles.try_emplace(std::minmax(a, b), static_cast<Index>(fine.points.size()));
    if (is_new) fine.points.push_back(0.5 * (fine.points[a] + fine.points[b]));
    return entry->second;
  };
  for (const auto& [a, b, c] : coarse.triangles) {
    const Index ab = middle(a, b);
    const Index bc = middle(b, c);
    const Index ca = middle(c, a);
    for (const Triangle& t : {Triangle{a, ab, ca}, {b, bc, ab}, {c, ca, bc}, {ab, bc, ca}}) {
      fine.triangles.push_back(t);
    }
  }
  return fine;
}

}  // namespace

TriangleMesh sphere_surface(double radius, int subdivisions) {
  TriangleMesh mesh = icosahedron();
  for (int i = 0; i < subdivisions; ++i) mesh = subdivided(mesh);
  for (Point3& x : mesh.points) x *= radius / norm(x);
  return mesh;
}

TriangleMesh torus_surface(double ring, double tube, int n_around, int n_tube) {
  FILIGREE_REQUIRE(0 < tube && tube < ring && n_around >= 3 && n_tube >= 3,
                   "a torus needs 0 < tube < ring and at least 3 points each way");
  TriangleMesh mesh;
  const auto at = [&](int i, int j) -> Index { return i % n_around * n_tube + j % n_tube; };
  for (int i = 0; i < n_around; ++i) {
    const double phi = 2 * kPi * i / n_around;
    for (int j = 0; j < n_tube; ++j) {
      const double t = 2 * kPi * j / n_tube;
      const double r = ring + tube * std::cos(t);
      mesh.points.push_back({r * std::cos(phi), r * std::sin(phi), tube * std::sin(t)});
      mesh.triangles.push_back({at(i, j), at(i + 1, j), at(i + 1, j + 1)});
      mesh.triangles.push_back({at(i, j), at(i + 1, j + 1), at(i, j + 1)});
    }
  }
  return mesh;
}

TriangleMesh drop_surface(double a, int n_around, int n_along) {
  return surface_of_rings(n_around, n_along, [&](double u, double phi) {
    const double t = kPi * u;
    const double r = u == 0 || u == 1 ? 0 : a * std::sin(t) * std::cos(t / 2);
    return Point3{r * std::cos(phi), r * std::sin(phi), -a * std::cos(t)};
  });
}

TriangleMesh gear_surface(const GearShape& gear, int n_around, int n_along) {
  constexpr double kExponent = 0.25;
  return surface_of_rings(n_around, n_along, [&](double u, double phi) {
    const double t = kPi * (u - 0.5);
    const double c = u == 0 || u == 1 ? 0 : std::pow(std::cos(t), kExponent);
    const double s = std::copysign(std::pow(std::abs(std::sin(t)), kExponent), t);
    const double r = c * gear.radius * (1 + gear.tooth * std::cos(gear.n_teeth * phi));
    return Point3{r * std::cos(phi), r * std::sin(phi), gear.height / 2 * s};
  });
}

TriangleMesh library_gear() {
  return gear_surface({.radius = 0.1, .tooth = 0.12, .n_teeth = 8, .height = 0.06}, 96, 12);
}

std::string obj_text(const TriangleMesh& mesh, const std::string& comment) {
  std::string text = format("# {}\n", comment);
  for (const Point3& x : mesh.points) {
    text += format("v {:.6g} {:.6g} {:.6g}\n", x[0], x[1], x[2]);
  }
  for (const Triangle& t : mesh.triangles) {
    text += format("f {} {} {}\n", t[0] + 1, t[1] + 1, t[2] + 1);
  }
  return text;
}

}  // namespace filigree
