// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Frames of scenario type `mpm`: one block of points per body, sorted by particle id.
#pragma once

#include <string>
#include <vector>

#include "core/frame.hpp"
#include "physics/mpm/mpm_model.hpp"
#include "scenarios/types/mpm_options.hpp"

namespace filigree {

/// The storage rows in the order of their ids, which may have gaps.
std::vector<Index> rows_by_id(const HostArray<Index>& ids);

/// Point fields: id, velocity (m/s), speed (m/s), volume_ratio J, pressure (Pa, positive in
/// compression; 2D: mean of the in-plane stresses), shear_stress (Pa, |dev sigma|/sqrt(2)).
template <int D>
void fill_frame(const mpm::Model<D>& model, const mpm::State<D>& state,
                const std::vector<std::string>& body_names, Frame& frame);

/// Adds one block per obstacle: its surface where it is now.
template <int D>
void add_obstacles(const mpm::Model<D>& model, double time,
                   const std::vector<ObstacleOptions>& options, Frame& frame);

}  // namespace filigree
