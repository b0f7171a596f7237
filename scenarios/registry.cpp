// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/registry.hpp"

namespace filigree {

SchemaDocument describe_scenario(const std::string& name, const ScenarioType& type) {
  RunOptions run;
  const std::shared_ptr<void> own = type.options->create();
  return {name, type.doc, describe_targets({yaml::target(run), {own.get(), type.options}})};
}

}  // namespace filigree
