// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "app/program.hpp"
#include "app/run_log.hpp"
#include "io/atomic_file.hpp"
#include "io/manifest.hpp"
#include "io/metrics.hpp"
#include "scenarios/interrupt.hpp"
#include "scenarios/library.hpp"
#include "scenarios/run_folder.hpp"
#include "scenarios/runner.hpp"

namespace filigree::app {
namespace {

namespace fs = std::filesystem;

struct SweepArguments {
  std::string scenario;
  std::vector<std::string> overrides;
  std::string out;
  int threads = 0;
  bool reduced = false;
  bool quiet = false;
  bool force = false;
};

constexpr const char* kFooter =
    "Runs every entry of the file's `variants:` one after the other, each in a folder of its own,\n"
    "and puts what they found out into sweep.csv. Called again it keeps the runs that are done "
    "and\n"
    "continues the one that was stopped. Overrides of the command line come after those of a "
    "variant.\n"
    "Examples:\n"
    "  filigree sweep particles/granular_column\n"
    "  filigree sweep scene.yaml --out runs/friction bodies.0.material.young_modulus=2e6\n";

/// What one variant came to.
struct SweepRow {
  std::string variant;
  ExitCode code = ExitCode::kDone;
  std::vector<Metric> metrics;
};

/// One row per variant; the columns are all metrics in the order of their first appearance.
std::string sweep_table(const std::vector<SweepRow>& rows) {
  std::vector<Metric> columns;
  const auto same = [](const Metric& a) {
    return [&a](const Metric& b) { return a.name == b.name; };
  };
  for (const SweepRow& row : rows) {
    for (const Metric& metric : row.metrics) {
      if (std::none_of(columns.begin(), columns.end(), same(metric))) columns.push_back(metric);
    }
  }
  std::string text = "variant,exit_code";
  for (const Metric& column : columns) {
    text += "," + column.name + (column.unit.empty() ? "" : " [" + column.unit + "]");
  }
  text += "\n";
  for (const SweepRow& row : rows) {
    text += format("{},{}", row.variant, static_cast<int>(row.code));
    for (const Metric& column : columns) {
      const auto found = std::find_if(row.metrics.begin(), row.metrics.end(), same(column));
      text += "," + (found == row.metrics.end() ? "" : format("{}", found->value));
    }
    text += "\n";
  }
  return text;
}

/// The exit code of the finished run in `folder`, if it was one of this scenario.
std::optional<ExitCode> finished_before(const fs::path& folder, const Scenario& scenario) {
  if (!fs::exists(folder / "manifest.json")) return std::nullopt;
  const Manifest manifest = read_manifest(folder / "manifest.json");
  const bool done = manifest.status == "done";
  if (!done && manifest.status != "expectation_missed") return std::nullopt;
  const auto what_matters = [](nlohmann::ordered_json options) {
    options.erase("variants");
    options.erase("reduced");
    return options;
  };
  FILIGREE_REQUIRE(what_matters(manifest.options) == what_matters(scenario.resolved_json),
                   "{} holds a run with other options; --force replaces it, --out names another "
                   "folder",
                   folder.string());
  return done ? ExitCode::kDone : ExitCode::kExpectationMissed;
}

/// True when there is a checkpoint to continue from.
bool is_unfinished(const fs::path& folder) {
  return fs::exists(folder / "manifest.json") && fs::is_directory(folder / "checkpoints") &&
         !fs::is_empty(folder / "checkpoints");
}

/// Runs, continues or keeps one variant. A run that fails is a row of the table, and the sweep
/// goes on.
ExitCode run_variant(const Scenario& scenario, const fs::path& folder,
                     const SweepArguments& arguments, const Program& program,
                     RunObserver& observer) {
  if (!arguments.force) {
    if (const auto code = finished_before(folder, scenario)) return *code;
  }
  const bool resume = !arguments.force && is_unfinished(folder);
  try {
    return run_scenario(scenario,
                        {.out = folder,
                         .force = !resume,
                         .resume = resume ? "latest" : "",
                         .command_line = program.arguments,
                         .stop_signal = InterruptScope::signal_received},
                        observer)
        .code;
  } catch (const Error& error) {
    observer.event({"warning", format("{}: {}", folder.filename().string(), error.what()), {}});
    return error.code();
  }
}

void sweep(const SweepArguments& arguments, Program& program) {
  ScenarioRequest request{.file = find_scenario(arguments.scenario, library_folders()),
                          .overrides = arguments.overrides,
                          .reduced = arguments.reduced};
  const Scenario base = load_scenario(request, program.types);
  FILIGREE_REQUIRE(!base.run.variants.empty(),
                   "{} has no `variants:`, so there is nothing to sweep; see 'filigree explain'",
                   request.file.string());
  std::vector<Scenario> scenarios;  // all are checked before the first one runs
  for (const Variant& variant : base.run.variants) {
    request.variant = variant.name;
    scenarios.push_back(load_scenario(request, program.types));
  }
  program.start_kokkos(arguments.threads);
  const fs::path out =
      arguments.out.empty() ? fs::path("runs") / (base.name + "-sweep") : fs::path(arguments.out);
  const auto log = make_run_log(program.log_json  ? LogKind::kJson
                                : arguments.quiet ? LogKind::kQuiet
                                                  : LogKind::kText);
  const InterruptScope interrupts;
  std::vector<SweepRow> rows;
  for (std::size_t i = 0; i < scenarios.size(); ++i) {
    const std::string& name = base.run.variants[i].name;
    log->event({"variant",
                format("variant {} ({} of {})", name, i + 1, scenarios.size()),
                {{"variant", name}}});
    const fs::path folder = out / name;
    SweepRow row{name, run_variant(scenarios[i], folder, arguments, program, *log), {}};
    if (row.code == ExitCode::kInterrupted) {
      program.code = row.code;
      break;
    }
    if (fs::exists(folder / "metrics.json")) row.metrics = read_metrics(folder / "metrics.json");
    if (program.code == ExitCode::kDone) program.code = row.code;
    rows.push_back(row);
    create_folder(out);
    write_file_atomically(out / "sweep.csv", sweep_table(rows));
  }
  log->event({"end",
              format("{} of {} variants done, table in {}", rows.size(), scenarios.size(),
                     (out / "sweep.csv").string()),
              {{"exit_code", static_cast<int>(program.code)}, {"folder", out.generic_string()}}});
}

}  // namespace

void add_sweep(CLI::App& app, Program& program) {
  const auto arguments = std::make_shared<SweepArguments>();
  CLI::App* command = app.add_subcommand("sweep", "run all variants of a scenario");
  command->footer(kFooter);
  command->add_option("SCENARIO", arguments->scenario, "file or library name")->required();
  command->add_option("OVERRIDES", arguments->overrides, "key.path=value ...")
      ->type_name("KEY=VALUE");
  command->add_option("--out", arguments->out, "folder of the runs; default: runs/SCENARIO-sweep");
  command->add_option("--threads", arguments->threads, "default: OMP_NUM_THREADS, else all cores")
      ->check(CLI::Range(1, 4096));
  command->add_flag("--force", arguments->force, "run all anew, replacing earlier runs");
  command->add_flag("--reduced", arguments->reduced,
                    "apply the file's `reduced:` overrides: a small version for tests");
  command->add_flag("--quiet", arguments->quiet, "print errors and warnings only");
  add_log_option(*command, program);
  command->callback([arguments, &program] { sweep(*arguments, program); });
}

}  // namespace filigree::app
