// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scenario type `graph_classification`: classes of graphs, learned and cross-validated.
#pragma once

#include <memory>

#include "scenarios/simulation.hpp"
#include "scenarios/types/graph_classification_options.hpp"

namespace filigree {

std::unique_ptr<Simulation> make_graph_classification(const GraphClassificationOptions& options);

}  // namespace filigree
