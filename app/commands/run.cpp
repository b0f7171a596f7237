// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "app/program.hpp"
#include "app/run_log.hpp"
#include "scenarios/interrupt.hpp"
#include "scenarios/library.hpp"
#include "scenarios/preparation.hpp"
#include "scenarios/program_info.hpp"
#include "scenarios/runner.hpp"

namespace filigree::app {
namespace {

struct RunArguments {
  std::string scenario;
  std::vector<std::string> overrides;
  std::string out;
  int threads = 0;
  std::optional<std::string> seed;
  std::string resume;
  bool dry_run = false;
  bool reduced = false;
  std::string variant;
  bool quiet = false;
  bool force = false;
};

constexpr const char* kFooter =
    "SCENARIO is a YAML file or a name of the library, such as particles/dam_break.\n"
    "key.path=value arguments replace values of the file; numbers index lists.\n"
    "Examples:\n"
    "  filigree run particles/dam_break\n"
    "  filigree run scene.yaml time.end=2 output.every=0.1 bodies.0.material.density=900\n"
    "  filigree run scene.yaml --dry-run\n"
    "  filigree run scene.yaml --out runs/a --resume latest\n"
    "  filigree run scene.yaml --threads 2 --log json\n"
    "SIGINT (Ctrl-C) and SIGTERM write a checkpoint and end the run with code 5; a second one "
    "ends\n"
    "it at once.\n";

void print_dry_run(const Scenario& scenario, const DryRun& dry, bool json) {
  const Estimate& estimate = dry.estimate;
  const double seconds = static_cast<double>(estimate.steps) * estimate.seconds_per_step;
  const std::uint64_t disk = static_cast<std::uint64_t>(dry.frames) * dry.bytes_per_frame;
  if (json) {
    const nlohmann::ordered_json data{{"event", "dry_run"},
                                      {"scenario", scenario.name},
                                      {"summary", estimate.summary},
                                      {"bytes", estimate.bytes},
                                      {"available_bytes", available_memory()},
                                      {"dt", estimate.dt},
                                      {"steps", estimate.steps},
                                      {"seconds_per_step", estimate.seconds_per_step},
                                      {"seconds", seconds},
                                      {"frames", dry.frames},
                                      {"frame_bytes", dry.bytes_per_frame}};
    print(data.dump() + "\n");
    return;
  }
  print(format("dry run of {}: nothing was run, nothing was written\n", scenario.name) +
        format("  size     {}\n", estimate.summary) +
        format("  memory   {} ({} available)\n", size_text(estimate.bytes),
               size_text(available_memory())) +
        format("  steps    about {} of {:.3g} s\n", estimate.steps, estimate.dt) +
        format("  time     about {} ({} per step)\n", duration_text(seconds),
               duration_text(estimate.seconds_per_step)) +
        format("  frames   {} of {}, {} before compression\n", dry.frames,
               size_text(dry.bytes_per_frame), size_text(disk)));
}

nlohmann::ordered_json end_json(const RunResult& result) {
  nlohmann::ordered_json expectations = nlohmann::ordered_json::array();
  for (const ExpectationResult& e : result.expectations) {
    expectations.push_back({{"quantity", e.quantity},
                            {"at", e.at},
                            {"expected", {e.lowest, e.highest}},
                            {"got", e.got},
                            {"unit", e.unit},
                            {"met", e.met}});
  }
  return {{"exit_code", static_cast<int>(result.code)},
          {"folder", result.folder.generic_string()},
          {"steps", result.steps},
          {"time", result.time},
          {"wall_seconds", result.wall_seconds},
          {"expectations", expectations}};
}

void tell_end(const RunResult& result, RunObserver& log, const Program& program) {
  std::int64_t met = 0;
  for (const ExpectationResult& expectation : result.expectations) met += expectation.met ? 1 : 0;
  const auto total = static_cast<std::int64_t>(result.expectations.size());
  std::string text;
  if (result.code != ExitCode::kInterrupted) {
    text = format("done: {} steps to t = {:.6g} s in {}, results in {}", result.steps, result.time,
                  duration_text(result.wall_seconds), result.folder.string());
    if (total > 0 && met == total) text += format("\nexpectations: {} of {} met", met, total);
  }
  log.event({"end", text, end_json(result)});
  if (result.code == ExitCode::kExpectationMissed && !program.log_json) {
    const std::string table =
        format("error: {} of {} expectations were not met\n", total - met, total) +
        expectation_table(result.expectations);
    std::fputs(table.c_str(), stderr);
  }
}

void run(const RunArguments& arguments, Program& program) {
  ScenarioRequest scenario_request{.file = find_scenario(arguments.scenario, library_folders()),
                                   .overrides = arguments.overrides,
                                   .reduced = arguments.reduced,
                                   .variant = arguments.variant};
  if (arguments.seed) scenario_request.overrides.push_back("run.seed=" + *arguments.seed);
  const Scenario scenario = load_scenario(scenario_request, program.types);
  program.start_kokkos(arguments.threads);
  if (arguments.dry_run) {
    print_dry_run(scenario, dry_run(scenario), program.log_json);
    return;
  }
  const LogKind kind = program.log_json  ? LogKind::kJson
                       : arguments.quiet ? LogKind::kQuiet
                                         : LogKind::kText;
  const std::unique_ptr<RunObserver> log = make_run_log(kind);
  const InterruptScope interrupts;
  const RunResult result = run_scenario(scenario,
                                        {.out = arguments.out,
                                         .force = arguments.force,
                                         .resume = arguments.resume,
                                         .command_line = program.arguments,
                                         .stop_signal = InterruptScope::signal_received},
                                        *log);
  tell_end(result, *log, program);
  program.code = result.code;
}

}  // namespace

void add_run(CLI::App& app, Program& program) {
  const auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = app.add_subcommand("run", "run a scenario");
  command->footer(kFooter);
  command->add_option("SCENARIO", arguments->scenario, "file or library name")->required();
  command->add_option("OVERRIDES", arguments->overrides, "key.path=value ...")
      ->type_name("KEY=VALUE");
  command->add_option("--out", arguments->out, "folder of the run; default: output.folder");
  command->add_option("--threads", arguments->threads, "default: OMP_NUM_THREADS, else all cores")
      ->check(CLI::Range(1, 4096));
  command->add_option("--seed", arguments->seed, "the same as run.seed=...");
  CLI::Option* resume = command->add_option(
      "--resume", arguments->resume, "'latest' or a checkpoint: continue that run bit for bit");
  CLI::Option* force =
      command->add_flag("--force", arguments->force, "replace an earlier run in the folder");
  resume->excludes(force);
  command->add_flag("--dry-run", arguments->dry_run,
                    "estimate memory and time; take no step, write nothing");
  command->add_flag("--reduced", arguments->reduced,
                    "apply the file's `reduced:` overrides: a small version for tests");
  command->add_option("--variant", arguments->variant, "one of the file's `variants:`");
  command->add_flag("--quiet", arguments->quiet, "print errors and warnings only");
  add_log_option(*command, program);
  command->callback([arguments, &program] { run(*arguments, program); });
}

}  // namespace filigree::app
