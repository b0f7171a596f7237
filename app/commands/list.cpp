// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "app/program.hpp"
#include "core/types.hpp"
#include "io/writers.hpp"
#include "scenarios/library.hpp"
#include "scenarios/scenario_file.hpp"

namespace filigree::app {
namespace {

struct Line {
  std::string name;
  std::string text;
};

void print_section(const std::string& title, const std::vector<Line>& lines) {
  std::size_t width = 0;
  for (const Line& line : lines) width = std::max(width, line.name.size());
  std::string text = title + ":\n";
  for (const Line& line : lines) text += format("  {:<{}}  {}\n", line.name, width, line.text);
  if (lines.empty()) text += "  none\n";
  print(text);
}

void list(const Program& program) {
  std::vector<Line> types;
  for (const std::string& name : program.types.names()) {
    types.push_back({name, program.types.at(name).doc});
  }
  print_section("scenario types (filigree explain TYPE)", types);
  std::vector<Line> files;
  for (const LibraryEntry& entry : library_entries(library_folders())) {
    const ScenarioHeader header = peek_header(entry.file);
    files.push_back({entry.name, header.title.empty() ? entry.file.string() : header.title});
  }
  print_section("scenarios of the library (filigree run NAME)", files);
  std::vector<Line> formats;
  for (const std::string& name : writers().names()) {
    formats.push_back({name, writers().at(name).doc});
  }
  print_section("output formats (output.formats)", formats);
  print_section("back end", {{backend_name(), format("Kokkos {}, {} precision", kokkos_version(),
                                                     sizeof(Real) == 4 ? "single" : "double")}});
}

}  // namespace

void add_list(CLI::App& app, Program& program) {
  CLI::App* command = app.add_subcommand(
      "list", "list scenario types, library scenarios, output formats, the back end");
  command->footer(
      "Library scenarios are looked for in the folders of $FILIGREE_SCENARIOS, beside the program\n"
      "(../share/filigree/scenarios), and in the source tree.\n"
      "Example:\n  filigree list\n");
  command->callback([&program] { list(program); });
}

}  // namespace filigree::app
