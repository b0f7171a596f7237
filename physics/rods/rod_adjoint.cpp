// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/rod_adjoint.hpp"

#include "core/parallel.hpp"
#include "physics/rods/rod_derivative_parts.hpp"

namespace filigree::rods {

namespace detail {

Index count_refused(Index batch, const RodScratch& scratch) {
  Kokkos::deep_copy(scratch.host_converged.view(), scratch.converged.view());
  Index refused = 0;
  for (Index b = 0; b < batch; ++b) refused += scratch.host_converged(b) == 0 ? 1 : 0;
  return refused;
}

void require_derivatives(RodRule rule) {
  FILIGREE_REQUIRE(rule == RodRule::kEuler || rule == RodRule::kMidpoint,
                   "derivatives are known for steps by implicit Euler and the midpoint rule only");
}

}  // namespace detail

namespace {

using namespace detail;

template <class T>
Array<T, 2> zeros(const char* label, Index rows, Index columns, const T& zero) {
  Array<T, 2> array(label, rows, columns);
  Kokkos::deep_copy(array.view(), zero);
  return array;
}

template <class T>
Array<T, 2> copy_of(const Array<T, 2>& from) {
  Array<T, 2> array(from.label(), from.extent(0), from.extent(1));
  Kokkos::deep_copy(array.view(), from.view());
  return array;
}

struct Bars {
  RodStateBar state;
  RodControlsBar controls;
  RodModelBar model;
};

/// Adds -lambda . dF/dp of the elastic energy for the parameters p of edges and joints.
FILIGREE_FUNCTION void add_elastic_bars(const RodModel& model, Index row, const RodPose& pose,
                                        const Vec<4>* lambda, const RodModelBar& bar, Index b) {
  for (Index e = 0; e < model.n_edges; ++e) {
    const StretchedEdge edge = stretched_edge(model, row, pose, e);
    const Real along = dot(
        edge.tangent, positions_of(lambda[model.head(e)]) - positions_of(lambda[model.tail(e)]));
    bar.rest_length(b, e) += model.stretch(row, e) * along;
    bar.stretch(b, e) -= edge.longer * along;
  }
  for (Index j = 0; j < model.n_joints; ++j) {
    const StrainedJoint joint = strained_joint(model, row, pose, j);
    const Vec<3> rate = joint.along(model.joints(j), lambda);
    bar.joint_rest(b, j) += transpose(model.joint_stiffness(row, j)) * rate;
    bar.joint_stiffness(b, j) -= outer(rate, joint.strain);
  }
}

/// From the end of the step to the pose where forces balance: work.direction becomes the right side
/// of the system, work.trial_position what acts on the positions of the pose. The bars of the state
/// become those of the state before that do not go through the pose.
FILIGREE_FUNCTION void pull_back_end(const RodModel& model, const BalancedStep& step,
                                     const Workspace& work, const Bars& bars, Index b) {
  const Real s = step.share;
  for (Index v = 0; v < model.n_vertices; ++v) {
    const Real a = step.velocity_share(v);
    const Vec<3> v_bar = bars.state.velocity(b, v);
    const Vec<3> x_bar = bars.state.position(b, v) + v_bar * (a / step.dt);
    bars.state.position(b, v) = x_bar * (1 - s) - v_bar * (a / step.dt);
    bars.state.velocity(b, v) = v_bar * (1 - a);
    bars.controls.target(b, v) = bars.controls.force(b, v) = Vec<3>::zero();
    work.trial_position[v] = s * x_bar;
    work.direction[v] = Vec<4>::zero();
  }
  for (Index e = 0; e < model.n_edges; ++e) {
    const Real angle_bar = bars.state.angle(b, e);
    bars.controls.turn(b, e) = step.angle_held(model, e) ? (1 - 1 / s) * angle_bar : Real(0);
    work.direction[model.edge_node(e)][3] = angle_bar;
    if (s == 1 || angle_bar == 0) continue;
    const Carrying by = carrying(model, e, work.position, step.after);
    const Vec<3> at_end = angle_bar * by.by_after;
    const Vec<3> at_pose = angle_bar * by.by_before + s * at_end;
    for (int end = 0; end < 2; ++end) {
      const Index v = end == 0 ? model.head(e) : model.tail(e);
      const Real sign = end == 0 ? Real(1) : Real(-1);
      work.trial_position[v] += sign * at_pose;
      bars.state.position(b, v) += (sign * (1 - s)) * at_end;
    }
  }
  for (Index v = 0; v < model.n_vertices; ++v) {
    for (int i = 0; i < 3; ++i) work.direction[v][i] = work.trial_position[v][i];
  }
}

/// From the pose to the start: held frames, inertia, held vertices. `product` = H lambda.
FILIGREE_FUNCTION void pull_back_start(const RodModel& model, Index row, const BalancedStep& step,
                                       const Workspace& work, const Vec<4>* product,
                                       const Bars& bars, Index b) {
  const StepStart& start = step.start;
  const Real part = 1 / step.share;
  for (Index e = 0; e < model.n_edges; ++e) {
    if (!step.angle_held(model, e)) {
      bars.state.angle(b, e) = 0;
      continue;
    }
    const Real angle_bar = bars.state.angle(b, e) - product[model.edge_node(e)][3];
    bars.state.angle(b, e) = angle_bar;
    bars.controls.turn(b, e) += part * angle_bar;
    const Carrying by = carrying(model, e, start.position, work.position);
    for (int end = 0; end < 2; ++end) {
      const Index v = end == 0 ? model.head(e) : model.tail(e);
      const Real signed_bar = end == 0 ? angle_bar : -angle_bar;
      bars.state.position(b, v) += signed_bar * by.by_before;
      work.trial_position[v] += signed_bar * by.by_after;
    }
  }
  Vec<3> gravity_bar{};
  Real damping_bar = 0;
  for (Index v = 0; v < model.n_vertices; ++v) {
    const Vec<3> l = positions_of(work.direction[v]);
    const Real m = model.mass(row, v);
    bars.controls.force(b, v) = l;
    bars.state.position(b, v) += m * (start.inertia + start.drag) * l;
    bars.state.velocity(b, v) += (m * start.inertia * start.dt) * l;
    bars.model.mass(b, v) -= dot(l, inertia_of(start, work.position, v) - model.gravity);
    gravity_bar += m * l;
    damping_bar -= m * dot(l, work.position[v] - start.position[v]) * (1 / start.dt);
    if (!step.position_held(v)) continue;
    // -H lambda is what its move does to the others.
    const Vec<3> x_bar = work.trial_position[v] - positions_of(product[v]);
    bars.controls.target(b, v) = part * x_bar;
    bars.state.position(b, v) += (1 - part) * x_bar;
  }
  bars.model.gravity(b, 0) += gravity_bar;
  bars.model.damping(b, 0) += damping_bar;
}

/// A rod whose step cannot be differentiated.
FILIGREE_FUNCTION void clear(const RodModel& model, const Bars& bars, Index b) {
  for (Index v = 0; v < model.n_vertices; ++v) {
    bars.state.position(b, v) = bars.state.velocity(b, v) = Vec<3>::zero();
    bars.controls.target(b, v) = bars.controls.force(b, v) = Vec<3>::zero();
  }
  for (Index e = 0; e < model.n_edges; ++e) bars.state.angle(b, e) = bars.controls.turn(b, e) = 0;
}

}  // namespace

RodStateBar make_state_bar(const RodModel& model, Index batch) {
  return {zeros("rods/position_bar", batch, model.n_vertices, Vec<3>::zero()),
          zeros("rods/velocity_bar", batch, model.n_vertices, Vec<3>::zero()),
          zeros("rods/angle_bar", batch, model.n_edges, Real(0))};
}
RodControlsBar make_controls_bar(const RodModel& model, Index batch) {
  return {zeros("rods/target_bar", batch, model.n_vertices, Vec<3>::zero()),
          zeros("rods/turn_bar", batch, model.n_edges, Real(0)),
          zeros("rods/force_bar", batch, model.n_vertices, Vec<3>::zero())};
}
RodModelBar make_model_bar(const RodModel& model, Index batch) {
  return {zeros("rods/rest_length_bar", batch, model.n_edges, Real(0)),
          zeros("rods/stretch_bar", batch, model.n_edges, Real(0)),
          zeros("rods/joint_rest_bar", batch, model.n_joints, Vec<3>::zero()),
          zeros("rods/joint_stiffness_bar", batch, model.n_joints, Mat<3>::zero()),
          zeros("rods/mass_bar", batch, model.n_vertices, Real(0)),
          zeros("rods/damping_bar", batch, 1, Real(0)),
          zeros("rods/gravity_bar", batch, 1, Vec<3>::zero())};
}

RodState copy_of(const RodState& state) {
  RodState copy = state;
  copy.position = copy_of(state.position);
  copy.velocity = copy_of(state.velocity);
  copy.director = copy_of(state.director);
  copy.twist = copy_of(state.twist);
  return copy;
}

Index implicit_step_adjoint(const RodModel& rods, const RodControls& held, double dt,
                            const RodState& state_before, const RodState& state_after,
                            RodStateBar& bar, RodControlsBar& controls_bar, RodModelBar& model_bar,
                            RodScratch& memory, RodRule rule) {
  require_derivatives(rule);
  reserve(rods, state_after.batch, memory);
  reserve_kept(rods, state_after.batch, memory);
  const RodModel model = rods;
  const RodControls controls = held;
  const RodState before = state_before;
  const RodState after = state_after;
  const RodScratch scratch = memory;
  const Bars bars{bar, controls_bar, model_bar};
  const bool to_middle = rule == RodRule::kMidpoint;
  for_each_uneven(
      "rods/adjoint", after.batch, 1, FILIGREE_LAMBDA(Index b) {
        const Index row = model.rows == 1 ? 0 : b;
        Workspace work = workspace_of(scratch, b);
        const BalancedStep step = balanced_step(model, row, controls, static_cast<Real>(dt),
                                                to_middle, before, after, b, work);
        assemble(model, row, step.start, work, true);
        keep_matrix(model, work);
        pull_back_end(model, step, work, bars, b);
        const bool stable = solve_balance(model, step.start, work);
        scratch.converged(b) = stable ? 1 : 0;
        if (!stable) {
          clear(model, bars, b);
          return;
        }
        Vec<4>* const product = work.gradient;  // not needed any more
        for (Index v = 0; v < model.n_vertices; ++v) product[v] = Vec<4>::zero();
        add_product(model.pattern, work.kept, work.direction, product);
        pull_back_start(model, row, step, work, product, bars, b);
        add_elastic_bars(model, row, {work.position, work.director, work.twist}, work.direction,
                         bars.model, b);
      });
  return count_refused(after.batch, scratch);
}

}  // namespace filigree::rods
