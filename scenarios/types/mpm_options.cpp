// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/mpm_options.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "physics/triangle_surface.hpp"
#include "scenarios/types/type_support.hpp"

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

/// A surface is unknown where files are not looked at.
bool is_known(const Shape& shape) {
  const auto* surface = std::get_if<SurfaceShape>(&shape);
  return surface == nullptr || surface->surface != nullptr;
}

/// "" or why a shape cannot stand in a domain of so many axes; `what` is "body 'water'".
std::string wrong_kind(const std::string& what, const Shape& shape, std::size_t dim) {
  const char* kind = std::holds_alternative<CylinderShape>(shape)  ? "cylinder"
                     : std::holds_alternative<SurfaceShape>(shape) ? "surface"
                                                                   : "";
  if (*kind != 0 && dim == 2) {
    return format("{} is a {} in a 2D domain; use a sphere (a disc in 2D) or a box", what, kind);
  }
  if (!is_known(shape)) return "";
  return wrong_size(format("the shape of {}", what), lower_corner(shape).size(), dim);
}

/// "" or where a shape of the right kind reaches out of the domain.
std::string outside_domain(const std::string& what, const Shape& shape,
                           const DomainOptions& domain) {
  const std::vector<double> lower = lower_corner(shape);
  const std::vector<double> upper = upper_corner(shape);
  for (std::size_t a = 0; a < domain.min.size(); ++a) {
    const double slack = 1e-9 * (domain.max[a] - domain.min[a]);
    if (lower[a] < domain.min[a] - slack || upper[a] > domain.max[a] + slack) {
      return format(
          "{} reaches from {} = {} m to {} m, outside the domain ({} m to {} m); "
          "enlarge the domain or move the {}",
          what, axis_name(a), number_text(lower[a]), number_text(upper[a]),
          number_text(domain.min[a]), number_text(domain.max[a]), what.substr(0, what.find(' ')));
    }
  }
  return "";
}

std::string check_shape(const std::string& what, const Shape& shape, double spacing,
                        const DomainOptions& domain) {
  std::string wrong = wrong_kind(what, shape, domain.min.size());
  if (!wrong.empty() || !is_known(shape)) return wrong;
  wrong = outside_domain(what, shape, domain);
  if (!wrong.empty()) return wrong;
  wrong = not_fillable(shape, spacing);
  return wrong.empty() ? "" : format("the shape of {}: {}", what, wrong);
}

/// A region that particles fill.
struct Filled {
  std::string what;  ///< "body 'water'"
  const Shape* shape;
  double spacing;   ///< m
  double from = 0;  ///< s
  double until = std::numeric_limits<double>::infinity();
};

/// Regions that touch are apart: a particle must lie inside the other one by more than a quarter of
/// that one's spacing.
std::string check_apart(const Filled& a, const Filled& b) {
  auto point = common_point(*a.shape, *b.shape, a.spacing, 0.25 * b.spacing);
  if (!point) point = common_point(*b.shape, *a.shape, b.spacing, 0.25 * a.spacing);
  if (!point) return "";
  const auto kind_of = [](const Filled& f) { return f.what.substr(0, f.what.find(' ')); };
  const std::string names = kind_of(a) == "body" && kind_of(b) == "body"
                                ? format("bodies {} and {}", b.what.substr(5), a.what.substr(5))
                                : format("{} and {}", b.what, a.what);
  return format("{} overlap, for example at ({}) m; move one of them", names,
                coordinates_text(*point));
}

/// An angular velocity or a turn: one number in 2D, three in 3D.
std::string wrong_turn(const std::string& what, std::size_t size, std::size_t dim) {
  const std::size_t needed = dim == 2 ? 1 : 3;
  if (size == needed) return "";
  return format("{} has {} numbers; {} needs {}", what, size, dim == 2 ? "2D" : "3D", needed);
}

std::string check_motion(const BodyOptions& body, std::size_t dim) {
  if (!body.motion) return "";
  if (!body.shape) {
    return format(
        "body '{}' has no shape, so nothing of it is there at the start; give the "
        "velocity to its source",
        body.name);
  }
  if (const auto* uniform = std::get_if<UniformMotion>(&*body.motion)) {
    return wrong_size(format("the velocity of body '{}'", body.name), uniform->velocity.size(),
                      dim);
  }
  if (const auto* rotating = std::get_if<RotatingMotion>(&*body.motion)) {
    return wrong_turn(format("the angular velocity of body '{}'", body.name),
                      rotating->angular_velocity.size(), dim);
  }
  if (const auto* rigid = std::get_if<RigidMotion>(&*body.motion)) {
    std::string wrong;
    if (!rigid->velocity.empty()) {
      wrong =
          wrong_size(format("the velocity of body '{}'", body.name), rigid->velocity.size(), dim);
    }
    if (wrong.empty() && !rigid->angular_velocity.empty()) {
      wrong = wrong_turn(format("the angular velocity of body '{}'", body.name),
                         rigid->angular_velocity.size(), dim);
    }
    if (wrong.empty() && !rigid->center.empty()) {
      wrong = wrong_size(format("the centre of the motion of body '{}'", body.name),
                         rigid->center.size(), dim);
    }
    return wrong;
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

/// "" or that there is no such body; `who` is "a measure".
std::string check_body(const std::string& who, const std::string& body,
                       const std::vector<BodyOptions>& bodies) {
  std::vector<std::string> names;
  for (const BodyOptions& b : bodies) names.push_back(b.name);
  if (std::find(names.begin(), names.end(), body) != names.end()) return "";
  const std::string near = nearest(body, names);
  return format("{} names body '{}', which is not there{}; bodies are {}", who, body,
                near.empty() ? "" : format(", did you mean '{}'?", near), join(names));
}

/// Without a shape a body has no length and no front to begin with.
std::string check_measured_shape(const Measure& measure, const std::vector<BodyOptions>& bodies) {
  if (std::holds_alternative<ArrivalMeasure>(measure)) return "";
  const std::string name = std::visit([](const auto& m) { return m.body; }, measure);
  for (const BodyOptions& body : bodies) {
    if (body.name == name && !body.shape) {
      return format("the measure needs the length of body '{}' at the start, which has no shape",
                    name);
    }
  }
  return "";
}

std::string check_measure(const Measure& measure, const MpmOptions& options) {
  const auto& [body, axis] = std::visit(
      [](const auto& m) { return std::pair<std::string, int>(m.body, m.axis); }, measure);
  std::string wrong = check_body("a measure", body, options.bodies);
  if (wrong.empty()) wrong = check_measured_shape(measure, options.bodies);
  if (!wrong.empty()) return wrong;
  if (axis >= static_cast<int>(options.domain.min.size())) {
    return format("a measure is along axis {}, but the domain has {} axes", axis,
                  options.domain.min.size());
  }
  return "";
}

/// The first problem of a source: {key below it, text}.
std::pair<std::string, std::string> check_source(const SourceOptions& source,
                                                 const MpmOptions& options) {
  const std::size_t dim = options.domain.min.size();
  std::string wrong = check_body(format("source '{}'", source.name), source.body, options.bodies);
  if (!wrong.empty()) return {".body", wrong};
  wrong =
      wrong_size(format("the velocity of source '{}'", source.name), source.velocity.size(), dim);
  if (!wrong.empty()) return {".velocity", wrong};
  if (std::all_of(source.velocity.begin(), source.velocity.end(),
                  [](double v) { return v == 0; })) {
    return {".velocity",
            format("source '{}' has no velocity, so nothing would flow in; give one", source.name)};
  }
  return {".shape", check_shape(format("source '{}'", source.name), source.shape,
                                point_spacing(source, options.domain), options.domain)};
}

std::string check_sink(const SinkOptions& sink, const DomainOptions& domain) {
  const std::string what = format("sink '{}'", sink.name);
  const std::string wrong = wrong_kind(what, sink.shape, domain.min.size());
  if (!wrong.empty() || !is_known(sink.shape)) return wrong;
  const std::vector<double> lower = lower_corner(sink.shape);
  const std::vector<double> upper = upper_corner(sink.shape);
  for (std::size_t a = 0; a < domain.min.size(); ++a) {
    if (upper[a] > domain.min[a] && lower[a] < domain.max[a]) continue;
    return format("{} lies from {} = {} m to {} m, all of it outside the domain ({} m to {} m)",
                  what, axis_name(a), number_text(lower[a]), number_text(upper[a]),
                  number_text(domain.min[a]), number_text(domain.max[a]));
  }
  return "";
}

/// "" or that a time span is empty; begins with the key.
std::string empty_span(double from, const std::optional<double>& until) {
  if (!until || from < *until) return "";
  return format("until: it stops at {} s, not after it starts at {} s", number_text(*until),
                number_text(from));
}

}  // namespace

double point_spacing(const BodyOptions& body, const DomainOptions& domain) {
  return domain.cell_size / body.points_per_axis;
}

double point_spacing(const SourceOptions& source, const DomainOptions& domain) {
  return domain.cell_size / source.points_per_axis;
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
  return empty_span(from, until);
}

std::string ObstacleOptions::validate() const {
  if (surface == mpm::WallKind::kOpen) return "surface: an obstacle is slip, stick or separate";
  return check_name(name, "ramp");
}

std::string SourceOptions::validate() const {
  const std::string wrong = check_name(name, "tap");
  return wrong.empty() ? empty_span(from, until) : wrong;
}

std::string SinkOptions::validate() const {
  const std::string wrong = check_name(name, "drain");
  return wrong.empty() ? empty_span(from, until) : wrong;
}

std::string MpmOptions::load_files(const std::filesystem::path& folder) {
  std::string text;
  const auto load = [&](Shape& shape, const char* list, std::size_t i) {
    auto* surface = std::get_if<SurfaceShape>(&shape);
    if (surface == nullptr) return;
    const std::string wrong = load_surface(*surface, folder);
    if (!wrong.empty()) text += format("{}.{}.shape.file: {}\n", list, i, wrong);
  };
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    if (bodies[i].shape) load(*bodies[i].shape, "bodies", i);
  }
  for (std::size_t i = 0; i < obstacles.size(); ++i) load(obstacles[i].shape, "obstacles", i);
  for (std::size_t i = 0; i < sources.size(); ++i) load(sources[i].shape, "sources", i);
  for (std::size_t i = 0; i < sinks.size(); ++i) load(sinks[i].shape, "sinks", i);
  return text;
}

std::string MpmOptions::validate() const {
  const std::size_t dim = domain.min.size();
  if (bodies.empty()) return "bodies: the list is empty, so there would be no particles; add one";
  std::string text;
  const auto add = [&](const std::string& key, const std::string& wrong) {
    if (!wrong.empty()) text += format("{}: {}\n", key, wrong);
  };
  std::vector<Filled> filled;
  const auto add_filled = [&](const std::string& key, const Filled& region) {
    for (const Filled& other : filled) {
      const bool one_after_the_other = other.until <= region.from || region.until <= other.from;
      if (!one_after_the_other) add(key + ".shape", check_apart(region, other));
    }
    filled.push_back(region);
  };
  std::vector<std::string> names;
  const auto add_name = [&](const std::string& key, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) != names.end()) {
      add(key + ".name", format("two parts are called '{}'; give each its own name", name));
    }
    names.push_back(name);
  };
  if (!gravity.empty()) add("gravity", wrong_size("the vector", gravity.size(), dim));
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const BodyOptions& body = bodies[i];
    const std::string key = format("bodies.{}", i);
    if (body.shape) {
      const double spacing = point_spacing(body, domain);
      const std::string what = format("body '{}'", body.name);
      const std::string wrong = check_shape(what, *body.shape, spacing, domain);
      add(key + ".shape", wrong);
      if (wrong.empty() && is_known(*body.shape)) add_filled(key, {what, &*body.shape, spacing});
    } else if (std::none_of(sources.begin(), sources.end(),
                            [&](const SourceOptions& s) { return s.body == body.name; })) {
      add(key, format("body '{}' has neither a shape nor a source; give it one", body.name));
    }
    add(key + ".motion", check_motion(body, dim));
    if (!body.body_force.empty()) {
      add(key + ".body_force", wrong_size("the vector", body.body_force.size(), dim));
    }
    add_name(key, body.name);
  }
  for (std::size_t i = 0; i < obstacles.size(); ++i) {
    const std::string key = format("obstacles.{}", i);
    const auto [where, wrong] = check_obstacle(obstacles[i], dim);
    add(key + where, wrong);
    add_name(key, obstacles[i].name);
  }
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const std::string key = format("sources.{}", i);
    const auto [where, wrong] = check_source(sources[i], *this);
    add(key + where, wrong);
    if (wrong.empty() && is_known(sources[i].shape)) {
      Filled region{format("source '{}'", sources[i].name), &sources[i].shape,
                    point_spacing(sources[i], domain), sources[i].from};
      if (sources[i].until) region.until = *sources[i].until;
      add_filled(key, region);
    }
    add_name(key, sources[i].name);
  }
  for (std::size_t i = 0; i < sinks.size(); ++i) {
    const std::string key = format("sinks.{}", i);
    add(key + ".shape", check_sink(sinks[i], domain));
    add_name(key, sinks[i].name);
  }
  for (std::size_t i = 0; i < measures.size(); ++i) {
    add(format("measures.{}", i), check_measure(measures[i], *this));
  }
  return text;
}

}  // namespace filigree
