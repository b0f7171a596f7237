// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Straight rods with what acts on them, for tests.
#pragma once

#include "physics/rods/rod_step.hpp"

namespace filigree::rods {

struct Rod {
  RodTopology topology;
  RodModel model;
  RodState state;
  RodControls controls;
  RodScratch scratch;
};

struct StraightRod {
  double EI = 1, GJ = 1, EA = 1e6, density = 1;
};
/// A rod of length 1 along x. Its first edge reaches from -h/2 to h/2, so that it can be clamped at
/// x = 0, in the middle of an edge that does not bend; h = 1/(edges - 1/2).
inline Rod straight_rod(int edges, const StraightRod& of) {
  Rod rod;
  const double h = 1 / (edges - 0.5);
  RodShape shape;
  for (int i = 0; i <= edges; ++i) shape.positions.push_back({(i - 0.5) * h, 0, 0});
  rod.topology = make_topology({{-1, edges + 1}});
  rod.model = make_rod_model(
      rod.topology, shape,
      std::vector<EdgeProperties>(static_cast<std::size_t>(edges),
                                  EdgeProperties{of.EA, {of.EI, of.EI}, of.GJ, of.density}));
  rod.state = make_rod_state(rod.topology, rod.model, shape);
  rod.controls = make_controls(rod.model, rod.state);
  return rod;
}

/// Holds the positions of both vertices of an edge and its angle.
inline void hold_edge(Rod& rod, Index edge) {
  auto held = to_host(rod.controls.held);
  const auto [tail, head] = rod.topology.edges[static_cast<std::size_t>(edge)];
  held(0, tail) |= 1;
  held(0, head) |= 1;
  held(0, rod.topology.angle_vertex(edge)) |= 2;
  rod.controls.held = to_device(held);
}

/// The first edge for vertex 0, the last edge for the last vertex.
inline void hold_end(Rod& rod, Index vertex) {
  hold_edge(rod, vertex == 0 ? 0 : rod.model.n_edges - 1);
}

inline void set_force(Rod& rod, Index vertex, const Vec<3, double>& force) {
  auto forces = to_host(rod.controls.force);
  for (int i = 0; i < 3; ++i) forces(0, vertex)[i] = static_cast<Real>(force[i]);
  rod.controls.force = to_device(forces);
}

inline void set_turn(Rod& rod, Index edge, double angle) {
  auto turn = to_host(rod.controls.turn);
  turn(0, edge) = static_cast<Real>(angle);
  rod.controls.turn = to_device(turn);
}

}  // namespace filigree::rods
