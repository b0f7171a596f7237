// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scenario type `pore_network`: pressures in random pore networks, learned.
#pragma once

#include <memory>

#include "scenarios/simulation.hpp"
#include "scenarios/types/pore_training_options.hpp"

namespace filigree {

std::unique_ptr<Simulation> make_pore_training(const PoreTrainingOptions& options);

}  // namespace filigree
