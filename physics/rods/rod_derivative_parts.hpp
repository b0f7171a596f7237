// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What the derivatives of a step share, backwards (rod_adjoint.cpp) and forwards (rod_tangent.cpp).
//
// Forces balance at the pose (x, theta): the end of a step by implicit Euler, the middle of one by
// the midpoint rule. With s = 1 and s = 2 for the two rules
//
//   x = x_0 + (target - x_0)/s     of held vertices; F(x, theta) = 0 on what is free
//   x_1 = s x - (s - 1) x_0
//   v_1 = a (x_1 - x_0)/dt - (a - 1) v_0            a = s where free, 1 where held
//   angle = angle_0 + turn/s + carried(x_0, x)      of held edges
//   angle_1 = angle + (1 - 1/s) turn + carried(x, x_1)
#pragma once

#include "physics/rods/rod_adjoint.hpp"
#include "physics/rods/rod_step_parts.hpp"

namespace filigree::rods::detail {

/// A step and the pose at which its forces balance (in the workspace).
struct BalancedStep {
  StepStart start;
  const Vec<3>* after;  ///< positions at the end
  Real share;           ///< s
  Real dt;              ///< of the whole step

  FILIGREE_FUNCTION bool position_held(Index v) const {
    return (start.held[v] & kPositionHeld) != 0;
  }
  FILIGREE_FUNCTION bool angle_held(const RodModel& model, Index e) const {
    return (start.held[model.edge_node(e)] & kAngleHeld) != 0;
  }
  /// a of the file comment.
  FILIGREE_FUNCTION Real velocity_share(Index v) const {
    return position_held(v) ? Real(1) : share;
  }
};

/// Finds the pose between two states and points `work` to it.
FILIGREE_FUNCTION BalancedStep balanced_step(const RodModel& model, Index row,
                                             const RodControls& controls, Real dt, bool to_middle,
                                             const RodState& before, const RodState& after, Index b,
                                             Workspace& work) {
  const Real h = to_middle ? dt / 2 : dt;
  const BalancedStep step{
      {row_of(before.position, b), row_of(before.velocity, b), row_of(controls.held, b),
       row_of(controls.force, b), 1 / (h * h), model.damping(row) / h, h},
      row_of(after.position, b),
      to_middle ? Real(2) : Real(1),
      dt};
  if (!to_middle) {
    work.position = row_of(after.position, b);
    work.director = row_of(after.director, b);
    work.twist = row_of(after.twist, b);
    return step;
  }
  for (Index v = 0; v < model.n_vertices; ++v) {
    work.position[v] = Real(0.5) * (step.start.position[v] + step.after[v]);
  }
  const auto turned_later = [&](Index e) {
    return step.angle_held(model, e) ? Real(0.5) * controls.turn(b, e) : Real(0);
  };
  for (Index e = 0; e < model.n_edges; ++e) {
    const Index tail = model.tail(e);
    const Index head = model.head(e);
    work.director[e] = carried_director(step.after[head] - step.after[tail],
                                        work.position[head] - work.position[tail],
                                        after.director(b, e), -turned_later(e));
  }
  for (Index j = 0; j < model.n_joints; ++j) {
    const DeviceJoint joint = model.joints(j);
    work.twist[j] = after.twist(b, j) - joint.sign_b * turned_later(joint.edge_b) +
                    joint.sign_a * turned_later(joint.edge_a);
  }
  update_twists(model, row, {work.position, work.director, work.twist}, work.twist);
  return step;
}

/// Angle by which a frame that is carried from edge vector `before` to `after` turns when either
/// changes: with the tangents a and b, -(a x b)/(1 + a . b) . (da + db). The solid angle between
/// the paths of the tangent.
struct Carrying {
  Vec<3> by_before, by_after;
};
FILIGREE_FUNCTION Carrying carrying(const RodModel& model, Index e, const Vec<3>* before,
                                    const Vec<3>* after) {
  const auto edge = [&](const Vec<3>* x) { return x[model.head(e)] - x[model.tail(e)]; };
  const Vec<3> a = edge(before);
  const Vec<3> b = edge(after);
  const Real la = norm(a);
  const Real lb = norm(b);
  const Vec<3> turning = cross(a, b) * (-1 / (la * lb + dot(a, b)));
  return {turning * (1 / la), turning * (1 / lb)};
}

FILIGREE_FUNCTION Vec<3> positions_of(const Vec<4>& v) {
  return {v[0], v[1], v[2]};
}

/// The part of the force F on vertex v that is proportional to its mass, but for gravity: F = m (..
/// - g) + ...
FILIGREE_FUNCTION Vec<3> inertia_of(const StepStart& start, const Vec<3>* position, Index v) {
  const Vec<3> moved = position[v] - start.position[v];
  return start.inertia * (moved - start.dt * start.velocity[v]) + start.drag * moved;
}

/// An edge as springs see it.
struct StretchedEdge {
  Vec<3> tangent;
  Real longer;  ///< than at rest, m
};
FILIGREE_FUNCTION StretchedEdge stretched_edge(const RodModel& model, Index row,
                                               const RodPose& pose, Index e) {
  const Vec<3> edge = pose.position[model.head(e)] - pose.position[model.tail(e)];
  const Real length = norm(edge);
  return {edge * (1 / length), length - model.rest_length(row, e)};
}

/// A joint with its derivatives and strains.
struct StrainedJoint {
  BendTwist geometry;
  Vec<3> strain;

  /// Change of kappa along a change of the nodes.
  FILIGREE_FUNCTION Vec<3> along(const DeviceJoint& joint, const Vec<4>* nodes) const {
    const Vec<8> change = change_of_joint(joint, nodes);
    Vec<3> rate{};
    for (int n = 0; n < 3; ++n) {
      for (int i = 0; i < 8; ++i) rate[n] += geometry.gradient[n][i] * change[i];
    }
    return rate;
  }
};
FILIGREE_FUNCTION StrainedJoint strained_joint(const RodModel& model, Index row,
                                               const RodPose& pose, Index j) {
  const JointEdges edges = edges_of(model, row, pose, j);
  const BendTwist s = bend_twist_gradients(edges.a, edges.b, pose.twist[j]);
  return {s, s.kappa - model.joint_rest(row, j)};
}

/// Solves with the matrix of the step (already assembled; factors overwrite it) for work.direction,
/// what is held taken out. False when it was not positive definite: then the direction is zero.
FILIGREE_FUNCTION bool solve_balance(const RodModel& model, const StepStart& start,
                                     const Workspace& work) {
  hold(model, start, work);
  const bool stable = factorize(model.pattern, work.matrix) == 0;
  if (stable) {
    solve(model.pattern, work.matrix, work.direction);
  } else {
    for (Index v = 0; v < model.n_vertices; ++v) work.direction[v] = Vec<4>::zero();
  }
  return stable;
}

/// Rods whose flag in scratch.converged is 0.
Index count_refused(Index batch, const RodScratch& scratch);

/// Derivatives are known for implicit Euler and the midpoint rule. Throws InputError for others.
void require_derivatives(RodRule rule);

}  // namespace filigree::rods::detail
