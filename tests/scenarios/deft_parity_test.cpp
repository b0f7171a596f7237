// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scenario type `deft_parity` on a small set of its own, and what happens without recordings.
#include <gmock/gmock.h>

#include <cmath>

#include "io/json.hpp"
#include "io/manifest.hpp"
#include "io/npz.hpp"
#include "scenarios/types/deft_replay.hpp"
#include "tests/scenarios/run_support.hpp"

namespace filigree::testing_support {
namespace {

namespace fs = std::filesystem;
using rods::deft::Vec3;

constexpr Index kFrames = 22;
constexpr double kShift = 0.01;  ///< m, of one vertex in frames 2, 3, ... of recording 1

/// A parent of 7 vertices, a child of 3 (with its root) on vertex 3, at rest without gravity.
std::vector<Vec3> resting_cable() {
  std::vector<Vec3> x;
  for (int k = 0; k < 7; ++k) x.push_back({0.1 * k, 0.02 * std::sin(k), 0.03 * std::cos(2 * k)});
  x.push_back(x[3] + Vec3{0, 0.08, -0.01});
  x.push_back(x[3] + Vec3{0.01, 0.16, -0.04});
  return x;
}

template <class... Shape>
NamedArray doubles(const char* name, const std::vector<double>& values, Shape... shape) {
  return make_array<double>(name, std::span<const double>(values), {shape...});
}

class DeftParityTest : public RunTest {
 protected:
  void SetUp() override {
    RunTest::SetUp();
    const fs::path folder = folder_ / "small_set";
    fs::create_directories(folder);
    write("small_set/meta.json", R"({"name": "small_set", "n_parent": 7, "n_children": [3],
      "junctions": [[0, 3]], "clamped_parent_vertices": [0, 1, 5, 6], "dt": 0.01,
      "bend_stiffness_init": [0.004, 0.004], "twist_stiffness_init": 0.0001,
      "parent_mass_scale": 1, "child_mass_scale": 1, "parent_moment_scale": 10,
      "child_moment_scale": 0.5, "radius_over_length": 0.1})");
    std::vector<Vec3> slots = resting_cable();
    slots.insert(slots.begin() + 7, slots[3]);
    slots.resize(14, Vec3::zero());
    std::vector<double> rest;
    for (const Vec3& x : slots) rest.insert(rest.end(), {x[0], x[1], x[2]});
    NamedArrays shape;
    shape.add(doubles("rest_init", rest, 2, 7, 3));
    write_npz(folder / "rest_shape.npz", shape);
    NamedArrays parameters;
    parameters.add(doubles("undeformed_vert", rest, 2, 7, 3));
    parameters.add(doubles("mass_diagonal", std::vector<double>(14, 0.1), 2, 7));
    parameters.add(doubles("damping", {2, 2}, 2));
    parameters.add(doubles("gravity", {0, 0, 0}, 3));
    parameters.add(doubles("integration_ratio", {1}, 1));
    parameters.add(doubles("DEFT_func.twist_stiffness", std::vector<double>(12, 1e-4), 1, 2, 6));
    write_npz(folder / "params_wo_residual.npz", parameters);
    std::vector<double> flat;
    for (int recording = 0; recording < 2; ++recording) {
      for (Index frame = 0; frame < kFrames; ++frame) {
        std::vector<Vec3> x = resting_cable();
        if (recording == 1 && frame >= 2) x[8][0] += kShift;
        for (const Vec3& p : x) flat.insert(flat.end(), {p[0], p[1], p[2]});
      }
    }
    NamedArrays recordings;
    recordings.add(doubles("flat", flat, 2, static_cast<int>(kFrames), 9, 3));
    write_npz(folder / "eval.npz", recordings);
  }

  std::string scenario(const std::string& more = "") const {
    return "schema: 1\nscenario: { type: deft_parity }\ntime: { end: 0.2 }\n"
           "output: { every: 0.05, formats: [npz] }\ncheckpoint: { every: 0.05 }\n"
           "data: { folder: small_set" +
           more + " }\n";
  }
  /// With the types of the program, which the tests of the runner do without.
  Scenario load(const std::vector<std::string>& overrides, const std::string& text) const {
    return load_scenario({.file = write("small.yaml", text), .overrides = overrides},
                         scenario_types());
  }
  nlohmann::ordered_json metrics(const std::string& out) const {
    return parse_json(read_text(folder_ / out / "metrics.json"), "metrics.json");
  }
};

TEST_F(DeftParityTest, MeasuresAreThoseOfAKnownDifference) {
  const RunResult result = run(load({}, scenario()), "out");
  EXPECT_EQ(result.code, ExitCode::kDone);
  EXPECT_EQ(result.steps, 20);
  const auto json = metrics("out");
  const auto value = [&](const char* name) { return json.at(name).at("value").get<double>(); };
  const auto values = [&](const char* name) {
    return json.at(name).at("values").get<std::vector<double>>();
  };
  const std::vector<double> means = values("published_physics_per_recording");
  ASSERT_EQ(means.size(), 2U);
  // A cable at rest without gravity stays where it is; round-off is all that moves it.
  EXPECT_LT(means[0], 1e-12);
  // One of five free vertices is off; slots of both branches count, and two frames too many.
  EXPECT_NEAR(means[1], kShift / 5, 1e-12);
  const double rmse = std::sqrt(kShift * kShift / (3 * 14) * 20 / 22);
  EXPECT_NEAR(values("published_physics_rmse_per_recording").at(1), rmse, 1e-12);
  EXPECT_NEAR(value("published_physics_rmse"), rmse / std::sqrt(2.0), 1e-12);
  EXPECT_NEAR(value("published_physics_end_error"), kShift / 10, 1e-12);
  EXPECT_FALSE(json.contains("published_full_mean_error"));
}

TEST_F(DeftParityTest, ResumedRunIsTheSame) {
  run(load({}, scenario()), "whole");
  run(load({"time.max_steps=9"}, scenario()), "part");
  run(load({}, scenario()), "part", {.resume = "latest"});
  EXPECT_EQ(metrics("part"), metrics("whole"));
}

TEST_F(DeftParityTest, WithoutRecordingsTheRunEndsWellAndSaysSo) {
  std::string text = scenario();
  text.replace(text.find("small_set"), 9, "not_there");
  text += "expect: [{ quantity: published_full_mean_error, within: [0, 0.1] }]\n";
  const RunResult result = run(load({}, text), "out");
  EXPECT_EQ(result.code, ExitCode::kDone);
  EXPECT_EQ(result.steps, 0);
  EXPECT_TRUE(result.expectations.empty());
  EXPECT_THAT(observer_.text(), testing::HasSubstr("nothing was run: "));
  EXPECT_THAT(observer_.text(), testing::HasSubstr("FILIGREE_DEFT_DATA"));
  EXPECT_EQ(read_manifest(folder_ / "out/manifest.json").status, "without_data");
  EXPECT_FALSE(fs::exists(folder_ / "out/metrics.json"));
}

TEST_F(DeftParityTest, WrongOptionsAreExplained) {
  const auto problem = [&](const std::vector<std::string>& overrides, const std::string& more) {
    return error_text([&] { run(load(overrides, scenario(more)), "bad"); }, ExitCode::kBadInput);
  };
  EXPECT_THAT(problem({"time.end=1"}, ""), testing::HasSubstr("the recordings last 0.2 s"));
  EXPECT_THAT(problem({}, ", recordings: [2]"), testing::HasSubstr("there is no recording 2"));
  EXPECT_THAT(problem({}, ", recordings: [1, 1]"), testing::HasSubstr("named twice"));
  EXPECT_THAT(problem({}, ", parameters: [other.npz]"), testing::HasSubstr("none of the files"));
  EXPECT_THAT(problem({}, ", parameters: []"), testing::HasSubstr("name at least one file"));
  EXPECT_THAT(problem({}, ", parameters: [params_wo_residual.npz, params_wo_residual.npz]"),
              testing::HasSubstr("hold a model without a network"));
}

TEST_F(DeftParityTest, MissingParametersAreNamed) {
  const CableSet set = read_cable_set(folder_ / "small_set");
  NamedArrays parameters = read_npz(folder_ / "small_set/params_wo_residual.npz");
  NamedArrays some;
  for (const NamedArray& array : parameters) {
    if (array.name != "damping") some.add(array);
  }
  EXPECT_THAT(error_text([&] { deft_parity_model(set, some); }, ExitCode::kBadInput),
              testing::HasSubstr("have no array 'damping'"));
  parameters.at("gravity") = doubles("gravity", {0, 0}, 2);
  EXPECT_THAT(error_text([&] { deft_parity_model(set, parameters); }, ExitCode::kBadInput),
              testing::HasSubstr("'gravity' of the published parameters has 2 values, 3"));
}

}  // namespace
}  // namespace filigree::testing_support
