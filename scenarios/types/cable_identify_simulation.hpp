// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scenario type `cable_identification`: a step of the run is an iteration of the search and takes
// one second of its time. After every iteration parameters.json and fit_report.md are written.
#pragma once

#include <memory>

#include "scenarios/simulation.hpp"
#include "scenarios/types/cable_identify_options.hpp"

namespace filigree {

std::unique_ptr<Simulation> make_cable_identification(const CableIdentificationOptions& options);

}  // namespace filigree
