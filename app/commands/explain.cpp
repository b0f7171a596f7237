// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/program.hpp"
#include "io/schema_doc.hpp"

namespace filigree::app {
namespace {

struct ExplainArguments {
  std::string type;
  bool all = false;
  std::string format = "text";
};

void explain(const ExplainArguments& arguments, const Program& program) {
  FILIGREE_REQUIRE(arguments.all || !arguments.type.empty(), "give a scenario type ({}) or --all",
                   join(program.types.names()));
  std::vector<SchemaDocument> documents;
  for (const std::string& name : program.types.names()) {
    if (arguments.all || name == arguments.type) {
      documents.push_back(describe_scenario(name, program.types.at(name)));
    }
  }
  if (documents.empty()) program.types.at(arguments.type);  // throws with the nearest name
  if (arguments.format == "json-schema") {
    print(json_schema(documents).dump(2) + "\n");
  } else if (arguments.format == "markdown") {
    print(manual_text(documents));
  } else {
    for (const SchemaDocument& document : documents) print(explain_text(document));
  }
}

}  // namespace

void add_explain(CLI::App& app, Program& program) {
  const auto arguments = std::make_shared<ExplainArguments>();
  CLI::App* command =
      app.add_subcommand("explain", "list every key of a scenario type: unit, default, range, doc");
  command->footer(
      "Examples:\n"
      "  filigree explain mpm\n"
      "  filigree explain --all --format markdown > docs/scenario-reference.md\n"
      "  filigree explain --all --format json-schema > scenario.schema.json   (for editors)\n");
  command->add_option("TYPE", arguments->type, "scenario type, see 'filigree list'");
  command->add_flag("--all", arguments->all, "every type");
  command->add_option("--format", arguments->format, "text for a terminal, or one of the others")
      ->check(CLI::IsMember({"text", "markdown", "json-schema"}))
      ->type_name("text|markdown|json-schema");
  command->callback([arguments, &program] { explain(*arguments, program); });
}

}  // namespace filigree::app
