// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The keys of scenario type `mpm`: what lies in the box, how it moves, what is measured.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/reflect.hpp"
#include "physics/laws/laws.hpp"
#include "physics/mpm/boundary.hpp"
#include "physics/mpm/transfer.hpp"
#include "physics/shapes.hpp"

namespace filigree {

template <>
struct EnumNames<mpm::TransferKind> {
  static constexpr std::array names{"apic", "pic"};
};

struct WallOptions {
  mpm::WallKind type = mpm::WallKind::kSeparate;
  double friction = 0;

  template <class V>
  void reflect(V& v) {
    v("type", type,
      About{.doc = "open: none; slip: no motion through it; stick: no motion at all; "
                   "separate: free to leave it, Coulomb friction along it"});
    v("friction", friction, About{.doc = "Coulomb coefficient of a separate wall", .min = 0});
  }
};

struct WallsOptions {
  WallOptions all;
  std::optional<WallOptions> x_min, x_max, y_min, y_max, z_min, z_max;

  template <class V>
  void reflect(V& v) {
    v("all", all, About{.doc = "every wall that is not given by itself"});
    v("x_min", x_min, About{.doc = "left wall"});
    v("x_max", x_max, About{.doc = "right wall"});
    v("y_min", y_min, About{.doc = "2D: floor; 3D: front wall"});
    v("y_max", y_max, About{.doc = "2D: ceiling; 3D: back wall"});
    v("z_min", z_min, About{.doc = "floor, 3D only"});
    v("z_max", z_max, About{.doc = "ceiling, 3D only"});
  }
};

struct DomainOptions {
  std::vector<double> min;
  std::vector<double> max;
  double cell_size = 0;
  WallsOptions walls;

  template <class V>
  void reflect(V& v) {
    v("min", min,
      About{.doc = "lower corner; two coordinates make a plane-strain 2D scene",
            .unit = "m",
            .required = true});
    v("max", max, About{.doc = "upper corner", .unit = "m", .required = true});
    v("cell_size", cell_size,
      About{.doc = "edge of the grid's cells; the domain is a whole number of them",
            .unit = "m",
            .above = 0,
            .required = true});
    v("walls", walls, About{.doc = "what the faces of the domain do"});
  }
  std::string validate() const;
};

struct SolverOptions {
  double cfl = 0.4;
  double dt = 0;
  mpm::TransferKind transfer = mpm::TransferKind::kApic;

  template <class V>
  void reflect(V& v) {
    v("cfl", cfl,
      About{.doc = "automatic steps: cells that sound and matter together cross per step; a lone "
                   "particle of fluid bursts above 0.71 in 2D, 0.58 in 3D",
            .max = 0.5,
            .above = 0});
    v("dt", dt,
      About{.doc = "fixed step; 0 chooses the step automatically", .unit = "s", .min = 0});
    v("transfer", transfer,
      About{.doc = "apic conserves angular momentum; pic damps and is for comparison"});
  }
};

/// The same velocity everywhere.
struct UniformMotion {
  static constexpr const char* kName = "uniform";
  static constexpr const char* kDoc = "one velocity for all points";
  std::vector<double> velocity;

  template <class V>
  void reflect(V& v) {
    v("velocity", velocity, About{.doc = "velocity", .unit = "m/s", .required = true});
  }
};

/// v = omega x (x - centre of the shape's bounding box).
struct RotatingMotion {
  static constexpr const char* kName = "rotating";
  static constexpr const char* kDoc = "rigid rotation about the middle of the body";
  std::vector<double> angular_velocity;

  template <class V>
  void reflect(V& v) {
    v("angular_velocity", angular_velocity,
      About{.doc = "one number in 2D, a vector in 3D", .unit = "rad/s", .required = true});
  }
};

/// v = V + omega x (x - c), c the centre of mass of the body's particles or a given point.
struct RigidMotion {
  static constexpr const char* kName = "rigid";
  static constexpr const char* kDoc = "velocity and rotation together, about the centre of mass";
  std::vector<double> velocity;
  std::vector<double> angular_velocity;
  std::vector<double> center;

  template <class V>
  void reflect(V& v) {
    v("velocity", velocity, About{.doc = "of the centre; none when absent", .unit = "m/s"});
    v("angular_velocity", angular_velocity,
      About{.doc = "one number in 2D, a vector in 3D; none when absent", .unit = "rad/s"});
    v("center", center,
      About{.doc = "point that the body turns about; its centre of mass when absent", .unit = "m"});
  }
};

/// v_axis = amplitude sin(pi s / (2 L)), s from the body's lower end, L its length along the axis:
/// the first mode of a bar that is fixed at its lower end.
struct FixedFreeModeMotion {
  static constexpr const char* kName = "fixed_free_mode";
  static constexpr const char* kDoc = "first axial mode of a bar fixed at its lower end";
  double amplitude = 0;
  int axis = 0;

  template <class V>
  void reflect(V& v) {
    v("amplitude", amplitude,
      About{.doc = "velocity of the free end", .unit = "m/s", .required = true});
    v("axis", axis, About{.doc = "0, 1 or 2: along x, y or z", .min = 0, .max = 2});
  }
};

using InitialMotion = std::variant<UniformMotion, RotatingMotion, RigidMotion, FixedFreeModeMotion>;

struct BodyOptions {
  std::string name;
  std::optional<Shape> shape;
  Law material;
  std::optional<InitialMotion> motion;
  std::vector<double> body_force;
  int points_per_axis = 2;
  double jitter = 0;

  template <class V>
  void reflect(V& v) {
    v("name", name,
      About{.doc = "lower_snake, unique; names the block in ParaView and the columns "
                   "of diagnostics.csv",
            .required = true});
    v("shape", shape,
      About{.doc = "region filled with particles at the start; may be absent where a source names "
                   "the body"});
    v("material", material, About{.doc = "constitutive law", .required = true});
    v("motion", motion, About{.doc = "velocity at the start; at rest when absent"});
    v("body_force", body_force,
      About{.doc = "acceleration of this body alone, on top of gravity; none when absent",
            .unit = "m/s^2"});
    v("points_per_axis", points_per_axis,
      About{.doc = "particles per cell and axis: 2 makes 4 per cell in 2D, 8 in 3D",
            .min = 1,
            .max = 8});
    v("jitter", jitter,
      About{.doc = "random displacement of the lattice, in spacings; uses run.seed",
            .min = 0,
            .max = 0.5});
  }
  std::string validate() const;
};

/// How an obstacle moves: steady from one time to another, at rest before and after.
struct ObstacleMotionOptions {
  std::vector<double> velocity;
  std::vector<double> angular_velocity;
  double from = 0;
  std::optional<double> until;

  template <class V>
  void reflect(V& v) {
    v("velocity", velocity, About{.doc = "of the centre; none when absent", .unit = "m/s"});
    v("angular_velocity", angular_velocity,
      About{.doc = "about the centre: one number in 2D, a vector in 3D", .unit = "rad/s"});
    v("from", from, About{.doc = "when it starts", .unit = "s", .min = 0});
    v("until", until, About{.doc = "when it stops; never when absent", .unit = "s", .min = 0});
  }
  std::string validate() const;
};

struct ObstacleOptions {
  std::string name;
  Shape shape;
  std::vector<double> rotation;
  bool hollow = false;
  mpm::WallKind surface = mpm::WallKind::kSeparate;
  double friction = 0;
  std::optional<ObstacleMotionOptions> motion;

  template <class V>
  void reflect(V& v) {
    v("name", name,
      About{.doc = "lower_snake, unique; names the block in ParaView", .required = true});
    v("shape", shape, About{.doc = "rigid body, at least three cells thick", .required = true});
    v("rotation", rotation,
      About{.doc = "turns the shape about its middle: one angle in 2D; in 3D angles about x, then "
                   "y, then z",
            .unit = "deg"});
    v("hollow", hollow, About{.doc = "true: the shape is a container, the matter is inside it"});
    v("surface", surface, About{.doc = "slip, stick or separate, as for the walls"});
    v("friction", friction, About{.doc = "Coulomb coefficient of a separate surface", .min = 0});
    v("motion", motion, About{.doc = "stands still when absent"});
  }
  std::string validate() const;
};

/// A region through which matter flows in.
struct SourceOptions {
  std::string name;
  std::string body;
  Shape shape;
  std::vector<double> velocity;
  double from = 0;
  std::optional<double> until;
  int points_per_axis = 2;

  template <class V>
  void reflect(V& v) {
    v("name", name, About{.doc = "lower_snake, unique", .required = true});
    v("body", body,
      About{.doc = "name of the body that the new particles belong to", .required = true});
    v("shape", shape,
      About{.doc = "region that matter flows through before it is free: best two cells long or "
                   "more; its cross-section is that of the flow",
            .required = true});
    v("velocity", velocity, About{.doc = "of the inflow", .unit = "m/s", .required = true});
    v("from", from, About{.doc = "when it starts", .unit = "s", .min = 0});
    v("until", until, About{.doc = "when it stops; never when absent", .unit = "s", .min = 0});
    v("points_per_axis", points_per_axis,
      About{.doc = "particles per cell and axis, as for a body", .min = 1, .max = 8});
  }
  std::string validate() const;
};

/// A region that takes particles away.
struct SinkOptions {
  std::string name;
  Shape shape;
  double from = 0;
  std::optional<double> until;

  template <class V>
  void reflect(V& v) {
    v("name", name, About{.doc = "lower_snake, unique", .required = true});
    v("shape", shape,
      About{.doc = "particles inside it at the end of a step are removed; it may reach beyond the "
                   "domain",
            .required = true});
    v("from", from, About{.doc = "when it starts", .unit = "s", .min = 0});
    v("until", until, About{.doc = "when it stops; never when absent", .unit = "s", .min = 0});
  }
  std::string validate() const;
};

/// Distance between the particles of a body at the start (m).
double point_spacing(const BodyOptions& body, const DomainOptions& domain);
/// Distance between the layers of a source (m).
double point_spacing(const SourceOptions& source, const DomainOptions& domain);

/// Period of a body's motion along an axis from the zero crossings of its mean velocity.
struct OscillationMeasure {
  static constexpr const char* kName = "oscillation";
  static constexpr const char* kDoc =
      "period of a body's mean velocity, beside 4 L / c of a fixed-free bar";
  std::string body;
  int axis = 0;

  template <class V>
  void reflect(V& v) {
    v("body", body, About{.doc = "name of a body", .required = true});
    v("axis", axis, About{.doc = "0, 1 or 2: along x, y or z", .min = 0, .max = 2});
  }
};

/// When a body's farthest particle passes a coordinate.
struct ArrivalMeasure {
  static constexpr const char* kName = "arrival";
  static constexpr const char* kDoc =
      "time at which a body's front passes a coordinate; -1 if never";
  std::string body;
  int axis = 0;
  double position = 0;

  template <class V>
  void reflect(V& v) {
    v("body", body, About{.doc = "name of a body", .required = true});
    v("axis", axis, About{.doc = "0, 1 or 2: along x, y or z", .min = 0, .max = 2});
    v("position", position,
      About{.doc = "coordinate to pass, upwards", .unit = "m", .required = true});
  }
};

/// Where a body ends.
enum class FrontKind { kMassFraction, kConnected };
template <>
struct EnumNames<FrontKind> {
  static constexpr std::array names{"mass_fraction", "connected"};
};

/// How far a body has spread along an axis.
struct RunoutMeasure {
  static constexpr const char* kName = "runout";
  static constexpr const char* kDoc =
      "(L - L0) / L0 of a body's upper side along an axis, L from its lower side at the start";
  std::string body;
  int axis = 0;
  FrontKind front = FrontKind::kMassFraction;
  double mass_fraction = 0.99;

  template <class V>
  void reflect(V& v) {
    v("body", body, About{.doc = "name of a body", .required = true});
    v("axis", axis, About{.doc = "0, 1 or 2: along x, y or z", .min = 0, .max = 2});
    v("front", front,
      About{.doc =
                "mass_fraction: that share of the mass lies within L; connected: L ends with the "
                "largest part in which cells at least a quarter full touch"});
    v("mass_fraction", mass_fraction,
      About{.doc = "share of the mass that lies within L, when front is mass_fraction; below 1 it "
                   "ignores stray grains",
            .max = 1,
            .above = 0});
  }
};

using Measure = std::variant<OscillationMeasure, ArrivalMeasure, RunoutMeasure>;

struct MpmOptions {
  DomainOptions domain;
  std::vector<double> gravity;
  SolverOptions solver;
  std::vector<BodyOptions> bodies;
  std::vector<ObstacleOptions> obstacles;
  std::vector<SourceOptions> sources;
  std::vector<SinkOptions> sinks;
  std::int64_t max_particles = 10'000'000;
  std::vector<Measure> measures;

  template <class V>
  void reflect(V& v) {
    v("domain", domain, About{.doc = "box that holds the scene", .required = true});
    v("gravity", gravity, About{.doc = "acceleration; none when absent", .unit = "m/s^2"});
    v("solver", solver, About{.doc = "steps and transfers"});
    v("bodies", bodies, About{.doc = "what lies in the box", .required = true});
    v("obstacles", obstacles, About{.doc = "rigid bodies that stand or move on a given path"});
    v("sources", sources, About{.doc = "regions through which matter flows in"});
    v("sinks", sinks, About{.doc = "regions that take matter away"});
    v("max_particles", max_particles,
      About{.doc = "most particles at a time: the run stops before its sources make more",
            .min = 1,
            .max = 2147483647});
    v("measures", measures, About{.doc = "figures for metrics.json"});
  }
  /// Reads the surfaces of bodies, obstacles, sources and sinks.
  std::string load_files(const std::filesystem::path& folder);
  std::string validate() const;
};

}  // namespace filigree
