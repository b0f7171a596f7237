// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/rod_tangent.hpp"

#include "core/parallel.hpp"
#include "physics/rods/rod_derivative_parts.hpp"

namespace filigree::rods {

namespace {

using namespace detail;

struct Changes {
  RodStateChange state;
  RodControlsChange controls;
  RodModelChange model;
};

FILIGREE_FUNCTION void set_positions(Vec<4>& node, const Vec<3>& x) {
  for (int i = 0; i < 3; ++i) node[i] = x[i];
}

/// Change of the angle of a frame that is carried from pose to pose.
FILIGREE_FUNCTION Real carried_change(const RodModel& model, Index e, const Carrying& by,
                                      const Vec<3>& before_head, const Vec<3>& before_tail,
                                      const Vec<4>* after) {
  return dot(by.by_before, before_head - before_tail) +
         dot(by.by_after, positions_of(after[model.head(e)]) - positions_of(after[model.tail(e)]));
}

/// What is held at the pose where forces balance moves as it is told to; zero elsewhere.
FILIGREE_FUNCTION void set_held(const RodModel& model, const BalancedStep& step,
                                const Workspace& work, const Changes& changes, Index b,
                                Vec<4>* moved) {
  const Real part = 1 / step.share;
  for (Index v = 0; v < model.n_vertices; ++v) {
    moved[v] = Vec<4>::zero();
    if (!step.position_held(v)) continue;
    const Vec<3> x = changes.state.position(b, v);
    set_positions(moved[v], x + part * (changes.controls.target(b, v) - x));
  }
  for (Index e = 0; e < model.n_edges; ++e) {
    if (!step.angle_held(model, e)) continue;
    const Carrying by = carrying(model, e, step.start.position, work.position);
    moved[model.edge_node(e)][3] =
        changes.state.angle(b, e) + part * changes.controls.turn(b, e) +
        carried_change(model, e, by, changes.state.position(b, model.head(e)),
                       changes.state.position(b, model.tail(e)), moved);
  }
}

/// Subtracts dF/dp p_dot of everything but the positions and angles of the pose.
FILIGREE_FUNCTION void subtract_force_change(const RodModel& model, Index row,
                                             const BalancedStep& step, const Workspace& work,
                                             const Changes& changes, Index b) {
  const StepStart& start = step.start;
  for (Index v = 0; v < model.n_vertices; ++v) {
    const Real m = model.mass(row, v);
    const Vec<3> moved = work.position[v] - start.position[v];
    const Vec<3> change =
        changes.model.mass(b, v) * (inertia_of(start, work.position, v) - model.gravity) +
        m * (moved * (changes.model.damping(b, 0) / start.dt) -
             (start.inertia + start.drag) * changes.state.position(b, v) -
             (start.inertia * start.dt) * changes.state.velocity(b, v) -
             changes.model.gravity(b, 0)) -
        changes.controls.force(b, v);
    for (int i = 0; i < 3; ++i) work.direction[v][i] -= change[i];
  }
  const RodPose pose{work.position, work.director, work.twist};
  for (Index e = 0; e < model.n_edges; ++e) {
    const StretchedEdge edge = stretched_edge(model, row, pose, e);
    const Real tension = changes.model.stretch(b, e) * edge.longer -
                         model.stretch(row, e) * changes.model.rest_length(b, e);
    for (int i = 0; i < 3; ++i) {
      work.direction[model.head(e)][i] -= tension * edge.tangent[i];
      work.direction[model.tail(e)][i] += tension * edge.tangent[i];
    }
  }
  for (Index j = 0; j < model.n_joints; ++j) {
    const StrainedJoint joint = strained_joint(model, row, pose, j);
    const Vec<3> moment = changes.model.joint_stiffness(b, j) * joint.strain -
                          model.joint_stiffness(row, j) * changes.model.joint_rest(b, j);
    Vec<8> g{};
    for (int n = 0; n < 3; ++n) g -= moment[n] * joint.geometry.gradient[n];
    add_to_nodes(model.joints(j), g, work.direction);
  }
}

/// From the pose where forces balance to the end of the step.
FILIGREE_FUNCTION void push_to_end(const RodModel& model, const BalancedStep& step,
                                   const Workspace& work, const Changes& changes, Index b) {
  const Real s = step.share;
  const Vec<4>* moved = work.direction;
  for (Index v = 0; v < model.n_vertices; ++v) {
    const Real a = step.velocity_share(v);
    const Vec<3> before = changes.state.position(b, v);
    const Vec<3> after = s * positions_of(moved[v]) - (s - 1) * before;
    changes.state.position(b, v) = after;
    changes.state.velocity(b, v) =
        (after - before) * (a / step.dt) - (a - 1) * changes.state.velocity(b, v);
    set_positions(work.gradient[v], after);  // not needed any more
  }
  for (Index e = 0; e < model.n_edges; ++e) {
    Real angle = moved[model.edge_node(e)][3];
    if (step.angle_held(model, e)) angle += (1 - 1 / s) * changes.controls.turn(b, e);
    if (s != 1) {
      const Carrying by = carrying(model, e, work.position, step.after);
      angle += carried_change(model, e, by, positions_of(moved[model.head(e)]),
                              positions_of(moved[model.tail(e)]), work.gradient);
    }
    changes.state.angle(b, e) = angle;
  }
}

}  // namespace

Index implicit_step_tangent(const RodModel& rods, const RodControls& held, double dt,
                            const RodState& state_before, const RodState& state_after,
                            RodStateChange& change, const RodControlsChange& controls_change,
                            const RodModelChange& model_change, RodScratch& memory, RodRule rule) {
  require_derivatives(rule);
  reserve(rods, state_after.batch, memory);
  const RodModel model = rods;
  const RodControls controls = held;
  const RodState before = state_before;
  const RodState after = state_after;
  const RodScratch scratch = memory;
  const Changes changes{change, controls_change, model_change};
  const bool to_middle = rule == RodRule::kMidpoint;
  for_each_uneven(
      "rods/tangent", after.batch, 1, FILIGREE_LAMBDA(Index b) {
        const Index row = model.rows == 1 ? 0 : b;
        Workspace work = workspace_of(scratch, b);
        const BalancedStep step = balanced_step(model, row, controls, static_cast<Real>(dt),
                                                to_middle, before, after, b, work);
        assemble(model, row, step.start, work, true);
        Vec<4>* const moved = work.gradient;  // not needed any more
        set_held(model, step, work, changes, b, moved);
        for (Index v = 0; v < model.n_vertices; ++v) work.direction[v] = Vec<4>::zero();
        add_product(model.pattern, work.matrix, moved, work.direction);
        for (Index v = 0; v < model.n_vertices; ++v) work.direction[v] = -work.direction[v];
        subtract_force_change(model, row, step, work, changes, b);
        const bool stable = solve_balance(model, step.start, work);
        scratch.converged(b) = stable ? 1 : 0;
        if (!stable) {
          for (Index v = 0; v < model.n_vertices; ++v) {
            changes.state.position(b, v) = changes.state.velocity(b, v) = Vec<3>::zero();
          }
          for (Index e = 0; e < model.n_edges; ++e) changes.state.angle(b, e) = 0;
          return;
        }
        for (Index v = 0; v < model.n_vertices; ++v) work.direction[v] += moved[v];
        push_to_end(model, step, work, changes, b);
      });
  return count_refused(after.batch, scratch);
}

}  // namespace filigree::rods
