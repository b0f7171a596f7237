// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scenario type -> options type -> factory. Documentation can be printed without constructing
// anything.
//
//   registry.add("mpm", scenario_type<MpmOptions>("material point method", make_mpm));
//
// where `std::unique_ptr<Simulation> make_mpm(const MpmOptions&)`; MpmOptions has reflect().
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "core/registry.hpp"
#include "io/schema_doc.hpp"
#include "io/yaml/type.hpp"
#include "scenarios/run_options.hpp"
#include "scenarios/simulation.hpp"

namespace filigree {

struct ScenarioType {
  std::string doc;                      ///< one line for `filigree list`
  const yaml::Type* options = nullptr;  ///< a block: the keys of this type's own
  std::function<std::unique_ptr<Simulation>(const void* options)> make;
  /// May adapt its options and the common ones to each other after all keys have been read; returns
  /// "" or "key: problem". Empty for most types.
  std::function<std::string(void* options, RunOptions& run)> plan;
};

using ScenarioRegistry = Registry<ScenarioType>;

template <class Options>
ScenarioType scenario_type(std::string doc,
                           std::unique_ptr<Simulation> (*make)(const Options& options)) {
  return {std::move(doc),
          &yaml::type_of<Options>(),
          [make](const void* options) { return make(*static_cast<const Options*>(options)); },
          {}};
}
template <class Options>
ScenarioType scenario_type(std::string doc,
                           std::unique_ptr<Simulation> (*make)(const Options& options),
                           std::string (*plan)(Options& options, RunOptions& run)) {
  ScenarioType type = scenario_type(std::move(doc), make);
  type.plan = [plan](void* options, RunOptions& run) {
    return plan(*static_cast<Options*>(options), run);
  };
  return type;
}

/// Every scenario type of the program; the list is in all_scenarios.cpp.
const ScenarioRegistry& scenario_types();

/// The keys of one type for the manual: the blocks of RunOptions plus its own.
SchemaDocument describe_scenario(const std::string& name, const ScenarioType& type);

}  // namespace filigree
