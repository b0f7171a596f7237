// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "app/report/run_record.hpp"

#include <algorithm>
#include <string_view>

#include "core/error.hpp"
#include "io/atomic_file.hpp"

namespace filigree::app {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

/// `read` unless the file is missing or damaged, which becomes a note.
template <class Read>
void try_file(RunRecord& record, const std::string& name, const std::string& otherwise,
              const Read& read) {
  const fs::path file = record.folder / name;
  std::error_code error;
  if (!fs::exists(file, error)) {
    if (!otherwise.empty()) record.notes.push_back(otherwise);
    return;
  }
  try {
    read(file);
  } catch (const Error& problem) {
    record.notes.push_back(problem.what());
  }
}

/// The table without an unfinished last line, which a run that is going on or was killed may have.
CsvTable read_whole_rows(const fs::path& file) {
  const std::string text = read_text_file(file, std::uint64_t{1} << 36);
  return parse_csv(std::string_view(text).substr(0, text.rfind('\n') + 1), file.string());
}

std::vector<Expectation> expectations_of(const Manifest& manifest) {
  std::vector<Expectation> expectations;
  for (const Json& entry : manifest.options.value("expect", Json::array())) {
    Expectation expectation;
    entry.at("quantity").get_to(expectation.quantity);
    entry.at("within").get_to(expectation.within);
    if (entry.contains("time") && entry["time"].is_number()) expectation.time = entry["time"];
    for (std::size_t i = 0; i < EnumNames<Moment>::names.size(); ++i) {
      if (entry.contains("at") && entry["at"] == EnumNames<Moment>::names[i]) {
        expectation.at = static_cast<Moment>(i);
      }
    }
    expectations.push_back(std::move(expectation));
  }
  return expectations;
}

const SchemaNode* child_named(const SchemaNode* node, const std::string& key) {
  if (node == nullptr) return nullptr;
  const auto found = std::find_if(node->children.begin(), node->children.end(),
                                  [&](const SchemaNode& child) { return child.key == key; });
  return found == node->children.end() ? nullptr : &*found;
}

/// What describes the keys or elements of `value`: inside optionals, the alternative of a variant.
const SchemaNode* inside(const SchemaNode* node, const Json& value) {
  while (node != nullptr && node->kind == yaml::Kind::kOptional && !node->children.empty()) {
    node = &node->children.front();
  }
  if (node != nullptr && node->kind == yaml::Kind::kVariant) {
    return child_named(node, value.is_object() ? value.value("type", "") : "");
  }
  return node;
}

std::string plain_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return number_text(value.get<double>());
  if (!value.is_array()) return value.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::vector<std::string> words;
  for (const Json& element : value) words.push_back(plain_text(element));
  return "[" + join(words) + "]";
}

std::string unit_of(const SchemaNode* node) {
  while (node != nullptr && node->unit.empty() && !node->children.empty() &&
         node->kind != yaml::Kind::kBlock && node->kind != yaml::Kind::kVariant) {
    node = &node->children.front();
  }
  return node == nullptr ? "" : node->unit;
}

void collect(const Json& value, const SchemaNode* node, const std::string& path,
             std::vector<Parameter>& parameters) {
  if (value.is_null()) return;
  const std::string prefix = path.empty() ? "" : path + ".";
  const SchemaNode* const inner = inside(node, value);
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) {
      collect(child, child_named(inner, key), prefix + key, parameters);
    }
    return;
  }
  const bool has_parts =
      value.is_array() &&
      std::any_of(value.begin(), value.end(), [](const Json& v) { return v.is_object(); });
  if (has_parts) {
    const SchemaNode* const element =
        inner == nullptr || inner->children.empty() ? nullptr : &inner->children.front();
    for (std::size_t i = 0; i < value.size(); ++i) {
      collect(value[i], element, prefix + format("{}", i), parameters);
    }
    return;
  }
  parameters.push_back({path, plain_text(value), unit_of(node), node == nullptr ? "" : node->doc});
}

std::vector<Parameter> parameters_of(const Manifest& manifest, const ScenarioRegistry& types) {
  const Json::json_pointer type_key("/scenario/type");
  const std::string type = manifest.options.value(type_key, "");
  const std::vector<std::string> known = types.names();
  std::vector<Parameter> parameters;
  if (std::find(known.begin(), known.end(), type) == known.end()) {
    collect(manifest.options, nullptr, "", parameters);
  } else {
    const SchemaDocument schema = describe_scenario(type, types.at(type));
    collect(manifest.options, &schema.root, "", parameters);
  }
  return parameters;
}

/// What follows from the manifest's options; options of another program give a note.
void interpret_options(RunRecord& record, const ScenarioRegistry& types) {
  try {
    record.parameters = parameters_of(*record.manifest, types);
    record.expectations = evaluate_expectations(expectations_of(*record.manifest),
                                                record.diagnostics, record.metrics);
  } catch (const nlohmann::json::exception& problem) {
    record.notes.push_back(
        format("the options in manifest.json cannot be read: {}", problem.what()));
  }
}

}  // namespace

bool RunRecord::finished() const {
  return manifest && (manifest->status == "done" || manifest->status == "expectation_missed");
}

RunRecord read_run(const fs::path& folder, const ScenarioRegistry& types) {
  std::error_code error;
  FILIGREE_REQUIRE(fs::is_directory(folder, error), "there is no folder '{}'", folder.string());
  FILIGREE_REQUIRE(
      fs::exists(folder / "manifest.json", error) || fs::exists(folder / "diagnostics.csv", error),
      "folder '{}' does not hold a run (it has neither manifest.json nor diagnostics.csv)",
      folder.string());
  RunRecord record;
  record.folder = folder;
  try_file(record, "manifest.json", "There is no manifest.json: parameters and versions are lost.",
           [&](const fs::path& file) { record.manifest = read_manifest(file); });
  try_file(record, "diagnostics.csv", "There is no diagnostics.csv, so there are no curves.",
           [&](const fs::path& file) { record.diagnostics = read_whole_rows(file); });
  try_file(record, "metrics.json", "",
           [&](const fs::path& file) { record.metrics = read_metrics(file); });
  if (record.manifest) interpret_options(record, types);
  return record;
}

}  // namespace filigree::app
