// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What is sought when a branched cable is identified: the same list for every cable.
//
//   per region (parent, children)  EI, GJ, line density of the children      factor e^(1 u), e^(0.5
//   u) per edge                       EI, EI_1/EI_2, line density               factor e^(0.3 u),
//   e^(0.2 u)
//                                  rest length                                3 mm u
//   per joint                      bending at rest (twist too at junctions)   0.2 u
//   per junction                   compliance                                 factor e^u
//   cable                          damping                                    factor e^u
//   per grasped edge               roll                                       0.3 rad u
//
// The line density of the parent sets the scale of all stiffness and is kept.
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
