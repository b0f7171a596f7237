// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Training of a network on graphs as a simulation: one step is one update of the parameters.
#pragma once

#include <functional>
#include <memory>

#include "scenarios/simulation.hpp"
#include "scenarios/types/graph_task.hpp"

namespace filigree {

/// Makes the task once the seed is known.
using MakeGraphTask = std::function<std::unique_ptr<GraphTask>(const RunContext& context)>;

/// Writes model.safetensors at every evaluation; `model` of its metadata holds the options.
std::unique_ptr<Simulation> make_graph_training(const GraphTrainingOptions& options,
                                                MakeGraphTask make_task);

}  // namespace filigree
