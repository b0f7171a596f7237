// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Helpers for tests of runs: a fresh folder per test, scenarios from text, folders compared by
// bytes.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "scenarios/runner.hpp"

namespace filigree::testing_support {

/// Keeps every event; forgets progress.
class RecordingObserver final : public RunObserver {
 public:
  void event(const RunEvent& event) override { events.push_back(event); }
  void progress(const RunProgress& progress) override { last = progress; }
  /// Texts of all events, one per line.
  std::string text() const;
  std::int64_t count(const std::string& name) const;

  std::vector<RunEvent> events;
  RunProgress last;
};

/// The chain scenario of these tests: 100 steps of 0.01 s, 5 frames, a checkpoint every 0.25 s.
extern const char* const kChainScenario;

class RunTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  /// Writes a file into the test's folder and gives its path.
  std::filesystem::path write(const std::string& name, const std::string& text) const;
  Scenario load(const std::vector<std::string>& overrides = {},
                const std::string& text = kChainScenario) const;
  /// Runs into `folder_`/`out`.
  RunResult run(const Scenario& scenario, const std::string& out, RunRequest request = {});
  /// Runs in a child process and gives its exit code, or minus the signal that ended it.
  int run_in_child(const Scenario& scenario, const std::string& out, RunRequest request = {});

  std::filesystem::path folder_;
  RecordingObserver observer_;
};

/// Runs of the program's own scenario types.
class LibraryRunTest : public RunTest {
 protected:
  Scenario scenario(const std::string& text, const std::vector<std::string>& overrides = {}) const;
  nlohmann::ordered_json metrics(const std::string& out) const;  ///< of `folder_`/`out`
  double value(const std::string& out, const char* name) const;  ///< of one of them
  std::vector<double> column(const std::string& out,
                             const std::string& name) const;  ///< of the CSV
};

/// Relative path -> bytes of every file below the folder; manifest.json without its times, its
/// command line and the checkpoint it continued from.
std::map<std::string, std::string> folder_contents(const std::filesystem::path& folder);

/// The names whose bytes differ or that only one of the folders has; "" when there are none.
std::string differing_files(const std::filesystem::path& a, const std::filesystem::path& b);

std::string read_text(const std::filesystem::path& file);

/// The message of the Error that `action` throws; a test failure when it throws none.
std::string error_text(const std::function<void()>& action, ExitCode code);

}  // namespace filigree::testing_support
