// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Implicit steps of branched rods, and equilibrium.
//
// A step of length dt goes to the positions and angles that minimise
//
//   phi = sum_v m_v [ |x - x_0 - dt v_0|^2/(2 dt^2) + c |x - x_0|^2/(2 dt) - g . x ]
//         - sum_v f_v . x + E(x, theta)
//
// which is implicit Euler for the positions, with damping c (1/s), and quasi-static twist: angles
// have no inertia. The midpoint rule does the same with dt/2 and goes on as far again: second
// order, and it keeps linear and angular momentum, since the elastic forces at the middle have
// none; but unlike implicit Euler it does not damp what it cannot resolve: where dt sqrt(4 EA/(L
// m)) is far above 1 and clamps let go or jerk, stretching can build up until a step fails.
//
// Newton's method on all unknowns at once, with exact second derivatives; where they are not
// positive definite a multiple of a joint's stiffness is added. A line search makes every iteration
// lower phi. A matrix costs one pass over the tree (tree_matrix.hpp). Each rod of a batch is
// stepped by itself: results do not depend on the batch or on threads. Source: bergou2010, section
// 8 (energies); martin2011 and gast2015 (steps as minimisation).
#pragma once

#include "physics/rods/rod_model.hpp"

namespace filigree::rods {

/// What acts on the rods from outside. Vertices and edges that are not held are free.
struct RodControls {
  /// [batch, n_vertices] 1: the position is held. 2: the angle of the edge to the parent vertex is
  /// held, for edges whose two vertices are held; the frame of a free edge would depend on the path
  /// of Newton's method. 3: both.
  Array<Index, 2> held;
  Array<Vec<3>, 2> target;  ///< [batch, n_vertices] positions of held vertices at the end, m
  /// [batch, n_edges] rotation of held edges about themselves during the step, rad, beyond being
  /// carried along with the edge.
  Array<Real, 2> turn;
  Array<Vec<3>, 2> force;  ///< [batch, n_vertices] N
};
/// Nothing is held, no force acts.
RodControls make_controls(const RodModel& model, const RodState& state);

enum class RodRule {
  kEuler,
  kMidpoint,
  kSemiImplicit,  ///< semi_implicit_step of rod_semi_implicit.hpp
};

struct RodStepOptions {
  RodRule rule = RodRule::kEuler;
  /// Newton's method ends when no free vertex would move by more than this share of the mean edge,
  /// and no edge would turn by more than this angle (rad).
  double tolerance = sizeof(Real) == 8 ? 1e-10 : 1e-5;
  int max_iterations = 50;
};

/// Scratch memory and what became of the last step; grown when needed.
struct RodScratch {
  Array<Vec<3>, 2> position, trial_position;
  Array<Vec<3>, 2> director, trial_director;
  Array<Real, 2> twist, trial_twist;
  Array<Vec<4>, 2> gradient, direction;
  Array<Mat<4>, 2> diagonal, coupling;
  Array<Mat<4>, 2> kept_diagonal, kept_coupling;  ///< reserved by derivatives
  // Reserved by semi-implicit steps: numbers per edge, at the vertex that owns its angle.
  Array<Mat<1>, 2> edge_diagonal, edge_coupling;
  Array<Vec<1>, 2> multiplier, edge_change;
  Array<Real, 2> length;

  /// [batch, n_vertices] after a step: what the clamp of a held vertex exerts, force (N) and moment
  /// about the edge to the parent (N m); what is left of the balance of forces where free.
  Array<Vec<4>, 2> reaction;
  Array<Index> iterations;  ///< [batch]
  Array<Real> residual;     ///< [batch] largest force (N) that is left on a free vertex
  Array<Index> converged;   ///< [batch] 1 or 0

  HostArray<Index> host_iterations, host_converged;  ///< copies of the last three
  HostArray<Real> host_residual;
};

/// The whole batch after a step.
struct RodStepReport {
  Index iterations = 0;  ///< the most of any rod
  double residual = 0;   ///< the largest, N
  Index failed = 0;      ///< rods that did not converge
  Index first_failed = -1;
  Index handed_over = 0;  ///< rods of a semi-implicit step that took an implicit one instead
};

/// One step of length dt (s).
RodStepReport implicit_step(const RodModel& model, const RodControls& controls, double dt,
                            const RodStepOptions& options, RodState& state, RodScratch& scratch);

/// Moves every rod to the equilibrium that friction would lead it to from where it is: steps from
/// rest whose length doubles, until inertia is negligible. Velocities are zero afterwards.
RodStepReport settle(const RodModel& model, const RodControls& controls,
                     const RodStepOptions& options, RodState& state, RodScratch& scratch);

}  // namespace filigree::rods
