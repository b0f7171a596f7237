// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Motions of clamps from files: .csv with named columns, or .npz with named arrays.
#pragma once

#include <filesystem>
#include <vector>

#include "scenarios/types/rods_options.hpp"

namespace filigree {

/// Columns time (s), move_x, move_y, move_z (m) and, if the clamp turns, turn and rotate_x,
/// rotate_y, rotate_z (degrees); a unit in brackets may follow a name. In .npz: time [n], move [n,
/// 3], turn [n], rotate [n, 3]. Throws InputError naming file, row and column for what is missing,
/// not finite, or a time that does not rise.
std::vector<ClampWaypoint> read_trajectory(const std::filesystem::path& file);

/// "" or a warning: the fastest part of the clamp's path, when a vertex moves by more than half an
/// edge in one step.
std::string too_fast(const ClampOptions& clamp, double edge, double dt);

}  // namespace filigree
