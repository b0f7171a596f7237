// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/rod_semi_implicit.hpp"

#include <algorithm>

#include "core/parallel.hpp"
#include "physics/rods/rod_step_parts.hpp"

namespace filigree::rods {

namespace {

using namespace detail;

/// b and r of the header.
constexpr Real kFilter = Real(0.5);
constexpr Real kDamping = Real(0.05);
/// A step is linear enough while no edge vector changes by more than this share of its length and
/// lengths are found in so many iterations: each wins a factor of 8, and mostly of 100.
constexpr Real kMostChange = Real(0.5);
constexpr int kMostIterations = 30;
/// Implicit steps where that fails need not be finer than this.
constexpr double kHandedOver = 1e-6;

/// A step of one rod. In `work`, position, director and twist are those before it, direction is d;
/// one number per edge lies at the vertex that owns its angle.
struct LinearStep {
  StepStart start;
  Workspace work;
  TreeMatrixOf<1> edges;
  Vec<1>* multiplier;  ///< lambda, kg m
  Vec<1>* change;      ///< of angles or multipliers
  Vec<3>* tangent;     ///< [n_edges] before the step
  Real* length;        ///< [n_edges] L_lin, m

  FILIGREE_FUNCTION bool position_held(Index v) const {
    return (start.held[v] & kPositionHeld) != 0;
  }
  FILIGREE_FUNCTION bool angle_held(Index node) const {
    return (start.held[node] & kAngleHeld) != 0;
  }
};

FILIGREE_FUNCTION Real weight(const RodModel& model, Index row, const LinearStep& step, Index v) {
  return step.position_held(v) ? Real(0) : 1 / model.mass(row, v);
}
FILIGREE_FUNCTION Vec<3> edge_of(const RodModel& model, Index e, const Vec<3>* x) {
  return x[model.head(e)] - x[model.tail(e)];
}
FILIGREE_FUNCTION Vec<3> edge_change(const RodModel& model, Index e, const Vec<4>* d) {
  const Vec<4> change = d[model.head(e)] - d[model.tail(e)];
  return {change[0], change[1], change[2]};
}
/// Where a number that couples the two edges of a joint is stored.
FILIGREE_FUNCTION Index edge_coupling(const DeviceJoint& joint) {
  const Index place = joint.theta_a == 1   ? joint.block_vb
                      : joint.theta_b == 1 ? joint.block_va
                                           : joint.block_ab;
  return place / 2;
}
FILIGREE_FUNCTION void clear_edges(const RodModel& model, const LinearStep& step) {
  for (Index v = 0; v < model.n_vertices; ++v) step.edges.diagonal[v] = {Real(0)};
  for (Index k = 0; k < model.pattern.n_blocks; ++k) step.edges.coupling[k] = {Real(0)};
}

/// Moments on angles into step.change (negative), their derivatives into step.edges: exact, or only
/// the part that is positive semi-definite. Returns the largest moment on a free angle.
FILIGREE_FUNCTION Real assemble_twist(const RodModel& model, Index row, const LinearStep& step,
                                      bool exact) {
  clear_edges(model, step);
  const RodPose pose{step.work.position, step.work.director, step.work.twist};
  const Real least = tol<Real>(1e4) * model.angle_scale(row);
  for (Index v = 0; v < model.n_vertices; ++v) {
    step.change[v] = {Real(0)};
    step.edges.diagonal[v] = {least};  // where nothing holds an angle it stays
  }
  for (Index j = 0; j < model.n_joints; ++j) {
    const DeviceJoint joint = model.joints(j);
    const JointEdges edges = edges_of(model, row, pose, j);
    const BendTwist s = bend_twist_gradients(edges.a, edges.b, pose.twist[j]);
    const Mat<3> K = model.joint_stiffness(row, j);
    const Vec<3> moment = K * (s.kappa - model.joint_rest(row, j));
    const Vec<3> by_a{s.gradient[0][6], s.gradient[1][6], s.gradient[2][6]};
    const Vec<3> by_b{s.gradient[0][7], s.gradient[1][7], s.gradient[2][7]};
    Real aa = dot(by_a, K * by_a);
    Real bb = dot(by_b, K * by_b);
    for (int n = 0; n < 2 && exact; ++n) {
      aa -= Real(0.5) * moment[n] * dot(s.kb, s.da[n]);
      bb -= Real(0.5) * moment[n] * dot(s.kb, s.db[n]);
    }
    const Index node_a = model.edge_node(joint.edge_a);
    const Index node_b = model.edge_node(joint.edge_b);
    step.change[node_a][0] -= joint.sign_a * dot(by_a, moment);
    step.change[node_b][0] -= joint.sign_b * dot(by_b, moment);
    step.edges.diagonal[node_a](0, 0) += aa;
    step.edges.diagonal[node_b](0, 0) += bb;
    step.edges.coupling[edge_coupling(joint)](0, 0) +=
        joint.sign_a * joint.sign_b * dot(by_a, K * by_b);
  }
  Real largest = 0;
  for (Index v = 0; v < model.n_vertices; ++v) {
    if (step.angle_held(v)) {
      step.change[v] = {Real(0)};
      step.edges.diagonal[v] = {Real(1)};
    }
    largest = Kokkos::fmax(largest, Kokkos::fabs(step.change[v][0]));
    for (Index k = model.pattern.upper_begin(v); k < model.pattern.upper_begin(v + 1); ++k) {
      if (step.angle_held(v) || step.angle_held(model.pattern.upper(k))) {
        step.edges.coupling[k] = {Real(0)};
      }
    }
  }
  return largest;
}

/// Turns frames about their edges until they are in equilibrium. Returns the largest moment left on
/// a free angle.
FILIGREE_FUNCTION Real solve_twist(const RodModel& model, Index row, const LinearStep& step,
                                   Real tolerance, int max_iterations) {
  Real left = 0;
  for (int iteration = 0; iteration < max_iterations; ++iteration) {
    left = assemble_twist(model, row, step, true);
    if (factorize(model.pattern, step.edges) > 0) {
      assemble_twist(model, row, step, false);
      factorize(model.pattern, step.edges);
    }
    solve(model.pattern, step.edges, step.change);
    Real turn = 0;
    for (Index v = 0; v < model.n_vertices; ++v) {
      turn = Kokkos::fmax(turn, Kokkos::fabs(step.change[v][0]));
    }
    const Real share = turn > 1 ? 1 / turn : Real(1);
    for (Index e = 0; e < model.n_edges; ++e) {
      const Vec<3> edge = edge_of(model, e, step.work.position);
      step.work.director[e] = carried_director(edge, edge, step.work.director[e],
                                               share * step.change[model.edge_node(e)][0]);
    }
    const RodPose pose{step.work.position, step.work.director, step.work.twist};
    update_twists(model, row, pose, step.work.twist);
    if (turn <= tolerance) break;
  }
  return left;
}

/// f(x_0) as a gradient, and the matrix of step 2; what of it multiplies d_0 goes to the right
/// side.
FILIGREE_FUNCTION void assemble_linear(const RodModel& model, Index row, const LinearStep& step) {
  const Workspace& work = step.work;
  const StepStart& start = step.start;
  const RodPose pose{work.position, work.director, work.twist};
  clear_system(model, work, true);
  for (Index e = 0; e < model.n_edges; ++e) {
    const Vec<3> edge = edge_of(model, e, work.position);
    const Real length = norm(edge);
    const Vec<3> t = edge * (1 / length);
    const Real k = model.stretch(row, e);
    const Real tension = k * (length - model.rest_length(row, e));
    const Real weights =
        weight(model, row, step, model.head(e)) + weight(model, row, step, model.tail(e));
    const bool too_tight = tension * weights > start.inertia * length;
    const Real across = too_tight ? tension / length - start.inertia / weights : Real(0);
    const Mat<3> H = across * Mat<3>::identity() + (k - across) * outer(t, t);
    add_positions(work.matrix.diagonal[model.head(e)], H);
    add_positions(work.matrix.diagonal[model.tail(e)], H);
    Mat<4> coupling{};
    add_positions(coupling, -H);
    work.matrix.coupling[model.edge_block(e)] += coupling;
    for (int i = 0; i < 3; ++i) {
      work.gradient[model.head(e)][i] += tension * t[i];
      work.gradient[model.tail(e)][i] -= tension * t[i];
    }
    step.tangent[e] = t;
    step.length[e] = length;
  }
  for (Index j = 0; j < model.n_joints; ++j) {
    const DeviceJoint joint = model.joints(j);
    const JointEdges edges = edges_of(model, row, pose, j);
    const BendTwist s = bend_twist_gradients(edges.a, edges.b, pose.twist[j]);
    const Mat<3> K = model.joint_stiffness(row, j);
    Vec<8> before = change_of_joint(joint, work.direction);  // along d_0
    before[6] = before[7] = 0;
    Vec<3> filtered{};
    for (int n = 0; n < 3; ++n) {
      for (int i = 0; i < 6; ++i) filtered[n] += kFilter * s.gradient[n][i] * before[i];
    }
    const Vec<3> moment = K * (s.kappa - model.joint_rest(row, j) - filtered);
    Vec<8> g{};
    for (int n = 0; n < 3; ++n) g += moment[n] * s.gradient[n];
    add_to_nodes(joint, g, work.gradient);
    Mat<8> H{};
    for (int n = 0; n < 3; ++n) add_stiffness(n, (kFilter + kDamping) * K, s.gradient, H);
    add_joint_matrix(joint, H, work.matrix);
  }
  add_inertia(model, row, start, work, true);
  const Real least = tol<Real>(1e4) * model.angle_scale(row);
  for (Index v = 0; v < model.n_vertices; ++v) work.matrix.diagonal[v](3, 3) += least;
}

/// Solves for d, held vertices where they are told to. `force` becomes what is left of the balance:
/// the reactions of clamps. False when the matrix was not positive definite by round-off.
FILIGREE_FUNCTION bool solve_linear(const RodModel& model, const RodControls& controls, Index b,
                                    const LinearStep& step, Vec<4>* force) {
  const Workspace& work = step.work;
  for (Index v = 0; v < model.n_vertices; ++v) {
    Vec<4>& told = work.direction[v];
    told = Vec<4>::zero();
    force[v] = work.gradient[v];
    if (!step.position_held(v)) continue;
    const Vec<3> moved = controls.target(b, v) - step.start.position[v];
    for (int i = 0; i < 3; ++i) told[i] = moved[i];
  }
  keep_matrix(model, work);
  add_product(model.pattern, work.kept, work.direction, force);
  for (Index v = 0; v < model.n_vertices; ++v) {
    work.gradient[v] = work.direction[v];
    work.direction[v] = -force[v];
  }
  hold(model, step.start, work);
  if (factorize(model.pattern, work.matrix) > 0) return false;
  solve(model.pattern, work.matrix, work.direction);
  add_product(model.pattern, work.kept, work.direction, force);
  for (Index v = 0; v < model.n_vertices; ++v) work.direction[v] += work.gradient[v];
  return true;
}

/// L_lin of every edge, and the matrix that couples edges by the masses they share, factored.
FILIGREE_FUNCTION bool factor_lengths(const RodModel& model, Index row, const LinearStep& step) {
  clear_edges(model, step);
  for (Index v = 0; v < model.n_vertices; ++v) {
    if (model.is_root(v) == 1) step.edges.diagonal[v] = {Real(1)};
    step.multiplier[v] = step.change[v] = {Real(0)};
  }
  for (Index e = 0; e < model.n_edges; ++e) {
    step.length[e] += dot(step.tangent[e], edge_change(model, e, step.work.direction));
    step.edges.diagonal[model.edge_node(e)] = {weight(model, row, step, model.head(e)) +
                                               weight(model, row, step, model.tail(e)) +
                                               step.start.inertia / model.stretch(row, e)};
  }
  for (Index j = 0; j < model.n_joints; ++j) {
    const DeviceJoint joint = model.joints(j);
    step.edges.coupling[edge_coupling(joint)] = {
        -weight(model, row, step, joint.vertex) * joint.sign_a * joint.sign_b *
        dot(step.tangent[joint.edge_a], step.tangent[joint.edge_b])};
  }
  return factorize(model.pattern, step.edges) == 0;
}

/// Moves free vertices until edges have their lengths. Returns iterations, -1 when they were not
/// enough.
FILIGREE_FUNCTION Index find_lengths(const RodModel& model, Index row, const LinearStep& step,
                                     Real tolerance, int max_iterations) {
  Vec<4>* const d = step.work.direction;
  for (int iteration = 0;; ++iteration) {
    bool found = true;
    for (Index e = 0; e < model.n_edges; ++e) {
      const Index node = model.edge_node(e);
      const Vec<3> edge = edge_of(model, e, step.start.position) + edge_change(model, e, d);
      const Real off = norm(edge) - step.length[e] +
                       step.multiplier[node][0] * step.start.inertia / model.stretch(row, e);
      found = found && Kokkos::fabs(off) <= tolerance * step.length[e];
      step.change[node] = {-off};
    }
    if (found) return iteration;
    if (iteration == max_iterations) return -1;
    solve(model.pattern, step.edges, step.change);
    for (Index e = 0; e < model.n_edges; ++e) {
      const Index node = model.edge_node(e);
      const Index head = model.head(e);
      const Index tail = model.tail(e);
      const Vec<3> impulse = step.change[node][0] * step.tangent[e];
      step.multiplier[node] += step.change[node];
      const Real of_head = weight(model, row, step, head);
      const Real of_tail = weight(model, row, step, tail);
      for (int i = 0; i < 3; ++i) {
        d[head][i] += of_head * impulse[i];
        d[tail][i] -= of_tail * impulse[i];
      }
    }
  }
}

FILIGREE_FUNCTION bool is_small(const RodModel& model, const LinearStep& step) {
  for (Index e = 0; e < model.n_edges; ++e) {
    const Real change = squared_norm(edge_change(model, e, step.work.direction));
    const Real before = squared_norm(edge_of(model, e, step.start.position));
    if (!(change <= kMostChange * kMostChange * before)) return false;  // NaN too
  }
  return true;
}

/// Takes the forces of the multipliers out of the balance.
FILIGREE_FUNCTION void subtract_pulls(const RodModel& model, const LinearStep& step,
                                      Vec<4>* balance) {
  for (Index e = 0; e < model.n_edges; ++e) {
    const Real pull = step.multiplier[model.edge_node(e)][0] * step.start.inertia;
    for (int i = 0; i < 3; ++i) {
      balance[model.head(e)][i] -= pull * step.tangent[e][i];
      balance[model.tail(e)][i] += pull * step.tangent[e][i];
    }
  }
}

/// Takes the step over into the state. Velocities are those of the step itself: differences of
/// positions would round where positions are large.
FILIGREE_FUNCTION void take_step(const RodModel& model, Index row, const RodControls& controls,
                                 const LinearStep& step, const RodState& state, Index b) {
  const Workspace& work = step.work;
  for (Index v = 0; v < model.n_vertices; ++v) work.direction[v][3] = 0;
  for (Index e = 0; e < model.n_edges; ++e) {
    const Index node = model.edge_node(e);
    if (step.angle_held(node)) work.direction[node][3] = controls.turn(b, e);
  }
  for (Index j = 0; j < model.n_joints; ++j) {
    const DeviceJoint joint = model.joints(j);
    work.twist[j] += joint.sign_b * work.direction[model.edge_node(joint.edge_b)][3] -
                     joint.sign_a * work.direction[model.edge_node(joint.edge_a)][3];
  }
  move(model, row, work, 1);
  for (Index v = 0; v < model.n_vertices; ++v) {
    const Vec<4>& d = work.direction[v];
    state.velocity(b, v) = Vec<3>{d[0], d[1], d[2]} * (1 / step.start.dt);
    state.position(b, v) = step.position_held(v) ? controls.target(b, v) : work.trial_position[v];
  }
  for (Index e = 0; e < model.n_edges; ++e) state.director(b, e) = work.trial_director[e];
  for (Index j = 0; j < model.n_joints; ++j) state.twist(b, j) = work.trial_twist[j];
}

/// One rod. Returns iterations of lengths, or -1 and leaves the state as it was.
FILIGREE_FUNCTION Index step_rod(const RodModel& model, Index row, const RodControls& controls,
                                 Index b, const LinearStep& step, const RodState& state,
                                 Real tolerance, int max_iterations, Vec<4>* reaction,
                                 Real& residual) {
  const Workspace& work = step.work;
  const Real moment = solve_twist(model, row, step, tolerance, max_iterations);
  residual = moment / model.mean_edge(row);
  for (Index v = 0; v < model.n_vertices; ++v) {
    const Vec<3> d = step.start.dt * step.start.velocity[v];
    work.direction[v] = {d[0], d[1], d[2], 0};
  }
  assemble_linear(model, row, step);
  if (!solve_linear(model, controls, b, step, reaction)) return -1;
  if (!is_small(model, step) || !factor_lengths(model, row, step)) return -1;
  const Index iterations =
      find_lengths(model, row, step, tolerance,
                   max_iterations < kMostIterations ? max_iterations : kMostIterations);
  if (iterations < 0 || !is_small(model, step)) return -1;
  subtract_pulls(model, step, reaction);
  take_step(model, row, controls, step, state, b);
  return iterations;
}

}  // namespace

RodStepReport semi_implicit_step(const RodModel& rods, const RodControls& held, double dt,
                                 const RodStepOptions& options, RodState& rod_state,
                                 RodScratch& memory) {
  reserve(rods, rod_state.batch, memory);
  reserve_kept(rods, rod_state.batch, memory);
  reserve_edges(rods, rod_state.batch, memory);
  const RodModel model = rods;
  const RodControls controls = held;
  const RodState state = rod_state;
  const RodScratch scratch = memory;
  const auto h = static_cast<Real>(dt);
  const auto tolerance = static_cast<Real>(options.tolerance);
  const int max_iterations = options.max_iterations;
  for_each_uneven(
      "rods/semi_implicit", state.batch, 1, FILIGREE_LAMBDA(Index b) {
        const Index row = model.rows == 1 ? 0 : b;
        const Workspace work = workspace_of(scratch, b);
        for (Index v = 0; v < model.n_vertices; ++v) work.position[v] = state.position(b, v);
        for (Index e = 0; e < model.n_edges; ++e) work.director[e] = state.director(b, e);
        for (Index j = 0; j < model.n_joints; ++j) work.twist[j] = state.twist(b, j);
        const LinearStep step{{work.position, row_of(state.velocity, b), row_of(controls.held, b),
                               row_of(controls.force, b), 1 / (h * h), model.damping(row) / h, h},
                              work,
                              {row_of(scratch.edge_diagonal, b), row_of(scratch.edge_coupling, b)},
                              row_of(scratch.multiplier, b),
                              row_of(scratch.edge_change, b),
                              work.trial_director,  // not needed before the end
                              row_of(scratch.length, b)};
        const Index iterations =
            step_rod(model, row, controls, b, step, state, tolerance, max_iterations,
                     row_of(scratch.reaction, b), scratch.residual(b));
        scratch.iterations(b) = iterations;
        scratch.converged(b) = iterations >= 0 ? 1 : 0;
      });
  RodStepReport report = report_of(rod_state.batch, memory);
  if (report.failed > 0) {
    const Index handed_over = report.failed;
    RodStepOptions rough = options;
    rough.tolerance = std::max(options.tolerance, kHandedOver);
    step_failed_implicitly(model, controls, dt, rough, rod_state, memory);
    report = report_of(rod_state.batch, memory);
    report.handed_over = handed_over;
  }
  rod_state.time += dt;
  return report;
}

}  // namespace filigree::rods
