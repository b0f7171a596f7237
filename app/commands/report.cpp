// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>

#include "app/program.hpp"
#include "app/render/run_pictures.hpp"
#include "app/report/run_report.hpp"
#include "io/atomic_file.hpp"

namespace filigree::app {
namespace {
namespace fs = std::filesystem;

struct ReportArguments {
  std::string run;
  std::string out;
  bool no_pictures = false;
};

/// A run without frames, a build or a machine that cannot draw: the page says why.
ReportPicture picture_of(const ReportArguments& arguments) {
  if (arguments.no_pictures) return {};
  try {
    return {.png = draw_contact_sheet(fs::path(arguments.run)), .note = ""};
  } catch (const Error& error) {
    return {.png = {}, .note = format("There is no picture: {}.", error.what())};
  }
}

void report(const ReportArguments& arguments, const Program& program) {
  const RunRecord record = read_run(arguments.run, program.types);
  const fs::path out =
      arguments.out.empty() ? fs::path(arguments.run) / "report.html" : fs::path(arguments.out);
  write_file_atomically(out, report_html(record, picture_of(arguments)));
  print(format("report in {}\n", out.string()));
}

}  // namespace

void add_report(CLI::App& app, Program& program) {
  const auto arguments = std::make_shared<ReportArguments>();
  CLI::App* command = app.add_subcommand("report", "write a page about a run: figures and curves");
  command->footer(
      "One HTML file with pictures, expectations, figures, curves, parameters and versions; it "
      "needs\n"
      "no other file. Runs that are going on or have failed are reported as far as they came.\n"
      "Examples:\n"
      "  filigree report runs/dam_break-1\n"
      "  filigree report runs/dam_break-1 --out dam_break.html\n");
  command->add_option("RUN", arguments->run, "folder of a run")->required();
  command->add_option("--out", arguments->out, "the page; default: report.html in the folder");
  command->add_flag("--no-pictures", arguments->no_pictures, "curves and figures only");
  command->callback([arguments, &program] { report(*arguments, program); });
}

}  // namespace filigree::app
