// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scenario type `mpm_dataset`: trajectories of random scenes, written for learning.
//
// A step of the run is one trajectory; the frames of the run show how each of them starts.
#pragma once

#include <memory>

#include "scenarios/simulation.hpp"
#include "scenarios/types/dataset_options.hpp"

namespace filigree {

std::unique_ptr<Simulation> make_dataset(const DatasetOptions& options);

}  // namespace filigree
