// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/rods_simulation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "physics/rods/bend_twist.hpp"
#include "scenarios/types/clamp_trajectory.hpp"
#include "scenarios/types/rods_contact_scene.hpp"
#include "scenarios/types/rods_frame.hpp"
#include "scenarios/types/rods_scene.hpp"
#include "scenarios/types/type_support.hpp"

namespace filigree {

namespace {

constexpr const char* kAxes[] = {"x", "y", "z"};

class RodsSimulation final : public Simulation {
 public:
  explicit RodsSimulation(const RodsOptions& options)
      : options_(options), scene_(make_rod_scene(options)), held_(held_parts(options, scene_)) {
    if (has_contact(options)) contact_ = make_scene_contact(options, scene_);
  }

  void initialize(const RunContext& context) override;
  Estimate estimate() const override;
  StepReport step(double until) override;
  void diagnose(Recorder& recorder) const override;
  void describe(Frame& frame) const override {
    frame.time = state_.time;
    frame.step = steps_;
    fill_rod_frame(options_, scene_, state_, contact_force_, frame);
    add_grippers(options_, scene_, held_, state_, frame);
    for (std::size_t o = 0; o < options_.obstacles.size(); ++o) {
      frame.blocks.push_back(
          obstacle_block(options_.obstacles[o], rods::at_time(contact_->paths[o], state_.time)));
    }
  }
  std::vector<std::string> warnings() const override;
  std::optional<Trouble> inspect() const override;
  void reflect_state(StateVisitor& visitor) override;
  double time() const override { return state_.time; }

 private:
  void set_controls(double time);
  void take_hold(std::size_t clamp);
  double roll_of_rotation(std::size_t clamp, const Mat<3, 3, double>& rotation) const;
  void take_over(const rods::RodStepReport& report);
  rods::RodStepOptions step_options() const {
    return {options_.solver.rule, options_.solver.tolerance, options_.solver.max_iterations};
  }
  rods::RodStepReport advance(double dt, rods::RodState& state, rods::RodScratch& scratch,
                              const rods::RodControls& controls,
                              rods::RodContactScratch& touching) const;
  void note_contact();
  Trouble not_converged(const rods::RodStepReport& report, double dt) const;

  RodsOptions options_;
  RodScene scene_;
  std::vector<HeldParts> held_;
  rods::RodState state_;
  rods::RodControls controls_;
  rods::RodScratch scratch_;
  std::optional<rods::RodContact> contact_;
  rods::RodContactScratch touching_;
  std::vector<Vec<3>> contact_force_;       ///< per vertex, N; empty without contact
  rods::RodContactReport touched_;          ///< of the last step
  double least_gap_ = 0;                    ///< so far, m
  double friction_work_ = 0;                ///< so far, J
  std::vector<double> turned_;              ///< per clamp: turn made so far, rad
  std::vector<Mat<3, 3, double>> rotated_;  ///< per clamp: rotation made so far
  /// Per clamp: where its vertices were when it took hold (empty before), m.
  std::vector<std::vector<Vec<3, double>>> origin_;
  struct Reaction {
    Vec<3, double> force{};   ///< N
    Vec<3, double> moment{};  ///< about the clamp's vertex, N m
    double about_edge = 0;    ///< the part about the held edge that the edge itself feels, N m
  };
  std::vector<Reaction> reactions_;  ///< per clamp
  std::int64_t steps_ = 0;
  std::int64_t iterations_ = 0;  ///< of the last step
  double residual_ = 0;
  double end_time_ = 0;
};

rods::RodStepReport RodsSimulation::advance(double dt, rods::RodState& state,
                                            rods::RodScratch& scratch,
                                            const rods::RodControls& controls,
                                            rods::RodContactScratch& touching) const {
  if (!contact_) {
    return rods::implicit_step(scene_.model, controls, dt, step_options(), state, scratch);
  }
  return rods::implicit_step(scene_.model, controls, *contact_, dt, step_options(), state, scratch,
                             touching);
}

/// Keeps what the diagnostics and frames tell of contact.
void RodsSimulation::note_contact() {
  if (!contact_) return;
  touched_ = rods::contact_report(touching_);
  least_gap_ = std::min(least_gap_, touched_.gap);
  friction_work_ += touched_.friction;
  const auto force = to_host(touching_.force);
  contact_force_.assign(force.data(), force.data() + scene_.model.n_vertices);
}

/// A clamp takes hold of its vertices where they are.
void RodsSimulation::take_hold(std::size_t clamp) {
  const auto x = to_host(state_.position);
  for (const Index v : held_[clamp].vertices) {
    origin_[clamp].push_back({x(0, v)[0], x(0, v)[1], x(0, v)[2]});
  }
}

/// How far a rigid gripper that goes on to `rotation` turns the frame of its edge beyond being
/// carried along by the shortest rotation.
double RodsSimulation::roll_of_rotation(std::size_t clamp,
                                        const Mat<3, 3, double>& rotation) const {
  const auto [tail, head] = scene_.topology.edges[static_cast<std::size_t>(held_[clamp].edge)];
  const bool along = held_[clamp].vertices[0] == tail;
  const Vec<3, double> edge = (origin_[clamp][1] - origin_[clamp][0]) * (along ? 1.0 : -1.0);
  const Vec<3, double> from = rotated_[clamp] * (edge / norm(edge));
  const Vec<3, double> to = rotation * (edge / norm(edge));
  const Vec<3, double> axis =
      std::abs(from[0]) < 0.7 ? Vec<3, double>{1, 0, 0} : Vec<3, double>{0, 1, 0};
  const Vec<3, double> across = cross(from, axis);
  const Vec<3, double> carried = rods::transported(from, to, across);
  const Vec<3, double> turned = rotation * (transpose(rotated_[clamp]) * across);
  return std::atan2(dot(to, cross(carried, turned)), dot(carried, turned));
}

/// Clamps as they are at `time`, with the turns that are still to be made.
void RodsSimulation::set_controls(double time) {
  auto held = to_host(controls_.held);
  auto target = to_host(controls_.target);
  auto turn = to_host(controls_.turn);
  std::fill_n(held.data(), held.size(), Index(0));
  for (std::size_t c = 0; c < held_.size(); ++c) {
    const ClampPose pose = clamp_at(options_.clamps[c], time);
    if (!pose.holds) continue;
    if (origin_[c].empty()) take_hold(c);
    for (std::size_t k = 0; k < held_[c].vertices.size(); ++k) {
      const Index v = held_[c].vertices[k];
      held(0, v) |= 1;
      const Vec<3, double> x =
          origin_[c][0] + pose.move + pose.rotation * (origin_[c][k] - origin_[c][0]);
      for (int a = 0; a < 3; ++a) target(0, v)[a] = static_cast<Real>(x[a]);
    }
    if (held_[c].edge < 0) continue;
    held(0, held_[c].edge_node) |= 2;
    turn(0, held_[c].edge) =
        static_cast<Real>(pose.turn - turned_[c] + roll_of_rotation(c, pose.rotation));
    turned_[c] = pose.turn;
    rotated_[c] = pose.rotation;
  }
  Kokkos::deep_copy(controls_.held.view(), held.view());
  Kokkos::deep_copy(controls_.target.view(), target.view());
  Kokkos::deep_copy(controls_.turn.view(), turn.view());
}

void RodsSimulation::initialize(const RunContext& context) {
  end_time_ = context.end_time;
  state_ = rods::make_rod_state(scene_.topology, scene_.model, scene_.start);
  controls_ = rods::make_controls(scene_.model, state_);
  reactions_.assign(held_.size(), {});
  turned_.assign(held_.size(), 0);
  rotated_.assign(held_.size(), Mat<3, 3, double>::identity());
  origin_.assign(held_.size(), {});
  if (contact_) {
    contact_force_.assign(static_cast<std::size_t>(scene_.model.n_vertices), Vec<3>::zero());
    least_gap_ = touched_.gap = static_cast<double>(contact_->model.activation);
  }
  if (!options_.settle) return;
  set_controls(0);
  const rods::RodStepReport report =
      contact_ ? rods::settle(scene_.model, controls_, *contact_, step_options(), state_, scratch_,
                              touching_)
               : rods::settle(scene_.model, controls_, step_options(), state_, scratch_);
  FILIGREE_REQUIRE(report.failed == 0,
                   "settle: no equilibrium was found in {} iterations (largest force left: {:.3g} "
                   "N){}; leave `settle` out to begin at rest as drawn",
                   options_.solver.max_iterations, report.residual,
                   options_.clamps.empty() ? "; without clamps a rod in gravity has none"
                                           : "; raise solver.max_iterations");
  take_over(report);
  note_contact();
  friction_work_ = 0;
}

Estimate RodsSimulation::estimate() const {
  using Clock = std::chrono::steady_clock;
  Estimate estimate;
  rods::RodState timed = rods::make_rod_state(scene_.topology, scene_.model, scene_.start);
  rods::RodScratch scratch;
  rods::RodContactScratch touching;
  const rods::RodControls controls = rods::make_controls(scene_.model, timed);
  double seconds = 0;
  for (int repeat = 0; repeat < 3; ++repeat) {
    const auto start = Clock::now();
    advance(options_.solver.dt, timed, scratch, controls, touching);
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
  const auto x = to_host(state_.position);
  for (std::size_t c = 0; c < held_.size(); ++c) {
    reactions_[c] = {};
    if (!clamp_at(options_.clamps[c], state_.time).holds) continue;
    const auto place = [&](Index v) { return Vec<3, double>{x(0, v)[0], x(0, v)[1], x(0, v)[2]}; };
    for (const Index v : held_[c].vertices) {
      const Vec<4> r = reaction(0, v);
      const Vec<3, double> force{r[0], r[1], r[2]};
      reactions_[c].force += force;
      reactions_[c].moment += cross(place(v) - place(held_[c].vertices[0]), force);
    }
    if (held_[c].edge < 0) continue;
    const auto [tail, head] = scene_.topology.edges[static_cast<std::size_t>(held_[c].edge)];
    const Vec<3, double> edge = place(head) - place(tail);
    reactions_[c].about_edge = reaction(0, held_[c].edge_node)[3];
    reactions_[c].moment += edge * (reactions_[c].about_edge / norm(edge));
  }
}

StepReport RodsSimulation::step(double until) {
  const double left = until - state_.time;
  const double dt = left / std::max(1.0, std::ceil(left / options_.solver.dt * (1 - 1e-9)));
  const bool arrives = state_.time + dt * (1 + 1e-9) >= until;
  set_controls(arrives ? until : state_.time + dt);
  if (contact_) rods::move_obstacles(*contact_, arrives ? until : state_.time + dt);
  const rods::RodStepReport done = advance(dt, state_, scratch_, controls_, touching_);
  if (arrives) state_.time = until;
  ++steps_;
  take_over(done);
  note_contact();
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
  recorder.add("total_energy", energy.total() + touched_.energy, "J");
  recorder.add("newton_iterations", static_cast<double>(iterations_));
  recorder.add("residual", residual_, "N");
  if (contact_) {
    recorder.add("gap", touched_.gap, "m");
    recorder.add("min_gap", least_gap_, "m");
    recorder.add("contacts", static_cast<double>(touched_.contacts));
    recorder.add("contact_energy", touched_.energy, "J");
    recorder.add("friction_work", friction_work_, "J");
    Vec<3, double> sum{};
    double most = 0;
    for (const Vec<3>& f : contact_force_) {
      for (int a = 0; a < 3; ++a) sum[a] += f[a];
      most = std::max(most, static_cast<double>(norm(f)));
    }
    for (int a = 0; a < 3; ++a) recorder.add(format("contact_force_{}", kAxes[a]), sum[a], "N");
    recorder.add("largest_contact_force", most, "N");
  }
  const auto x = to_host(state_.position);
  for (std::size_t b = 0; b < options_.branches.size(); ++b) {
    const Vec<3> end = x(0, scene_.branch_vertices[b].back());
    for (int a = 0; a < 3; ++a) {
      recorder.add(format("{}_end_{}", options_.branches[b].name, kAxes[a]), end[a], "m");
    }
  }
  for (std::size_t c = 0; c < held_.size(); ++c) {
    for (int a = 0; a < 3; ++a) {
      recorder.add(format("{}_force_{}", options_.clamps[c].name, kAxes[a]), reactions_[c].force[a],
                   "N");
    }
    if (held_[c].edge >= 0) {
      recorder.add(options_.clamps[c].name + "_moment", reactions_[c].about_edge, "N m");
      for (int a = 0; a < 3; ++a) {
        recorder.add(format("{}_torque_{}", options_.clamps[c].name, kAxes[a]),
                     reactions_[c].moment[a], "N m");
      }
    }
  }
}

std::vector<std::string> RodsSimulation::warnings() const {
  std::vector<std::string> warnings;
  const auto mean_edge = static_cast<double>(to_host(scene_.model.mean_edge)(0));
  for (const ClampOptions& clamp : options_.clamps) {
    const std::string warning = too_fast(clamp, mean_edge, options_.solver.dt);
    if (!warning.empty()) warnings.push_back(warning);
  }
  return warnings;
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
  if (contact_) {
    visitor("rods/gap", touched_.gap);
    visitor("rods/least_gap", least_gap_);
    std::int64_t contacts = touched_.contacts;
    visitor("rods/contacts", contacts);
    touched_.contacts = static_cast<Index>(contacts);
    visitor("rods/contact_energy", touched_.energy);
    visitor("rods/friction_work", friction_work_);
    reflect_rows<Real>(visitor, "rods/contact_force", contact_force_);
  }
  for (std::size_t c = 0; c < reactions_.size(); ++c) {
    visitor(format("rods/turned/{}", c), turned_[c]);
    for (int i = 0; i < 9; ++i) {
      visitor(format("rods/rotated/{}/{}", c, i), rotated_[c].data[i]);
    }
    for (int a = 0; a < 3; ++a) {
      visitor(format("rods/reaction/{}/force/{}", c, a), reactions_[c].force[a]);
      visitor(format("rods/reaction/{}/moment/{}", c, a), reactions_[c].moment[a]);
    }
    visitor(format("rods/reaction/{}/about_edge", c), reactions_[c].about_edge);
    std::vector<double> origin;
    for (const Vec<3, double>& o : origin_[c]) origin.insert(origin.end(), {o[0], o[1], o[2]});
    visit_values(visitor, format("rods/origin/{}", c), origin);
    origin_[c].clear();
    for (std::size_t i = 0; i + 2 < origin.size(); i += 3) {
      origin_[c].push_back({origin[i], origin[i + 1], origin[i + 2]});
    }
  }
}

}  // namespace

std::unique_ptr<Simulation> make_rods(const RodsOptions& options) {
  return std::make_unique<RodsSimulation>(options);
}

}  // namespace filigree
