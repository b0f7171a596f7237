// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Contact of scenario type `rods`: from the options to obstacles, and what is drawn of them.
#pragma once

#include "core/frame.hpp"
#include "physics/rods/rod_contact.hpp"
#include "scenarios/types/rods_scene.hpp"

namespace filigree {

/// Rods touch something: there is a block `contact` or an obstacle.
bool has_contact(const RodsOptions& options);
rods::RodContact make_scene_contact(const RodsOptions& options, const RodScene& scene);

/// The surface of an obstacle at a time, as triangles.
Block obstacle_block(const RodObstacleOptions& options, const rods::RodObstacle& now);

/// A line with a radius at each point.
struct TubeLine {
  std::vector<Vec<3, double>> points;
  std::vector<double> radius;
};
/// The closed surface of a tube about a line, with round ends: rings of 12 points across the mean
/// direction of the edges at each vertex. `source` is set to the vertex that each point belongs to.
Block tube_block(const TubeLine& line, std::vector<Index>& source);

/// A small box about a held vertex, along its edge.
Block gripper_block(const Vec<3, double>& at, const Vec<3, double>& along, double size);

}  // namespace filigree
