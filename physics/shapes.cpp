// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/shapes.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "physics/triangle_surface.hpp"

namespace filigree {

namespace {

std::vector<double> shifted(std::vector<double> point, double by) {
  for (double& x : point) x += by;
  return point;
}

/// Cells that divide a bounding box; their middles are the points that may fill the shape.
struct Lattice {
  std::vector<double> lower, upper;
  std::vector<double> counts;  ///< cells per axis, whole numbers

  Lattice(const Shape& shape, double spacing)
      : lower(lower_corner(shape)), upper(upper_corner(shape)) {
    for (std::size_t a = 0; a < lower.size(); ++a) {
      counts.push_back(std::max(1.0, std::round((upper[a] - lower[a]) / spacing)));
    }
  }
  std::size_t dim() const { return counts.size(); }
  double step(std::size_t axis) const { return (upper[axis] - lower[axis]) / counts[axis]; }
  double size() const {
    return std::accumulate(counts.begin(), counts.end(), 1.0, std::multiplies<>());
  }
  std::vector<double> point(const std::vector<std::int64_t>& cell) const {
    std::vector<double> x(dim());
    for (std::size_t a = 0; a < dim(); ++a) {
      x[a] = lower[a] + (static_cast<double>(cell[a]) + 0.5) * step(a);
    }
    return x;
  }
};

/// Calls visit(point) for the cells first <= cell < last, the last axis fastest, until it says
/// true.
template <class Visit>
void visit_points(const Lattice& lattice, const std::vector<std::int64_t>& first,
                  const std::vector<std::int64_t>& last, const Visit& visit) {
  for (std::size_t a = 0; a < lattice.dim(); ++a) {
    if (first[a] >= last[a]) return;
  }
  std::vector<std::int64_t> cell = first;
  for (;;) {
    if (visit(lattice.point(cell))) return;
    std::size_t a = lattice.dim();
    while (a-- > 0) {
      if (++cell[a] < last[a]) break;
      cell[a] = first[a];
      if (a == 0) return;
    }
  }
}

template <class Visit>
void visit_all(const Lattice& lattice, const Visit& visit) {
  const std::vector<std::int64_t> first(lattice.dim(), 0);
  const std::vector<std::int64_t> last(lattice.counts.begin(), lattice.counts.end());
  visit_points(lattice, first, last, visit);
}

constexpr double kMaxPoints = 1 << 30;

const TriangleSurface& surface_of(const SurfaceShape& shape) {
  if (!shape.surface) {
    throw InternalError(format("the surface '{}' has not been read", shape.file.path));
  }
  return *shape.surface;
}

std::vector<double> coordinates(const Point3& x) {
  return {x[0], x[1], x[2]};
}

bool contains(const SurfaceShape& shape, const std::vector<double>& point, double margin) {
  const TriangleSurface& surface = surface_of(shape);
  const Point3 x{point[0], point[1], point[2]};
  if (!is_inside(surface, x)) return false;
  if (margin <= 0) return true;
  return nearest_on_surface(surface.tree, x).squared_distance >= margin * margin;
}

}  // namespace

std::string BoxShape::validate() const {
  if (min.size() != max.size()) return "min and max must have the same number of coordinates";
  for (std::size_t a = 0; a < min.size(); ++a) {
    if (!(min[a] < max[a])) {
      return format("the box is empty along axis {}: min {} is not below max {}; swap them?", a,
                    number_text(min[a]), number_text(max[a]));
    }
  }
  return "";
}

std::string CylinderShape::validate() const {
  return center.size() == 3 ? ""
                            : "a cylinder needs a centre of three coordinates; use a sphere in 2D";
}

void place_surface(SurfaceShape& shape, TriangleMesh mesh) {
  scale_and_rotate(mesh.points, shape.scale, shape.rotation);
  if (shape.position) {
    const auto& [x, y, z] = *shape.position;
    drop_unused_points(mesh);
    move_middle(mesh.points, {x, y, z});
  }
  shape.surface = std::make_shared<const TriangleSurface>(make_triangle_surface(std::move(mesh)));
}

std::size_t dimension(const Shape& shape) {
  return lower_corner(shape).size();
}

std::vector<double> lower_corner(const Shape& shape) {
  if (const auto* surface = std::get_if<SurfaceShape>(&shape)) {
    return coordinates(surface_of(*surface).lower);
  }
  if (const auto* box = std::get_if<BoxShape>(&shape)) return box->min;
  if (const auto* ball = std::get_if<SphereShape>(&shape))
    return shifted(ball->center, -ball->radius);
  const auto& cylinder = std::get<CylinderShape>(shape);
  std::vector<double> corner = shifted(cylinder.center, -cylinder.radius);
  corner[cylinder.axis] = cylinder.center[cylinder.axis] - cylinder.height / 2;
  return corner;
}

std::vector<double> upper_corner(const Shape& shape) {
  if (const auto* surface = std::get_if<SurfaceShape>(&shape)) {
    return coordinates(surface_of(*surface).upper);
  }
  if (const auto* box = std::get_if<BoxShape>(&shape)) return box->max;
  if (const auto* ball = std::get_if<SphereShape>(&shape))
    return shifted(ball->center, ball->radius);
  const auto& cylinder = std::get<CylinderShape>(shape);
  std::vector<double> corner = shifted(cylinder.center, cylinder.radius);
  corner[cylinder.axis] = cylinder.center[cylinder.axis] + cylinder.height / 2;
  return corner;
}

bool contains(const Shape& shape, const std::vector<double>& point, double margin) {
  if (const auto* surface = std::get_if<SurfaceShape>(&shape)) {
    return contains(*surface, point, margin);
  }
  if (const auto* box = std::get_if<BoxShape>(&shape)) {
    for (std::size_t a = 0; a < point.size(); ++a) {
      if (point[a] < box->min[a] + margin || point[a] > box->max[a] - margin) return false;
    }
    return true;
  }
  const auto* cylinder = std::get_if<CylinderShape>(&shape);
  const auto& center = cylinder ? cylinder->center : std::get<SphereShape>(shape).center;
  const double radius =
      (cylinder ? cylinder->radius : std::get<SphereShape>(shape).radius) - margin;
  double squared = 0;
  for (std::size_t a = 0; a < point.size(); ++a) {
    const double d = point[a] - center[a];
    if (cylinder && static_cast<int>(a) == cylinder->axis) {
      if (std::abs(d) > cylinder->height / 2 - margin) return false;
    } else {
      squared += d * d;
    }
  }
  return radius >= 0 && squared <= radius * radius;
}

std::string not_fillable(const Shape& shape, double spacing) {
  const Lattice lattice(shape, spacing);
  if (lattice.size() > kMaxPoints) {
    return format("filled at {} m it needs {:.3g} particles, more than 2^30: use larger cells",
                  number_text(spacing), lattice.size());
  }
  if (!std::holds_alternative<SurfaceShape>(shape)) return "";
  bool holds_one = false;
  visit_all(lattice, [&](const std::vector<double>& point) {
    holds_one = contains(shape, point);
    return holds_one;
  });
  return holds_one ? ""
                   : format("it is so thin that no particle lies inside at {} m: use smaller cells",
                            number_text(spacing));
}

FilledShape fill_shape(const Shape& shape, double spacing) {
  const std::string problem = not_fillable(shape, spacing);
  FILIGREE_REQUIRE(problem.empty(), "the shape cannot be filled: {}", problem);
  const Lattice lattice(shape, spacing);
  FilledShape filled;
  filled.point_volume = 1;
  for (std::size_t a = 0; a < lattice.dim(); ++a) filled.point_volume *= lattice.step(a);
  visit_all(lattice, [&](const std::vector<double>& point) {
    if (contains(shape, point)) {
      filled.points.insert(filled.points.end(), point.begin(), point.end());
    }
    return false;
  });
  return filled;
}

std::optional<std::vector<double>> common_point(const Shape& shape, const Shape& other,
                                                double spacing, double margin) {
  const Lattice lattice(shape, spacing);
  const std::vector<double> lower = lower_corner(other);
  const std::vector<double> upper = upper_corner(other);
  // The cells that the other shape's bounding box reaches.
  std::vector<std::int64_t> first, last;
  for (std::size_t a = 0; a < lattice.dim(); ++a) {
    const double from = std::floor((lower[a] - lattice.lower[a]) / lattice.step(a));
    const double to = std::ceil((upper[a] - lattice.lower[a]) / lattice.step(a));
    first.push_back(static_cast<std::int64_t>(std::clamp(from, 0.0, lattice.counts[a])));
    last.push_back(static_cast<std::int64_t>(std::clamp(to, 0.0, lattice.counts[a])));
  }
  std::optional<std::vector<double>> common;
  visit_points(lattice, first, last, [&](const std::vector<double>& point) {
    if (contains(shape, point) && contains(other, point, margin)) common = point;
    return common.has_value();
  });
  return common;
}

}  // namespace filigree
