// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Cables for pictures: one poly-line per branch.
#pragma once

#include <string>
#include <vector>

#include "core/frame.hpp"
#include "scenarios/types/cable_data.hpp"

namespace filigree {

/// A cable at `positions`; the field `error` (m) is how far its vertices are from `measured`.
Block cable_block(const CableSet& set, const std::string& name,
                  const std::vector<Vec<3, double>>& positions,
                  const std::vector<Vec<3, double>>& measured);

}  // namespace filigree
