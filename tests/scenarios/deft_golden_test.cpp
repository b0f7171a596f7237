// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The published branched-rod model against values that the released program computed.
//
// The values are not part of the source tree: FILIGREE_DEFT_DATA names the folder with the cable
// sets and `golden/`; the default is shared/data/deft beside the source tree. Without it the tests
// are skipped.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "io/npz.hpp"
#include "scenarios/types/deft_replay.hpp"

namespace filigree {
namespace {

namespace fs = std::filesystem;
using rods::deft::Model;
using rods::deft::State;
using rods::deft::Vec3;

fs::path data_folder() {
  if (const char* folder = std::getenv("FILIGREE_DEFT_DATA")) return folder;
  return fs::path(FILIGREE_SOURCE_DIR).parent_path() / "shared/data/deft";
}

/// What the tests look at in a file of values; it also holds text.
const std::vector<std::string> kUsed{"data_frames_0_1", "clamp_targets", "pred"};

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
  /// Largest difference over the vertices, or the edges, that exist. `slots` of the array.
  double difference(const std::vector<Vec3>& mine, const NamedArray& theirs, int slots,
                    int first_slot, int missing) const {
    double worst = 0;
    for (int b = 0; b < model_.branches(); ++b) {
      for (int k = first_slot; k < model_.cable.counts[static_cast<std::size_t>(b)] - missing;
           ++k) {
        const Vec3 other = vector(theirs, static_cast<std::size_t>(b * slots + k));
        worst = std::max(worst, norm(mine[model_.at(b, k)] - other));
      }
    }
    return worst;
  }
  double vertex_difference(const std::vector<Vec3>& mine, const NamedArray& theirs) const {
    return difference(mine, theirs, model_.slots(), 0, 0);
  }
  double edge_difference(const std::vector<Vec3>& mine, const NamedArray& theirs) const {
    return difference(mine, theirs, model_.slots() - 1, 0, 1);
  }

  CableSet set_;
  Model model_;
  NamedArrays golden_;
  std::string name_;
};

TEST_P(DeftGolden, Positions) {
  State state = start();
  double worst = 0;
  const auto steps = static_cast<int>(golden_.at("pred").shape[0]);
  ASSERT_EQ(steps, 498);
  for (int t = 0; t < steps; ++t) {
    step(model_, targets(t), state);
    const std::vector<Vec3> theirs = positions("pred", static_cast<std::size_t>(t) * model_.size());
    double now = 0;
    for (std::size_t i = 0; i < model_.size(); ++i) {
      now = std::max(now, norm(state.position[i] - theirs[i]));
    }
    worst = std::max(worst, now);
    if (t < 2 && now > 1e-12)
      for (std::size_t i = 0; i < model_.size(); ++i) {
        const Vec3 d = state.position[i] - theirs[i];
        if (norm(d) > 1e-13)
          std::printf("  t%d b%d k%d %.3g %.3g %.3g\n", t, int(i) / model_.slots(),
                      int(i) % model_.slots(), d[0], d[1], d[2]);
      }
    if (t < 4 || t == 10 || t == 100) std::printf("%d %.3g\n", t, now);
  }
  std::printf("%s %.3g\n", name_.c_str(), worst);
  EXPECT_LT(worst, 1e-9);
}

TEST_P(DeftGolden, Stages) {
  State state = start();
  const std::vector<int> recorded{0, 1, 10, 100};
  for (int t = 0; t <= 100; ++t) {
    if (std::find(recorded.begin(), recorded.end(), t) == recorded.end()) {
      step(model_, targets(t), state);
      continue;
    }
    const NamedArrays theirs = stages(t);
    State probe = state;
    std::printf("step %d x0 %.2g", t, vertex_difference(probe.position, theirs.at("x0")));
    set_first_frames(model_, t == 0, probe.position, probe.first_frame);
    bishop_frames(model_, probe.position, probe.first_frame, probe.frames);
    std::printf(" kb %.2g",
                difference(probe.frames.binormal, theirs.at("kb"), model_.slots() - 1, 1, 1));
    std::printf(" u %.2g", edge_difference(probe.frames.u, theirs.at("bishop_u")));
    set_root_twist(model_, probe);
    const auto theta_difference = [&](const char* name) {
      double worst = 0;
      for (int b = 0; b < model_.branches(); ++b) {
        for (int k = 0; k + 1 < model_.cable.counts[static_cast<std::size_t>(b)]; ++k) {
          worst = std::max(worst, std::fabs(probe.theta[model_.at(b, k)] -
                                            theirs.at(name).value(b * (model_.slots() - 1) + k)));
        }
      }
      return worst;
    };
    std::printf(" theta0 %.2g", theta_difference("theta_before"));
    iterate_twist(model_, probe.frames, probe.theta);
    std::printf(" theta1 %.2g", theta_difference("theta_after"));
    material_frames(model_, probe.theta, probe.frames);
    std::printf(" m1 %.2g", edge_difference(probe.frames.m1, theirs.at("m1")));
    elastic_force(model_, probe.frames, probe.theta, probe.position,
                  rods::deft::Gradient::kPublished, false, probe.force);
    std::printf(" Fb %.2g", vertex_difference(probe.force, theirs.at("force_bend_only")));
    elastic_force(model_, probe.frames, probe.theta, probe.position,
                  rods::deft::Gradient::kPublished, true, probe.force);
    std::printf(" Fi %.2g", vertex_difference(probe.force, theirs.at("force_internal")));
    double wd = 0;
    for (int b = 0; b < model_.branches(); ++b)
      for (int k = 1; k + 1 < model_.cable.counts[(size_t)b]; ++k)
        for (int a = 0; a < 2; ++a) {
          wd = std::max(
              wd,
              std::fabs(model_.rest_in[model_.at(b, k)][a] -
                        theirs.at("rest_W_prev").value((b * (model_.slots() - 1) + k) * 2 + a)));
          wd = std::max(
              wd,
              std::fabs(model_.rest_out[model_.at(b, k)][a] -
                        theirs.at("rest_W_next").value((b * (model_.slots() - 1) + k) * 2 + a)));
        }
    std::printf(" W %.2g", wd);
    integrate(model_, probe);
    std::printf(" xi %.2g\n", vertex_difference(probe.position, theirs.at("x_after_integration")));
    for (std::size_t g = 0; g < set_.grasped.size(); ++g)
      probe.position[static_cast<std::size_t>(set_.grasped[g])] = targets(t)[g];
    for (int sw = 0; sw < 20; ++sw) {
      share_orientations(model_, probe);
      attach(model_, probe.position);
      if (sw < 2 || sw == 19)
        std::printf(
            "  sweep %d coupled %.2g", sw,
            vertex_difference(probe.position, theirs.at(format("c{:02d}_after_coupling", sw))));
      restore_lengths(model_, probe.position);
      if (sw < 2 || sw == 19)
        std::printf(
            " inext %.2g\n",
            vertex_difference(probe.position, theirs.at(format("c{:02d}_after_inext", sw))));
    }
    step(model_, targets(t), state);
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
