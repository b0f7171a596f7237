// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scenario type `rods`: branched elastic cables, held and moved by clamps.
#pragma once

#include <memory>

#include "scenarios/simulation.hpp"
#include "scenarios/types/rods_options.hpp"

namespace filigree {

std::unique_ptr<Simulation> make_rods(const RodsOptions& options);

}  // namespace filigree
