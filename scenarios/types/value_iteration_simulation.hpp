// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scenario type `value_iteration`: values of random decision processes, learned.
#pragma once

#include <memory>

#include "scenarios/simulation.hpp"
#include "scenarios/types/value_iteration_options.hpp"

namespace filigree {

std::unique_ptr<Simulation> make_value_iteration(const ValueIterationOptions& options);

}  // namespace filigree
