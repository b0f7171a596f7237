// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What one rod is made of, number by number: what identification changes, and how derivatives with
// respect to a model become derivatives with respect to these numbers.
//
// A model (rod_model.hpp) holds what a step needs: EA/L, K of every joint, masses. They follow from
//
//   EA/L              of an edge
//   k_n = s/(1 + c s), s = 2 B_n/L      half an edge as a spring; B = EI_1, EI_2, GJ; c compliance
//   K = A diag(k_a k_b/sum k) A         of a joint, A(rest) as in rod_model.hpp
//   m_v = sum_e rho_e L_e/2 + added_v   of a vertex
#pragma once

#include "physics/rods/rod_adjoint.hpp"

namespace filigree::rods {

struct RodParameters {
  std::vector<double> rest_length;    ///< [n_edges], m
  std::vector<EdgeProperties> edges;  ///< [n_edges]
  std::vector<Vec<3, double>>
      joint_rest;  ///< [n_joints] kappa at rest, with frames turned as said next
  std::vector<double> joint_half_turn;      ///< [n_joints] half the twist at rest, rad
  std::vector<double> junction_compliance;  ///< [n_vertices], rad/(N m)
  std::vector<double> added_mass;           ///< [n_vertices] connectors, markers; kg
  double damping = 0;                       ///< 1/s
  Vec<3, double> gravity{};                 ///< m/s^2
};

/// Those of a rod that has this shape at rest. Errors as make_rod_model.
RodParameters make_rod_parameters(const RodTopology& topology, const RodShape& rest,
                                  const std::vector<EdgeProperties>& edges,
                                  const std::vector<double>& junction_compliance = {});

/// The model of one rod, or several alike. Throws InputError for numbers that no rod has.
RodModel make_rod_model(const RodTopology& topology, const RodParameters& parameters);

/// Derivatives with respect to each of the parameters but joint_half_turn, which stays empty, from
/// those with respect to the model, summed over the rods of the batch.
RodParameters pull_back(const RodTopology& topology, const RodParameters& parameters,
                        const RodModelBar& model_bar);

}  // namespace filigree::rods
