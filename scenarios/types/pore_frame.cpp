// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/pore_frame.hpp"

#include "scenarios/types/type_support.hpp"

namespace filigree {

Block pore_block(const std::string& name, const network::PoreNetwork& network) {
  Block block;
  block.name = name;
  block.kind = CellKind::kLine;
  for (const Vec<3, double>& x : to_vector(network.positions)) {
    block.points.insert(block.points.end(), {x[0], x[1], x[2]});
  }
  add_field(block, "diameter", "m", to_vector(network.pore_diameters));
  const std::vector<Index> senders = to_vector(network.graph->senders());
  const std::vector<Index> receivers = to_vector(network.graph->receivers());
  const std::vector<double> diameters = to_vector(network.throat_diameters);
  std::vector<double> of_throats;
  block.offsets = {0};
  for (std::size_t e = 0; e < senders.size(); ++e) {
    if (senders[e] > receivers[e]) continue;  // the other direction of a throat
    block.connectivity.insert(block.connectivity.end(), {senders[e], receivers[e]});
    block.offsets.push_back(static_cast<std::int64_t>(block.connectivity.size()));
    of_throats.push_back(diameters[e]);
  }
  block.cell_fields.push_back(
      make_array<double>("throat_diameter", std::span<const double>(of_throats), {}, "m"));
  return block;
}

}  // namespace filigree
