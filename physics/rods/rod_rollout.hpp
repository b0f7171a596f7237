// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Many steps of branched rods, and their derivatives in bounded memory.
//
// Frame 0 is the start of a rollout, frame k the state after k steps. On the way forward every
// s-th frame is kept, s about sqrt(steps); on the way back the s - 1 steps between two of them are
// taken again. Steps are reproducible to the last bit, so the derivatives have the same bits as
// those of a rollout that kept every frame, at the price of one more rollout (griewank2008, chapter
// 12, two levels).
//
//   RodRollout rollout{.steps = 498, .dt = 0.01, .set_controls = play(program)};
//   RodRolloutMemory memory;
//   run_rollout(model, rollout, state, memory);
//   rollout_adjoint(model, rollout, memory, [&](Index frame, const RodState& at, RodStateBar& bar)
//   {
//     // adds dJ/dx of this frame to bar.position, dJ/dv to bar.velocity
//   }, bar, model_bar);
#pragma once

#include <functional>
#include <vector>

#include "physics/rods/rod_tangent.hpp"

namespace filigree::rods {

struct RodRollout {
  Index steps = 0;
  double dt = 0.01;  ///< s
  RodStepOptions options;
  /// Sets what acts during step k (0 to steps - 1): changes entries or puts other arrays in place.
  /// Steps that are taken again ask again, in any order, and must get the same. Arrays that are put
  /// in place act in that step alone. Left out: what the memory holds (at first: nothing).
  std::function<void(Index step, RodControls& controls)> set_controls;
  Index keep_every = 0;  ///< frames; 0: about sqrt(steps), 1: every frame, nothing is taken again
};

/// What a rollout keeps. Grown when needed; nothing is allocated when a rollout of the same size
/// runs again.
struct RodRolloutMemory {
  RodControls controls;        ///< what acts where set_controls changes nothing
  std::vector<RodState> kept;  ///< every spacing-th frame and the last one
  Index spacing = 0;
  std::vector<RodState> between;  ///< frames between two of them, on the way back
  RodControlsBar controls_bar;
  RodControlsChange controls_change;
  RodScratch scratch;
};

struct RodRolloutReport {
  Index iterations = 0;    ///< of Newton's method, the most of any step and rod
  double residual = 0;     ///< the largest, N
  Index failed_steps = 0;  ///< in which a rod did not converge
  Index first_failed_step = -1;
  Index first_failed_rod = -1;
};

/// Is told every frame, 0 to steps.
using WatchFrame = std::function<void(Index frame, const RodState& state)>;

/// Goes from `state` to the end of the rollout, in place. Steps that fail are counted and the
/// rollout goes on.
RodRolloutReport run_rollout(const RodModel& model, const RodRollout& rollout, RodState& state,
                             RodRolloutMemory& memory, const WatchFrame& watch = {});

/// Adds the derivatives of a cost with respect to the state at a frame; asked for every frame, from
/// the last one to the first.
using AddCostBar = std::function<void(Index frame, const RodState& state, RodStateBar& bar)>;
/// Is given the derivatives with respect to what acted during a step, from the last one to the
/// first.
using TakeControlsBar = std::function<void(Index step, const RodControlsBar& bar)>;

/// The rollout that `memory` holds, backwards. `bar` is set to the derivatives with respect to the
/// state at frame 0, `model_bar` is added to. Returns how many times the derivative of a rod's step
/// was refused (see implicit_step_adjoint). Throws InputError when memory holds no such rollout.
Index rollout_adjoint(const RodModel& model, const RodRollout& rollout, RodRolloutMemory& memory,
                      const AddCostBar& add_cost_bar, RodStateBar& bar, RodModelBar& model_bar,
                      const TakeControlsBar& take_controls_bar = {});

/// Sets the change of what acts during a step.
using SetControlsChange = std::function<void(Index step, RodControlsChange& change)>;
/// Is told every frame with its change along the direction.
using WatchChange =
    std::function<void(Index frame, const RodState& state, const RodStateChange& change)>;

/// Goes from `state` to the end of the rollout, in place, together with `change`, that along one
/// direction of start, clamps and parameters. Returns how many times a rod's step failed or its
/// derivative was refused.
Index rollout_tangent(const RodModel& model, const RodRollout& rollout, RodState& state,
                      RodStateChange& change, const RodModelChange& model_change,
                      RodRolloutMemory& memory, const SetControlsChange& set_controls_change = {},
                      const WatchChange& watch = {});

/// Controls of all steps as arrays. What is held does not change.
struct RodProgram {
  Array<Index, 2> held;     ///< [batch, n_vertices]
  Array<Vec<3>, 3> target;  ///< [steps, batch, n_vertices]
  Array<Real, 3> turn;      ///< [steps, batch, n_edges]
  Array<Vec<3>, 3> force;   ///< [steps, batch, n_vertices]
};
/// Nothing is held and no force acts; targets are where the state is.
RodProgram make_program(const RodModel& model, const RodState& state, Index steps);
/// For RodRollout::set_controls; nothing is copied.
std::function<void(Index, RodControls&)> play(const RodProgram& program);

/// Derivatives with respect to a program.
struct RodProgramBar {
  Array<Vec<3>, 3> target;
  Array<Real, 3> turn;
  Array<Vec<3>, 3> force;
};
RodProgramBar make_program_bar(const RodModel& model, Index batch, Index steps);
/// For rollout_adjoint: writes into `bar`.
TakeControlsBar write_to(const RodProgramBar& bar);

}  // namespace filigree::rods
