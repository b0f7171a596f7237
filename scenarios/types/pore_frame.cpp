// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/pore_frame.hpp"

#include "scenarios/types/type_support.hpp"

namespace filigree {

namespace {

Block at_pores(const std::string& name, CellKind kind, const network::PoreNetwork& network,
               const PorePotential& potential, double shift) {
  Block block;
  block.name = name;
  block.kind = kind;
  for (const Vec<3, double>& x : to_vector(network.positions)) {
    block.points.insert(block.points.end(), {x[0] + shift, x[1], x[2]});
  }
  add_field(block, potential.name, potential.unit, potential.values);
  return block;
}

std::vector<float> halves(const std::vector<double>& diameters) {
  std::vector<float> radii;
  for (const double diameter : diameters) radii.push_back(static_cast<float>(diameter / 2));
  return radii;
}

}  // namespace

Block pore_points(const std::string& name, const network::PoreNetwork& network,
                  const PorePotential& potential, double shift) {
  Block block = at_pores(name, CellKind::kVertex, network, potential, shift);
  add_field(block, "radius", "m", halves(to_vector(network.pore_diameters)));
  return block;
}

ThroatLines throat_lines(const std::string& name, const network::PoreNetwork& network,
                         const PorePotential& potential, double shift) {
  ThroatLines lines{at_pores(name, CellKind::kLine, network, potential, shift), {}};
  Block& block = lines.block;
  const std::vector<Index> senders = to_vector(network.graph->senders());
  const std::vector<Index> receivers = to_vector(network.graph->receivers());
  block.offsets = {0};
  for (std::size_t e = 0; e < senders.size(); ++e) {
    if (senders[e] > receivers[e]) continue;  // the other direction of a throat
    lines.edges.push_back(e);
    block.connectivity.insert(block.connectivity.end(), {senders[e], receivers[e]});
    block.offsets.push_back(static_cast<std::int64_t>(block.connectivity.size()));
  }
  add_cell_field(block, "radius", "m", lines.picked(halves(to_vector(network.throat_diameters))));
  return lines;
}

}  // namespace filigree
