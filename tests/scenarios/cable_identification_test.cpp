// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Identification of an invented cable and replay with what was found; recorded cables where they
// are there.
#include <gmock/gmock.h>

#include <cstdlib>

#include "io/json.hpp"
#include "io/manifest.hpp"
#include "tests/scenarios/run_support.hpp"

namespace filigree {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing_support::error_text;
using testing_support::read_text;

constexpr const char* kIdentify = R"(schema: 1
scenario: { type: cable_identification }
time: { end: 6 s }
generate: { train: 2, eval: 1, duration: 0.4 s, noise: 0.2 mm }
windows: { length: 0.2 s, every: 0.2 s, iterations: 2 }
output: { formats: [], diagnostics_every: 1 }
checkpoint: { every: 2 }
)";

class CableIdentificationTest : public testing_support::LibraryRunTest {
 protected:
  static std::string replay(const fs::path& data, const fs::path& parameters) {
    return "schema: 1\nscenario: { type: cable_replay }\ntime: { end: 0.39 s }\noutput: { every: "
           "0.13 }\ndata: { folder: " +
           data.string() + ", parameters: " + parameters.string() + " }\n";
  }
};

// The replay reads files (positions in single precision) and solves more tightly: 1e-6 m apart.
TEST_F(CableIdentificationTest, ReplaysSeeTheErrorThatTheSearchReports) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "fits need double precision";
  ASSERT_EQ(run(scenario(kIdentify, {"time.end=1", "windows.iterations=1"}), "first").code,
            ExitCode::kDone);
  ASSERT_EQ(run(scenario(kIdentify), "fit").code, ExitCode::kDone);
  EXPECT_LT(value("fit", "train_error"), 0.7 * value("first", "train_error"));
  EXPECT_TRUE(fs::exists(folder_ / "fit/fit_report.md"));
  const RunResult result =
      run(scenario(replay(folder_ / "fit/cable", folder_ / "fit/parameters.json")), "replay");
  EXPECT_EQ(result.code, ExitCode::kDone);
  EXPECT_EQ(result.steps, 39);
  EXPECT_NEAR(value("replay", "mean_error"), value("fit", "validation_error"), 1e-6);
  const auto each = metrics("replay").at("per_recording").at("values");
  ASSERT_EQ(each.size(), 1U);
  EXPECT_NEAR(each[0].get<double>(), value("replay", "mean_error"), 1e-12);
}

TEST_F(CableIdentificationTest, ResumedRunsAreTheSame) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "fits need double precision";
  run(scenario(kIdentify), "whole");
  run(scenario(kIdentify, {"time.max_steps=3"}), "part");
  run(scenario(kIdentify), "part", {.resume = "latest"});
  EXPECT_EQ(read_text(folder_ / "part/parameters.json"),
            read_text(folder_ / "whole/parameters.json"));
  const std::string again = replay(folder_ / "whole/cable", folder_ / "whole/parameters.json");
  run(scenario(again), "replay");
  run(scenario(again, {"time.max_steps=17"}), "part_replay");
  run(scenario(again), "part_replay", {.resume = "latest"});
  EXPECT_EQ(metrics("part_replay"), metrics("replay"));
}

TEST_F(CableIdentificationTest, WrongOptionsAreExplained) {
  const auto problem = [&](const std::string& text, const std::vector<std::string>& overrides) {
    return error_text([&] { run(scenario(text, overrides), "bad"); }, ExitCode::kBadInput);
  };
  EXPECT_THAT(problem(kIdentify, {"data.folder=somewhere"}), HasSubstr("leave it out"));
  EXPECT_THAT(problem(kIdentify, {"windows.length=2"}), HasSubstr("windows of 200 frames"));
  run(scenario(kIdentify, {"time.end=1"}), "fit");
  const std::string good = replay(folder_ / "fit/cable", folder_ / "fit/parameters.json");
  EXPECT_THAT(problem(good, {"data.parameters=\"\""}), HasSubstr("filigree run rods/identify"));
  EXPECT_THAT(problem(good, {"data.recordings=[1]"}), HasSubstr("there is no recording 1"));
  EXPECT_THAT(problem(good, {"show=4"}), HasSubstr("show: recording 4 is not among those"));
  EXPECT_THAT(problem(good, {"time.end=1"}), HasSubstr("the recordings last 0.39 s"));
  EXPECT_FALSE(fs::exists(folder_ / "bad"));
}

TEST_F(CableIdentificationTest, WithoutRecordingsRunsEndWellAndSaySo) {
  for (const char* type : {"cable_replay", "cable_identification"}) {
    const std::string text = std::string("schema: 1\nscenario: { type: ") + type +
                             " }\ntime: { end: 1 s }\ndata: { folder: not_there }\n";
    EXPECT_EQ(run(scenario(text), type).code, ExitCode::kDone);
    EXPECT_EQ(read_manifest(folder_ / type / "manifest.json").status, "without_data");
  }
  EXPECT_THAT(observer_.text(), HasSubstr("FILIGREE_DEFT_DATA"));
}

// Motion capture of real cables, which is not part of the program: with the parameters that come
// with it, predictions are closer than those of both published models.
TEST_F(CableIdentificationTest, PredictsRecordedCablesBetterThanPublishedModels) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "stiff rods need double precision";
  const char* variable = std::getenv("FILIGREE_DEFT_DATA");
  const fs::path sets = variable != nullptr
                            ? fs::path(variable)
                            : fs::path(FILIGREE_SOURCE_DIR).parent_path() / "shared/data/deft";
  if (!fs::exists(sets / "bdlo5_ends/eval.npz")) {
    GTEST_SKIP() << "no recordings: set FILIGREE_DEFT_DATA to the folder of the sets";
  }
  const std::string text =
      "schema: 1\nscenario: { type: cable_replay }\ntime: { end: 4.98 s }\noutput: { formats: [] }"
      "\ndata: { folder: " +
      (sets / "bdlo5_ends").string() + ", recordings: [0, 1] }\n";
  EXPECT_EQ(run(scenario(text), "out").code, ExitCode::kDone);
  EXPECT_LT(value("out", "mean_error"), 0.75 * value("out", "published_physics_mean_error"));
  EXPECT_LT(value("out", "mean_error"), value("out", "published_full_mean_error"));
}

}  // namespace
}  // namespace filigree
