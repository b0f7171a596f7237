// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/rod_step.hpp"

#include <algorithm>
#include <cmath>

#include "core/parallel.hpp"
#include "physics/rods/rod_contact_moves.hpp"
#include "physics/rods/rod_semi_implicit.hpp"
#include "physics/rods/rod_step_parts.hpp"

namespace filigree::rods {

namespace detail {

void reserve_edges(const RodModel& model, Index batch, RodScratch& s) {
  reserve(s.edge_diagonal, "rods/edge_diagonal", batch, model.n_vertices);
  reserve(s.edge_coupling, "rods/edge_coupling", batch, model.pattern.n_blocks);
  reserve(s.multiplier, "rods/multiplier", batch, model.n_vertices);
  reserve(s.edge_change, "rods/edge_change", batch, model.n_vertices);
  reserve(s.length, "rods/length", batch, model.n_edges);
}

void reserve_kept(const RodModel& model, Index batch, RodScratch& s) {
  reserve(s.kept_diagonal, "rods/kept_diagonal", batch, model.n_vertices);
  reserve(s.kept_coupling, "rods/kept_coupling", batch, model.pattern.n_blocks);
}

RodStepReport report_of(Index batch, const RodScratch& scratch) {
  Kokkos::deep_copy(scratch.host_iterations.view(), scratch.iterations.view());
  Kokkos::deep_copy(scratch.host_residual.view(), scratch.residual.view());
  Kokkos::deep_copy(scratch.host_converged.view(), scratch.converged.view());
  RodStepReport report;
  for (Index b = 0; b < batch; ++b) {
    report.iterations = std::max(report.iterations, scratch.host_iterations(b));
    const double left = scratch.host_residual(b);
    if (!(left <= report.residual) && !std::isnan(report.residual)) report.residual = left;
    if (scratch.host_converged(b) == 0) {
      if (report.failed++ == 0) report.first_failed = b;
    }
  }
  return report;
}

void reserve(const RodModel& model, Index batch, RodScratch& s) {
  reserve(s.position, "rods/position", batch, model.n_vertices);
  reserve(s.trial_position, "rods/trial_position", batch, model.n_vertices);
  reserve(s.director, "rods/director", batch, model.n_edges);
  reserve(s.trial_director, "rods/trial_director", batch, model.n_edges);
  reserve(s.twist, "rods/twist", batch, model.n_joints);
  reserve(s.trial_twist, "rods/trial_twist", batch, model.n_joints);
  reserve(s.gradient, "rods/gradient", batch, model.n_vertices);
  reserve(s.direction, "rods/direction", batch, model.n_vertices);
  reserve(s.diagonal, "rods/diagonal", batch, model.n_vertices);
  reserve(s.coupling, "rods/coupling", batch, model.pattern.n_blocks);
  reserve(s.reaction, "rods/reaction", batch, model.n_vertices);
  if (s.iterations.size() < batch) {
    s.iterations = Array<Index>("rods/iterations", batch);
    s.residual = Array<Real>("rods/residual", batch);
    s.converged = Array<Index>("rods/converged", batch);
    s.host_iterations = HostArray<Index>("rods/iterations", batch);
    s.host_residual = HostArray<Real>("rods/residual", batch);
    s.host_converged = HostArray<Index>("rods/converged", batch);
  }
}

}  // namespace detail

namespace {

using namespace detail;

/// Range of what is added to matrices that are not positive definite, in stiffnesses of a joint.
constexpr Real kLeastShift = Real(1e-6);
constexpr Real kMostShift = Real(1e16);
/// The same for angles where there is contact, always.
constexpr Real kFreeTurn = Real(1e-7);
/// First step of settling, s.
constexpr double kFirstSettling = 0.01;

/// phi of the file comment.
FILIGREE_FUNCTION Real step_energy(const RodModel& model, Index row, const StepStart& start,
                                   const RodPose& pose) {
  Real energy = stretch_energy(model, row, pose) + bend_twist_energy(model, row, pose);
  for (Index v = 0; v < model.n_vertices; ++v) {
    const Vec<3> moved = pose.position[v] - start.position[v];
    const Vec<3> off = moved - start.dt * start.velocity[v];
    energy += model.mass(row, v) *
                  (Real(0.5) * start.inertia * squared_norm(off) +
                   Real(0.5) * start.drag * squared_norm(moved) - dot(model.gravity, moved)) -
              dot(start.force[v], moved);
  }
  return energy;
}

/// The same with the potential of contact.
template <class AnyTouch>
FILIGREE_FUNCTION Real whole_energy(const RodModel& model, Index row, const StepStart& start,
                                    const RodPose& pose, const AnyTouch& touch) {
  const Real energy = step_energy(model, row, start, pose);
  if constexpr (!AnyTouch::kActive) {
    return energy;
  } else {
    ContactSum sum{};
    add_contact(touch, pose.position, sum);
    return energy + sum.energy + sum.friction;
  }
}

/// Newton's direction with the matrix made stiffer by `shift` times that of a joint: solves
/// (H + shift K) p = -gradient. Returns false when that was not positive definite. With `exact`
/// contact has its own second derivatives, else a positive part of them.
template <class AnyTouch>
FILIGREE_FUNCTION bool find_direction(const RodModel& model, Index row, const StepStart& start,
                                      const Workspace& work, Real shift, const AnyTouch& touch,
                                      bool exact) {
  assemble(model, row, start, work, true);
  bool is_coupled = false;
  if constexpr (AnyTouch::kActive) {
    ContactSum sum{2, exact, work.gradient, work.matrix};
    add_contact(touch, work.position, sum);
    is_coupled = sum.is_coupled;
  }
  Real of_angles = shift * model.angle_scale(row);
  const Real of_positions = of_angles / (model.mean_edge(row) * model.mean_edge(row));
  // A rod that no clamp holds can turn about itself at no cost.
  if constexpr (AnyTouch::kActive) of_angles += kFreeTurn * model.angle_scale(row);
  for (Index v = 0; v < model.n_vertices; ++v) {
    work.direction[v] = -work.gradient[v];
    for (int i = 0; i < 3; ++i) work.matrix.diagonal[v](i, i) += of_positions;
    work.matrix.diagonal[v](3, 3) += of_angles;
  }
  hold(model, start, work);
  if constexpr (AnyTouch::kActive) {
    if (is_coupled) keep_matrix(touch, work.matrix);
  }
  if (factorize(model.pattern, work.matrix) > 0) return false;
  if constexpr (AnyTouch::kActive) {
    if (is_coupled) return solve_coupled(touch, work.matrix, work.direction);
  }
  solve(model.pattern, work.matrix, work.direction);
  return true;
}

FILIGREE_FUNCTION void accept_trial(const RodModel& model, const Workspace& work) {
  for (Index v = 0; v < model.n_vertices; ++v) work.position[v] = work.trial_position[v];
  for (Index e = 0; e < model.n_edges; ++e) work.director[e] = work.trial_director[e];
  for (Index j = 0; j < model.n_joints; ++j) work.twist[j] = work.trial_twist[j];
}

struct DirectionSize {
  Real slope;       ///< gradient . direction
  Real distance;    ///< largest move of a vertex, m
  Real turn;        ///< largest change of an angle, rad
  Real edge_ratio;  ///< largest change of an edge vector over its length
};
FILIGREE_FUNCTION DirectionSize size_of(const RodModel& model, const Workspace& work) {
  DirectionSize size{};
  for (Index v = 0; v < model.n_vertices; ++v) {
    const Vec<4>& p = work.direction[v];
    size.slope += dot(work.gradient[v], p);
    size.distance = Kokkos::fmax(size.distance, norm(Vec<3>{p[0], p[1], p[2]}));
    size.turn = Kokkos::fmax(size.turn, Kokkos::fabs(p[3]));
  }
  for (Index e = 0; e < model.n_edges; ++e) {
    const Vec<4> p = work.direction[model.head(e)] - work.direction[model.tail(e)];
    const Vec<3> edge = work.position[model.head(e)] - work.position[model.tail(e)];
    size.edge_ratio = Kokkos::fmax(size.edge_ratio, norm(Vec<3>{p[0], p[1], p[2]}) / norm(edge));
  }
  return size;
}

struct StepResult {
  Index iterations;
  bool converged;
};

/// Newton's iterations from the pose in `work`.
template <class AnyTouch>
FILIGREE_FUNCTION StepResult minimise(const RodModel& model, Index row, const StepStart& start,
                                      const Workspace& work, Real tolerance, int max_iterations,
                                      const AnyTouch& touch) {
  Real energy = whole_energy(model, row, start, {work.position, work.director, work.twist}, touch);
  Real shift = 0;
  for (int iteration = 1; iteration <= max_iterations; ++iteration) {
    shift = shift > kLeastShift ? shift * Real(0.1) : 0;
    bool exact = AnyTouch::kActive;
    while (!find_direction(model, row, start, work, shift, touch, exact)) {
      if (exact) {
        exact = false;
        continue;
      }
      shift = shift > 0 ? 10 * shift : kLeastShift;
      if (!(shift < kMostShift)) return {iteration, false};
    }
    const DirectionSize size = size_of(model, work);
    if (!(size.slope <= 0)) return {iteration, false};  // NaN too
    Real share = 1;  // no edge may turn over, no frame by more than a radian
    if (size.edge_ratio > Real(0.7)) share = Real(0.7) / size.edge_ratio;
    if (share * size.turn > 1) share = 1 / size.turn;
    if constexpr (AnyTouch::kActive) {
      share = Kokkos::fmin(share, safe_share(touch, work.position, work.direction));
    }
    const auto within = [&](Real limit) {
      return shift <= kLeastShift && size.distance <= limit * model.mean_edge(row) &&
             size.turn <= limit;
    };
    const bool last = within(tolerance);
    const Real round_off = tol<Real>(64) * Kokkos::fabs(energy);
    const Real whole = share;
    bool lower = last;  // differences of phi say nothing about a last, tiny move
    if (last) move(model, row, work, share);
    for (int halving = 0; halving < 40 && !lower; ++halving) {
      move(model, row, work, share);
      const Real trial = whole_energy(
          model, row, start, {work.trial_position, work.trial_director, work.trial_twist}, touch);
      lower = trial <= energy + Real(1e-4) * share * size.slope + round_off;
      if (lower) {
        energy = trial;
      } else {
        share *= Real(0.5);
      }
    }
    // Where phi cannot tell any more but the move is tiny, what is left after it is its square.
    const bool done = last || (!lower && within(Kokkos::fmin(1000 * tolerance, Real(1e-6))));
    if (!lower && !done) return {iteration, false};
    if (!lower) move(model, row, work, whole);
    accept_trial(model, work);
    if (done) return {iteration, true};
  }
  return {max_iterations, false};
}

/// Puts the pose of a step's start into `work`: held vertices and edges `part` of the way to their
/// targets, free ones `ahead` times dt v further.
FILIGREE_FUNCTION void set_pose(const RodModel& model, Index row, const RodState& state,
                                const RodControls& controls, const StepStart& start, Index b,
                                Real part, Real ahead, const Workspace& work) {
  const auto turned = [&](Index e) {
    return (start.held[model.edge_node(e)] & kAngleHeld) != 0 ? part * controls.turn(b, e)
                                                              : Real(0);
  };
  for (Index v = 0; v < model.n_vertices; ++v) {
    work.position[v] = (start.held[v] & kPositionHeld) != 0
                           ? start.position[v] + part * (controls.target(b, v) - start.position[v])
                           : start.position[v] + (ahead * start.dt) * start.velocity[v];
  }
  for (Index e = 0; e < model.n_edges; ++e) {
    const Index tail = model.tail(e);
    const Index head = model.head(e);
    work.director[e] = carried_director(start.position[head] - start.position[tail],
                                        work.position[head] - work.position[tail],
                                        state.director(b, e), turned(e));
  }
  for (Index j = 0; j < model.n_joints; ++j) {
    const DeviceJoint joint = model.joints(j);
    work.twist[j] = state.twist(b, j) + joint.sign_b * turned(joint.edge_b) -
                    joint.sign_a * turned(joint.edge_a);
  }
  update_twists(model, row, {work.position, work.director, work.twist}, work.twist);
}

/// What kind of step is taken.
struct StepKind {
  Real dt;           ///< of the minimisation
  bool to_middle;    ///< the minimisation leads to the middle of the step
  bool from_rest;    ///< velocities count as zero, and are zero afterwards
  bool only_failed;  ///< rods whose last step converged are left alone
  Real tolerance;
  int max_iterations;
};

/// From the pose in the middle of a step to that at its end, as far again.
FILIGREE_FUNCTION void double_step(const RodModel& model, Index row, const RodControls& controls,
                                   const StepStart& start, Index b, const Workspace& work) {
  for (Index v = 0; v < model.n_vertices; ++v) {
    const Vec<3> moved = work.position[v] - start.position[v];
    work.direction[v] = {moved[0], moved[1], moved[2], 0};
  }
  for (Index e = 0; e < model.n_edges; ++e) {
    const Index node = model.edge_node(e);
    if ((start.held[node] & kAngleHeld) != 0) {
      work.direction[node][3] = Real(0.5) * controls.turn(b, e);
    }
  }
  move(model, row, work, 1);
  accept_trial(model, work);
}

/// Puts the pose from which Newton's method starts into `work`: where inertia leads or where the
/// rod is, whatever is lower.
FILIGREE_FUNCTION void begin(const RodModel& model, Index row, const RodState& state,
                             const RodControls& controls, const StepStart& start, Index b,
                             Real part, const StepKind& /*kind*/, const Workspace& work,
                             const NoTouch& /*touch*/) {
  set_pose(model, row, state, controls, start, b, part, 0, work);
  const Real here = step_energy(model, row, start, {work.position, work.director, work.twist});
  set_pose(model, row, state, controls, start, b, part, 1, work);
  const Real ahead = step_energy(model, row, start, {work.position, work.director, work.twist});
  if (!(ahead <= here)) set_pose(model, row, state, controls, start, b, part, 0, work);
}

/// The same with contact. Clamps that would push edges through something move in parts, and the
/// rods give way in between.
FILIGREE_FUNCTION void begin(const RodModel& model, Index row, const RodState& state,
                             const RodControls& controls, const StepStart& start, Index b,
                             Real part, const StepKind& kind, const Workspace& work,
                             const Touch& touch) {
  constexpr int kParts = 40;
  constexpr int kIterations = 8;
  set_pose(model, row, state, controls, start, b, part, 0, work);
  if (is_reached(touch, work)) {
    find_pairs(touch, work.position, nullptr, 0);
    const Real here =
        whole_energy(model, row, start, {work.position, work.director, work.twist}, touch);
    set_pose(model, row, state, controls, start, b, part, 1, work);
    if (is_reached(touch, work) &&
        whole_energy(model, row, start, {work.position, work.director, work.twist}, touch) <=
            here) {
      return;
    }
    set_pose(model, row, state, controls, start, b, part, 0, work);
    return;
  }
  set_pose(model, row, state, controls, start, b, 0, 0, work);
  Real left = 1;
  for (int k = 0; left > 0; ++k) {
    for (Index v = 0; v < model.n_vertices; ++v) {
      const bool held = (start.held[v] & kPositionHeld) != 0;
      const Vec<3> way = (held ? left : Real(0)) * (controls.target(b, v) - start.position[v]);
      work.direction[v] = {way[0], way[1], way[2], 0};
    }
    for (Index e = 0; e < model.n_edges; ++e) {
      const Index node = model.edge_node(e);
      if ((start.held[node] & kAngleHeld) != 0) {
        work.direction[node][3] = left * controls.turn(b, e);
      }
    }
    const Real share = k < kParts ? safe_share(touch, work.position, work.direction) : Real(1);
    move(model, row, work, share);
    accept_trial(model, work);
    left = share < 1 ? left * (1 - share) : Real(0);
    if (left > 0) minimise(model, row, start, work, kind.tolerance, kIterations, touch);
  }
}

/// From the start of a step to the least of its potential.
template <class AnyTouch>
FILIGREE_FUNCTION StepResult solve_step(const RodModel& model, Index row, const RodState& state,
                                        const RodControls& controls, const StepStart& start,
                                        Index b, Real part, const StepKind& kind,
                                        const Workspace& work, const AnyTouch& touch) {
  if constexpr (AnyTouch::kActive) {
    for (Index k = 0; k < 4; ++k) {  // what did not fit stays counted until it is looked at
      if (k != kOverflow) touch.scratch.counts(b, k) = 0;
    }
    find_pairs(touch, start.position, nullptr, 0);
    note_slips(touch, start.position, 1);
  }
  begin(model, row, state, controls, start, b, part, kind, work, touch);
  StepResult result = minimise(model, row, start, work, kind.tolerance, kind.max_iterations, touch);
  if constexpr (AnyTouch::kActive) {
    for (int pass = 1; pass < touch.contact.friction_passes && result.converged; ++pass) {
      note_slips(touch, work.position, 0);
      const StepResult more =
          minimise(model, row, start, work, kind.tolerance, kind.max_iterations, touch);
      result = {result.iterations + more.iterations, more.converged};
    }
  }
  return result;
}

FILIGREE_FUNCTION void note_contact(const NoTouch& /*touch*/, const Workspace& /*work*/) {}

struct NoContact {
  FILIGREE_FUNCTION NoTouch touch(const RodModel& /*model*/, const StepStart& /*start*/,
                                  Index /*row*/, Index /*b*/, const StepKind& /*kind*/) const {
    return {};
  }
};
/// Contact as kernels capture it.
struct WithContact {
  RodContactModel contact;
  RodContactScratch scratch;
  FILIGREE_FUNCTION Touch touch(const RodModel& model, const StepStart& start, Index row, Index b,
                                const StepKind& kind) const {
    const Real seconds = kind.from_rest ? static_cast<Real>(kFirstSettling) : kind.dt;
    return {model,
            contact,
            scratch,
            start,
            row,
            b,
            contact.slip_speed * seconds,
            kind.from_rest ? Real(0) : kind.dt};
  }
};

/// Takes the pose over into the state, with the velocities that led to it.
FILIGREE_FUNCTION void take_over(const RodModel& model, const StepStart& start,
                                 const StepKind& kind, const RodState& state, Index b,
                                 const Workspace& work) {
  const Real whole = kind.to_middle ? 2 * kind.dt : kind.dt;
  for (Index v = 0; v < model.n_vertices; ++v) {
    const Vec<3> mean = (work.position[v] - start.position[v]) * (1 / whole);
    const bool held = (start.held[v] & kPositionHeld) != 0;
    state.velocity(b, v) = kind.to_middle && !held ? 2 * mean - start.velocity[v] : mean;
    if (kind.from_rest) state.velocity(b, v) = Vec<3>::zero();
    state.position(b, v) = work.position[v];
  }
  for (Index e = 0; e < model.n_edges; ++e) state.director(b, e) = work.director[e];
  for (Index j = 0; j < model.n_joints; ++j) state.twist(b, j) = work.twist[j];
}

template <class AnyContact>
void step_all(const RodModel& rods, const RodControls& held, const RodState& rod_state,
              const RodScratch& memory, const StepKind kind, const AnyContact contact) {
  const RodModel model = rods;
  const RodControls controls = held;
  const RodState state = rod_state;
  const RodScratch scratch = memory;
  for_each_uneven(
      "rods/step", state.batch, 1, FILIGREE_LAMBDA(Index b) {
        if (kind.only_failed && scratch.converged(b) != 0) return;
        const Index row = model.rows == 1 ? 0 : b;
        const Workspace work = workspace_of(scratch, b);
        if (kind.from_rest) {
          for (Index v = 0; v < model.n_vertices; ++v) state.velocity(b, v) = Vec<3>::zero();
        }
        const StepStart start{row_of(state.position, b),
                              row_of(state.velocity, b),
                              row_of(controls.held, b),
                              row_of(controls.force, b),
                              1 / (kind.dt * kind.dt),
                              model.damping(row) / kind.dt,
                              kind.dt};
        const Real part = kind.to_middle ? Real(0.5) : Real(1);
        const auto touch = contact.touch(model, start, row, b, kind);
        const StepResult result =
            solve_step(model, row, state, controls, start, b, part, kind, work, touch);
        assemble(model, row, start, work, false);
        note_contact(touch, work);
        scratch.residual(b) = note_reactions(model, start, work, row_of(scratch.reaction, b));
        scratch.iterations(b) = result.iterations;
        scratch.converged(b) = result.converged ? 1 : 0;
        if (kind.to_middle) double_step(model, row, controls, start, b, work);
        take_over(model, start, kind, state, b, work);
      });
}

}  // namespace

void detail::step_failed_implicitly(const RodModel& model, const RodControls& controls, double dt,
                                    const RodStepOptions& options, const RodState& state,
                                    const RodScratch& scratch) {
  step_all(model, controls, state, scratch,
           {static_cast<Real>(dt), false, false, true, static_cast<Real>(options.tolerance),
            options.max_iterations},
           NoContact{});
}

RodControls make_controls(const RodModel& model, const RodState& state) {
  RodControls controls{Array<Index, 2>("rods/held", state.batch, model.n_vertices),
                       Array<Vec<3>, 2>("rods/target", state.batch, model.n_vertices),
                       Array<Real, 2>("rods/turn", state.batch, model.n_edges),
                       Array<Vec<3>, 2>("rods/force", state.batch, model.n_vertices)};
  Kokkos::deep_copy(controls.held.view(), Index(0));
  Kokkos::deep_copy(controls.target.view(), state.position.view());
  Kokkos::deep_copy(controls.turn.view(), Real(0));
  Kokkos::deep_copy(controls.force.view(), Vec<3>::zero());
  return controls;
}

namespace {

template <class AnyContact>
RodStepReport step_by(const RodModel& model, const RodControls& controls, double dt,
                      const RodStepOptions& options, RodState& state, RodScratch& scratch,
                      const AnyContact& contact) {
  reserve(model, state.batch, scratch);
  const bool to_middle = options.rule == RodRule::kMidpoint;
  step_all(model, controls, state, scratch,
           {static_cast<Real>(to_middle ? dt / 2 : dt), to_middle, false, false,
            static_cast<Real>(options.tolerance), options.max_iterations},
           contact);
  state.time += dt;
  return report_of(state.batch, scratch);
}

template <class AnyContact>
RodStepReport settle_by(const RodModel& model, const RodControls& controls,
                        const RodStepOptions& options, RodState& state, RodScratch& scratch,
                        const AnyContact& contact) {
  constexpr int kDoublings = 24;  // to a step of 2 days
  reserve(model, state.batch, scratch);
  RodControls still = controls;
  still.turn = Array<Real, 2>("rods/turn", state.batch, model.n_edges);
  Kokkos::deep_copy(still.turn.view(), Real(0));
  double dt = kFirstSettling;
  for (int k = 0; k <= kDoublings; ++k, dt *= 2) {
    step_all(model, k == 0 ? controls : still, state, scratch,
             {static_cast<Real>(dt), false, true, false, static_cast<Real>(options.tolerance),
              options.max_iterations},
             contact);
  }
  return report_of(state.batch, scratch);
}

}  // namespace

RodStepReport implicit_step(const RodModel& model, const RodControls& controls, double dt,
                            const RodStepOptions& options, RodState& state, RodScratch& scratch) {
  if (options.rule == RodRule::kSemiImplicit) {
    return semi_implicit_step(model, controls, dt, options, state, scratch);
  }
  return step_by(model, controls, dt, options, state, scratch, NoContact{});
}

RodStepReport settle(const RodModel& model, const RodControls& controls,
                     const RodStepOptions& options, RodState& state, RodScratch& scratch) {
  return settle_by(model, controls, options, state, scratch, NoContact{});
}

RodStepReport implicit_step(const RodModel& model, const RodControls& controls,
                            const RodContact& contact, double dt, const RodStepOptions& options,
                            RodState& state, RodScratch& scratch, RodContactScratch& touching) {
  prepare_contact(model, contact.model, options, state.batch, touching);
  const RodStepReport report =
      step_by(model, controls, dt, options, state, scratch, WithContact{contact.model, touching});
  note_contacts(contact.model, state.batch, touching);
  return report;
}

RodStepReport settle(const RodModel& model, const RodControls& controls, const RodContact& contact,
                     const RodStepOptions& options, RodState& state, RodScratch& scratch,
                     RodContactScratch& touching) {
  prepare_contact(model, contact.model, options, state.batch, touching);
  const RodStepReport report =
      settle_by(model, controls, options, state, scratch, WithContact{contact.model, touching});
  note_contacts(contact.model, state.batch, touching);
  return report;
}

}  // namespace filigree::rods
