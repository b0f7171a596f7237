// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// A scenario file with its overrides, read, checked and resolved. Nothing is constructed or
// written.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "io/yaml/document.hpp"
#include "scenarios/registry.hpp"

namespace filigree {

/// Problems of a scenario file with their positions; what() is the whole report.
class ScenarioError : public InputError {
 public:
  explicit ScenarioError(yaml::Diagnostics diagnostics)
      : InputError(diagnostics.text()), diagnostics_(std::move(diagnostics)) {}
  const yaml::Diagnostics& diagnostics() const { return diagnostics_; }

 private:
  yaml::Diagnostics diagnostics_;
};

struct ScenarioRequest {
  std::filesystem::path file{};
  std::vector<std::string> overrides{};  ///< "key.path=value", applied in this order
  bool reduced = false;                  ///< apply the file's `reduced:` overrides first
  std::string variant{};                 ///< then those of this one of its `variants:`
};

struct Scenario {
  std::string name;  ///< stem of the file
  std::filesystem::path file;
  std::string type_name;
  const ScenarioType* type = nullptr;
  RunOptions run;
  std::shared_ptr<void> options;              ///< of the type
  std::string resolved;                       ///< YAML with every default filled in
  nlohmann::ordered_json resolved_json;       ///< the same as data
  std::vector<std::filesystem::path> inputs;  ///< the file itself, then every file it names
  yaml::Document document;                    ///< after the overrides, for positions
  yaml::Diagnostics diagnostics;              ///< knows the sources; holds no problem

  std::unique_ptr<Simulation> make() const { return type->make(options.get()); }
};

/// Throws ScenarioError with every problem of the file and the overrides.
Scenario load_scenario(const ScenarioRequest& request, const ScenarioRegistry& types);

/// The title and type of a file for listings; empty where they cannot be read.
ScenarioHeader peek_header(const std::filesystem::path& file);

/// A YAML tree as JSON: plain scalars become null, booleans and numbers where they look so.
nlohmann::ordered_json to_json(const yaml::Node& node);

}  // namespace filigree
