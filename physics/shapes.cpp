// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/shapes.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"

namespace filigree {

namespace {

std::vector<double> shifted(std::vector<double> point, double by) {
  for (double& x : point) x += by;
  return point;
}

/// Lattice points per axis of a bounding box, at least one.
std::vector<std::int64_t> lattice(const std::vector<double>& lower,
                                  const std::vector<double>& upper, double spacing) {
  std::vector<std::int64_t> counts;
  double total = 1;
  for (std::size_t a = 0; a < lower.size(); ++a) {
    const double n = std::max(1.0, std::round((upper[a] - lower[a]) / spacing));
    total *= n;
    FILIGREE_REQUIRE(
        total <= double(1 << 30),
        "a shape of {} m filled at {} m needs more than 2^30 particles: use larger cells",
        number_text(upper[a] - lower[a]), number_text(spacing));
    counts.push_back(static_cast<std::int64_t>(n));
  }
  return counts;
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

std::size_t dimension(const Shape& shape) {
  return lower_corner(shape).size();
}

std::vector<double> lower_corner(const Shape& shape) {
  if (const auto* box = std::get_if<BoxShape>(&shape)) return box->min;
  if (const auto* ball = std::get_if<SphereShape>(&shape))
    return shifted(ball->center, -ball->radius);
  const auto& cylinder = std::get<CylinderShape>(shape);
  std::vector<double> corner = shifted(cylinder.center, -cylinder.radius);
  corner[cylinder.axis] = cylinder.center[cylinder.axis] - cylinder.height / 2;
  return corner;
}

std::vector<double> upper_corner(const Shape& shape) {
  if (const auto* box = std::get_if<BoxShape>(&shape)) return box->max;
  if (const auto* ball = std::get_if<SphereShape>(&shape))
    return shifted(ball->center, ball->radius);
  const auto& cylinder = std::get<CylinderShape>(shape);
  std::vector<double> corner = shifted(cylinder.center, cylinder.radius);
  corner[cylinder.axis] = cylinder.center[cylinder.axis] + cylinder.height / 2;
  return corner;
}

bool contains(const Shape& shape, const std::vector<double>& point, double margin) {
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

FilledShape fill_shape(const Shape& shape, double spacing) {
  const std::vector<double> lower = lower_corner(shape);
  const std::vector<double> upper = upper_corner(shape);
  const std::size_t dim = lower.size();
  const std::vector<std::int64_t> counts = lattice(lower, upper, spacing);
  FilledShape filled;
  filled.point_volume = 1;
  for (std::size_t a = 0; a < dim; ++a) {
    filled.point_volume *= (upper[a] - lower[a]) / static_cast<double>(counts[a]);
  }
  const std::int64_t total =
      std::accumulate(counts.begin(), counts.end(), std::int64_t(1), std::multiplies<>());
  std::vector<double> point(dim);
  for (std::int64_t i = 0; i < total; ++i) {
    std::int64_t rest = i;
    for (std::size_t a = dim; a-- > 0;) {
      const auto cell = static_cast<double>(rest % counts[a]);
      rest /= counts[a];
      point[a] = lower[a] + (cell + 0.5) * (upper[a] - lower[a]) / static_cast<double>(counts[a]);
    }
    if (contains(shape, point))
      filled.points.insert(filled.points.end(), point.begin(), point.end());
  }
  FILIGREE_REQUIRE(
      !filled.points.empty(),
      "the shape holds no particle at a spacing of {} m: enlarge it or use smaller cells",
      number_text(spacing));
  return filled;
}

}  // namespace filigree
