// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The keys of scenario type `rods`: branched elastic cables, held by clamps.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/reflect.hpp"
#include "physics/rods/rod_step.hpp"
#include "scenarios/types/rods_contact_options.hpp"

namespace filigree {

template <>
struct EnumNames<rods::RodRule> {
  static constexpr std::array names{"euler", "midpoint", "semi_implicit"};
};

/// A solid round section: EA = E pi r^2, EI = E pi r^4/4, GJ = E pi r^4/(4 (1 + nu)).
struct RoundSection {
  static constexpr const char* kName = "round";
  static constexpr const char* kDoc = "solid round section of one material";
  double radius = 0;
  double young_modulus = 0;
  double poisson_ratio = 0.5;
  double density = 0;

  template <class V>
  void reflect(V& v) {
    v("radius", radius, About{.doc = "of the section", .unit = "m", .above = 0, .required = true});
    v("young_modulus", young_modulus,
      About{.doc = "axial stiffness", .unit = "Pa", .above = 0, .required = true});
    v("poisson_ratio", poisson_ratio, About{.doc = "lateral contraction", .max = 0.5, .above = -1});
    v("density", density,
      About{.doc = "mass density", .unit = "kg/m^3", .above = 0, .required = true});
  }
};

/// Stiffness as it was measured or identified.
struct GivenStiffness {
  static constexpr const char* kName = "stiffness";
  static constexpr const char* kDoc = "stiffness against stretching, bending and twist";
  double stretch = 1000;
  std::array<double, 2> bending{};
  double twist = 0;
  double line_density = 0;
  double radius = 0.003;

  template <class V>
  void reflect(V& v) {
    v("stretch", stretch, About{.doc = "EA", .unit = "N", .above = 0});
    v("bending", bending,
      About{.doc = "EI about the first and the second director",
            .unit = "N m^2",
            .min = 0,
            .required = true});
    v("twist", twist, About{.doc = "GJ", .unit = "N m^2", .min = 0, .required = true});
    v("line_density", line_density,
      About{.doc = "mass per length", .unit = "kg/m", .above = 0, .required = true});
    v("radius", radius, About{.doc = "for pictures and contact", .unit = "m", .above = 0});
  }
};

using RodMaterial = std::variant<RoundSection, GivenStiffness>;

struct BranchOptions {
  std::string name;
  std::vector<std::array<double, 3>> points;
  std::string root;
  std::int64_t root_vertex = -1;
  std::int64_t edges = 0;
  std::optional<std::array<double, 3>> director;
  RodMaterial material;
  std::optional<RodStart> start;

  template <class V>
  void reflect(V& v) {
    v("name", name, About{.doc = "lower_snake, unique", .required = true});
    v("points", points,
      About{.doc = "corners of the line that the branch is at rest; a branch with a root begins at "
                   "the root's vertex, its points come after it",
            .unit = "m",
            .required = true});
    v("root", root, About{.doc = "name of the earlier branch it stands on; absent: its own rod"});
    v("root_vertex", root_vertex,
      About{.doc = "number of the root's vertex, 0 its first, -1 its last"});
    v("edges", edges,
      About{.doc = "equal pieces the line is cut into", .min = 1, .max = 100000, .required = true});
    v("director", director,
      About{.doc = "where the first director of the section points; absent: free of twist along "
                   "the rod"});
    v("material", material, About{.doc = "of the section", .required = true});
    v("start", start,
      About{.doc = "where it lies when the run begins, without twist; absent: as at rest"});
  }
  std::string validate() const;
};

/// A clamp at a moment; between moments it moves evenly, after the last it stays.
struct ClampWaypoint {
  double time = 0;
  std::array<double, 3> move{};
  double turn = 0;
  std::array<double, 3> rotate{};

  template <class V>
  void reflect(V& v) {
    v("time", time, About{.doc = "moment", .unit = "s", .min = 0, .required = true});
    v("move", move, About{.doc = "from where it took hold", .unit = "m"});
    v("turn", turn, About{.doc = "about the held edge, since it took hold", .unit = "deg"});
    v("rotate", rotate,
      About{.doc = "rotation vector since it took hold: the held edge and its roll turn about this "
                   "axis, by its length, around the clamp's vertex; numbers are interpolated",
            .unit = "deg"});
  }
};

enum class HeldEdge { kNone, kNext, kPrevious };
template <>
struct EnumNames<HeldEdge> {
  static constexpr std::array names{"none", "next", "previous"};
};

struct ClampOptions {
  std::string name;
  std::string branch;
  std::int64_t vertex = 0;
  HeldEdge edge = HeldEdge::kNone;
  std::optional<double> from;
  std::optional<double> until;
  std::vector<ClampWaypoint> motion;
  std::optional<FilePath> trajectory;

  template <class V>
  void reflect(V& v) {
    v("name", name, About{.doc = "lower_snake, unique", .required = true});
    v("branch", branch, About{.doc = "name of the branch", .required = true});
    v("vertex", vertex, About{.doc = "number of its vertex, 0 its first, -1 its last"});
    v("edge", edge,
      About{.doc = "the edge of the branch after or before the vertex that is held too: position, "
                   "direction and roll"});
    v("from", from,
      About{.doc = "when it takes hold of the rod as it lies then; absent: from the start",
            .unit = "s",
            .above = 0});
    v("until", until, About{.doc = "when it lets go; absent: never", .unit = "s", .above = 0});
    v("motion", motion, About{.doc = "way-points, times rising; absent: it stays"});
    v("trajectory", trajectory,
      About{.doc =
                "way-points from a file instead: .csv with the columns time, move_x, move_y, "
                "move_z, turn, rotate_x, rotate_y and rotate_z, or .npz with the arrays time [n], "
                "move [n, 3], turn [n] and rotate [n, 3], in s, m and degrees; turn and rotate may "
                "be left out"});
  }
  std::string validate() const;
  std::vector<ClampWaypoint> waypoints;  ///< read from `trajectory`

  const std::vector<ClampWaypoint>& path() const { return trajectory ? waypoints : motion; }
};

struct RodSolverOptions {
  double dt = 0.01;
  rods::RodRule rule = rods::RodRule::kEuler;
  double tolerance = 1e-8;
  int max_iterations = 50;

  template <class V>
  void reflect(V& v) {
    v("dt", dt, About{.doc = "step", .unit = "s", .above = 0});
    v("rule", rule,
      About{.doc =
                "euler damps what the step cannot resolve; midpoint is of second order and keeps "
                "momentum; semi_implicit keeps momentum too and costs half as much"});
    v("tolerance", tolerance,
      About{.doc = "of Newton's method: last move over the mean edge; of lengths where the rule is "
                   "semi_implicit",
            .max = 1e-2,
            .above = 0});
    v("max_iterations", max_iterations, About{.doc = "of Newton's method", .min = 1, .max = 1000});
  }
};

struct RodsOptions {
  std::vector<double> gravity;
  std::vector<BranchOptions> branches;
  double damping = 0;
  bool settle = false;
  std::vector<ClampOptions> clamps;
  std::optional<RodContactBlock> contact;
  std::vector<RodObstacleOptions> obstacles;
  RodSolverOptions solver;

  template <class V>
  void reflect(V& v) {
    v("gravity", gravity, About{.doc = "acceleration; none when absent", .unit = "m/s^2"});
    v("branches", branches, About{.doc = "rods and their branches", .required = true});
    v("damping", damping,
      About{.doc = "rate at which free motion dies out: force -damping m v",
            .unit = "1/s",
            .min = 0});
    v("settle", settle, About{.doc = "true: begin in equilibrium, clamps where they start"});
    v("clamps", clamps, About{.doc = "what holds and moves the rods"});
    v("contact", contact,
      About{.doc = "rods touch themselves and each other; absent: they do not, but obstacles"});
    v("obstacles", obstacles, About{.doc = "rigid bodies that stand or move on a given path"});
    v("solver", solver, About{.doc = "steps"});
  }
  /// Reads the surfaces of obstacles and the trajectories of clamps.
  std::string load_files(const std::filesystem::path& folder);
  std::string validate() const;
};

}  // namespace filigree
