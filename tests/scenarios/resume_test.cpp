// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// A run that is stopped, killed and continued leaves the same files as one that was left alone.
#include <gmock/gmock.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <random>

#include "io/checkpoint.hpp"
#include "io/manifest.hpp"
#include "io/writers.hpp"
#include "scenarios/interrupt.hpp"
#include "scenarios/runner.hpp"
#include "tests/scenarios/run_support.hpp"

namespace filigree::testing_support {
namespace {
namespace fs = std::filesystem;
using testing::HasSubstr;

const RunRequest kResume{.resume = "latest"};

class ResumeTest : public RunTest {
 protected:
  /// Says "stop" when the loop asks before step `step`.
  static RunRequest stop_before(std::int64_t step, const std::string& resume = "") {
    RunRequest request{.resume = resume};
    request.stop_signal = [step, asked = std::int64_t{0}]() mutable {
      return asked++ >= step ? SIGTERM : 0;
    };
    return request;
  }
};

TEST_F(ResumeTest, InterruptionWritesACheckpointAndGivesCodeFive) {
  const RunResult result = run(load(), "out", stop_before(33));
  EXPECT_EQ(result.code, ExitCode::kInterrupted);
  EXPECT_EQ(result.steps, 33);
  const auto latest = load_latest_checkpoint(folder_ / "out/checkpoints");
  EXPECT_EQ(latest.checkpoint.header.at("step"), 33);
  const Manifest manifest = read_manifest(folder_ / "out/manifest.json");
  EXPECT_EQ(manifest.status, "interrupted");
  EXPECT_EQ(manifest.exit_code, 5);
  EXPECT_THAT(observer_.text(), HasSubstr("stopped by SIGTERM at t = 0.33 s, step 33; continue "
                                          "with --resume latest"));
}

TEST_F(ResumeTest, InterruptedAnywhereAndContinuedEqualsUninterrupted) {
  for (const std::string& format : writers().names()) {
    const Scenario scenario = load({"output.formats=[" + format + "]"});
    const std::string whole = "whole_" + format;
    run(scenario, whole);
    for (const std::int64_t step : {0, 1, 25, 33, 40, 99, 100}) {
      const std::string out = format + std::to_string(step);
      run(scenario, out, stop_before(step));
      const RunResult result = run(scenario, out, kResume);
      EXPECT_EQ(result.code, ExitCode::kDone);
      EXPECT_EQ(differing_files(folder_ / whole, folder_ / out), "") << step;
    }
  }
}

TEST_F(ResumeTest, InterruptedAgainAndAgainEqualsUninterrupted) {
  const Scenario scenario = load();
  run(scenario, "whole");
  run(scenario, "out", stop_before(13));
  for (int i = 0; i < 6; ++i) run(scenario, "out", stop_before(13, "latest"));
  run(scenario, "out", kResume);
  EXPECT_EQ(differing_files(folder_ / "whole", folder_ / "out"), "");
}

TEST_F(ResumeTest, KilledAtRandomStepsAndContinuedEqualsUninterrupted) {
  const Scenario scenario = load();
  run(scenario, "whole");
  std::mt19937 random(20240501);
  for (int i = 0; i < 8; ++i) {
    const auto step = static_cast<std::int64_t>(random() % 100);
    const std::string out = "out" + std::to_string(i);
    RunRequest request;
    request.stop_signal = [step, asked = std::int64_t{0}]() mutable {
      if (asked++ == step) std::raise(SIGKILL);
      return 0;
    };
    EXPECT_EQ(run_in_child(scenario, out, request), -SIGKILL);
    EXPECT_EQ(read_manifest(folder_ / out / "manifest.json").status, "running");
    EXPECT_EQ(run(scenario, out, kResume).code, ExitCode::kDone);
    EXPECT_EQ(differing_files(folder_ / "whole", folder_ / out), "") << "killed before " << step;
  }
}

/// Kills the process after the n-th event of the observer: between a frame and its checkpoint, say.
class KillingObserver final : public RunObserver {
 public:
  explicit KillingObserver(int n) : left_(n) {}
  void event(const RunEvent&) override {
    if (left_-- == 0) std::raise(SIGKILL);
  }
  void progress(const RunProgress&) override {}

 private:
  int left_;
};

TEST_F(ResumeTest, KilledBetweenTheFilesOfOneMomentEqualsUninterrupted) {
  const Scenario scenario = load();
  run(scenario, "whole");
  for (int event = 3; event < 12; ++event) {
    const fs::path out = folder_ / ("out" + std::to_string(event));
    const pid_t child = fork();
    if (child == 0) {
      KillingObserver observer(event);
      run_scenario(scenario, {.out = out}, observer);
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << event;
    run_scenario(scenario, {.out = out, .resume = "latest"}, observer_);
    EXPECT_EQ(differing_files(folder_ / "whole", out), "") << event;
  }
}

TEST_F(ResumeTest, KilledBeforeTheFirstCheckpointSaysHowToStartAgain) {
  const Scenario scenario = load();
  RunRequest request{.out = folder_ / "out"};
  const pid_t child = fork();
  if (child == 0) {
    KillingObserver observer(0);
    run_scenario(scenario, request, observer);
    _exit(0);
  }
  waitpid(child, nullptr, 0);
  EXPECT_THAT(error_text([&] { run(scenario, "out", kResume); }, ExitCode::kBadInput),
              HasSubstr("no checkpoint"));
  EXPECT_THAT(
      error_text([&] { run(scenario, "out"); }, ExitCode::kBadInput),
      HasSubstr("holds an unfinished run (status running): continue it with --resume latest"));
  EXPECT_EQ(run(scenario, "out", {.force = true}).code, ExitCode::kDone);
}

TEST_F(ResumeTest, FromANamedCheckpointLaterFilesAreReplaced) {
  const Scenario scenario = load({"checkpoint.keep=10"});
  run(scenario, "whole");
  run(scenario, "out");
  const fs::path file = folder_ / "out/checkpoints" / checkpoint_name(50);
  run(scenario, "", {.resume = file.string()});
  EXPECT_EQ(differing_files(folder_ / "whole", folder_ / "out"), "");
  EXPECT_EQ(read_manifest(folder_ / "out/manifest.json").resumed_from, file.filename());
}

TEST_F(ResumeTest, LatestFindsTheRunWithTheHighestNumber) {
  const Scenario scenario = load({"output.folder=" + (folder_ / "runs/{scenario}-{n}").string()});
  run(scenario, "");
  run(scenario, "", stop_before(40));
  const RunResult result = run(scenario, "", kResume);
  EXPECT_EQ(result.folder, folder_ / "runs/chain-2");
  EXPECT_EQ(result.code, ExitCode::kDone);
}

TEST_F(ResumeTest, DamagedNewestCheckpointIsPassedOverWithAWarning) {
  const Scenario scenario = load();
  run(scenario, "whole");
  run(scenario, "out", stop_before(60));
  const fs::path newest = load_latest_checkpoint(folder_ / "out/checkpoints").file;
  fs::resize_file(newest, fs::file_size(newest) - 1);
  EXPECT_EQ(run(scenario, "out", kResume).code, ExitCode::kDone);
  EXPECT_EQ(observer_.count("warning"), 1);
  EXPECT_EQ(differing_files(folder_ / "whole", folder_ / "out"), "");
}

TEST_F(ResumeTest, DamagedNamedCheckpointIsRefusedAndNothingIsTouched) {
  const Scenario scenario = load();
  run(scenario, "out", stop_before(60));
  const fs::path newest = load_latest_checkpoint(folder_ / "out/checkpoints").file;
  fs::resize_file(newest, fs::file_size(newest) - 1);
  const auto before = folder_contents(folder_ / "out");
  error_text([&] { run(scenario, "", {.resume = newest.string()}); }, ExitCode::kBadInput);
  EXPECT_EQ(folder_contents(folder_ / "out"), before);
}

TEST_F(ResumeTest, OtherOptionsAreRefusedByName) {
  run(load(), "out", stop_before(60));
  const Scenario other = load({"chain.mass=2", "output.every=0.1", "notes=chain.yaml"});
  const std::string text = error_text([&] { run(other, "out", kResume); }, ExitCode::kBadInput);
  EXPECT_THAT(text, HasSubstr("cannot be continued with other options:"));
  EXPECT_THAT(text, HasSubstr("chain.mass is 2 but was 1"));
  EXPECT_THAT(text, HasSubstr("output.every is 0.1 but was 0.2"));
  EXPECT_THAT(text, HasSubstr("notes is \"chain.yaml\" but was null"));
}

TEST_F(ResumeTest, OptionLeftOutIsRefusedByName) {
  run(load({"notes=chain.yaml"}), "out", stop_before(60));
  EXPECT_THAT(error_text([&] { run(load(), "out", kResume); }, ExitCode::kBadInput),
              HasSubstr("notes is null but was \"chain.yaml\""));
}

TEST_F(ResumeTest, FinishedRunCanBeExtended) {
  run(load({"time.end=2"}), "whole");
  run(load(), "out");
  const RunResult result = run(load({"time.end=2"}), "out", kResume);
  EXPECT_EQ(result.steps, 200);
  EXPECT_EQ(differing_files(folder_ / "whole", folder_ / "out"), "");
}

TEST_F(ResumeTest, NewEndThatWouldMoveFramesIsRefused) {
  const std::vector<std::string> frames{"output={frames: 4, formats: [npz]}"};
  run(load(frames), "out");
  const Scenario longer = load({frames[0], "time.end=2"});
  EXPECT_THAT(error_text([&] { run(longer, "out", kResume); }, ExitCode::kBadInput),
              HasSubstr("time.end moves the frames: give output.every to change it"));
}

TEST_F(ResumeTest, FinishedRunContinuedWithoutChangesStaysTheSame) {
  run(load(), "whole");
  run(load(), "out");
  EXPECT_EQ(run(load(), "out", kResume).code, ExitCode::kDone);
  EXPECT_EQ(differing_files(folder_ / "whole", folder_ / "out"), "");
}

TEST_F(ResumeTest, StepLimitCanBeRaised) {
  run(load(), "whole");
  run(load({"time.max_steps=33", "expect=[]"}), "out");
  EXPECT_TRUE(fs::exists(folder_ / "out/frames/scene_000002.npz"));  // the one at the limit
  run(load(), "out", kResume);
  EXPECT_THAT(differing_files(folder_ / "whole", folder_ / "out"),
              testing::Not(HasSubstr("frames")));
  EXPECT_EQ(read_text(folder_ / "whole/diagnostics.csv"),
            read_text(folder_ / "out/diagnostics.csv"));
}

TEST_F(ResumeTest, MissingThingsAreNamed) {
  const auto text = [&](const std::string& out, const std::string& resume) {
    return error_text([&] { run(load(), out, {.resume = resume}); }, ExitCode::kBadInput);
  };
  EXPECT_THAT(text("none", "latest"), HasSubstr("none' does not hold a run (it has no manifest"));
  EXPECT_THAT(text("", "no.fgc"),
              HasSubstr("--resume no.fgc: no such file; give 'latest' or a checkpoint"));
  run(load(), "a");
  run(load(), "b");
  const std::string file = load_latest_checkpoint(folder_ / "a/checkpoints").file.string();
  EXPECT_THAT(text("b", file), HasSubstr("does not belong to the run in"));
  const Scenario numbered = load({"output.folder=" + (folder_ / "runs/x-{n}").string()});
  EXPECT_THAT(error_text([&] { run(numbered, "", kResume); }, ExitCode::kBadInput),
              HasSubstr("--resume latest: there is no run '"));
}

TEST_F(ResumeTest, FolderOfALiveRunIsNotOpenedTwice) {
  const Scenario scenario = load();
  std::vector<std::string> texts;
  RunRequest request;
  request.stop_signal = [&, asked = 0]() mutable {
    if (asked++ == 30) {
      for (const RunRequest& other : {kResume, RunRequest{.force = true}}) {
        texts.push_back(error_text([&] { run(scenario, "out", other); }, ExitCode::kBadInput));
      }
    }
    return 0;
  };
  EXPECT_EQ(run(scenario, "out", request).code, ExitCode::kDone);
  ASSERT_EQ(texts.size(), 2U);
  for (const std::string& text : texts) {
    EXPECT_THAT(text, HasSubstr("is in use by another run; wait for it or choose another --out"));
  }
}

TEST_F(ResumeTest, UnfinishedPartsOfAKilledProgramAreRemoved) {
  run(load(), "whole");
  run(load(), "out", stop_before(50));
  std::ofstream(folder_ / "out/frames/scene_000003.npz.part") << "half";
  run(load(), "out", kResume);
  EXPECT_EQ(differing_files(folder_ / "whole", folder_ / "out"), "");
}

TEST(InterruptTest, FirstSignalSetsTheFlagAndTheScopeRestoresTheOldHandlers) {
  {
    const InterruptScope scope;
    EXPECT_EQ(InterruptScope::signal_received(), 0);
    std::raise(SIGTERM);
    EXPECT_EQ(InterruptScope::signal_received(), SIGTERM);
  }
  struct sigaction action;
  sigaction(SIGTERM, nullptr, &action);
  EXPECT_EQ(action.sa_handler, SIG_DFL);
}

TEST(InterruptTest, SecondSignalEndsTheProgramAtOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const InterruptScope scope;
        std::raise(SIGINT);
        std::raise(SIGTERM);
      },
      testing::KilledBySignal(SIGTERM), "");
}

TEST(InterruptTest, IgnoredSignalsStayIgnored) {
  std::signal(SIGHUP, SIG_IGN);
  {
    const InterruptScope scope;
    std::raise(SIGHUP);
    EXPECT_EQ(InterruptScope::signal_received(), 0);
  }
  std::signal(SIGHUP, SIG_DFL);
}

}  // namespace
}  // namespace filigree::testing_support
