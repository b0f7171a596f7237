// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The explicit list of scenario types: one line each.
#include "scenarios/registry.hpp"

namespace filigree {

const ScenarioRegistry& scenario_types() {
  static const ScenarioRegistry types = [] {
    ScenarioRegistry list("scenario type");
    return list;
  }();
  return types;
}

}  // namespace filigree
