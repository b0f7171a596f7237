// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The keys of scenario type `rods` about contact and obstacles, and about where rods start.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/reflect.hpp"
#include "physics/shapes.hpp"
#include "scenarios/types/mpm_options.hpp"

namespace filigree {

struct PlaneShape {
  static constexpr const char* kName = "plane";
  static constexpr const char* kDoc = "half space below a plane";
  std::array<double, 3> point{};
  std::array<double, 3> normal{0, 0, 1};
  double size = 1;

  template <class V>
  void reflect(V& v) {
    v("point", point, About{.doc = "of the plane", .unit = "m"});
    v("normal", normal, About{.doc = "points out of the obstacle; of any length"});
    v("size", size,
      About{.doc = "of the square that pictures show about the point", .unit = "m", .above = 0});
  }
  std::string validate() const;
};

struct CapsuleShape {
  static constexpr const char* kName = "capsule";
  static constexpr const char* kDoc = "all points near a line: a peg or bar with round ends";
  std::array<double, 3> from{};
  std::array<double, 3> to{};
  double radius = 0;

  template <class V>
  void reflect(V& v) {
    v("from", from, About{.doc = "one end of the line", .unit = "m", .required = true});
    v("to", to, About{.doc = "the other end", .unit = "m", .required = true});
    v("radius", radius, About{.doc = "about the line", .unit = "m", .above = 0, .required = true});
  }
};

using RodObstacleShape =
    std::variant<PlaneShape, BoxShape, SphereShape, CylinderShape, CapsuleShape, SurfaceShape>;

struct RodObstacleOptions {
  std::string name;
  RodObstacleShape shape;
  std::vector<double> rotation;
  std::optional<double> friction;
  std::optional<ObstacleMotionOptions> motion;

  template <class V>
  void reflect(V& v) {
    v("name", name,
      About{.doc = "lower_snake, unique; names the block in ParaView", .required = true});
    v("shape", shape, About{.doc = "rigid body", .required = true});
    v("rotation", rotation,
      About{.doc =
                "turns a box, cylinder or surface about its middle: angles about x, then y, then "
                "z",
            .unit = "deg"});
    v("friction", friction,
      About{.doc = "Coulomb coefficient; that of `contact` when absent", .min = 0});
    v("motion", motion, About{.doc = "stands still when absent"});
  }
  std::string validate() const;
};

struct RodContactBlock {
  std::optional<double> radius;
  double friction = 0;
  bool self = true;
  std::optional<double> activation;
  std::optional<double> stiffness;
  double slip_speed = 1e-3;
  std::int64_t max_pairs = 0;

  template <class V>
  void reflect(V& v) {
    v("radius", radius,
      About{.doc = "of every rod; that of its material when absent", .unit = "m", .above = 0});
    v("friction", friction, About{.doc = "Coulomb coefficient", .min = 0});
    v("self", self,
      About{.doc = "false: rods touch obstacles only, not themselves and each other"});
    v("activation", activation,
      About{.doc = "gap below which surfaces repel each other; a quarter of the smallest radius "
                   "when absent",
            .unit = "m",
            .above = 0});
    v("stiffness", stiffness,
      About{.doc = "force per length at about half the activation distance; when absent what bends "
                   "a rod to five times its radius",
            .unit = "N/m",
            .above = 0});
    v("slip_speed", slip_speed,
      About{.doc = "below it friction is smoothed, so what sticks creeps by less",
            .unit = "m/s",
            .above = 0});
    v("max_pairs", max_pairs,
      About{.doc = "most pairs of edges that may be near each other; 0: 32 per edge",
            .min = 0,
            .max = 100'000'000});
  }
};

struct StartPoints {
  static constexpr const char* kName = "points";
  static constexpr const char* kDoc = "along a line of corners";
  std::vector<std::array<double, 3>> points;

  template <class V>
  void reflect(V& v) {
    v("points", points,
      About{.doc = "corners, as long together as the branch; a branch with a root begins where the "
                   "root's vertex starts",
            .unit = "m",
            .required = true});
  }
};

/// The long trefoil knot of shastri1992, (t^5 - 10 t, t^4 - 4 t^2, t^3 - 3 t), scaled per axis.
struct StartOverhand {
  static constexpr const char* kName = "overhand";
  static constexpr const char* kDoc = "open overhand knot along x, with straight ends";
  std::array<double, 3> center{};
  double width = 0;

  template <class V>
  void reflect(V& v) {
    v("center", center, About{.doc = "of the loop", .unit = "m"});
    v("width", width,
      About{.doc = "of the loop along y", .unit = "m", .above = 0, .required = true});
  }
};

struct StartRing {
  static constexpr const char* kName = "ring";
  static constexpr const char* kDoc =
      "closed ring across z: the last edge lies on the first, so that two clamps hold it together";
  std::array<double, 3> center{};
  double warp = 0;

  template <class V>
  void reflect(V& v) {
    v("center", center, About{.doc = "of the ring", .unit = "m"});
    v("warp", warp,
      About{.doc = "height of two waves out of the plane, to disturb it", .unit = "m", .min = 0});
  }
};
using RodStart = std::variant<StartPoints, StartOverhand, StartRing>;

}  // namespace filigree
