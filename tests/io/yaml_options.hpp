// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Options with a field of every kind, for the tests of reading and writing.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/reflect.hpp"
#include "core/text.hpp"
#include "io/yaml/overrides.hpp"
#include "io/yaml/reader.hpp"

namespace filigree::yaml_test {

enum class Format { kVtk, kCsv, kNpz };

}  // namespace filigree::yaml_test

template <>
struct filigree::EnumNames<filigree::yaml_test::Format> {
  static constexpr std::array names{"vtk", "csv", "npz"};
};

namespace filigree::yaml_test {

struct TimeOptions {
  static constexpr const char* kDoc = "steps and end of the run";
  double dt = 0.01;
  double end = 1;
  template <class V>
  void reflect(V& v) {
    v("dt", dt, About{.doc = "step size", .unit = "s", .above = 0});
    v("end", end, About{.doc = "final time", .unit = "s", .above = 0, .required = true});
  }
  std::string validate() const {
    return dt <= end ? "" : format("dt: {} s is longer than the whole run ({} s)", dt, end);
  }
};

struct RunOptions {
  std::uint64_t seed = 0;
  bool deterministic = true;
  std::int8_t level = 0;
  template <class V>
  void reflect(V& v) {
    v("seed", seed, About{.doc = "of the random numbers"});
    v("deterministic", deterministic, About{.doc = "same bits every time"});
    v("level", level, About{.doc = "of the log", .max = 3});
  }
};

struct CommonOptions {
  TimeOptions time;
  RunOptions run;
  std::vector<Format> formats{Format::kVtk};
  template <class V>
  void reflect(V& v) {
    v("time", time, About{.doc = "when", .required = true});
    v("run", run, About{.doc = "how"});
    v("formats", formats, About{.doc = "of the output"});
  }
};

struct Elastic {
  static constexpr const char* kName = "neo_hookean";
  static constexpr const char* kDoc = "compressible rubber";
  double young_modulus = 1e5;
  double poisson_ratio = 0.3;
  template <class V>
  void reflect(V& v) {
    v("young_modulus", young_modulus, About{.doc = "stiffness", .unit = "Pa", .above = 0});
    v("poisson_ratio", poisson_ratio, About{.doc = "contraction", .above = -1, .below = 0.5});
  }
};

struct Sand {
  static constexpr const char* kName = "drucker_prager";
  double friction_angle = 0.5;
  template <class V>
  void reflect(V& v) {
    v("friction_angle", friction_angle, About{.doc = "at rest", .unit = "rad", .min = 0});
  }
};

struct Body {
  std::string name;
  std::array<double, 3> from{0, 0, 0};
  std::array<double, 3> to{1, 1, 1};
  double density = 1000;
  std::variant<Elastic, Sand> material;
  template <class V>
  void reflect(V& v) {
    v("name", name, About{.doc = "shown in the output", .required = true});
    v("from", from, About{.doc = "lower corner", .unit = "m"});
    v("to", to, About{.doc = "upper corner", .unit = "m"});
    v("density", density, About{.doc = "mass per volume", .unit = "kg/m^3", .above = 0});
    v("material", material, About{.doc = "how it deforms"});
  }
  std::string validate() const {
    std::string text;
    for (std::size_t k = 0; k < 3; ++k) {
      if (from[k] >= to[k]) text += format("to.{}: must be above from ({} m)\n", k, from[k]);
    }
    return text;
  }
};

struct Solver {
  int iterations = 10;
  float tolerance = 1e-6F;
  template <class V>
  void reflect(V& v) {
    v("iterations", iterations, About{.doc = "at most", .min = 1, .max = 1000});
    v("tolerance", tolerance, About{.doc = "relative residual", .above = 0, .below = 1});
  }
};

struct SceneOptions {
  std::vector<Body> bodies;
  std::optional<Solver> solver;
  std::optional<double> angle;
  FilePath motion;
  double speed = 0;
  double porosity = 0.4;
  float turn = 0;
  template <class V>
  void reflect(V& v) {
    v("bodies", bodies, About{.doc = "what moves"});
    v("solver", solver, About{.doc = "how equations are solved"});
    v("angle", angle, About{.doc = "of the slope", .unit = "deg", .min = -90, .max = 90});
    v("motion", motion, About{.doc = "table of positions"});
    v("speed", speed, About{.doc = "of the wind", .unit = "m/s"});
    v("porosity", porosity, About{.doc = "share of voids", .min = 0, .max = 1});
    v("turn", turn, About{.doc = "of the table", .unit = "rad/s"});
  }
  std::string validate() const {
    return bodies.size() > 3 ? "more than three bodies; remove some" : "";
  }
};

/// What was read and what went wrong.
struct Reading {
  CommonOptions common;
  SceneOptions scene;
  yaml::Diagnostics diagnostics;
};

inline Reading read_text(const std::string& text, const std::vector<std::string>& overrides = {},
                         const yaml::ReadContext& context = {}) {
  Reading reading;
  reading.diagnostics.set_type("scene");
  auto document = yaml::Document::parse_text(text, "scene.yaml", reading.diagnostics);
  int argument = 3;
  for (const std::string& assignment : overrides) {
    yaml::apply_override(document, assignment, argument++, reading.diagnostics);
  }
  yaml::read_blocks(document.root(), reading.diagnostics, context, reading.common, reading.scene);
  return reading;
}

/// Reads a line in addition to a minimal valid file; gives back "message | hint" of the only
/// problem.
inline std::string problem(const std::string& line, const yaml::ReadContext& context = {}) {
  const Reading reading = read_text("time: {end: 1}\n" + line + "\n", {}, context);
  const auto problems = reading.diagnostics.sorted();
  if (problems.size() != 1)
    return format("{} problems: {}", problems.size(), reading.diagnostics.text());
  return problems[0].message + (problems[0].hint.empty() ? "" : " | " + problems[0].hint);
}

/// The same for a line that must be right.
inline Reading good(const std::string& line) {
  Reading reading = read_text("time: {end: 1}\n" + line + "\n");
  if (!reading.diagnostics.ok()) throw std::runtime_error(reading.diagnostics.text());
  return reading;
}

}  // namespace filigree::yaml_test
