// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/preparation.hpp"

#include "scenarios/expectations.hpp"

namespace filigree {
namespace {

std::vector<std::string> names_of(const Recorder& recorder) {
  std::vector<std::string> names;
  for (const Recorder::Row& row : recorder.rows()) names.push_back(row.name);
  return names;
}

}  // namespace

RunContext context_of(const Scenario& scenario, const std::filesystem::path& output) {
  return {.seed = scenario.run.run.seed,
          .deterministic = scenario.run.run.deterministic,
          .end_time = scenario.run.time.end,
          .scenario_folder = scenario.file.parent_path(),
          .output_folder = output};
}

void check_names(const Scenario& scenario, const Simulation& simulation, FrameOutput& frames) {
  yaml::Diagnostics problems = scenario.diagnostics;
  frames.check(simulation, scenario.document, problems);
  Recorder row;
  simulation.diagnose(row);
  Recorder metrics;
  simulation.evaluate(metrics);
  check_expectations(scenario.run, names_of(row), names_of(metrics), scenario.document, problems);
  if (!problems.ok()) throw ScenarioError(problems);
}

DryRun dry_run(const Scenario& scenario) {
  const std::unique_ptr<Simulation> simulation = scenario.make();
  simulation->initialize(context_of(scenario, {}));
  FrameOutput frames(scenario.run);
  check_names(scenario, *simulation, frames);
  Frame frame;
  simulation->describe(frame);
  return {.estimate = simulation->estimate(),
          .frames = frames.active() ? frames.total() : 0,
          .bytes_per_frame = frame_bytes(frame)};
}

}  // namespace filigree
