// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/rods_simulation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "scenarios/types/rods_frame.hpp"
#include "scenarios/types/rods_scene.hpp"
#include "scenarios/types/type_support.hpp"

namespace filigree {

namespace {

constexpr const char* kAxes[] = {"x", "y", "z"};

class RodsSimulation final : public Simulation {
 public:
  explicit RodsSimulation(const RodsOptions& options)
      : options_(options), scene_(make_rod_scene(options)), held_(held_parts(options, scene_)) {}

  void initialize(const RunContext& context) override;
  Estimate estimate() const override;
  StepReport step(double until) override;
  void diagnose(Recorder& recorder) const override;
  void describe(Frame& frame) const override {
    frame.time = state_.time;
    frame.step = steps_;
    fill_rod_frame(options_, scene_, state_, frame);
  }
  std::optional<Trouble> inspect() const override;
  void reflect_state(StateVisitor& visitor) override;
  double time() const override { return state_.time; }

 private:
  void set_controls(double time);
  void take_over(const rods::RodStepReport& report);
  rods::RodStepOptions step_options() const {
    return {options_.solver.rule, options_.solver.tolerance, options_.solver.max_iterations};
  }
  Trouble not_converged(const rods::RodStepReport& report, double dt) const;

  RodsOptions options_;
  RodScene scene_;
  std::vector<HeldParts> held_;
  rods::RodState state_;
  rods::RodControls controls_;
  rods::RodScratch scratch_;
  std::vector<double> turned_;             ///< per clamp: turn made so far, rad
  std::vector<Vec<4, double>> reactions_;  ///< per clamp: force (N), moment about its edge (N m)
  std::int64_t steps_ = 0;
  std::int64_t iterations_ = 0;  ///< of the last step
  double residual_ = 0;
  double end_time_ = 0;
};

/// Clamps as they are at `time`, with the turns that are still to be made.
void RodsSimulation::set_controls(double time) {
  auto held = to_host(controls_.held);
  auto target = to_host(controls_.target);
  auto turn = to_host(controls_.turn);
  std::fill_n(held.data(), held.size(), Index(0));
  for (std::size_t c = 0; c < held_.size(); ++c) {
    const ClampPose pose = clamp_at(options_.clamps[c], time);
    if (!pose.holds) continue;
    for (const Index v : held_[c].vertices) {
      held(0, v) |= 1;
      const Vec<3, double> x = scene_.rest.positions[static_cast<std::size_t>(v)] + pose.move;
      for (int a = 0; a < 3; ++a) target(0, v)[a] = static_cast<Real>(x[a]);
    }
    if (held_[c].edge < 0) continue;
    held(0, held_[c].edge_node) |= 2;
    turn(0, held_[c].edge) = static_cast<Real>(pose.turn - turned_[c]);
    turned_[c] = pose.turn;
  }
  Kokkos::deep_copy(controls_.held.view(), held.view());
  Kokkos::deep_copy(controls_.target.view(), target.view());
  Kokkos::deep_copy(controls_.turn.view(), turn.view());
}

void RodsSimulation::initialize(const RunContext& context) {
  end_time_ = context.end_time;
  state_ = rods::make_rod_state(scene_.topology, scene_.model, scene_.rest);
  controls_ = rods::make_controls(scene_.model, state_);
  reactions_.assign(held_.size(), {});
  turned_.assign(held_.size(), 0);
  if (!options_.settle) return;
  set_controls(0);
  const rods::RodStepReport report =
      rods::settle(scene_.model, controls_, step_options(), state_, scratch_);
  FILIGREE_REQUIRE(report.failed == 0,
                   "settle: no equilibrium was found in {} iterations (largest force left: {:.3g} "
                   "N){}; leave `settle` out to begin at rest as drawn",
                   options_.solver.max_iterations, report.residual,
                   options_.clamps.empty() ? "; without clamps a rod in gravity has none"
                                           : "; raise solver.max_iterations");
  take_over(report);
}

Estimate RodsSimulation::estimate() const {
  using Clock = std::chrono::steady_clock;
  Estimate estimate;
  rods::RodState timed = rods::make_rod_state(scene_.topology, scene_.model, scene_.rest);
  rods::RodScratch scratch;
  const rods::RodControls controls = rods::make_controls(scene_.model, timed);
  double seconds = 0;
  for (int repeat = 0; repeat < 3; ++repeat) {
    const auto start = Clock::now();
    rods::implicit_step(scene_.model, controls, options_.solver.dt, step_options(), timed, scratch);
    seconds = std::chrono::duration<double>(Clock::now() - start).count();
  }
  estimate.dt = options_.solver.dt;
  estimate.steps = static_cast<std::int64_t>(std::ceil(end_time_ / estimate.dt));
  estimate.seconds_per_step = seconds;
  estimate.bytes = static_cast<std::uint64_t>(scene_.model.n_vertices) * 100 * sizeof(Real);
  estimate.summary =
      format("{} vertices, {} joints in {} branches, {} clamps", scene_.model.n_vertices,
             scene_.model.n_joints, options_.branches.size(), held_.size());
  return estimate;
}

Trouble RodsSimulation::not_converged(const rods::RodStepReport& report, double dt) const {
  Trouble trouble;
  trouble.what =
      report.iterations < options_.solver.max_iterations
          ? format("Newton's method gave up in iteration {}", report.iterations)
          : format("Newton's method did not converge in {} iterations", report.iterations);
  trouble.where =
      format("at t = {:.4g} s, a force of {:.3g} N is left", state_.time, report.residual);
  trouble.cause =
      options_.solver.rule == rods::RodRule::kMidpoint
          ? "the midpoint rule does not damp stretching that the step is too long for"
          : "a clamp moves further in one step than the cable can follow, or the rod snaps";
  trouble.advice = format("lower solver.dt below {:.3g} s, or slow the clamps down", dt);
  return trouble;
}

/// Keeps what the diagnostics tell of a step.
void RodsSimulation::take_over(const rods::RodStepReport& report) {
  iterations_ = report.iterations;
  residual_ = report.residual;
  const auto reaction = to_host(scratch_.reaction);
  for (std::size_t c = 0; c < held_.size(); ++c) {
    reactions_[c] = {};
    if (!clamp_at(options_.clamps[c], state_.time).holds) continue;
    for (const Index v : held_[c].vertices) {
      for (int a = 0; a < 3; ++a) reactions_[c][a] += reaction(0, v)[a];
    }
    if (held_[c].edge >= 0) reactions_[c][3] = reaction(0, held_[c].edge_node)[3];
  }
}

StepReport RodsSimulation::step(double until) {
  const double left = until - state_.time;
  const double dt = left / std::max(1.0, std::ceil(left / options_.solver.dt * (1 - 1e-9)));
  const bool arrives = state_.time + dt * (1 + 1e-9) >= until;
  set_controls(arrives ? until : state_.time + dt);
  const rods::RodStepReport done =
      rods::implicit_step(scene_.model, controls_, dt, step_options(), state_, scratch_);
  if (arrives) state_.time = until;
  ++steps_;
  take_over(done);
  StepReport report;
  report.dt = dt;
  report.iterations = done.iterations;
  report.residual = done.residual;
  if (done.failed > 0) report.trouble = not_converged(done, dt);
  return report;
}

void RodsSimulation::diagnose(Recorder& recorder) const {
  const rods::RodEnergy energy = rods::rod_energies(scene_.model, state_).at(0);
  recorder.add("kinetic_energy", energy.kinetic, "J");
  recorder.add("strain_energy", energy.stretch + energy.bend_twist, "J");
  recorder.add("stretch_energy", energy.stretch, "J");
  recorder.add("potential_energy", energy.gravity, "J");
  recorder.add("total_energy", energy.total(), "J");
  recorder.add("newton_iterations", static_cast<double>(iterations_));
  recorder.add("residual", residual_, "N");
  const auto x = to_host(state_.position);
  for (std::size_t b = 0; b < options_.branches.size(); ++b) {
    const Vec<3> end = x(0, scene_.branch_vertices[b].back());
    for (int a = 0; a < 3; ++a) {
      recorder.add(format("{}_end_{}", options_.branches[b].name, kAxes[a]), end[a], "m");
    }
  }
  for (std::size_t c = 0; c < held_.size(); ++c) {
    for (int a = 0; a < 3; ++a) {
      recorder.add(format("{}_force_{}", options_.clamps[c].name, kAxes[a]), reactions_[c][a], "N");
    }
    if (held_[c].edge >= 0) {
      recorder.add(options_.clamps[c].name + "_moment", reactions_[c][3], "N m");
    }
  }
}

std::optional<Trouble> RodsSimulation::inspect() const {
  const auto x = to_host(state_.position);
  const auto v = to_host(state_.velocity);
  for (Index i = 0; i < scene_.model.n_vertices; ++i) {
    for (int a = 0; a < 3; ++a) {
      if (std::isfinite(x(0, i)[a]) && std::isfinite(v(0, i)[a])) continue;
      Trouble trouble;
      trouble.what = format("the position or velocity of vertex {} is not finite", i);
      trouble.cause = "a step failed before it";
      trouble.advice = "lower solver.dt";
      return trouble;
    }
  }
  return std::nullopt;
}

void RodsSimulation::reflect_state(StateVisitor& visitor) {
  visitor("time", state_.time);
  visitor("steps", steps_);
  visitor("newton_iterations", iterations_);
  visitor("residual", residual_);
  reflect_rows(visitor, "rods/position", state_.position);
  reflect_rows(visitor, "rods/velocity", state_.velocity);
  reflect_rows(visitor, "rods/director", state_.director);
  reflect_rows(visitor, "rods/twist", state_.twist);
  for (std::size_t c = 0; c < reactions_.size(); ++c) {
    visitor(format("rods/turned/{}", c), turned_[c]);
    for (int i = 0; i < 4; ++i) visitor(format("rods/reaction/{}/{}", c, i), reactions_[c][i]);
  }
}

}  // namespace

std::unique_ptr<Simulation> make_rods(const RodsOptions& options) {
  return std::make_unique<RodsSimulation>(options);
}

}  // namespace filigree
