// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Derivatives of a step of branched rods, backwards: from those of a scalar cost J with respect to
// the state after a step to those with respect to the state before it, the clamps and every
// parameter.
//
// At the end of a step by implicit Euler F = d phi/d(x, theta) = 0 (rod_step.hpp). With
// H = dF/d(x, theta), symmetric, and bars for derivatives of J,
//
//   H lambda = x_bar + v_bar/dt             on what is free; on angles their bar
//   p_bar   -= lambda . dF/dp               p: state before, clamps, parameters
//
// one solve with the factors of one matrix, whatever the number of parameters. Angles of free edges
// are in equilibrium, so they carry nothing from step to step, unless a clamp takes hold of them.
// The frame of a held edge does: it is carried along the path of its clamp, and with a, b the
// tangents before and after,
//
//   d psi_after = d psi_before + d turn - (a x b)/(1 + a . b) . (da + db)
//
// where psi is the angle of a frame against being carried along with a change of its edge. (The
// solid angle between the paths; it is of first order wherever the clamp turns.) For the midpoint
// rule F = 0 in the middle of the step, and the end is as far again (rod_derivative_parts.hpp).
//
// Exact for a converged step: no tolerance or branch of Newton's method enters.
#pragma once

#include "physics/rods/rod_step.hpp"

namespace filigree::rods {

/// Derivatives of J with respect to a state of each rod.
struct RodStateBar {
  Array<Vec<3>, 2> position;  ///< [batch, n_vertices], per m
  Array<Vec<3>, 2> velocity;  ///< [batch, n_vertices], per m/s
  Array<Real, 2> angle;  ///< [batch, n_edges] of frames, per rad; before a step zero where free
};
/// Derivatives with respect to what acted during a step.
struct RodControlsBar {
  Array<Vec<3>, 2> target;  ///< [batch, n_vertices] of held vertices
  Array<Real, 2> turn;      ///< [batch, n_edges] of held edges
  Array<Vec<3>, 2> force;   ///< [batch, n_vertices]
};
/// Derivatives with respect to the parameters of each rod; added up over steps.
struct RodModelBar {
  Array<Real, 2> rest_length;        ///< [batch, n_edges]
  Array<Real, 2> stretch;            ///< [batch, n_edges]
  Array<Vec<3>, 2> joint_rest;       ///< [batch, n_joints]
  Array<Mat<3>, 2> joint_stiffness;  ///< [batch, n_joints] entry by entry
  Array<Real, 2> mass;               ///< [batch, n_vertices]
  Array<Real, 2> damping;            ///< [batch, 1]
  Array<Vec<3>, 2> gravity;          ///< [batch, 1]
};
RodStateBar make_state_bar(const RodModel& model, Index batch);        ///< zeros
RodControlsBar make_controls_bar(const RodModel& model, Index batch);  ///< zeros
RodModelBar make_model_bar(const RodModel& model, Index batch);        ///< zeros

/// A state of its own with the same values.
RodState copy_of(const RodState& state);

/// One step from `before` to `after`, backwards. `bar` is that of `after` on entry and that of
/// `before` on return; `controls_bar` is set, `model_bar` added to. Returns the number of rods
/// whose H was not positive definite: where the forces balance was no stable equilibrium, and their
/// derivatives are zero.
Index implicit_step_adjoint(const RodModel& model, const RodControls& controls, double dt,
                            const RodState& before, const RodState& after, RodStateBar& bar,
                            RodControlsBar& controls_bar, RodModelBar& model_bar,
                            RodScratch& scratch, RodRule rule = RodRule::kEuler);

}  // namespace filigree::rods
