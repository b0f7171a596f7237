// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What is written of rods: a poly-line per branch with frames, curvature, twist and tension.
#pragma once

#include "core/frame.hpp"
#include "scenarios/types/rods_scene.hpp"

namespace filigree {

/// Adds a block per branch.
void fill_rod_frame(const RodsOptions& options, const RodScene& scene, const rods::RodState& state,
                    Frame& frame);

}  // namespace filigree
