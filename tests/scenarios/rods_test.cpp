// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scenario type `rods`: clamps, settling, what is written.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "core/error.hpp"
#include "io/npz.hpp"
#include "scenarios/types/rods_simulation.hpp"
#include "tests/scenarios/run_support.hpp"

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
  options.clamps[0].until = 0.2;  // handed over
  options.clamps[1].from = 0.2;
  EXPECT_EQ(options.validate(), "");
  options.clamps[0].until = 0.3;
  EXPECT_NE(options.validate(), "");
  options = cord({{1, {}, 90}});
  options.clamps[0].edge = HeldEdge::kNone;
  EXPECT_EQ(options.validate(),
            "clamps.0.motion.0.turn: only a held edge can be turned; set `edge`\n");
}

/// The wall holds the cord against the moment of its weight about the clamp.
TEST(RodsScenario, TheClampBalancesTheMomentOfTheWeight) {
  const auto simulation = started(cord({}));
  Frame frame;
  simulation->describe(frame);
  Vec<3, double> moment{};
  for (std::size_t b = 0; b < 2; ++b) {  // half of an edge's weight at each of its ends
    const Block& block = frame.blocks[b];
    const double mass = 0.1 * 0.02;
    for (std::size_t k = 0; 3 * k < block.points.size(); ++k) {
      const bool is_end = k == 0 || 3 * (k + 1) == block.points.size();
      const Vec<3, double> x{block.points[3 * k], block.points[3 * k + 1], block.points[3 * k + 2]};
      moment += cross(x, Vec<3, double>{0, 0, -9.81 * mass * (is_end ? 0.5 : 1.0)});
    }
  }
  const char* names[] = {"wall_torque_x", "wall_torque_y", "wall_torque_z"};
  for (int a = 0; a < 3; ++a) {
    EXPECT_NEAR(value_of(*simulation, names[a]), -moment[a], 1e-6 + tol<Real>(1e7)) << names[a];
  }
}

/// A clamp that takes hold of the falling end at 0.1 s keeps it where it was, until it lets go.
TEST(RodsScenario, ClampsTakeHoldLater) {
  RodsOptions options = cord({});
  options.settle = false;
  ClampOptions late;
  late.name = "late";
  late.branch = "trunk";
  late.vertex = -1;
  late.from = 0.1;
  late.until = 0.3;
  late.motion = {{0.2, {0, 0, 0}, 0}, {0.25, {0, 0.01, 0}, 0}};
  options.clamps.push_back(late);
  const auto simulation = started(options);
  const auto go_to = [&](double time) {
    while (simulation->time() < time) simulation->step(time);
  };
  go_to(0.1);
  EXPECT_EQ(value_of(*simulation, "late_force_z"), 0);
  const double z = value_of(*simulation, "trunk_end_z");
  const double y = value_of(*simulation, "trunk_end_y");
  EXPECT_LT(z, -0.01);
  go_to(0.2);
  EXPECT_EQ(value_of(*simulation, "trunk_end_z"), z);
  EXPECT_NE(value_of(*simulation, "late_force_z"), 0);
  go_to(0.3);
  EXPECT_NEAR(value_of(*simulation, "trunk_end_y"), y + 0.01, tol<Real>(10));
  go_to(0.4);
  EXPECT_NE(value_of(*simulation, "trunk_end_z"), z);
  EXPECT_EQ(value_of(*simulation, "late_force_z"), 0);
  options.clamps[1].until = 0.05;
  EXPECT_NE(options.clamps[1].validate().find("until: 0.05 s is not after 0.1 s"),
            std::string::npos);
}

/// A clamp that is rotated about its vertex carries the rod along as a rigid gripper does. A
/// quarter turn about z leads the cord from x to y, its branch from y to -x; about x, the direction
/// of its own edge, it is the same as `turn`.
TEST(RodsScenario, RotatedClampsTakeTheRodAlong) {
  const auto settled = [](const std::array<double, 3>& rotate, double turn) {
    auto simulation = started(cord({{1, {}, turn, rotate}}));
    while (simulation->time() < 8) simulation->step(8);
    return simulation;
  };
  const auto straight = settled({}, 0);
  const auto aside = settled({0, 0, 90}, 0);
  EXPECT_NEAR(value_of(*aside, "trunk_end_y"), value_of(*straight, "trunk_end_x"), 1e-5);
  EXPECT_NEAR(value_of(*aside, "trunk_end_z"), value_of(*straight, "trunk_end_z"), 1e-5);
  EXPECT_NEAR(value_of(*aside, "arm_end_x"), -value_of(*straight, "arm_end_y"), 1e-5);
  const auto rolled = settled({60, 0, 0}, 0);
  const auto turned = settled({}, 60);
  EXPECT_NEAR(value_of(*rolled, "arm_end_y"), value_of(*turned, "arm_end_y"), 1e-6);
  EXPECT_NEAR(value_of(*rolled, "arm_end_z"), value_of(*turned, "arm_end_z"), 1e-6);
}

class RodsTrajectory : public testing_support::RunTest {};

TEST_F(RodsTrajectory, FilesAndWayPointsMoveAlike) {
  const std::vector<ClampWaypoint> motion{
      {0, {}, 0}, {0.1, {0.01, 0, 0.02}, 10}, {0.3, {0, 0.01, 0}, 0}};
  std::string csv = "time [s],move_x [m],move_y,move_z,turn [deg]\n";
  std::vector<double> time, move, turn;
  for (const ClampWaypoint& point : motion) {
    csv += format("{},{},{},{},{}\n", point.time, point.move[0], point.move[1], point.move[2],
                  point.turn);
    time.push_back(point.time);
    move.insert(move.end(), point.move.begin(), point.move.end());
    turn.push_back(point.turn);
  }
  write("path.csv", csv);
  NamedArrays arrays;
  arrays.add(make_array<double>("time", std::span<const double>(time), {3}));
  arrays.add(make_array<double>("move", std::span<const double>(move), {3, 3}));
  arrays.add(make_array<double>("turn", std::span<const double>(turn), {3}));
  write_npz(folder_ / "path.npz", arrays);
  const auto end_after = [&](RodsOptions options) {
    EXPECT_EQ(options.load_files(folder_), "");
    const auto simulation = started(options);
    while (simulation->time() < 0.3) simulation->step(0.3);
    return value_of(*simulation, "arm_end_y");
  };
  const double expected = end_after(cord(motion));
  for (const char* file : {"path.csv", "path.npz"}) {
    RodsOptions options = cord({});
    options.clamps[0].trajectory = FilePath{file};
    EXPECT_EQ(end_after(options), expected) << file;
  }
}

TEST_F(RodsTrajectory, WrongFilesAreExplained) {
  const auto problem = [&](const std::string& name, const std::string& text) {
    write(name, text);
    RodsOptions options = cord({});
    options.clamps[0].trajectory = FilePath{name};
    return options.load_files(folder_);
  };
  const auto has = [](const std::string& text, const char* part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  has(problem("a.csv", "time,move_x,move_y\n0,0,0\n"), "there is no column 'move_z'");
  has(problem("a.csv", "time,move_x,move_y,move_z\n0,0,0,0\n0.1,nan,0,0\n"),
      "a.csv:3: 'nan' is not a finite number");
  has(problem("a.csv", "time,move_x,move_y,move_z\n0,0,0,0\n0,1,0,0\n"),
      "row 2: the time 0 s is negative or not after");
  has(problem("a.csv", "time,move_x [mm],move_y,move_z\n0,0,0,0\n"), "'move_x' must be in m");
  has(problem("a.txt", "0"), "a trajectory is a .csv or .npz file");
  has(problem("a.csv", "time,move_x,move_y,move_z\n"), "there is no way-point");
}

TEST(RodsScenario, FastClampsAreWarnedOf) {
  const auto slow = started(cord({{0.5, {0.1, 0, 0}, 0}}));
  EXPECT_TRUE(slow->warnings().empty());
  const auto fast = started(cord({{0.5, {0.1, 0, 0}, 0}, {0.52, {0.1, 0.1, 0}, 0}}));
  ASSERT_EQ(fast->warnings().size(), 1U);
  EXPECT_NE(fast->warnings()[0].find("clamp 'wall' moves at 5 m/s from t = 0.5 s"),
            std::string::npos);
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
  EXPECT_EQ(options.validate(),
            "solver.rule: contact needs euler: the other rules go past surfaces\n");
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
