// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "app/program.hpp"
#include "app/run_comparison.hpp"

namespace filigree::app {
namespace {

struct CompareArguments {
  std::string a;
  std::string b;
  Tolerance tolerance;
};

std::string section(const std::string& title, const std::vector<std::string>& lines,
                    const std::string& none) {
  constexpr std::size_t kMostLines = 40;
  if (lines.empty()) return format("{}: {}\n", title, none);
  std::string text = title + ":\n";
  for (std::size_t i = 0; i < std::min(lines.size(), kMostLines); ++i)
    text += "  " + lines[i] + "\n";
  if (lines.size() > kMostLines) text += format("  and {} more\n", lines.size() - kMostLines);
  return text;
}

void compare(const CompareArguments& arguments, Program& program) {
  const Comparison result = compare_runs(arguments.a, arguments.b, arguments.tolerance);
  print(
      section("options that differ", result.options, "none") +
      section("figures", result.metrics, "equal") +
      section("diagnostics", result.diagnostics, "equal") +
      section("frames and state", result.files, format("equal ({} files)", result.n_frames_equal)));
  const std::string within = arguments.tolerance.exact() ? "bit for bit" : "within the tolerance";
  print(result.equal ? format("the runs are equal {}\n", within)
                     : format("the runs are not equal {}\n", within));
  if (!result.equal) program.code = ExitCode::kExpectationMissed;
}

}  // namespace

void add_compare(CLI::App& app, Program& program) {
  const auto arguments = std::make_shared<CompareArguments>();
  CLI::App* command = app.add_subcommand("compare", "compare the results of two runs");
  command->footer(
      "Exit code 0 when figures, diagnostics, frames and final state are equal within the "
      "tolerance\n"
      "(default: bit for bit), 6 when not. Options may differ. A difference is compared with the\n"
      "largest value of its column or array.\n"
      "Examples:\n"
      "  filigree compare runs/dam_break-1 runs/dam_break-2\n"
      "  filigree compare runs/double runs/single --rtol 1e-4\n");
  command->add_option("A", arguments->a, "folder of a run")->required();
  command->add_option("B", arguments->b, "folder of another run")->required();
  command->add_option("--rtol", arguments->tolerance.relative, "relative tolerance")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--atol", arguments->tolerance.absolute, "absolute tolerance")
      ->check(CLI::NonNegativeNumber);
  command->callback([arguments, &program] { compare(*arguments, program); });
}

}  // namespace filigree::app
