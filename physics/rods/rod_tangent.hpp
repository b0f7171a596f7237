// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Derivatives of a step of branched rods, forwards: how the state after a step changes along one
// direction of the state before it, of the clamps and of the parameters.
//
// The same equations as in rod_adjoint.hpp, read the other way. Where forces balance, with dots for
// changes along the direction,
//
//   H (x, theta)_dot = -dF/dp p_dot         on what is free; what is held moves as it is told to
//
// one solve with the same matrix. Directions have the same arrays as derivatives of a cost, so
// that their product is a sum over all entries.
#pragma once

#include "physics/rods/rod_adjoint.hpp"

namespace filigree::rods {

using RodStateChange = RodStateBar;        ///< m, m/s, rad
using RodControlsChange = RodControlsBar;  ///< m and rad where held, N
using RodModelChange = RodModelBar;        ///< in the units of the parameters

/// One step from `before` to `after`, forwards. `change` is that of `before` on entry and that of
/// `after` on return, with the angles of all edges; those of free edges before do not count.
/// Returns the number of rods whose H was not positive definite; their changes are zero. Throws
/// InputError for rules without derivatives.
Index implicit_step_tangent(const RodModel& model, const RodControls& controls, double dt,
                            const RodState& before, const RodState& after, RodStateChange& change,
                            const RodControlsChange& controls_change,
                            const RodModelChange& model_change, RodScratch& scratch,
                            RodRule rule = RodRule::kEuler);

}  // namespace filigree::rods
