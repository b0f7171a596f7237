// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What happens between a scenario file and the first step: context, names that only the initialized
// simulation knows, estimates.
#pragma once

#include <cstdint>
#include <filesystem>

#include "scenarios/frame_output.hpp"
#include "scenarios/scenario_file.hpp"

namespace filigree {

RunContext context_of(const Scenario& scenario, const std::filesystem::path& output_folder);

/// Throws ScenarioError when output.fields or expect name what the initialized simulation does not
/// have.
void check_names(const Scenario& scenario, const Simulation& simulation, FrameOutput& frames);

struct DryRun {
  Estimate estimate;
  std::int64_t frames = 0;
  std::uint64_t bytes_per_frame = 0;  ///< before compression
};

/// Initializes the simulation and checks what run_scenario() would check; takes no step, writes
/// nothing.
DryRun dry_run(const Scenario& scenario);

}  // namespace filigree
