// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What is sought when a branched cable is identified: the same list for every cable. With u the
// unknown, whose prior has the width 1:
//
//   region (parent, child)   EI, GJ: factor e^u; line density of children: e^(0.5 u)
//   edge                     EI, EI_1/EI_2: e^(0.3 u); line density: e^(0.2 u); length: + 3 mm u
//   joint                    bending at rest, twist too at junctions: + 0.2 u
//   junction                 compliance: e^u
//   cable                    damping: e^u
//   grasped edge             roll: + 0.3 rad u
//
// Positions do not tell the scale of stiffness and mass together. It is set by the line density of
// the parent, whose mean has no unknown of its own: those of its edges are kept near where they
// start by their priors.
#pragma once

#include <vector>

#include "physics/rods/rod_identification.hpp"
#include "scenarios/types/cable_data.hpp"

namespace filigree {

/// The same numbers everywhere, to begin with; the shape at rest is the set's.
struct CableGuess {
  double bending = 0, twist = 0;  ///< EI, GJ; N m^2
  double stretch = 0;             ///< EA, N
  double line_density = 0;        ///< kg/m
  double damping = 0;             ///< 1/s
  double compliance = 0;          ///< of junctions, rad/(N m)
  Vec<3, double> gravity{};       ///< m/s^2
};

/// Where identification begins; rest lengths are those of the shape at rest.
rods::CableFit make_cable_fit(const CableSet& set, const CableGuess& guess);

std::vector<rods::CableUnknown> cable_unknowns(const CableSet& set);

}  // namespace filigree
