// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/cable_frame.hpp"

#include "scenarios/types/type_support.hpp"

namespace filigree {

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
  for (std::size_t b = 0; b < set.branches.size(); ++b) {
    for (const std::size_t v : vertices_of(set, b)) {
      block.connectivity.push_back(static_cast<std::int64_t>(v));
    }
    block.offsets.push_back(static_cast<std::int64_t>(block.connectivity.size()));
  }
  add_field(block, "error", "m", error);
  return block;
}

}  // namespace filigree
