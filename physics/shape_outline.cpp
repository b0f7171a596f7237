// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/shape_outline.hpp"

#include <cmath>
#include <numbers>

#include "physics/triangle_surface.hpp"

namespace filigree {

namespace {

constexpr int kSides = 48;
constexpr int kRings = 24;  ///< of a ball, from pole to pole

std::int64_t add_point(Block& block, double x, double y, double z) {
  block.points.insert(block.points.end(), {x, y, z});
  return block.n_points() - 1;
}

void add_triangle(Block& block, std::int64_t a, std::int64_t b, std::int64_t c) {
  block.connectivity.insert(block.connectivity.end(), {a, b, c});
  block.offsets.push_back(static_cast<std::int64_t>(block.connectivity.size()));
}

/// One closed line through all points.
void close_line(Block& block) {
  for (std::int64_t i = 0; i <= block.n_points(); ++i) {
    block.connectivity.push_back(i % block.n_points());
  }
  block.offsets.push_back(static_cast<std::int64_t>(block.connectivity.size()));
}

void add_box(Block& block, const std::vector<double>& half) {
  for (int corner = 0; corner < 8; ++corner) {
    add_point(block, (corner & 1) != 0 ? half[0] : -half[0], (corner & 2) != 0 ? half[1] : -half[1],
              (corner & 4) != 0 ? half[2] : -half[2]);
  }
  constexpr int kFaces[6][4] = {{0, 4, 6, 2}, {1, 3, 7, 5}, {0, 1, 5, 4},
                                {2, 6, 7, 3}, {0, 2, 3, 1}, {4, 5, 7, 6}};
  for (const auto& face : kFaces) {
    add_triangle(block, face[0], face[1], face[2]);
    add_triangle(block, face[0], face[2], face[3]);
  }
}

/// A surface of revolution about z through the points (radius, z), the first and last on the axis;
/// outward when z falls along them.
void add_revolution(Block& block, const std::vector<std::pair<double, double>>& profile) {
  const std::int64_t top = add_point(block, 0, 0, profile.front().second);
  for (std::size_t ring = 1; ring + 1 < profile.size(); ++ring) {
    for (int side = 0; side < kSides; ++side) {
      const double angle = 2 * std::numbers::pi * side / kSides;
      add_point(block, profile[ring].first * std::cos(angle), profile[ring].first * std::sin(angle),
                profile[ring].second);
    }
  }
  const std::int64_t bottom = add_point(block, 0, 0, profile.back().second);
  const auto n_rings = static_cast<std::int64_t>(profile.size()) - 2;
  for (std::int64_t side = 0; side < kSides; ++side) {
    const std::int64_t next = (side + 1) % kSides;
    const auto at = [&](std::int64_t ring, std::int64_t s) { return top + 1 + ring * kSides + s; };
    add_triangle(block, top, at(0, side), at(0, next));
    for (std::int64_t ring = 0; ring + 1 < n_rings; ++ring) {
      add_triangle(block, at(ring, side), at(ring + 1, side), at(ring + 1, next));
      add_triangle(block, at(ring, side), at(ring + 1, next), at(ring, next));
    }
    add_triangle(block, bottom, at(n_rings - 1, next), at(n_rings - 1, side));
  }
}

/// Turns the z axis into the given one by a cyclic exchange of coordinates.
void turn_axis(Block& block, int axis) {
  for (std::size_t i = 0; i < block.points.size(); i += 3) {
    const double p[3] = {block.points[i], block.points[i + 1], block.points[i + 2]};
    for (int a = 0; a < 3; ++a) {
      block.points[i + static_cast<std::size_t>((a + axis + 1) % 3)] = p[a];
    }
  }
}

}  // namespace

Block outline(const Shape& shape) {
  Block block;
  block.offsets.push_back(0);
  const std::vector<double> lower = lower_corner(shape);
  const std::vector<double> upper = upper_corner(shape);
  std::vector<double> half;
  for (std::size_t a = 0; a < lower.size(); ++a) half.push_back((upper[a] - lower[a]) / 2);
  const bool is_flat = half.size() == 2;
  block.kind = is_flat ? CellKind::kPolyline : CellKind::kTriangle;
  if (const auto* surface = std::get_if<SurfaceShape>(&shape)) {
    const TriangleSurface& triangles = *surface->surface;
    for (const Point3& p : triangles.points) {
      add_point(block, p[0] - lower[0] - half[0], p[1] - lower[1] - half[1],
                p[2] - lower[2] - half[2]);
    }
    for (const auto& [a, b, c] : triangles.triangles) add_triangle(block, a, b, c);
  } else if (std::holds_alternative<BoxShape>(shape)) {
    if (!is_flat) {
      add_box(block, half);
      return block;
    }
    for (const auto& [x, y] : {std::pair(-1, -1), {1, -1}, {1, 1}, {-1, 1}}) {
      add_point(block, x * half[0], y * half[1], 0);
    }
    close_line(block);
  } else if (is_flat) {
    for (int side = 0; side < kSides; ++side) {
      const double angle = 2 * std::numbers::pi * side / kSides;
      add_point(block, half[0] * std::cos(angle), half[0] * std::sin(angle), 0);
    }
    close_line(block);
  } else if (const auto* cylinder = std::get_if<CylinderShape>(&shape)) {
    const double r = cylinder->radius;
    const double z = cylinder->height / 2;
    add_revolution(block, {{0, z}, {r, z}, {r, -z}, {0, -z}});
    turn_axis(block, cylinder->axis);
  } else {
    std::vector<std::pair<double, double>> profile;
    for (int ring = 0; ring <= kRings; ++ring) {
      const double angle = std::numbers::pi * ring / kRings;
      profile.emplace_back(half[0] * std::sin(angle), half[0] * std::cos(angle));
    }
    add_revolution(block, profile);
  }
  return block;
}

}  // namespace filigree
