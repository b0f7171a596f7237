// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scenario type `deft_parity`: a published branched-rod program replays recordings, to compare
// with.
#pragma once

#include <memory>

#include "scenarios/simulation.hpp"
#include "scenarios/types/deft_parity_options.hpp"

namespace filigree {

std::unique_ptr<Simulation> make_deft_parity(const DeftParityOptions& options);

}  // namespace filigree
