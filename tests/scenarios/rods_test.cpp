// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scenario type `rods`: clamps, settling, what is written.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

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

TEST(RodsScenario, FramesHoldPolylinesWithTheirFields) {
  const auto simulation = started(cord({}));
  Frame frame;
  simulation->describe(frame);
  validate(frame);
  ASSERT_EQ(frame.blocks.size(), 2U);
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

}  // namespace
}  // namespace filigree
