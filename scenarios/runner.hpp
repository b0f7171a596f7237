// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Drives a simulation from its scenario to a finished folder: steps, watchdog, diagnostics, frames,
// checkpoints, resume, expectations, manifest. Everything it tells goes through a RunObserver.
//
// A resumed run leaves the same bytes as an uninterrupted one, but for the times in manifest.json:
// lengths of steps depend on the times of frames and never on checkpoints, rows or interruptions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "scenarios/expectations.hpp"
#include "scenarios/scenario_file.hpp"

namespace filigree {

struct RunRequest {
  std::filesystem::path out{};              ///< --out; empty: output.folder
  bool force = false;                       ///< replace an earlier run
  std::string resume{};                     ///< "", "latest" or a checkpoint file
  std::vector<std::string> command_line{};  ///< for the manifest
  std::function<int()> stop_signal{};       ///< non-zero: checkpoint and stop; may be empty
};

/// Something that happened once: for people (`text`) and for programs (`name`, `data`).
struct RunEvent {
  std::string name;  ///< "start", "initialized", "frame", "checkpoint", "warning", "end", ...
  std::string text;  ///< one line; empty for events that only programs care about
  nlohmann::ordered_json data;
};

struct RunProgress {
  double start_time = 0;       ///< s, simulated, where this program began
  double time = 0;             ///< s, simulated
  double end = 0;              ///< s, simulated
  double dt = 0;               ///< s, last step
  std::optional<double> loss;  ///< of the last step of training
  std::int64_t start_step = 0;
  std::int64_t step = 0;
  std::int64_t max_steps = 0;  ///< 0: no limit
  std::int64_t frames = 0;     ///< written
  std::int64_t frames_total = 0;
};

class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual void event(const RunEvent& event) = 0;
  virtual void progress(const RunProgress& progress) = 0;  ///< after every step: be quick
};

struct RunResult {
  ExitCode code = ExitCode::kDone;  ///< kDone, kInterrupted or kExpectationMissed
  std::filesystem::path folder;
  std::int64_t steps = 0;
  double time = 0;          ///< s, simulated
  double wall_seconds = 0;  ///< of this program
  std::vector<ExpectationResult> expectations;
};

/// Throws Error with the exit code in it when the run fails. Kokkos must be running.
RunResult run_scenario(const Scenario& scenario, const RunRequest& request, RunObserver& observer);

}  // namespace filigree
