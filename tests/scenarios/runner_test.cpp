// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/runner.hpp"

#include <gmock/gmock.h>

#include "io/checkpoint.hpp"
#include "io/manifest.hpp"
#include "io/npz.hpp"
#include "io/writer.hpp"
#include "scenarios/preparation.hpp"
#include "tests/scenarios/chain_simulation.hpp"
#include "tests/scenarios/run_support.hpp"

namespace filigree::testing_support {
namespace {
namespace fs = std::filesystem;
using testing::HasSubstr;

TEST_F(RunTest, WritesEverythingAndMeetsItsExpectations) {
  const RunResult result = run(load(), "out");
  EXPECT_EQ(result.code, ExitCode::kDone);
  EXPECT_EQ(result.steps, 100);
  EXPECT_EQ(result.time, 1.0);
  for (const char* name : {"manifest.json", "resolved.yaml", "diagnostics.csv", "metrics.json",
                           "frames/scene_000000.npz", "frames/scene_000005.npz"}) {
    EXPECT_TRUE(fs::exists(folder_ / "out" / name)) << name;
  }
  EXPECT_FALSE(fs::exists(folder_ / "out/frames/scene_000006.npz"));
  EXPECT_EQ(list_checkpoints(folder_ / "out/checkpoints").size(), 2U);
  const Manifest manifest = read_manifest(folder_ / "out/manifest.json");
  EXPECT_EQ(manifest.status, "done");
  EXPECT_EQ(manifest.steps, 100);
  EXPECT_EQ(manifest.seed, 3U);
  ASSERT_EQ(manifest.inputs.size(), 1U);
  EXPECT_EQ(manifest.inputs[0].sha256.size(), 64U);
  EXPECT_EQ(manifest.outputs.size(), 11U);
  EXPECT_EQ(manifest.diagnostics.at("time [s]"), 1.0);
}

TEST_F(RunTest, FilesOfTheScenarioAreKeptBesideIt) {
  fs::create_directories(folder_ / "parts");
  write("parts/notes.txt", "text");
  EXPECT_EQ(run(load({"notes=parts/notes.txt"}), "out").code, ExitCode::kDone);
  EXPECT_EQ(read_text(folder_ / "out/parts/notes.txt"), "text");
  const Scenario again = load_scenario({.file = folder_ / "out/resolved.yaml"}, chain_types());
  EXPECT_EQ(again.inputs.back(), folder_ / "out/parts/notes.txt");
  const std::string elsewhere = (folder_ / "parts/notes.txt").string();
  EXPECT_EQ(run(load({"notes=" + elsewhere}), "other").code, ExitCode::kDone);
  write("out/scene.yaml", kChainScenario);
  EXPECT_EQ(run(load_scenario(
                    {.file = folder_ / "out/scene.yaml", .overrides = {"notes=../parts/notes.txt"}},
                    chain_types()),
                "third")
                .code,
            ExitCode::kDone);
  EXPECT_FALSE(fs::exists(folder_ / "third/parts"));
}

TEST_F(RunTest, FramesLieExactlyOnTheirTimes) {
  run(load({"output.every=0.03", "chain.dt=0.007"}), "out");
  for (const std::int64_t number : {1, 2, 33}) {
    const NamedArrays frame =
        read_npz(folder_ / "out/frames" / (frame_file_stem("scene", number, 6) + ".npz"));
    EXPECT_EQ(frame.at("time").value(0), static_cast<double>(number) * 0.03);
  }
  const NamedArrays last = read_npz(folder_ / "out/frames/scene_000034.npz");
  EXPECT_EQ(last.at("time").value(0), 1.0);
}

TEST_F(RunTest, RowsComeAtTheirStepsAtFramesAndAtTheEnd) {
  run(load({"time.max_steps=25"}), "out");
  const CsvTable table = read_csv(folder_ / "out/diagnostics.csv");
  ASSERT_EQ(table.columns[1], "step");
  std::vector<double> steps;
  for (const auto& row : table.rows) steps.push_back(row[1]);
  EXPECT_THAT(steps, testing::ElementsAre(0, 7, 14, 20, 21, 25));
}

TEST_F(RunTest, OnlyTheAskedFieldsAreWritten) {
  run(load({"output.fields=[velocity]"}), "out");
  const NamedArrays frame = read_npz(folder_ / "out/frames/scene_000000.npz");
  EXPECT_TRUE(frame.contains("chain.velocity"));
  EXPECT_FALSE(frame.contains("chain.displacement"));
}

TEST_F(RunTest, WithoutFormatsThereAreNoFrames) {
  EXPECT_EQ(run(load({"output.formats=[]"}), "out").code, ExitCode::kDone);
  EXPECT_FALSE(fs::exists(folder_ / "out/frames"));
  EXPECT_EQ(observer_.count("frame"), 0);
}

TEST_F(RunTest, WithoutGeometryThereAreNoFrames) {
  EXPECT_EQ(run(load({"chain.points=false"}), "out").code, ExitCode::kDone);
  EXPECT_FALSE(fs::exists(folder_ / "out/frames"));
}

TEST_F(RunTest, SameInputsGiveTheSameFiles) {
  run(load(), "a");
  run(load(), "b");
  EXPECT_EQ(differing_files(folder_ / "a", folder_ / "b"), "");
}

TEST_F(RunTest, AnotherSeedGivesOtherFiles) {
  run(load(), "a");
  run(load({"run.seed=4"}), "b");
  EXPECT_THAT(differing_files(folder_ / "a", folder_ / "b"), HasSubstr("diagnostics.csv differs"));
}

TEST_F(RunTest, CheckpointsAndRowsDoNotChangeTheCourse) {
  run(load(), "a");
  run(load({"checkpoint.every=0.013", "output.diagnostics_every=1", "output.formats=[]"}), "b");
  const CsvTable a = read_csv(folder_ / "a/diagnostics.csv");
  const CsvTable b = read_csv(folder_ / "b/diagnostics.csv");
  EXPECT_EQ(a.rows.back(), b.rows.back());
}

TEST_F(RunTest, UnknownFieldIsFoundBeforeAnythingIsWritten) {
  Scenario bad = load({"output.fields=[velocty]"});
  const std::string text = error_text([&] { run(bad, "deep/out"); }, ExitCode::kBadInput);
  EXPECT_THAT(text, HasSubstr("output.fields.0 = velocty is not a field of this scenario"));
  EXPECT_THAT(text, HasSubstr("did you mean 'velocity'?"));
  EXPECT_FALSE(fs::exists(folder_ / "deep"));
}

TEST_F(RunTest, UnknownQuantityIsFoundBeforeAnythingIsWritten) {
  const Scenario bad =
      load({"expect.0.quantity=kinetic_enrgy", "expect.1.at=max", "output.fields=[x]"});
  const std::string text = error_text([&] { run(bad, "out"); }, ExitCode::kBadInput);
  EXPECT_THAT(text, HasSubstr("expect.0.quantity = kinetic_enrgy is not a quantity of this "
                              "scenario"));
  EXPECT_THAT(text, HasSubstr("did you mean 'kinetic_energy'?"));
  EXPECT_THAT(text,
              HasSubstr("expect.1.at does not apply: 'largest_speed' is a figure of the whole "
                        "run"));
  EXPECT_THAT(text, HasSubstr("3 errors; nothing was run."));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(RunTest, ExpectedTimeAfterTheEndIsRefused) {
  const Scenario bad = load({"expect=[{quantity: middle, time: 2, within: [0, 1]}]"});
  EXPECT_THAT(error_text([&] { run(bad, "out"); }, ExitCode::kBadInput),
              HasSubstr("expect.0.time = 2 s is after time.end = 1 s"));
}

TEST_F(RunTest, MissedExpectationGivesCodeSixAndAComparison) {
  const RunResult result =
      run(load({"expect.0.within=[100, 200]", "expect.1.within=[0, 100]"}), "out");
  EXPECT_EQ(result.code, ExitCode::kExpectationMissed);
  ASSERT_EQ(result.expectations.size(), 2U);
  EXPECT_FALSE(result.expectations[0].met);
  EXPECT_TRUE(result.expectations[1].met);
  const std::string table = expectation_table(result.expectations);
  EXPECT_THAT(table, HasSubstr("[100, 200] J"));
  EXPECT_THAT(table, HasSubstr("NOT MET"));
  const Manifest manifest = read_manifest(folder_ / "out/manifest.json");
  EXPECT_EQ(manifest.status, "expectation_missed");
  EXPECT_EQ(manifest.exit_code, 6);
}

TEST_F(RunTest, FigureThatIsNotDeterminedIsLeftOutWithAWarning) {
  const RunResult result = run(load({"fault={kind: no_figure, at_step: 0}"}), "out");
  EXPECT_EQ(result.code, ExitCode::kExpectationMissed);
  EXPECT_THAT(observer_.text(), HasSubstr("warning: the run does not determine 'largest_speed': it "
                                          "is left out of metrics.json"));
  EXPECT_FALSE(fs::exists(folder_ / "out/metrics.json"));
}

TEST_F(RunTest, FinishedRunIsNotOverwritten) {
  run(load(), "out");
  const auto before = folder_contents(folder_ / "out");
  EXPECT_THAT(error_text([&] { run(load(), "out"); }, ExitCode::kBadInput),
              HasSubstr("holds an earlier run (status done): replace it with --force, or choose "
                        "another --out"));
  EXPECT_EQ(folder_contents(folder_ / "out"), before);
}

TEST_F(RunTest, ForceReplacesEveryFileOfTheEarlierRun) {
  run(load(), "fresh");
  run(load({"output.every=0.01"}), "out");
  run(load(), "out", {.force = true});
  EXPECT_EQ(differing_files(folder_ / "fresh", folder_ / "out"), "");
}

TEST_F(RunTest, ForceKeepsTheEarlierRunWhenTheNewOneCannotStart) {
  run(load(), "out");
  const auto before = folder_contents(folder_ / "out");
  const Scenario bad = load({"output.fields=[x]"});
  error_text([&] { run(bad, "out", {.force = true}); }, ExitCode::kBadInput);
  EXPECT_EQ(folder_contents(folder_ / "out"), before);
}

TEST_F(RunTest, FolderOfSomethingElseIsNeverTouched) {
  write("out/letter.txt", "dear reader");
  EXPECT_THAT(error_text([&] { run(load(), "out", {.force = true}); }, ExitCode::kBadInput),
              HasSubstr("is not empty and does not hold a run; choose another --out"));
  EXPECT_EQ(folder_contents(folder_ / "out").size(), 1U);
}

TEST_F(RunTest, FileInTheWayIsReported) {
  write("out", "a file");
  EXPECT_THAT(error_text([&] { run(load(), "out"); }, ExitCode::kBadInput),
              HasSubstr("is in the way: a run needs a folder; choose another --out"));
}

TEST_F(RunTest, FolderThatCannotBeMadeIsReported) {
  write("file", "a file");
  EXPECT_THAT(error_text([&] { run(load(), "file/out"); }, ExitCode::kFailedToStart),
              HasSubstr("file/out': Not a directory"));
}

TEST_F(RunTest, DefaultFoldersAreNumbered) {
  const Scenario scenario = load({"output.folder=" + (folder_ / "runs/{scenario}-{n}").string()});
  EXPECT_EQ(run(scenario, "").folder, folder_ / "runs/chain-1");
  EXPECT_EQ(run(scenario, "").folder, folder_ / "runs/chain-2");
  fs::create_directories(folder_ / "runs/chain-17");
  fs::create_directories(folder_ / "runs/chain-99b");
  EXPECT_EQ(run(scenario, "").folder, folder_ / "runs/chain-18");
}

TEST_F(RunTest, NanIsReportedAndNeverWritten) {
  const Scenario scenario = load({"fault={kind: nan, at_step: 61}", "expect=[]"});
  const std::string text = error_text([&] { run(scenario, "out"); }, ExitCode::kNumerical);
  EXPECT_THAT(text, HasSubstr("numerical failure at t = 0.63 s, step 63"));
  EXPECT_THAT(text, HasSubstr("what:   velocity of mass 0 is not finite"));
  EXPECT_THAT(text, HasSubstr("where:  at x = 1 m"));
  EXPECT_THAT(text, HasSubstr("cause:  the step 0.01 s is above the stability limit"));
  EXPECT_THAT(text, HasSubstr("advice: set chain.dt to at most 0.1 s"));
  EXPECT_THAT(text, HasSubstr("kept:   4 frames up to t = 0.6 s, checkpoint "
                              "checkpoint_000000000050.fgc of t = 0.5 s in "));
  const Manifest manifest = read_manifest(folder_ / "out/manifest.json");
  EXPECT_EQ(manifest.status, "failed");
  EXPECT_EQ(manifest.exit_code, 4);
  EXPECT_EQ(load_latest_checkpoint(folder_ / "out/checkpoints").checkpoint.header.at("step"), 50);
  EXPECT_FALSE(fs::exists(folder_ / "out/frames/scene_000004.npz"));
  EXPECT_EQ(read_csv(folder_ / "out/diagnostics.csv").rows.back()[1], 60);
}

TEST_F(RunTest, NanThatDiagnosticsDoNotShowIsFoundBeforeTheNextFileIsWritten) {
  const Scenario scenario =
      load({"fault={kind: hidden_nan, at_step: 41}", "watchdog.inspect_every=1000", "expect=[]"});
  error_text([&] { run(scenario, "out"); }, ExitCode::kNumerical);
  EXPECT_FALSE(fs::exists(folder_ / "out/checkpoints/checkpoint_000000000050.fgc"));
  EXPECT_FALSE(fs::exists(folder_ / "out/frames/scene_000003.npz"));
}

TEST_F(RunTest, InspectionFindsAHiddenNanInTime) {
  const Scenario scenario =
      load({"fault={kind: hidden_nan, at_step: 41}", "watchdog.inspect_every=5", "expect=[]"});
  EXPECT_THAT(error_text([&] { run(scenario, "out"); }, ExitCode::kNumerical),
              HasSubstr("t = 0.45 s, step 45"));
}

TEST_F(RunTest, ParticleThatLeavesIsReported) {
  const Scenario scenario = load({"fault={kind: leaves, at_step: 3}", "expect=[]",
                                  "watchdog={energy_growth: 0, inspect_every: 1}"});
  EXPECT_THAT(error_text([&] { run(scenario, "out"); }, ExitCode::kNumerical),
              HasSubstr("mass 0 left the neighbourhood"));
}

TEST_F(RunTest, BlowUpIsReportedWithTheGrowth) {
  const Scenario scenario =
      load({"chain.dt=0.3", "output.every=50", "time.end=50", "output.diagnostics_every=1",
            "checkpoint.every=50", "expect=[]"});
  const std::string text = error_text([&] { run(scenario, "out"); }, ExitCode::kNumerical);
  EXPECT_THAT(text, HasSubstr("times the largest energy up to the last frame"));
  EXPECT_THAT(text, HasSubstr("raise watchdog.energy_growth = 10000"));
}

TEST_F(RunTest, ClockThatStandsStillIsReported) {
  const Scenario scenario = load({"fault={kind: stuck, at_step: 3}", "expect=[]"});
  EXPECT_THAT(error_text([&] { run(scenario, "out"); }, ExitCode::kNumerical),
              HasSubstr("the clock stands still: a step of 0 s does not advance it"));
}

TEST_F(RunTest, InternalErrorsAndLackOfMemoryLeaveAFailedManifest) {
  EXPECT_THROW(run(load({"fault={kind: throws, at_step: 3}"}), "a"), std::logic_error);
  EXPECT_EQ(read_manifest(folder_ / "a/manifest.json").exit_code, 1);
  EXPECT_THROW(run(load({"fault={kind: no_memory, at_step: 3}"}), "b"), std::bad_alloc);
  EXPECT_EQ(read_manifest(folder_ / "b/manifest.json").exit_code, 3);
}

TEST_F(RunTest, DryRunTakesNoStepAndWritesNothing) {
  const Scenario scenario = load({"fault={kind: throws, at_step: 0}"});
  const auto before = folder_contents(folder_);
  const DryRun estimate = dry_run(scenario);
  EXPECT_EQ(estimate.estimate.steps, 100);
  EXPECT_EQ(estimate.frames, 6);
  EXPECT_EQ(estimate.bytes_per_frame, 6U * (3 + 3 + 1) * sizeof(double));
  EXPECT_EQ(folder_contents(folder_), before);
}

TEST_F(RunTest, DryRunChecksNames) {
  const Scenario bad = load({"output.fields=[x]"});
  EXPECT_THAT(error_text([&] { dry_run(bad); }, ExitCode::kBadInput),
              HasSubstr("output.fields.0 = x is not a field"));
}

}  // namespace
}  // namespace filigree::testing_support
