// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/cable_unknowns.hpp"

#include <set>

#include "core/error.hpp"

namespace filigree {

namespace {

using rods::CableQuantity;

std::set<Index> junctions_of(const CableSet& set) {
  std::set<Index> junctions;
  for (const rods::Branch& branch : set.branches) {
    if (branch.root >= 0) junctions.insert(branch.root);
  }
  return junctions;
}

}  // namespace

rods::CableFit make_cable_fit(const CableSet& set, const CableGuess& guess) {
  const std::vector<rods::EdgeProperties> edges(
      static_cast<std::size_t>(set.topology.n_edges()),
      {guess.stretch, {guess.bending, guess.bending}, guess.twist, guess.line_density});
  std::vector<double> compliance(static_cast<std::size_t>(set.n_vertices()), 0);
  for (const Index v : junctions_of(set))
    compliance[static_cast<std::size_t>(v)] = guess.compliance;
  rods::RodShape rest;
  rest.positions = set.rest;
  rods::CableFit fit{rods::make_rod_parameters(set.topology, rest, edges, compliance), {}};
  fit.parameters.damping = guess.damping;
  fit.parameters.gravity = guess.gravity;
  fit.roll.assign(experiment_of(set, {}).grasped_edges().size(), 0);
  return fit;
}

std::vector<rods::CableUnknown> cable_unknowns(const CableSet& set) {
  std::vector<rods::CableUnknown> unknowns;
  const auto add = [&](std::string name, CableQuantity quantity, std::vector<Index> places,
                       double scale) {
    unknowns.push_back({std::move(name), quantity, std::move(places), scale});
  };
  for (std::size_t r = 0; r < set.regions.size(); ++r) {
    std::vector<Index> edges;
    for (Index e = 0; e < set.topology.n_edges(); ++e) {
      if (set.edge_region[static_cast<std::size_t>(e)] == static_cast<Index>(r)) edges.push_back(e);
    }
    add("EI of " + set.regions[r], CableQuantity::kBending, edges, 1);
    add("GJ of " + set.regions[r], CableQuantity::kTwist, edges, 1);
    if (r > 0) add("line density of " + set.regions[r], CableQuantity::kLineDensity, edges, 0.5);
  }
  for (Index e = 0; e < set.topology.n_edges(); ++e) {
    add(format("EI of edge {}", e), CableQuantity::kBending, {e}, 0.3);
    add(format("EI_1/EI_2 of edge {}", e), CableQuantity::kBendingRatio, {e}, 0.3);
    add(format("line density of edge {}", e), CableQuantity::kLineDensity, {e}, 0.2);
    add(format("rest length of edge {}", e), CableQuantity::kRestLength, {e}, 0.003);
  }
  const std::set<Index> junctions = junctions_of(set);
  for (std::size_t j = 0; j < set.topology.joints.size(); ++j) {
    const auto place = static_cast<Index>(j);
    add(format("kappa_1 of joint {}", j), CableQuantity::kRestBend1, {place}, 0.2);
    add(format("kappa_2 of joint {}", j), CableQuantity::kRestBend2, {place}, 0.2);
    if (junctions.contains(set.topology.joints[j].vertex)) {
      add(format("kappa_3 of joint {}", j), CableQuantity::kRestTwist, {place}, 0.2);
    }
  }
  for (const Index v : junctions) {
    add(format("compliance of vertex {}", v), CableQuantity::kCompliance, {v}, 1);
  }
  add("damping", CableQuantity::kDamping, {0}, 1);
  const std::size_t n_rolls = experiment_of(set, {}).grasped_edges().size();
  for (std::size_t i = 0; i < n_rolls; ++i) {
    add(format("roll of gripper {}", i), CableQuantity::kRoll, {static_cast<Index>(i)}, 0.3);
  }
  return unknowns;
}

}  // namespace filigree
