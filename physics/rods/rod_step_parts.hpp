// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Inner workings of steps and of their derivatives: rows of scratch, the equations of a step.
#pragma once

#include "physics/rods/rod_assembly.hpp"
#include "physics/rods/rod_step.hpp"

namespace filigree::rods::detail {

/// Bits of RodControls::held.
inline constexpr Index kPositionHeld = 1;
inline constexpr Index kAngleHeld = 2;
/// Rows of the scratch of one rod.
struct Workspace {
  Vec<3>* position;
  Vec<3>* director;
  Real* twist;
  Vec<3>* trial_position;
  Vec<3>* trial_director;
  Real* trial_twist;
  Vec<4>* gradient;
  Vec<4>* direction;
  TreeMatrix matrix;
  TreeMatrix kept;  ///< the matrix itself, for who reserved it: factors overwrite it
};

/// The start of a step, and weights of its terms.
struct StepStart {
  const Vec<3>* position;
  const Vec<3>* velocity;
  const Index* held;
  const Vec<3>* force;
  Real inertia;  ///< 1/dt^2
  Real drag;     ///< damping/dt
  Real dt;
};

template <class T>
FILIGREE_FUNCTION T* row_of(const Array<T, 2>& array, Index b) {
  return array.data() + Offset(b) * array.extent(1);
}

FILIGREE_FUNCTION Workspace workspace_of(const RodScratch& s, Index b) {
  return {row_of(s.position, b),
          row_of(s.director, b),
          row_of(s.twist, b),
          row_of(s.trial_position, b),
          row_of(s.trial_director, b),
          row_of(s.trial_twist, b),
          row_of(s.gradient, b),
          row_of(s.direction, b),
          {row_of(s.diagonal, b), row_of(s.coupling, b)},
          {row_of(s.kept_diagonal, b), row_of(s.kept_coupling, b)}};
}

FILIGREE_FUNCTION Vec<3> unit(const Vec<3>& v) {
  return v * (1 / norm(v));
}

/// The frame of an edge that goes from vector `before` to `after`, carried along, then turned by
/// theta; made perpendicular and of unit length again.
FILIGREE_FUNCTION Vec<3> carried_director(const Vec<3>& before, const Vec<3>& after,
                                          const Vec<3>& director, Real theta) {
  const Vec<3> t = unit(after);
  Vec<3> d = transported(unit(before), t, director);
  if (theta != 0) d = Kokkos::cos(theta) * d + Kokkos::sin(theta) * cross(t, d);
  return unit(d - dot(d, t) * t);
}

FILIGREE_FUNCTION void update_twists(const RodModel& model, Index row, const RodPose& pose,
                                     Real* twist) {
  for (Index j = 0; j < model.n_joints; ++j) twist[j] = joint_kappa(model, row, pose, j)[2];
}

/// The pose at a share of the direction, into the trial rows.
FILIGREE_FUNCTION void move(const RodModel& model, Index row, const Workspace& work, Real share) {
  for (Index v = 0; v < model.n_vertices; ++v) {
    for (int i = 0; i < 3; ++i) {
      work.trial_position[v][i] = work.position[v][i] + share * work.direction[v][i];
    }
  }
  for (Index e = 0; e < model.n_edges; ++e) {
    const Index tail = model.tail(e);
    const Index head = model.head(e);
    work.trial_director[e] =
        carried_director(work.position[head] - work.position[tail],
                         work.trial_position[head] - work.trial_position[tail], work.director[e],
                         share * work.direction[model.edge_node(e)][3]);
  }
  for (Index j = 0; j < model.n_joints; ++j) work.trial_twist[j] = work.twist[j];
  update_twists(model, row, {work.trial_position, work.trial_director, work.trial_twist},
                work.trial_twist);
}

FILIGREE_FUNCTION void clear_system(const RodModel& model, const Workspace& work, bool second) {
  for (Index v = 0; v < model.n_vertices; ++v) {
    work.gradient[v] = Vec<4>::zero();
    if (second) work.matrix.diagonal[v] = Mat<4>::zero();
  }
  if (!second) return;
  for (Index k = 0; k < model.pattern.n_blocks; ++k) work.matrix.coupling[k] = Mat<4>::zero();
}

/// Adds what phi has beside the elastic energy: inertia, damping, gravity, forces.
FILIGREE_FUNCTION void add_inertia(const RodModel& model, Index row, const StepStart& start,
                                   const Workspace& work, bool second) {
  for (Index v = 0; v < model.n_vertices; ++v) {
    const Real m = model.mass(row, v);
    const Vec<3> moved = work.position[v] - start.position[v];
    const Vec<3> force = m * (start.inertia * (moved - start.dt * start.velocity[v]) +
                              start.drag * moved - model.gravity) -
                         start.force[v];
    for (int i = 0; i < 3; ++i) work.gradient[v][i] += force[i];
    if (!second) continue;
    for (int i = 0; i < 3; ++i) work.matrix.diagonal[v](i, i) += m * (start.inertia + start.drag);
  }
}

/// d phi / d(x, theta), and its second derivatives into the matrix.
FILIGREE_FUNCTION void assemble(const RodModel& model, Index row, const StepStart& start,
                                const Workspace& work, bool second) {
  clear_system(model, work, second);
  add_elasticity(model, row, {work.position, work.director, work.twist}, work.gradient, second,
                 work.matrix);
  add_inertia(model, row, start, work, second);
}

/// Notes what is left of the balance of forces, and the reactions of clamps.
FILIGREE_FUNCTION Real note_reactions(const RodModel& model, const StepStart& start,
                                      const Workspace& work, Vec<4>* reaction) {
  Real residual = 0;
  for (Index v = 0; v < model.n_vertices; ++v) {
    const Vec<4>& g = work.gradient[v];
    reaction[v] = g;
    if ((start.held[v] & kPositionHeld) == 0) {
      const Real left = norm(Vec<3>{g[0], g[1], g[2]});
      if (!(left <= residual)) residual = left;  // NaN too
    }
  }
  return residual;
}

/// Takes the unknowns that are held out of the system. The angle of a root, which has no edge, is
/// always held.
FILIGREE_FUNCTION void hold(const RodModel& model, const StepStart& start, const Workspace& work) {
  const auto is_held = [&](Index v, int i) {
    return i < 3 ? (start.held[v] & kPositionHeld) != 0
                 : (start.held[v] & kAngleHeld) != 0 || model.is_root(v) == 1;
  };
  for (Index v = 0; v < model.n_vertices; ++v) {
    for (int i = 0; i < 4; ++i) {
      if (!is_held(v, i)) continue;
      work.direction[v][i] = 0;
      for (int j = 0; j < 4; ++j) {
        work.matrix.diagonal[v](i, j) = work.matrix.diagonal[v](j, i) = i == j ? 1 : 0;
      }
    }
    for (Index k = model.pattern.upper_begin(v); k < model.pattern.upper_begin(v + 1); ++k) {
      const Index u = model.pattern.upper(k);
      for (int i = 0; i < 4; ++i) {
        const bool row_held = is_held(v, i);
        for (int j = 0; j < 4; ++j) {
          if (row_held || is_held(u, j)) work.matrix.coupling[k](i, j) = 0;
        }
      }
    }
  }
}

/// Keeps the matrix before factors overwrite it.
FILIGREE_FUNCTION void keep_matrix(const RodModel& model, const Workspace& work) {
  for (Index v = 0; v < model.n_vertices; ++v) work.kept.diagonal[v] = work.matrix.diagonal[v];
  for (Index k = 0; k < model.pattern.n_blocks; ++k) {
    work.kept.coupling[k] = work.matrix.coupling[k];
  }
}

/// Makes room in an array; what it held is lost then, and true is returned.
template <class T>
bool reserve(Array<T, 2>& array, const char* label, Index rows, Index columns) {
  if (array.extent(0) >= rows && array.extent(1) == columns) return false;
  array = Array<T, 2>(label, rows, columns);
  return true;
}

/// Grows the scratch to so many rods; reserve_kept() the rows of Workspace::kept, reserve_edges()
/// the numbers of edges of semi-implicit steps.
void reserve(const RodModel& model, Index batch, RodScratch& scratch);
void reserve_kept(const RodModel& model, Index batch, RodScratch& scratch);
void reserve_edges(const RodModel& model, Index batch, RodScratch& scratch);

/// An implicit step of the rods whose last step failed (RodScratch::converged).
void step_failed_implicitly(const RodModel& model, const RodControls& controls, double dt,
                            const RodStepOptions& options, const RodState& state,
                            const RodScratch& scratch);

/// What the scratch holds after a step.
RodStepReport report_of(Index batch, const RodScratch& scratch);

}  // namespace filigree::rods::detail
