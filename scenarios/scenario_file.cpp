// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/scenario_file.hpp"

#include <charconv>
#include <cmath>

#include "io/writers.hpp"
#include "io/yaml/overrides.hpp"
#include "io/yaml/reader.hpp"
#include "io/yaml/writer.hpp"

namespace filigree {
namespace fs = std::filesystem;
namespace {

using yaml::Diagnostics;
using yaml::Document;
using yaml::Node;
using yaml::NodeKind;

/// Overrides of the file are numbered from here, those of the command line from 1.
constexpr int kFirstOwnArgument = 1'000'000;

std::string argument_file(int argument) {
  return format("command line: argument {}", argument);
}

/// Nodes made by argument `argument` get the position of the list item they came from.
void move_positions(Node& node, const std::string& from, const yaml::Position& to) {
  if (node.position.file == from) node.position = to;
  for (yaml::Entry& entry : node.entries) {
    if (entry.position.file == from) entry.position = to;
    move_positions(entry.value, from, to);
  }
  for (Node& item : node.items) move_positions(item, from, to);
}

/// Applies the list of overrides at `path` of the file.
void apply_list(Document& document, const std::string& path, Diagnostics& diagnostics) {
  const Node* list = yaml::find_path(document.root(), path);
  if (list == nullptr) return;
  const std::vector<Node> items = list->items;  // a copy: the overrides change the tree
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string item_path = format("{}.{}", path, i);
    if (items[i].kind != NodeKind::kScalar || !yaml::is_override(items[i].text)) {
      diagnostics.error(items[i].position, item_path,
                        format("{} is not an override of the form key.path=value", item_path));
      continue;
    }
    const int argument = kFirstOwnArgument + static_cast<int>(i);
    Diagnostics own;
    yaml::apply_override(document, items[i].text, argument, own);
    for (const yaml::Problem& problem : own.sorted()) {
      diagnostics.error(items[i].position, problem.path, problem.message, problem.hint);
    }
    move_positions(document.root(), argument_file(argument), items[i].position);
  }
}

void apply_reduced(Document& document, Diagnostics& diagnostics) {
  const Node* found = document.root().find("reduced");
  if (found == nullptr || found->items.empty()) {
    diagnostics.error(document.root().position, "reduced",
                      "--reduced needs a list 'reduced' of overrides in the file, which is absent");
    return;
  }
  apply_list(document, "reduced", diagnostics);
}

void apply_variant(Document& document, const std::string& name, Diagnostics& diagnostics) {
  const Node* variants = document.root().find("variants");
  std::string known;
  for (std::size_t i = 0; variants != nullptr && i < variants->items.size(); ++i) {
    const Node* own_name = yaml::find_path(variants->items[i], "name");
    if (own_name == nullptr) continue;
    if (own_name->text == name) {
      apply_list(document, format("variants.{}.set", i), diagnostics);
      return;
    }
    known += (known.empty() ? "" : ", ") + own_name->text;
  }
  diagnostics.error(variants != nullptr ? variants->position : document.root().position, "variants",
                    format("the file has no variant '{}'", name),
                    "known: " + (known.empty() ? "none" : known));
}

void check_formats(const Document& document, const RunOptions& run, Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < run.output.formats.size(); ++i) {
    const std::string path = format("output.formats.{}", i);
    if (const Node* node = yaml::find_path(document.root(), path)) {
      yaml::check_name(*node, path, "an output format", writers().names(), diagnostics);
    }
  }
}

/// Lets the type adapt its options and the common ones to each other.
void plan(Scenario& scenario) {
  const std::string problem = scenario.type->plan(scenario.options.get(), scenario.run);
  if (problem.empty()) return;
  const std::string path = problem.substr(0, problem.find(": "));
  const Node* node = yaml::find_path(scenario.document.root(), path);
  const Node& place = node != nullptr ? *node : scenario.document.root();
  scenario.diagnostics.error(place.position, path, problem);
  throw ScenarioError(scenario.diagnostics);
}

/// Reads everything that can be read: without a known type, the common blocks alone.
void read_all(const ScenarioRegistry& types, Scenario& scenario) {
  const Node& root = scenario.document.root();
  std::vector<yaml::Target> targets{yaml::target(scenario.run)};
  yaml::ReadContext context{.folder = scenario.file.parent_path(), .files = &scenario.inputs};
  const Node* type = yaml::find_path(root, "scenario.type");
  if (type != nullptr && type->kind == NodeKind::kScalar &&
      yaml::check_name(*type, "scenario.type", "a scenario type", types.names(),
                       scenario.diagnostics)) {
    scenario.type_name = type->text;
    scenario.type = types.find(type->text);
    scenario.options = scenario.type->options->create();
    targets.push_back({scenario.options.get(), scenario.type->options});
    scenario.diagnostics.set_type(scenario.type_name);
  } else {
    context.other_keys = true;
  }
  yaml::read_targets(root, targets, scenario.diagnostics, context);
  check_formats(scenario.document, scenario.run, scenario.diagnostics);
  if (!scenario.diagnostics.ok()) throw ScenarioError(scenario.diagnostics);
  scenario.resolved = yaml::echo_targets(targets);
  if (scenario.type->plan) plan(scenario);
}

nlohmann::ordered_json scalar_json(const Node& node) {
  if (node.quoted) return node.text;
  if (node.text == "true") return true;
  if (node.text == "false") return false;
  const char* const first = node.text.data();
  const char* const last = first + node.text.size();
  const auto whole = [&](const std::from_chars_result& result) {
    return result.ec == std::errc() && result.ptr == last;
  };
  std::int64_t integer = 0;
  if (whole(std::from_chars(first, last, integer))) return integer;
  std::uint64_t natural = 0;
  if (whole(std::from_chars(first, last, natural))) return natural;
  double real = 0;
  if (whole(std::from_chars(first, last, real)) && std::isfinite(real)) return real;
  return node.text;
}

}  // namespace

Scenario load_scenario(const ScenarioRequest& request, const ScenarioRegistry& types) {
  Scenario scenario;
  scenario.file = request.file;
  scenario.name = request.file.stem().string();
  scenario.inputs.push_back(request.file);
  scenario.document = Document::parse_file(request.file, scenario.diagnostics);
  if (scenario.document.is_broken()) throw ScenarioError(scenario.diagnostics);
  if (request.reduced) apply_reduced(scenario.document, scenario.diagnostics);
  if (!request.variant.empty()) {
    apply_variant(scenario.document, request.variant, scenario.diagnostics);
  }
  for (std::size_t i = 0; i < request.overrides.size(); ++i) {
    yaml::apply_override(scenario.document, request.overrides[i], static_cast<int>(i) + 1,
                         scenario.diagnostics);
  }
  read_all(types, scenario);
  Diagnostics ours;
  scenario.resolved_json =
      to_json(Document::parse_text(scenario.resolved, "resolved options", ours).root());
  if (!ours.ok()) throw InternalError("resolved options cannot be read back:\n" + ours.text());
  return scenario;
}

ScenarioHeader peek_header(const fs::path& file) {
  Diagnostics ignored;
  const Document document = Document::parse_file(file, ignored);
  const auto text = [&](const char* path) {
    const Node* node = yaml::find_path(document.root(), path);
    return node != nullptr && node->kind == NodeKind::kScalar ? node->text : std::string();
  };
  ScenarioHeader header;
  header.type = text("scenario.type");
  header.title = text("scenario.title");
  return header;
}

nlohmann::ordered_json to_json(const Node& node) {
  nlohmann::ordered_json json;
  switch (node.kind) {
    case NodeKind::kNull:
      break;
    case NodeKind::kScalar:
      json = scalar_json(node);
      break;
    case NodeKind::kSequence:
      json = nlohmann::ordered_json::array();
      for (const Node& item : node.items) json.push_back(to_json(item));
      break;
    case NodeKind::kMap:
      json = nlohmann::ordered_json::object();
      for (const yaml::Entry& entry : node.entries) json[entry.key] = to_json(entry.value);
      break;
  }
  return json;
}

}  // namespace filigree
