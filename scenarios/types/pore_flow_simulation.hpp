// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scenario type `pore_flow`: the steady state of a network of pores, found in one step.
#pragma once

#include <memory>

#include "scenarios/simulation.hpp"
#include "scenarios/types/pore_flow_options.hpp"

namespace filigree {

std::unique_ptr<Simulation> make_pore_flow(const PoreFlowOptions& options);

}  // namespace filigree
