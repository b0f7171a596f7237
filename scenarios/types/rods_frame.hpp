// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What is written of rods: per branch a poly-line with frames, curvature, twist and tension, and
// the surface of its tube; grippers and obstacles.
#pragma once

#include "core/frame.hpp"
#include "scenarios/types/rods_scene.hpp"

namespace filigree {

/// Adds two blocks per branch: its line, and its tube. `contact_force` (N, per vertex) is empty
/// where there is no contact.
void fill_rod_frame(const RodsOptions& options, const RodScene& scene, const rods::RodState& state,
                    const std::vector<Vec<3>>& contact_force, Frame& frame);
/// Adds a box per clamp, about the middle of what it holds.
void add_grippers(const RodsOptions& options, const RodScene& scene,
                  const std::vector<HeldParts>& held, const rods::RodState& state, Frame& frame);

}  // namespace filigree
