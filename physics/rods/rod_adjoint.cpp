// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/rod_adjoint.hpp"

#include "core/parallel.hpp"
#include "physics/rods/rod_step_parts.hpp"

namespace filigree::rods {

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

FILIGREE_FUNCTION Vec<3> positions(const Vec<4>& v) {
  return {v[0], v[1], v[2]};
}

/// Angle of a frame per change of a tangent on its way from a to b: -(a x b)/(1 + a . b).
FILIGREE_FUNCTION Vec<3> turning(const Vec<3>& a, const Vec<3>& b) {
  return cross(a, b) * (-1 / (1 + dot(a, b)));
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
    const Index tail = model.tail(e);
    const Index head = model.head(e);
    const Vec<3> edge = pose.position[head] - pose.position[tail];
    const Real length = norm(edge);
    const Real along = dot(edge, positions(lambda[head]) - positions(lambda[tail])) * (1 / length);
    bar.rest_length(b, e) += model.stretch(row, e) * along;
    bar.stretch(b, e) -= (length - model.rest_length(row, e)) * along;
  }
  for (Index j = 0; j < model.n_joints; ++j) {
    const DeviceJoint joint = model.joints(j);
    const JointEdges edges = edges_of(model, row, pose, j);
    const BendTwist s = bend_twist_gradients(edges.a, edges.b, pose.twist[j]);
    const Vec<3> ea = positions(lambda[joint.vertex]) - positions(lambda[joint.far_a]);
    const Vec<3> eb = positions(lambda[joint.far_b]) - positions(lambda[joint.vertex]);
    const Real theta_a = joint.sign_a * lambda[joint.theta_a == 1 ? joint.vertex : joint.far_a][3];
    const Real theta_b = joint.sign_b * lambda[joint.theta_b == 1 ? joint.vertex : joint.far_b][3];
    Vec<3> rate{};  // of kappa along lambda
    for (int n = 0; n < 3; ++n) {
      const Vec<8>& g = s.gradient[n];
      rate[n] = g[6] * theta_a + g[7] * theta_b;
      for (int i = 0; i < 3; ++i) rate[n] += g[i] * ea[i] + g[3 + i] * eb[i];
    }
    bar.joint_rest(b, j) += transpose(model.joint_stiffness(row, j)) * rate;
    bar.joint_stiffness(b, j) -= outer(rate, s.kappa - model.joint_rest(row, j));
  }
}

/// The end of the step, backwards: held frames, held vertices, inertia, clamps.
FILIGREE_FUNCTION void pull_back(const RodModel& model, Index row, const StepStart& start,
                                 const RodPose& end, const Vec<4>* lambda, const Vec<4>* product,
                                 const Bars& bars, Index b) {
  Vec<3> gravity_bar{};
  Real damping_bar = 0;
  for (Index v = 0; v < model.n_vertices; ++v) {
    const Vec<3> l = positions(lambda[v]);
    const Vec<3> x_bar = bars.state.position(b, v);
    const Vec<3> v_bar = bars.state.velocity(b, v);
    const bool held = (start.held[v] & kPositionHeld) != 0;
    const Real m = model.mass(row, v);
    const Vec<3> moved = end.position[v] - start.position[v];
    // x_after of a held vertex is its target; -H lambda is what its move does to the others.
    bars.controls.target(b, v) =
        held ? x_bar + v_bar * (1 / start.dt) - positions(product[v]) : Vec<3>::zero();
    bars.controls.force(b, v) = l;
    bars.state.position(b, v) = m * (start.inertia + start.drag) * l - v_bar * (1 / start.dt);
    bars.state.velocity(b, v) = (m * start.inertia * start.dt) * l;
    bars.model.mass(b, v) -= dot(l, start.inertia * (moved - start.dt * start.velocity[v]) +
                                        start.drag * moved - model.gravity);
    gravity_bar += m * l;
    damping_bar -= m * dot(l, moved) * (1 / start.dt);
  }
  bars.model.gravity(b, 0) += gravity_bar;
  bars.model.damping(b, 0) += damping_bar;
  for (Index e = 0; e < model.n_edges; ++e) {
    const Index node = model.edge_node(e);
    const bool held = (start.held[node] & kAngleHeld) != 0;
    const Real angle_bar = held ? bars.state.angle(b, e) - product[node][3] : Real(0);
    bars.controls.turn(b, e) = angle_bar;
    bars.state.angle(b, e) = angle_bar;
    if (!held) continue;
    const Index tail = model.tail(e);
    const Index head = model.head(e);
    const Vec<3> before = start.position[head] - start.position[tail];
    const Vec<3> after = end.position[head] - end.position[tail];
    const Real la = norm(before);
    const Real lb = norm(after);
    const Vec<3> by_tangent = angle_bar * turning(before * (1 / la), after * (1 / lb));
    bars.state.position(b, head) += by_tangent * (1 / la);
    bars.state.position(b, tail) -= by_tangent * (1 / la);
    bars.controls.target(b, head) += by_tangent * (1 / lb);
    bars.controls.target(b, tail) -= by_tangent * (1 / lb);
  }
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

Index implicit_step_adjoint(const RodModel& rods, const RodControls& held, double step,
                            const RodState& state_before, const RodState& state_after,
                            RodStateBar& bar, RodControlsBar& controls_bar, RodModelBar& model_bar,
                            RodScratch& memory) {
  reserve(rods, state_after.batch, memory);
  const RodModel model = rods;
  const RodControls controls = held;
  const RodState before = state_before;
  const RodState after = state_after;
  const RodScratch scratch = memory;
  const Bars bars{bar, controls_bar, model_bar};
  const auto dt = static_cast<Real>(step);
  for_each_uneven(
      "rods/adjoint", after.batch, 1, FILIGREE_LAMBDA(Index b) {
        const Index row = model.rows == 1 ? 0 : b;
        Workspace work = workspace_of(scratch, b);
        work.position = row_of(after.position, b);
        work.director = row_of(after.director, b);
        work.twist = row_of(after.twist, b);
        const RodPose end{work.position, work.director, work.twist};
        const StepStart start{row_of(before.position, b),
                              row_of(before.velocity, b),
                              row_of(controls.held, b),
                              row_of(controls.force, b),
                              1 / (dt * dt),
                              model.damping(row) / dt,
                              dt};
        for (Index v = 0; v < model.n_vertices; ++v) {
          const Vec<3> x = bars.state.position(b, v) + bars.state.velocity(b, v) * (1 / dt);
          work.direction[v] = {x[0], x[1], x[2], 0};
        }
        for (Index e = 0; e < model.n_edges; ++e) {  // of a free edge that a clamp will hold
          work.direction[model.edge_node(e)][3] = bars.state.angle(b, e);
        }
        assemble(model, row, start, work, true);
        hold(model, start, work);
        const bool stable = factorize(model.pattern, work.matrix) == 0;
        if (stable) solve(model.pattern, work.matrix, work.direction);
        scratch.converged(b) = stable ? 1 : 0;
        for (Index v = 0; v < model.n_vertices && !stable; ++v) {
          work.direction[v] = Vec<4>::zero();
        }
        assemble(model, row, start, work, true);
        Vec<4>* const product = work.gradient;  // not needed any more
        for (Index v = 0; v < model.n_vertices; ++v) product[v] = Vec<4>::zero();
        add_product(model.pattern, work.matrix, work.direction, product);
        if (!stable) {
          for (Index v = 0; v < model.n_vertices; ++v) {
            bars.state.position(b, v) = bars.state.velocity(b, v) = Vec<3>::zero();
          }
          for (Index e = 0; e < model.n_edges; ++e) bars.state.angle(b, e) = 0;
        }
        pull_back(model, row, start, end, work.direction, product, bars, b);
        add_elastic_bars(model, row, end, work.direction, bars.model, b);
      });
  Index refused = 0;
  Kokkos::deep_copy(scratch.host_converged.view(), scratch.converged.view());
  for (Index b = 0; b < after.batch; ++b) refused += scratch.host_converged(b) == 0 ? 1 : 0;
  return refused;
}

}  // namespace filigree::rods
