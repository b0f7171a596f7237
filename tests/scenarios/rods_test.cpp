// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scenario type `rods`: clamps, settling, what is written.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "core/error.hpp"
#include "scenarios/types/rods_simulation.hpp"

namespace filigree {
namespace {

/// A cord of 20 edges that is clamped at x = 0 and has a branch, with clamps as given.
RodsOptions cord(const std::vector<ClampWaypoint>& motion) {
  RodsOptions options;
  GivenStiffness stiffness;
  stiffness.bending = {2e-3, 2e-3};
  stiffness.twist = 2e-3;
  stiffness.line_density = 0.1;
  BranchOptions trunk;
  trunk.name = "trunk";
  trunk.points = {{0, 0, 0}, {0.4, 0, 0}};
  trunk.edges = 20;
  trunk.material = stiffness;
  BranchOptions arm = trunk;
  arm.name = "arm";
  arm.root = "trunk";
  arm.root_vertex = 10;
  arm.points = {{0.2, 0.1, 0}};
  arm.edges = 5;
  options.branches = {trunk, arm};
  ClampOptions clamp;
  clamp.name = "wall";
  clamp.branch = "trunk";
  clamp.edge = HeldEdge::kNext;
  clamp.motion = motion;
  options.clamps = {clamp};
  options.gravity = {0, 0, -9.81};
  options.damping = 2;
  options.settle = true;
  return options;
}

double value_of(const Simulation& simulation, const std::string& name) {
  Recorder recorder;
  simulation.diagnose(recorder);
  for (const Recorder::Row& row : recorder.rows()) {
    if (row.name == name) return row.value;
  }
  ADD_FAILURE() << name;
  return 0;
}

std::unique_ptr<Simulation> started(const RodsOptions& options) {
  EXPECT_EQ(options.validate(), "");
  auto simulation = make_rods(options);
  simulation->initialize({});
  return simulation;
}

TEST(RodsScenario, TheClampCarriesTheWeightFromTheStart) {
  const auto simulation = started(cord({}));
  const double weight = 0.1 * 0.5 * 9.81;
  EXPECT_NEAR(value_of(*simulation, "wall_force_z"), weight, tol<Real>(1e6));
  EXPECT_NEAR(value_of(*simulation, "wall_force_x"), 0, tol<Real>(1e6));
  simulation->step(0.01);
  EXPECT_NEAR(value_of(*simulation, "wall_force_z"), weight, 1e-3 * weight);
}

/// Half a turn of the clamp brings the arm to the other side.
TEST(RodsScenario, ATurnAtTheStartCountsAsOneLater) {
  const double before = value_of(*started(cord({})), "arm_end_y");
  const auto at_once = started(cord({{0, {}, 180}}));
  EXPECT_NEAR(value_of(*at_once, "arm_end_y"), -before, 0.02 * before);
  const auto later = started(cord({{0.5, {}, 180}}));
  while (later->time() < 6) later->step(6);
  EXPECT_NEAR(value_of(*later, "arm_end_y"), -before, 0.02 * before);
}

TEST(RodsScenario, FramesHoldPolylinesTubesAndGrippers) {
  const auto simulation = started(cord({}));
  Frame frame;
  simulation->describe(frame);
  validate(frame);
  ASSERT_EQ(frame.blocks.size(), 5U);
  EXPECT_EQ(frame.blocks[2].name, "trunk_tube");
  EXPECT_EQ(frame.blocks[2].kind, CellKind::kTriangle);
  EXPECT_EQ(frame.blocks[4].name, "wall");
  EXPECT_EQ(frame.blocks[0].n_points(), 21);
  EXPECT_EQ(frame.blocks[1].n_points(), 6);
  EXPECT_EQ(frame.blocks[1].n_cells(), 1);
  for (int a = 0; a < 3; ++a) {  // the arm begins at the trunk's vertex
    EXPECT_EQ(frame.blocks[1].points[static_cast<std::size_t>(a)],
              frame.blocks[0].points[static_cast<std::size_t>(30 + a)]);
  }
}

TEST(RodsScenario, ClampsThatContradictAreRefused) {
  RodsOptions options = cord({});
  ClampOptions other = options.clamps[0];
  other.name = "other";
  other.branch = "arm";
  other.edge = HeldEdge::kNone;
  other.vertex = 0;  // vertex 10 of the trunk
  options.clamps.push_back(other);
  EXPECT_EQ(options.validate(), "");
  options.clamps[0].vertex = 9;
  EXPECT_EQ(options.validate(),
            "clamps.1.vertex: clamp 'other' holds the same vertex as clamp "
            "'wall'\n");
  options = cord({{1, {}, 90}});
  options.clamps[0].edge = HeldEdge::kNone;
  EXPECT_EQ(options.validate(),
            "clamps.0.motion.0.turn: only a held edge can be turned; set `edge`\n");
}

/// The volume that a closed surface of triangles encloses.
double volume_of(const Block& block) {
  const auto point = [&](std::size_t k) {
    const auto p = static_cast<std::size_t>(3 * block.connectivity[k]);
    return Vec<3, double>{block.points[p], block.points[p + 1], block.points[p + 2]};
  };
  double volume = 0;
  for (std::size_t k = 0; k < block.connectivity.size(); k += 3) {
    volume += dot(point(k), cross(point(k + 1), point(k + 2))) / 6;
  }
  return volume;
}

/// The volume of 12 sides and the round ends, outwards.
TEST(RodsScenario, TubesAreClosed) {
  const auto simulation = started(cord({}));
  Frame frame;
  simulation->describe(frame);
  const double r = 0.003;  // of GivenStiffness
  const double section = 6 * std::sin(std::numbers::pi / 6) * r * r;
  EXPECT_NEAR(volume_of(frame.blocks[2]), section * (0.4 + 4 * r / 3), 0.01 * section * 0.4);
}

/// A cord without clamps falls on a floor and a peg that carry its weight.
RodsOptions falling_cord() {
  RodsOptions options = cord({});
  options.clamps.clear();
  options.settle = false;
  options.contact = RodContactBlock{};
  options.contact->friction = 0.3;
  RodObstacleOptions floor;
  floor.name = "floor";
  floor.shape = PlaneShape{{0, 0, -0.02}};
  RodObstacleOptions peg = floor;
  peg.name = "peg";
  peg.shape = CapsuleShape{{0.1, -0.1, -0.02}, {0.1, 0.1, -0.02}, 0.005};
  options.obstacles = {floor, peg};
  return options;
}

TEST(RodsScenario, ObstaclesCarryTheWeight) {
  const auto simulation = started(falling_cord());
  while (simulation->time() < 2) simulation->step(2);
  const double weight = 0.1 * 0.5 * 9.81;
  EXPECT_NEAR(value_of(*simulation, "contact_force_z"), weight, 1e-3 * weight);
  EXPECT_GT(value_of(*simulation, "min_gap"), 0);
  EXPECT_LT(value_of(*simulation, "friction_work"), 0);
  Frame frame;
  simulation->describe(frame);
  validate(frame);
  ASSERT_EQ(frame.blocks.size(), 6U);
  EXPECT_EQ(frame.blocks[4].name, "floor");
  EXPECT_EQ(frame.blocks[5].name, "peg");
}

TEST(RodsScenario, WrongObstaclesAreRefused) {
  RodsOptions options = falling_cord();
  options.obstacles[1].name = "arm_tube";
  EXPECT_EQ(options.validate(),
            "obstacles.1.name: another part is called 'arm_tube'; give each its own name\n");
  options = falling_cord();
  options.obstacles[0].shape = BoxShape{{0, 0}, {1, 1}};
  EXPECT_EQ(options.validate(),
            "obstacles.0.shape: its points have 2 coordinates, three are needed\n");
  options = falling_cord();
  options.solver.rule = rods::RodRule::kMidpoint;
  EXPECT_EQ(options.validate(), "solver.rule: contact needs euler: the other rules go past surfaces\n");
}

/// A rod starts along other points than at rest, and its branch along with it.
TEST(RodsScenario, RodsStartElsewhere) {
  RodsOptions options = cord({});
  options.settle = false;
  options.branches[0].start = StartPoints{{{0, 0, 0}, {0, 0, 0.4}}};
  const auto simulation = started(options);
  EXPECT_NEAR(value_of(*simulation, "trunk_end_z"), 0.4, tol<Real>(100));
  EXPECT_NEAR(value_of(*simulation, "arm_end_z"), 0.2, tol<Real>(100));
  options.branches[0].start = StartPoints{{{0, 0, 0}, {0, 0, 0.5}}};
  EXPECT_THROW(make_rods(options), InputError);
  options.branches[0].start = StartOverhand{{}, 0.2};
  EXPECT_THROW(make_rods(options), InputError);
}

}  // namespace
}  // namespace filigree
