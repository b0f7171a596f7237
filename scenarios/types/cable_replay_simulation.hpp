// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scenario type `cable_replay`: grippers move as they were recorded, the rest of the cable is
// predicted and compared with the record.
#pragma once

#include <memory>

#include "scenarios/simulation.hpp"
#include "scenarios/types/cable_replay_options.hpp"

namespace filigree {

std::unique_ptr<Simulation> make_cable_replay(const CableReplayOptions& options);

}  // namespace filigree
