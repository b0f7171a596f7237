// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The published branched-rod model against values that the released program computed.
//
// The values are not part of the source tree: FILIGREE_DEFT_DATA names the folder with the cable
// sets and `golden/`; the default is shared/data/deft beside the source tree. Without it the tests
// are skipped.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "io/npz.hpp"
#include "scenarios/types/deft_replay.hpp"

namespace filigree {
namespace {

namespace fs = std::filesystem;
using rods::deft::Gradient;
using rods::deft::Model;
using rods::deft::State;
using rods::deft::Vec3;

fs::path data_folder() {
  if (const char* folder = std::getenv("FILIGREE_DEFT_DATA")) return folder;
  return fs::path(FILIGREE_SOURCE_DIR).parent_path() / "shared/data/deft";
}

/// What the tests look at in a file of values; it also holds text.
const std::vector<std::string> kUsed{"data_frames_0_1",
                                     "clamp_targets",
                                     "pred",
                                     "repo_metric_rmse",
                                     "const_rest_edge_len",
                                     "const_rest_region_len",
                                     "const_mass_diag_in_mass_matrix",
                                     "const_parent_MOI",
                                     "const_children_MOI",
                                     "const_theta_clamp"};

/// A run of the released program on the first evaluation recording of a set.
struct Golden {
  const char* set;
  const char* parameters;
};
std::ostream& operator<<(std::ostream& out, const Golden& golden) {
  return out << golden.set << "_" << golden.parameters;
}

class DeftGolden : public testing::TestWithParam<Golden> {
 protected:
  void SetUp() override {
    if (!fs::is_directory(data_folder() / "golden")) {
      GTEST_SKIP() << "no published values in " << data_folder() << ": set FILIGREE_DEFT_DATA";
    }
    set_ = read_cable_set(data_folder() / GetParam().set);
    const std::string parameters = GetParam().parameters;
    model_ = deft_parity_model(set_, read_npz(set_.folder / ("params_" + parameters + ".npz")));
    name_ = std::string(GetParam().set) + "_eval00_" + parameters;
    golden_ = read_npz(data_folder() / "golden" / (name_ + ".npz"), kUsed);
  }

  NamedArrays stages(int step) const {
    return read_npz(data_folder() / "golden" / format("{}_step{:03d}.npz", name_, step));
  }
  static Vec3 vector(const NamedArray& array, std::size_t i) {
    const auto k = static_cast<std::int64_t>(3 * i);
    return {array.value(k), array.value(k + 1), array.value(k + 2)};
  }
  /// [branch, slot] positions from entry `first` of an array on.
  std::vector<Vec3> positions(const char* name, std::size_t first) const {
    std::vector<Vec3> x(model_.size());
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = vector(golden_.at(name), first + i);
    return x;
  }
  State start() const {
    return make_state(model_, positions("data_frames_0_1", 0),
                      positions("data_frames_0_1", model_.size()));
  }
  std::vector<Vec3> targets(int step) const {
    const std::size_t n = set_.grasped.size();
    std::vector<Vec3> x(n);
    for (std::size_t g = 0; g < n; ++g) {
      x[g] = vector(golden_.at("clamp_targets"), static_cast<std::size_t>(step) * n + g);
    }
    return x;
  }
  /// Largest difference of a field over the slots that branches use: from `first` on, all but the
  /// last `missing`. `columns` are the slots of the other array.
  template <class Difference>
  double worst(int columns, int first, int missing, const Difference& difference) const {
    double result = 0;
    for (int b = 0; b < model_.branches(); ++b) {
      const int count = model_.cable.counts[static_cast<std::size_t>(b)];
      for (int k = first; k < count - missing; ++k) {
        result = std::max(result, difference(model_.at(b, k), b * columns + k));
      }
    }
    return result;
  }
  double vectors_differ(const std::vector<Vec3>& mine, const NamedArray& theirs, int first = 0) {
    const auto columns = static_cast<int>(theirs.shape[theirs.shape.size() - 2]);
    return worst(columns, first, model_.slots() - columns, [&](std::size_t i, int other) {
      return norm(mine[i] - vector(theirs, static_cast<std::size_t>(other)));
    });
  }
  double numbers_differ(const std::vector<double>& mine, const NamedArray& theirs) {
    const auto columns = static_cast<int>(theirs.shape.back());
    return worst(columns, 0, model_.slots() - columns, [&](std::size_t i, int other) {
      return std::fabs(mine[i] - theirs.value(other));
    });
  }
  double pairs_differ(const std::vector<Vec<2, double>>& mine, const NamedArray& theirs) {
    return worst(model_.slots() - 1, 1, 1, [&](std::size_t i, int other) {
      return norm(mine[i] - Vec<2, double>{theirs.value(2 * other), theirs.value(2 * other + 1)});
    });
  }
  /// The forces of vertices that are not grasped; the program sets the others to zero.
  std::vector<Vec3> free_forces(std::vector<Vec3> force) const {
    for (const Index v : set_.grasped) force[static_cast<std::size_t>(v)] = Vec3::zero();
    return force;
  }
  void expect_sweeps(State& state, const NamedArrays& theirs);

  CableSet set_;
  Model model_;
  NamedArrays golden_;
  std::string name_;
};

// Tolerances: the two programs sum in different order. One step differs by some 1e-15 m; over 498
// steps this grows to about 1e-13 m. Angles and frames turn a position error around by an edge of
// 3 to 10 cm; forces by stiffnesses of 1e-3 N m^2 over the square of that.
constexpr double kPositionTolerance = 1e-12;
constexpr double kStageTolerance = 1e-11;

TEST_P(DeftGolden, ConstantsFollowFromTheFolder) {
  constexpr double kRelative = 1e-14;
  EXPECT_LT(numbers_differ(model_.length, golden_.at("const_rest_edge_len")), 1e-16);
  EXPECT_LT(numbers_differ(model_.region, golden_.at("const_rest_region_len")), 1e-16);
  for (int b = 0; b < model_.branches(); ++b) {
    for (int k = 0; k < model_.slots(); ++k) {
      const double theirs =
          golden_.at("const_mass_diag_in_mass_matrix").value(b * model_.slots() + k);
      EXPECT_NEAR(model_.mass[model_.at(b, k)], theirs, kRelative * theirs) << b << " " << k;
    }
  }
  for (int c = 0; c < model_.children(); ++c) {
    const auto i = static_cast<std::size_t>(c);
    const Vec3 in = vector(golden_.at("const_parent_MOI"), 2 * i);
    const Vec3 out = vector(golden_.at("const_parent_MOI"), 2 * i + 1);
    const Vec3 child = vector(golden_.at("const_children_MOI"), i);
    EXPECT_LT(norm(model_.host_inertia_in[i] - in), kRelative * norm(in)) << c;
    EXPECT_LT(norm(model_.host_inertia_out[i] - out), kRelative * norm(out)) << c;
    EXPECT_LT(norm(model_.child_inertia[i] - child), kRelative * norm(child)) << c;
  }
  for (std::size_t i = 0; i < 2; ++i) {  // counted from the end where negative; middle grasps too
    const auto theirs =
        static_cast<int>(golden_.at("const_theta_clamp").value(static_cast<std::int64_t>(i)));
    EXPECT_EQ(model_.held_edges[i], theirs < 0 ? theirs + model_.slots() - 1 : theirs);
  }
}

TEST_P(DeftGolden, Positions) {
  State state = start();
  const auto steps = static_cast<int>(golden_.at("pred").shape[0]);
  ASSERT_EQ(steps, 498);
  for (int t = 0; t < steps; ++t) {
    step(model_, targets(t), state);
    const std::vector<Vec3> theirs = positions("pred", static_cast<std::size_t>(t) * model_.size());
    double worst = 0;
    for (std::size_t i = 0; i < model_.size(); ++i) {
      worst = std::max(worst, norm(state.position[i] - theirs[i]));
    }
    ASSERT_LT(worst, kPositionTolerance) << "step " << t;
  }
}

TEST_P(DeftGolden, Stages) {
  State state = start();
  int next = 0;
  for (const int t : {0, 1, 10, 100}) {
    SCOPED_TRACE(t);
    for (; next < t; ++next) step(model_, targets(next), state);
    const NamedArrays theirs = stages(t);
    State now = state;
    EXPECT_LT(vectors_differ(now.position, theirs.at("x0")), kPositionTolerance);
    EXPECT_LT(vectors_differ(now.velocity, theirs.at("v_before")), kStageTolerance);
    set_first_frames(model_, t == 0, now.position, now.first_frame);
    bishop_frames(model_, now.position, now.first_frame, now.frames);
    EXPECT_LT(vectors_differ(now.frames.binormal, theirs.at("kb"), 1), kStageTolerance);
    EXPECT_LT(vectors_differ(now.frames.u, theirs.at("bishop_u")), kStageTolerance);
    EXPECT_LT(vectors_differ(now.frames.v, theirs.at("bishop_v")), kStageTolerance);
    set_root_twist(model_, now);
    EXPECT_LT(numbers_differ(now.theta, theirs.at("theta_before")), kStageTolerance);
    iterate_twist(model_, now.frames, now.theta);
    EXPECT_LT(numbers_differ(now.theta, theirs.at("theta_after")), kStageTolerance);
    material_frames(model_, now.theta, now.frames);
    EXPECT_LT(vectors_differ(now.frames.m1, theirs.at("m1")), kStageTolerance);
    EXPECT_LT(vectors_differ(now.frames.m2, theirs.at("m2")), kStageTolerance);
    EXPECT_LT(pairs_differ(model_.rest_in, theirs.at("rest_W_prev")), kStageTolerance);
    EXPECT_LT(pairs_differ(model_.rest_out, theirs.at("rest_W_next")), kStageTolerance);
    const auto force = [&](bool end_moment) {
      elastic_force(model_, now.frames, now.theta, now.position, Gradient::kPublished, end_moment,
                    now.force);
      return free_forces(now.force);
    };
    EXPECT_LT(vectors_differ(force(false), theirs.at("force_bend_only")), kStageTolerance);
    EXPECT_LT(vectors_differ(force(true), theirs.at("force_internal")), kStageTolerance);
    EXPECT_LT(numbers_differ(moment_of_force_routine(model_, now.frames, now.theta),
                             theirs.at("dEdtheta_code")),
              kStageTolerance);
    integrate(model_, now);
    EXPECT_LT(vectors_differ(now.position, theirs.at("x_after_integration")), kPositionTolerance);
    EXPECT_LT(vectors_differ(now.velocity, theirs.at("v_after_integration")), kStageTolerance);
    for (std::size_t g = 0; g < set_.grasped.size(); ++g) {
      now.position[static_cast<std::size_t>(set_.grasped[g])] = targets(t)[g];
    }
    if (!model_.parameters.net.empty()) {
      add_residual(model_, targets(t), t == 0 ? state.measured : state.position, now);
    }
    expect_sweeps(now, theirs);
  }
}

/// The constraint stages of the sweeps that were kept.
void DeftGolden::expect_sweeps(State& state, const NamedArrays& theirs) {
  for (int sweep = 0; sweep < model_.cable.sweeps; ++sweep) {
    SCOPED_TRACE(format("sweep {}", sweep));
    share_orientations(model_, state);
    attach(model_, state.position);
    const auto expect = [&](const char* stage) {
      const std::string name = format("c{:02d}_{}", sweep, stage);
      if (!theirs.contains(name)) return;
      EXPECT_LT(vectors_differ(state.position, theirs.at(name)), kPositionTolerance);
    };
    expect("after_coupling");
    restore_lengths(model_, state.position);
    expect("after_inext");
  }
}

/// The published measure of the whole recording; its file keeps positions in single precision.
TEST_P(DeftGolden, Measure) {
  const CableRecordings recordings = read_recordings(set_, "eval.npz");
  const Prediction prediction = replay_published(set_, model_, recordings, 0);
  ASSERT_EQ(prediction.frames, 498);
  EXPECT_NEAR(prediction.error.rmse, golden_.at("repo_metric_rmse").value(0), 1e-6);
  const std::vector<Vec3> last = positions("pred", 497 * model_.size());
  for (const std::size_t b : {std::size_t{0}, std::size_t{1}}) {
    const std::size_t flat = vertices_of(set_, b).back();
    const std::size_t slot = vertices_of(set_, b).size() - 1;
    // Commands rounded to 3e-8 m lead to differences that the motion amplifies.
    EXPECT_LT(norm(prediction.at(497, static_cast<Index>(flat)) -
                   last[b * static_cast<std::size_t>(model_.slots()) + slot]),
              1e-4);
  }
}

INSTANTIATE_TEST_SUITE_P(
    AllSets, DeftGolden,
    testing::Values(Golden{"bdlo1_ends", "wo_residual"}, Golden{"bdlo1_ends", "full_model"},
                    Golden{"bdlo2_ends", "full_model"}, Golden{"bdlo3_ends", "wo_residual"},
                    Golden{"bdlo5_ends", "wo_residual"}, Golden{"bdlo6_ends", "wo_residual"},
                    Golden{"bdlo1_middle", "wo_residual"}),
    testing::PrintToStringParamName());

}  // namespace
}  // namespace filigree
