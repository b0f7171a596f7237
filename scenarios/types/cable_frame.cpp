// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/cable_frame.hpp"

#include "scenarios/types/type_support.hpp"

namespace filigree {

std::vector<Vec<3, double>> positions_of(const CableRecordings& recordings, Index recording,
                                         Index frame) {
  std::vector<Vec<3, double>> positions;
  for (Index v = 0; v < recordings.vertices; ++v) {
    positions.push_back(recordings.at(recording, frame, v));
  }
  return positions;
}

Block cable_block(const CableSet& set, const std::string& name,
                  const std::vector<Vec<3, double>>& positions,
                  const std::vector<Vec<3, double>>& measured) {
  Block block;
  block.name = name;
  block.kind = CellKind::kPolyline;
  std::vector<float> error;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    for (int a = 0; a < 3; ++a) block.points.push_back(positions[i][a]);
    error.push_back(static_cast<float>(norm(positions[i] - measured[i])));
  }
  block.offsets = {0};
  std::int64_t next = 0;
  for (const rods::Branch& branch : set.branches) {
    if (branch.root >= 0) block.connectivity.push_back(branch.root);
    for (Index k = 0; k < branch.vertices; ++k) block.connectivity.push_back(next++);
    block.offsets.push_back(static_cast<std::int64_t>(block.connectivity.size()));
  }
  add_field(block, "error", "m", error);
  return block;
}

}  // namespace filigree
