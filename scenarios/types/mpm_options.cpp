// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/mpm_options.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "io/surface_reader.hpp"
#include "physics/triangle_surface.hpp"

namespace filigree {

namespace {

std::string axis_name(std::size_t axis) {
  return std::string(1, static_cast<char>('x' + axis));
}

std::string coordinates_text(const std::vector<double>& point) {
  std::vector<std::string> words;
  for (const double x : point) words.push_back(number_text(x));
  return join(words);
}

/// "" or what is wrong with a vector that must have as many coordinates as the domain.
std::string wrong_size(const std::string& what, std::size_t size, std::size_t dim) {
  if (size == dim) return "";
  return format("{} has {} coordinates but the domain has {}", what, size, dim);
}

TriangleMesh read_mesh(const std::filesystem::path& file) {
  const SurfaceData data = read_surface(file);
  constexpr std::size_t kMost = std::numeric_limits<Index>::max() / 3;
  FILIGREE_REQUIRE(data.points.size() <= kMost && data.triangles.size() <= kMost,
                   "'{}' has more than {} points or triangles; simplify the surface", file.string(),
                   kMost);
  TriangleMesh mesh;
  for (const auto& [x, y, z] : data.points) mesh.points.push_back({x, y, z});
  for (const auto& [a, b, c] : data.triangles) {
    mesh.triangles.push_back({static_cast<Index>(a), static_cast<Index>(b), static_cast<Index>(c)});
  }
  return mesh;
}

/// A surface is unknown where files are not looked at.
bool is_known(const Shape& shape) {
  const auto* surface = std::get_if<SurfaceShape>(&shape);
  return surface == nullptr || surface->surface != nullptr;
}

std::string check_shape(const BodyOptions& body, const DomainOptions& domain) {
  const std::size_t dim = domain.min.size();
  if (std::holds_alternative<CylinderShape>(body.shape) && dim == 2) {
    return format("body '{}' is a cylinder in a 2D domain; use a sphere (a disc in 2D) or a box",
                  body.name);
  }
  if (std::holds_alternative<SurfaceShape>(body.shape) && dim == 2) {
    return format("body '{}' is a surface in a 2D domain; use a sphere (a disc in 2D) or a box",
                  body.name);
  }
  if (!is_known(body.shape)) return "";
  const std::vector<double> lower = lower_corner(body.shape);
  const std::vector<double> upper = upper_corner(body.shape);
  std::string wrong = wrong_size(format("the shape of body '{}'", body.name), lower.size(), dim);
  if (!wrong.empty()) return wrong;
  for (std::size_t a = 0; a < dim; ++a) {
    const double slack = 1e-9 * (domain.max[a] - domain.min[a]);
    if (lower[a] < domain.min[a] - slack || upper[a] > domain.max[a] + slack) {
      return format(
          "body '{}' reaches from {} = {} m to {} m, outside the domain ({} m to {} m); "
          "enlarge the domain or move the body",
          body.name, axis_name(a), number_text(lower[a]), number_text(upper[a]),
          number_text(domain.min[a]), number_text(domain.max[a]));
    }
  }
  wrong = not_fillable(body.shape, point_spacing(body, domain));
  return wrong.empty() ? "" : format("the shape of body '{}': {}", body.name, wrong);
}

/// Bodies that touch are apart: a particle must lie inside the other body by more than a quarter of
/// that one's spacing.
std::string check_apart(const BodyOptions& body, const BodyOptions& other,
                        const DomainOptions& domain) {
  auto point = common_point(body.shape, other.shape, point_spacing(body, domain),
                            0.25 * point_spacing(other, domain));
  if (!point) {
    point = common_point(other.shape, body.shape, point_spacing(other, domain),
                         0.25 * point_spacing(body, domain));
  }
  if (!point) return "";
  return format("bodies '{}' and '{}' overlap, for example at ({}) m; move one of them", other.name,
                body.name, coordinates_text(*point));
}

std::string check_name(const std::string& name, const char* example) {
  const bool lower_snake =
      !name.empty() && name[0] >= 'a' && name[0] <= 'z' &&
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
  if (lower_snake) return "";
  return format(
      "name: '{}' must be made of a-z, 0-9 and _ and begin with a letter, for example "
      "'{}'",
      name, example);
}

/// An angular velocity or a turn: one number in 2D, three in 3D.
std::string wrong_turn(const std::string& what, std::size_t size, std::size_t dim) {
  const std::size_t needed = dim == 2 ? 1 : 3;
  if (size == needed) return "";
  return format("{} has {} numbers; {} needs {}", what, size, dim == 2 ? "2D" : "3D", needed);
}

std::string check_motion(const BodyOptions& body, std::size_t dim) {
  if (!body.motion) return "";
  if (const auto* uniform = std::get_if<UniformMotion>(&*body.motion)) {
    return wrong_size(format("the velocity of body '{}'", body.name), uniform->velocity.size(),
                      dim);
  }
  if (const auto* rotating = std::get_if<RotatingMotion>(&*body.motion)) {
    return wrong_turn(format("the angular velocity of body '{}'", body.name),
                      rotating->angular_velocity.size(), dim);
  }
  const auto& mode = std::get<FixedFreeModeMotion>(*body.motion);
  if (mode.axis >= static_cast<int>(dim)) {
    return format("the motion of body '{}' is along axis {}, but the domain has {} axes", body.name,
                  mode.axis, dim);
  }
  return "";
}

/// The first problem of an obstacle: {key below it, text}.
std::pair<std::string, std::string> check_obstacle(const ObstacleOptions& obstacle,
                                                   std::size_t dim) {
  if (std::holds_alternative<CylinderShape>(obstacle.shape) && dim == 2) {
    return {".shape", "a cylinder needs a 3D domain; use a sphere (a disc in 2D) or a box"};
  }
  if (std::holds_alternative<SurfaceShape>(obstacle.shape) && dim == 2) {
    return {".shape", "a surface needs a 3D domain; use a sphere (a disc in 2D) or a box"};
  }
  if (!is_known(obstacle.shape)) return {};
  std::string wrong = wrong_size("the shape", lower_corner(obstacle.shape).size(), dim);
  if (!wrong.empty()) return {".shape", wrong};
  if (!obstacle.rotation.empty()) {
    wrong = wrong_turn("it", obstacle.rotation.size(), dim);
    if (!wrong.empty()) return {".rotation", wrong};
  }
  if (!obstacle.motion) return {};
  const ObstacleMotionOptions& motion = *obstacle.motion;
  if (!motion.velocity.empty()) {
    wrong = wrong_size("it", motion.velocity.size(), dim);
    if (!wrong.empty()) return {".motion.velocity", wrong};
  }
  if (!motion.angular_velocity.empty()) {
    wrong = wrong_turn("it", motion.angular_velocity.size(), dim);
    if (!wrong.empty()) return {".motion.angular_velocity", wrong};
  }
  return {};
}

std::string check_measure(const Measure& measure, const MpmOptions& options) {
  const auto& [body, axis] = std::visit(
      [](const auto& m) { return std::pair<std::string, int>(m.body, m.axis); }, measure);
  std::vector<std::string> names;
  for (const BodyOptions& b : options.bodies) names.push_back(b.name);
  if (std::find(names.begin(), names.end(), body) == names.end()) {
    const std::string near = nearest(body, names);
    return format("a measure names body '{}', which is not there{}; bodies are {}", body,
                  near.empty() ? "" : format(", did you mean '{}'?", near), join(names));
  }
  if (axis >= static_cast<int>(options.domain.min.size())) {
    return format("a measure is along axis {}, but the domain has {} axes", axis,
                  options.domain.min.size());
  }
  return "";
}

}  // namespace

double point_spacing(const BodyOptions& body, const DomainOptions& domain) {
  return domain.cell_size / body.points_per_axis;
}

std::string DomainOptions::validate() const {
  if (min.size() != 2 && min.size() != 3) {
    return format("min: it has {} coordinates; give two (2D) or three (3D)", min.size());
  }
  if (max.size() != min.size()) {
    return format("max: min has {} coordinates but max has {}", min.size(), max.size());
  }
  if (min.size() == 2 && (walls.z_min || walls.z_max)) {
    return "walls: a 2D domain has no walls z_min and z_max; its floor is y_min";
  }
  for (std::size_t a = 0; a < min.size(); ++a) {
    if (!(min[a] < max[a])) {
      return format("min: the domain is empty along {}: min {} m is not below max {} m; swap them?",
                    axis_name(a), number_text(min[a]), number_text(max[a]));
    }
    const double cells = (max[a] - min[a]) / cell_size;
    if (std::abs(cells - std::round(cells)) > 1e-6 * cells || cells < 0.5) {
      return format(
          "cell_size: the domain is {} cells of {} m long along {}; it must be a whole number, for "
          "example "
          "{} m or {} m long",
          number_text(cells), number_text(cell_size), axis_name(a),
          number_text(std::max(1.0, std::floor(cells)) * cell_size),
          number_text(std::ceil(cells) * cell_size));
    }
    if (cells < 3.5) {
      return format("the domain is {} cells wide along {}; at least 4 are needed",
                    number_text(std::round(cells)), axis_name(a));
    }
  }
  return "";
}

std::string BodyOptions::validate() const {
  return check_name(name, "water");
}

std::string ObstacleMotionOptions::validate() const {
  if (until && !(from < *until)) {
    return format("until: it stops at {} s, not after it starts at {} s", number_text(*until),
                  number_text(from));
  }
  return "";
}

std::string ObstacleOptions::validate() const {
  if (surface == mpm::WallKind::kOpen) return "surface: an obstacle is slip, stick or separate";
  return check_name(name, "ramp");
}

std::string MpmOptions::load_files(const std::filesystem::path& folder) {
  std::string text;
  const auto load = [&](Shape& shape, const char* list, std::size_t i) {
    auto* surface = std::get_if<SurfaceShape>(&shape);
    if (surface == nullptr) return;
    try {
      place_surface(*surface, read_mesh(folder / surface->file.path));
    } catch (const Error& error) {
      text += format("{}.{}.shape.file: {}\n", list, i, error.what());
    }
  };
  for (std::size_t i = 0; i < bodies.size(); ++i) load(bodies[i].shape, "bodies", i);
  for (std::size_t i = 0; i < obstacles.size(); ++i) load(obstacles[i].shape, "obstacles", i);
  return text;
}

std::string MpmOptions::validate() const {
  const std::size_t dim = domain.min.size();
  if (bodies.empty()) return "bodies: the list is empty, so there would be no particles; add one";
  std::string text;
  const auto add = [&](const std::string& key, const std::string& wrong) {
    if (!wrong.empty()) text += format("{}: {}\n", key, wrong);
  };
  std::vector<bool> fillable;
  std::vector<std::string> names;
  const auto add_name = [&](const std::string& key, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      add(key + ".name", format("two parts are called '{}'; give each its own name", name));
    }
    names.push_back(name);
  };
  if (!gravity.empty()) add("gravity", wrong_size("the vector", gravity.size(), dim));
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const std::string key = format("bodies.{}", i);
    const std::string bad_shape = check_shape(bodies[i], domain);
    fillable.push_back(bad_shape.empty() && is_known(bodies[i].shape));
    add(key + ".shape", bad_shape);
    add(key + ".motion", check_motion(bodies[i], dim));
    for (std::size_t j = 0; j < i; ++j) {
      if (fillable[i] && fillable[j]) {
        add(key + ".shape", check_apart(bodies[i], bodies[j], domain));
      }
    }
    add_name(key, bodies[i].name);
  }
  for (std::size_t i = 0; i < obstacles.size(); ++i) {
    const std::string key = format("obstacles.{}", i);
    const auto [where, wrong] = check_obstacle(obstacles[i], dim);
    add(key + where, wrong);
    add_name(key, obstacles[i].name);
  }
  for (std::size_t i = 0; i < measures.size(); ++i) {
    add(format("measures.{}", i), check_measure(measures[i], *this));
  }
  return text;
}

}  // namespace filigree
