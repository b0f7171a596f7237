// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// From the options of scenario type `rods` to rods: vertices, model, clamps over time.
#pragma once

#include <vector>

#include "scenarios/types/rods_options.hpp"

namespace filigree {

struct RodScene {
  rods::RodTopology topology;
  rods::RodShape rest;
  rods::RodShape start;  ///< how the rods lie when the run begins
  rods::RodModel model;
  /// Vertices of each branch in order, its root's vertex first.
  std::vector<std::vector<Index>> branch_vertices;
  std::vector<std::vector<Index>> branch_edges;
  std::vector<double> radius;  ///< per vertex, m
  std::vector<double> edge_radius;
  std::vector<rods::EdgeProperties> properties;  ///< per edge
};
RodScene make_rod_scene(const RodsOptions& options);

/// What one clamp holds.
struct HeldParts {
  std::vector<Index> vertices;  ///< one, or two with an edge
  Index edge = -1;
  Index edge_node = -1;  ///< the vertex that owns the edge's angle
};
std::vector<HeldParts> held_parts(const RodsOptions& options, const RodScene& scene);

/// Where a clamp is at a time, relative to where it took hold.
struct ClampPose {
  Vec<3, double> move{};
  Mat<3, 3, double> rotation = Mat<3, 3, double>::identity();
  double turn = 0;  ///< rad
  bool holds = true;
};
ClampPose clamp_at(const ClampOptions& clamp, double time);

}  // namespace filigree
