// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scenario type `mpm`: bodies of continuous material in a box, by the material point method.
#pragma once

#include <memory>

#include "scenarios/simulation.hpp"
#include "scenarios/types/mpm_options.hpp"

namespace filigree {

/// A 2D or 3D simulation, as the domain has two or three coordinates.
std::unique_ptr<Simulation> make_mpm(const MpmOptions& options);

}  // namespace filigree
