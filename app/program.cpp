// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "app/program.hpp"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <map>
#include <new>
#include <nlohmann/json.hpp>

#include "scenarios/scenario_file.hpp"

namespace filigree::app {
namespace {

constexpr const char* kFooter =
    "Exit codes: 0 done, 2 bad input (nothing was run), 3 files, memory or device,\n"
    "  4 numerical failure, 5 interrupted after a safe checkpoint, 6 an expectation was not met\n"
    "  or two runs differ, 1 a bug of the program.\n"
    "Examples:\n"
    "  filigree list\n"
    "  filigree run particles/dam_break\n"
    "  filigree run my_scene.yaml time.end=0.5 --out runs/short\n";

void report(const Program& program, ExitCode code, const std::string& text,
            const yaml::Diagnostics* diagnostics = nullptr) {
  if (program.log_json) {
    nlohmann::ordered_json json{
        {"event", "error"}, {"exit_code", static_cast<int>(code)}, {"message", text}};
    if (diagnostics != nullptr) json["errors"] = diagnostics->json().at("errors");
    const std::string line = json.dump() + "\n";
    std::fputs(line.c_str(), stderr);
    return;
  }
  // A report with positions has its own "error:" in each line.
  const std::string line =
      (diagnostics != nullptr ? "" : "error: ") + text + (text.ends_with('\n') ? "" : "\n");
  std::fputs(line.c_str(), stderr);
}

ExitCode report_parse_error(const CLI::App& app, const CLI::ParseError& error, Program& program) {
  if (error.get_exit_code() == 0) {  // --help, --version
    print(dynamic_cast<const CLI::CallForVersion*>(&error) != nullptr
              ? error.what() + std::string("\n")
              : app.help());
    return ExitCode::kDone;
  }
  std::string command = "filigree";
  for (const CLI::App* sub : app.get_subcommands()) command += " " + sub->get_name();
  report(program, ExitCode::kBadInput, format("{}; see '{} --help'", error.what(), command));
  return ExitCode::kBadInput;
}

void run_command(CLI::App& app, Program& program) {
  std::vector<char*> words;
  for (std::string& word : program.arguments) words.push_back(word.data());
  app.parse(static_cast<int>(words.size()), words.data());
}

}  // namespace

void print(const std::string& text) {
  if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
    throw EnvironmentError(format("cannot write to standard output: {}", std::strerror(errno)));
  }
}

void add_log_option(CLI::App& command, Program& program) {
  command
      .add_option_function<std::string>(
          "--log", [&program](const std::string& kind) { program.log_json = kind == "json"; },
          "text for people, json for programs: one object per line")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("text|json")
      ->trigger_on_parse();
}

ExitCode run_program(Program& program) {
  CLI::App app("Graph and Lagrangian physics: runs scenarios that are described in YAML files.",
               "filigree");
  app.set_version_flag("--version", format("filigree {} ({})", FILIGREE_VERSION, git_commit()));
  app.require_subcommand(1);
  app.footer(kFooter);
  add_run(app, program);
  add_sweep(app, program);
  add_check(app, program);
  add_explain(app, program);
  add_list(app, program);
  add_info(app, program);
  add_compare(app, program);
  add_render(app, program);
  add_report(app, program);
  add_convert(app, program);
  add_doctor(app, program);
  try {
    run_command(app, program);
    return program.code;
  } catch (const CLI::ParseError& error) {
    return report_parse_error(app, error, program);
  } catch (const ScenarioError& error) {
    report(program, error.code(), error.what(), &error.diagnostics());
    return error.code();
  } catch (const Error& error) {
    report(program, error.code(), error.what());
    return error.code();
  } catch (const std::bad_alloc&) {
    report(program, ExitCode::kFailedToStart,
           "not enough memory; 'filigree run --dry-run' estimates what a scenario needs");
    return ExitCode::kFailedToStart;
  } catch (const std::exception& error) {
    report(
        program, ExitCode::kInternal,
        format("internal error: {}; this is a bug of filigree {} ({}), please report it with the "
               "command line",
               error.what(), FILIGREE_VERSION, git_commit()));
    return ExitCode::kInternal;
  }
}

}  // namespace filigree::app
