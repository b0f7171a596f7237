// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/rod_rollout.hpp"

#include <algorithm>
#include <cmath>

#include "physics/rods/rod_derivative_parts.hpp"

namespace filigree::rods {

namespace {

void assign(RodState& to, const RodState& from) {
  if (to.position.size() != from.position.size() || to.twist.size() != from.twist.size()) {
    to = copy_of(from);
    return;
  }
  to.batch = from.batch;
  to.time = from.time;
  copy(to.position, from.position);
  copy(to.velocity, from.velocity);
  copy(to.director, from.director);
  copy(to.twist, from.twist);
}

Index spacing_of(const RodRollout& rollout) {
  if (rollout.keep_every > 0) return rollout.keep_every;
  return std::max<Index>(1, static_cast<Index>(std::ceil(std::sqrt(double(rollout.steps)))));
}

/// Frames that are kept, the last one included.
Index kept_frames(const RodRollout& rollout) {
  const Index s = spacing_of(rollout);
  return (rollout.steps + s - 1) / s + 1;
}

void prepare(const RodModel& model, const RodState& state, RodRolloutMemory& memory) {
  const auto fits = [&](const auto& of_vertices, const auto& of_edges) {
    return of_vertices.extent(0) == state.batch && of_vertices.extent(1) == model.n_vertices &&
           of_edges.extent(1) == model.n_edges;
  };
  if (!fits(memory.controls.target, memory.controls.turn)) {
    memory.controls = make_controls(model, state);
  }
  if (!fits(memory.controls_bar.target, memory.controls_bar.turn)) {
    memory.controls_bar = make_controls_bar(model, state.batch);
    memory.controls_change = make_controls_bar(model, state.batch);
  }
}

RodControls controls_at(const RodRollout& rollout, const RodRolloutMemory& memory, Index step) {
  RodControls controls = memory.controls;  // the same arrays, unless others are put in place
  if (rollout.set_controls) rollout.set_controls(step, controls);
  return controls;
}

RodStepReport take_step(const RodModel& model, const RodRollout& rollout, RodRolloutMemory& memory,
                        Index step, RodState& state) {
  return implicit_step(model, controls_at(rollout, memory, step), rollout.dt, rollout.options,
                       state, memory.scratch);
}

/// Entry i of the first extent; shares its memory.
template <class T>
Array<T, 2> slice(const Array<T, 3>& array, Index i) {
  return Array<T, 2>(Kokkos::subview(array.view(), i, Kokkos::ALL, Kokkos::ALL));
}

}  // namespace

RodRolloutReport run_rollout(const RodModel& model, const RodRollout& rollout, RodState& state,
                             RodRolloutMemory& memory, const WatchFrame& watch) {
  prepare(model, state, memory);
  const Index spacing = spacing_of(rollout);
  memory.spacing = spacing;
  memory.kept.resize(static_cast<std::size_t>(kept_frames(rollout)));
  RodRolloutReport report;
  for (Index k = 0; k < rollout.steps; ++k) {
    if (k % spacing == 0) assign(memory.kept[static_cast<std::size_t>(k / spacing)], state);
    if (watch) watch(k, state);
    const RodStepReport step = take_step(model, rollout, memory, k, state);
    report.iterations = std::max(report.iterations, step.iterations);
    if (!(step.residual <= report.residual) && !std::isnan(report.residual)) {
      report.residual = step.residual;
    }
    if (step.failed > 0 && report.failed_steps++ == 0) {
      report.first_failed_step = k;
      report.first_failed_rod = step.first_failed;
    }
  }
  assign(memory.kept.back(), state);
  if (watch) watch(rollout.steps, state);
  return report;
}

Index rollout_adjoint(const RodModel& model, const RodRollout& rollout, RodRolloutMemory& memory,
                      const AddCostBar& add_cost_bar, RodStateBar& bar, RodModelBar& model_bar,
                      const TakeControlsBar& take_controls_bar) {
  detail::require_derivatives(rollout.options.rule);
  FILIGREE_REQUIRE(static_cast<Index>(memory.kept.size()) == kept_frames(rollout) &&
                       memory.spacing == spacing_of(rollout),
                   "the memory does not hold a rollout of {} steps; call run_rollout first",
                   rollout.steps);
  const Index spacing = spacing_of(rollout);
  if (static_cast<Index>(memory.between.size()) < spacing - 1) {
    memory.between.resize(static_cast<std::size_t>(spacing - 1));
  }
  fill(bar.position, Vec<3>::zero());
  fill(bar.velocity, Vec<3>::zero());
  fill(bar.angle, Real(0));
  if (add_cost_bar) add_cost_bar(rollout.steps, memory.kept.back(), bar);
  Index refused = 0;
  for (std::size_t part = memory.kept.size() - 1; part-- > 0;) {
    const Index begin = static_cast<Index>(part) * spacing;
    const Index end = std::min(rollout.steps, begin + spacing);
    const auto frame = [&](Index k) -> const RodState& {
      if (k == begin) return memory.kept[part];
      return k == end ? memory.kept[part + 1]
                      : memory.between[static_cast<std::size_t>(k - begin - 1)];
    };
    for (Index k = begin; k + 1 < end; ++k) {
      RodState& next = memory.between[static_cast<std::size_t>(k - begin)];
      assign(next, frame(k));
      take_step(model, rollout, memory, k, next);
    }
    for (Index k = end - 1; k >= begin; --k) {
      refused += implicit_step_adjoint(model, controls_at(rollout, memory, k), rollout.dt, frame(k),
                                       frame(k + 1), bar, memory.controls_bar, model_bar,
                                       memory.scratch, rollout.options.rule);
      if (take_controls_bar) take_controls_bar(k, memory.controls_bar);
      if (add_cost_bar) add_cost_bar(k, frame(k), bar);
    }
  }
  return refused;
}

Index rollout_tangent(const RodModel& model, const RodRollout& rollout, RodState& state,
                      RodStateChange& change, const RodModelChange& model_change,
                      RodRolloutMemory& memory, const SetControlsChange& set_controls_change,
                      const WatchChange& watch) {
  detail::require_derivatives(rollout.options.rule);
  prepare(model, state, memory);
  if (memory.between.empty()) memory.between.resize(1);
  RodState& before = memory.between.front();
  fill(memory.controls_change.target, Vec<3>::zero());
  fill(memory.controls_change.turn, Real(0));
  fill(memory.controls_change.force, Vec<3>::zero());
  Index refused = 0;
  for (Index k = 0; k < rollout.steps; ++k) {
    if (watch) watch(k, state, change);
    assign(before, state);
    refused += take_step(model, rollout, memory, k, state).failed;
    if (set_controls_change) set_controls_change(k, memory.controls_change);
    refused += implicit_step_tangent(model, controls_at(rollout, memory, k), rollout.dt, before,
                                     state, change, memory.controls_change, model_change,
                                     memory.scratch, rollout.options.rule);
  }
  if (watch) watch(rollout.steps, state, change);
  return refused;
}

RodProgram make_program(const RodModel& model, const RodState& state, Index steps) {
  RodProgram program{Array<Index, 2>("rods/held", state.batch, model.n_vertices),
                     Array<Vec<3>, 3>("rods/targets", steps, state.batch, model.n_vertices),
                     Array<Real, 3>("rods/turns", steps, state.batch, model.n_edges),
                     Array<Vec<3>, 3>("rods/forces", steps, state.batch, model.n_vertices)};
  fill(program.held, Index(0));
  for (Index k = 0; k < steps; ++k) copy(slice(program.target, k), state.position);
  fill(program.turn, Real(0));
  fill(program.force, Vec<3>::zero());
  return program;
}

std::function<void(Index, RodControls&)> play(const RodProgram& program) {
  return [program](Index step, RodControls& controls) {
    controls.held = program.held;
    controls.target = slice(program.target, step);
    controls.turn = slice(program.turn, step);
    controls.force = slice(program.force, step);
  };
}

RodProgramBar make_program_bar(const RodModel& model, Index batch, Index steps) {
  RodProgramBar bar{Array<Vec<3>, 3>("rods/targets_bar", steps, batch, model.n_vertices),
                    Array<Real, 3>("rods/turns_bar", steps, batch, model.n_edges),
                    Array<Vec<3>, 3>("rods/forces_bar", steps, batch, model.n_vertices)};
  fill(bar.target, Vec<3>::zero());
  fill(bar.turn, Real(0));
  fill(bar.force, Vec<3>::zero());
  return bar;
}

TakeControlsBar write_to(const RodProgramBar& bar) {
  return [bar](Index step, const RodControlsBar& of_step) {
    copy(slice(bar.target, step), of_step.target);
    copy(slice(bar.turn, step), of_step.turn);
    copy(slice(bar.force, step), of_step.force);
  };
}

}  // namespace filigree::rods
