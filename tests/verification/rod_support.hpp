// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Rods with what acts on them, for verification.
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
Rod straight_rod(int edges, const StraightRod& of);

/// Holds the positions of both vertices of an edge and its angle.
void hold_edge(Rod& rod, Index edge);
/// The first edge for vertex 0, the last edge for the last vertex.
void hold_end(Rod& rod, Index vertex);
void set_force(Rod& rod, Index vertex, const Vec<3, double>& force);
void set_turn(Rod& rod, Index edge, double angle);

}  // namespace filigree::rods
