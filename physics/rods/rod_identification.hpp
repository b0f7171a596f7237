// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What is minimised to find the parameters of a cable from recordings of its motion:
//
//   misfit(p) + prior_weight/2 sum_i u_i^2     misfit of rod_replay.hpp, m
//
// with exact derivatives through whole rollouts. It is a function of numbers u_i, one per unknown:
// a stiffness or mass is p = p_0 exp(scale u), a length, curvature or angle p = p_0 + scale u. So
// `scale` says how far an unknown is expected to be from where it starts, and what the recordings
// say nothing about stays there.
//
// Positions alone determine ratios of stiffness to mass only (under a known gravity): the line
// density of one region is a convention and should not be among the unknowns.
#pragma once

#include <string>
#include <vector>

#include "physics/rods/rod_replay.hpp"

namespace filigree::rods {

enum class CableQuantity {
  kRestLength,    ///< m, of an edge
  kStretch,       ///< EA, N, of an edge
  kBending,       ///< both EI, N m^2, of an edge
  kBendingRatio,  ///< EI_1 grows and EI_2 falls by the same factor, of an edge
  kTwist,         ///< GJ, N m^2, of an edge
  kLineDensity,   ///< kg/m, of an edge
  kRestBend1,     ///< kappa_1 at rest, of a joint
  kRestBend2,     ///< kappa_2 at rest, of a joint
  kRestTwist,     ///< kappa_3 at rest, of a joint
  kCompliance,    ///< rad/(N m), of a vertex
  kAddedMass,     ///< kg, of a vertex
  kDamping,       ///< 1/s, of the cable
  kRoll,          ///< rad, of a gripper
};
/// Whether unknowns of this kind are factors exp(scale u).
bool is_factor(CableQuantity quantity);

/// One number that is sought: the same change for all `places` (numbers of edges, joints, ...).
struct CableUnknown {
  std::string name;
  CableQuantity quantity = CableQuantity::kBending;
  std::vector<Index> places;
  double scale = 1;
};

/// A cable's numbers.
struct CableFit {
  RodParameters parameters;
  GripperRoll roll;
};

/// `start` changed by u, one entry per unknown.
CableFit changed(const CableFit& start, const std::vector<CableUnknown>& unknowns,
                 const std::vector<double>& u);

struct IdentificationOptions {
  double smooth = 0.005;       ///< of the misfit, m
  double prior_weight = 1e-5;  ///< m
  double tolerance = 1e-6;     ///< of Newton's method in a step
};

/// misfit + prior at u, and its derivatives; infinite where no rod has such numbers.
double identification_cost(const CableExperiment& experiment, const CableFit& start,
                           const std::vector<CableUnknown>& unknowns,
                           const IdentificationOptions& options, const std::vector<double>& u,
                           std::vector<double>& gradient);

}  // namespace filigree::rods
