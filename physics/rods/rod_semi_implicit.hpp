// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Steps of branched rods for real time: twist, one linear solve, lengths.
//
// 1. Angles go to their equilibrium at the positions x_0 before the step, by Newton's method on the
//    tree of edges alone.
// 2. Semi-implicit Euler, x_1 = x_0 + dt v_1, with bending and twist from before the step and
//    stretching from its end. Against the limit of explicit steps, the change of velocity meets
//    stiffness beside inertia: with d = dt v_1, d_0 = dt v_0, H_b = G^T K G of bending and twist,
//    H_s of stretching (G: derivatives of strains at x_0) and free angles as further unknowns
//
//      M (d - d_0)/dt^2 + c M d/dt + H_b [b (d - d_0) + r d] + H_s d = f(x_0)
//
//    b > 1/4 is stable for any stiffness and dt and damps nothing, as leapfrog with masses M + b
//    dt^2 H_b; r is a little damping of what the step does not resolve. The matrix is positive
//    definite whatever the state.
// 3. An edge that turns becomes longer in a linear step. Each gets the length that its spring has
//    at the end of the step,
//
//      |x_head - x_tail| = L_lin + lambda/(k dt^2),       L_lin = |edge_0| + tangent_0 . d
//
//    by pairs of impulses lambda along edges as they were before the step (as in ryckaert1977;
//    goldenthal2007 projects along later edges). Edges that share a vertex are coupled: one number
//    per edge, factored over the tree.
//
// Forces and corrections act along derivatives of strains at x_0, which have no resultant and no
// moment about x_0, so linear and angular momentum stay what they are, to round-off. Order 1.
//
// A tension turns with its edge explicitly; that is stable below 2 |edge|/(dt^2 (1/m_tail + 1/
// m_head)). What exceeds half of that is added across the edge, implicitly, and angular momentum is
// kept to first order only. A rod whose lengths cannot be found, or one of whose edges turns too
// far for a linear step (a clamp jerks, a cable snaps taut), takes an implicit step instead:
// RodStepReport::handed_over.
#pragma once

#include "physics/rods/rod_step.hpp"

namespace filigree::rods {

/// One step of length dt (s), in place; implicit_step with RodRule::kSemiImplicit. The tolerance of
/// the options is that of lengths, over the length, and of angles (rad); max_iterations holds for
/// both. The report's iterations are those of lengths, its residual the largest moment left on a
/// free angle over the mean edge (N). Frames of free edges are in equilibrium with the positions
/// before the step and carried along. It has no derivatives.
RodStepReport semi_implicit_step(const RodModel& model, const RodControls& controls, double dt,
                                 const RodStepOptions& options, RodState& state,
                                 RodScratch& scratch);

}  // namespace filigree::rods
