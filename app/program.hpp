// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The program `filigree`: its commands, how they report errors, the exit code.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "scenarios/registry.hpp"

namespace CLI {
class App;
}

namespace filigree::app {

/// What a command may use.
struct Program {
  std::vector<std::string> arguments;  ///< argv
  const ScenarioRegistry& types;
  std::function<void(int)> start_kokkos;  ///< with so many threads; 0: as the environment says
  bool log_json = false;                  ///< events and errors as JSON, one object per line
  ExitCode code = ExitCode::kDone;        ///< set by the command that ran
};

/// Parses the arguments, runs one command, prints what went wrong to stderr.
ExitCode run_program(Program& program);

// One function per command, each in commands/<name>.cpp. They add a subcommand whose callback does
// the work.
void add_run(CLI::App& app, Program& program);
void add_sweep(CLI::App& app, Program& program);
void add_check(CLI::App& app, Program& program);
void add_explain(CLI::App& app, Program& program);
void add_list(CLI::App& app, Program& program);
void add_info(CLI::App& app, Program& program);
void add_compare(CLI::App& app, Program& program);
void add_render(CLI::App& app, Program& program);
void add_report(CLI::App& app, Program& program);
void add_convert(CLI::App& app, Program& program);
void add_doctor(CLI::App& app, Program& program);

/// `--log text|json` for commands that have it.
void add_log_option(CLI::App& command, Program& program);

/// Prints to stdout. A failing stdout (a full disk behind it) is an EnvironmentError.
void print(const std::string& text);

}  // namespace filigree::app
