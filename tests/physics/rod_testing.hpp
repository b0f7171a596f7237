// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Random branched rods, and ways to move them, for tests.
#pragma once

#include <Eigen/Dense>
#include <vector>

#include "physics/rods/rod_assembly.hpp"
#include "physics/rods/rod_model.hpp"

namespace filigree::rods {

struct TestRod {
  RodTopology topology;
  RodModel model;
  RodState state;  ///< bent, stretched and twisted away from rest
};

/// A rod with two branches, one of which has a branch of its own; anisotropic, curved at rest.
TestRod random_branched_rod(std::uint64_t seed);

/// The state after positions and frames have moved: frames are carried along, then turned.
RodState moved_rod(const TestRod& rod, const std::vector<Vec<3>>& dx,
                   const std::vector<Real>& turn);
/// One vertex moved by d, one edge turned by theta (-1: none).
RodState moved_rod(const TestRod& rod, Index vertex, const Vec<3>& d, Index edge, Real theta);

double elastic_energy(const RodModel& model, const RodState& state);

/// [4 n, 4 n]
Eigen::MatrixXd dense_second_derivatives(const TestRod& rod, Curvature second);

}  // namespace filigree::rods
