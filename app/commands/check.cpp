// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "app/program.hpp"
#include "scenarios/library.hpp"
#include "scenarios/scenario_file.hpp"

namespace filigree::app {
namespace {

struct CheckArguments {
  std::string scenario;
  std::vector<std::string> overrides;
  bool reduced = false;
  bool resolved = false;
};

void check(const CheckArguments& arguments, const Program& program) {
  const Scenario scenario =
      load_scenario({.file = find_scenario(arguments.scenario, library_folders()),
                     .overrides = arguments.overrides,
                     .reduced = arguments.reduced},
                    program.types);
  if (arguments.resolved) {
    print(scenario.resolved);
    return;
  }
  const FrameTimes frames(scenario.run.time.end, scenario.run.output);
  if (program.log_json) {
    const nlohmann::ordered_json json{{"event", "valid"},
                                      {"file", scenario.file.generic_string()},
                                      {"type", scenario.type_name},
                                      {"options", scenario.resolved_json}};
    print(json.dump() + "\n");
    return;
  }
  print(format("{}: valid (type {}, until t = {} s, {} frames)\n", scenario.file.string(),
               scenario.type_name, number_text(scenario.run.time.end), frames.count()));
}

}  // namespace

void add_check(CLI::App& app, Program& program) {
  const auto arguments = std::make_shared<CheckArguments>();
  CLI::App* command = app.add_subcommand("check", "validate a scenario without running it");
  command->footer(
      "Reports every problem of the file at once. Names in output.fields and expect are known "
      "only\n"
      "to the initialized simulation: 'filigree run SCENARIO --dry-run' checks them too.\n"
      "Examples:\n"
      "  filigree check scene.yaml\n"
      "  filigree check particles/dam_break time.end=2\n"
      "  filigree check scene.yaml --resolved > complete.yaml\n");
  command->add_option("SCENARIO", arguments->scenario, "file or library name")->required();
  command->add_option("OVERRIDES", arguments->overrides, "key.path=value ...")
      ->type_name("KEY=VALUE");
  command->add_flag("--reduced", arguments->reduced, "with the file's `reduced:` overrides");
  command->add_flag("--resolved", arguments->resolved,
                    "print the file with every default filled in");
  add_log_option(*command, program);
  command->callback([arguments, &program] { check(*arguments, program); });
}

}  // namespace filigree::app
