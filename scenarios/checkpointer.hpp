// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Checkpoints of a run: when they are due, what they hold beside the state, whether one of them
// fits the scenario that is to be continued.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "io/checkpoint.hpp"
#include "scenarios/scenario_file.hpp"
#include "scenarios/watchdog.hpp"

namespace filigree {

/// What the runner itself needs to continue.
struct RunPosition {
  std::int64_t step = 0;
  double time = 0;           ///< s
  std::int64_t frames = 0;   ///< number of the next frame
  double last_row_time = 0;  ///< s, of the last scheduled row of diagnostics.csv
  Watchdog::Energies energies;
};

class Checkpointer {
 public:
  Checkpointer(const Scenario& scenario, std::filesystem::path folder);

  /// After a step from `before` s to `after` s: does either schedule ask for a checkpoint?
  bool due(double before, double after) const;

  /// `scheduled` is false for one that an interruption asked for: it is removed as soon as the next
  /// one is written, so that a resumed run leaves the same files as an uninterrupted one.
  void write(const RunPosition& position, Simulation& simulation, bool scheduled);

  /// Takes over a checkpoint of this folder: later ones are removed.
  void resume_from(const std::filesystem::path& file, const Checkpoint& checkpoint);

  std::int64_t last_step() const { return last_step_; }  ///< of the last checkpoint, -1 when none
  double last_time() const { return last_time_; }        ///< s
  const std::filesystem::path& last_file() const { return last_file_; }

 private:
  using Clock = std::chrono::steady_clock;

  const Scenario& scenario_;
  std::filesystem::path folder_;
  Clock::time_point last_wall_ = Clock::now();
  std::int64_t last_step_ = -1;
  double last_time_ = 0;
  std::filesystem::path last_file_;
  std::filesystem::path unscheduled_;
};

/// Where a checkpoint stands. InputError naming the missing entry when it is not one of a run.
RunPosition run_position(const Checkpoint& checkpoint, const std::string& label);

/// InputError unless the checkpoint was made by this scenario: same type, precision, and the same
/// options but for time, checkpoint, watchdog, expect, reduced, variants, scenario.title and
/// output.folder.
void require_same_run(const Checkpoint& checkpoint, const Scenario& scenario,
                      const std::string& label);

/// Leaves that are not the same, "time.end is 2 but was 1", but for those that may change.
std::vector<std::string> differences(
    const nlohmann::ordered_json& before, const nlohmann::ordered_json& now,
    const std::function<bool(const std::string& path)>& may_change);

/// "time.end" -> value for every leaf of a JSON tree.
std::vector<std::pair<std::string, nlohmann::ordered_json>> flatten(
    const nlohmann::ordered_json& tree);

}  // namespace filigree
