// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/mpm_simulation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "physics/mpm/exchange.hpp"
#include "physics/mpm/material.hpp"
#include "physics/mpm/mpm_step.hpp"
#include "scenarios/types/mpm_frame.hpp"
#include "scenarios/types/mpm_measures.hpp"
#include "scenarios/types/mpm_scene.hpp"

namespace filigree {

namespace {

constexpr const char* kAxes[] = {"x", "y", "z"};

template <int D>
std::string point_text(const Vec<D>& x) {
  std::vector<std::string> words;
  for (int a = 0; a < D; ++a) words.push_back(format("{:.4g}", x[a]));
  return "(" + join(words) + ")";
}

template <int D>
class MpmSimulation final : public Simulation {
 public:
  explicit MpmSimulation(const MpmOptions& options)
      : options_(options), model_(make_model<D>(options)), measures_(options) {}

  void initialize(const RunContext& context) override {
    state_ = mpm::seed_state<D>(model_, make_seeds<D>(options_, context.seed));
    end_time_ = context.end_time;
    FILIGREE_REQUIRE(state_.particles.n_owned() <= options_.max_particles,
                     "the bodies make {} particles, more than max_particles = {}",
                     state_.particles.n_owned(), options_.max_particles);
    measures_.observe(model_, state_, scratch_);
  }

  Estimate estimate() const override;
  StepReport step(double until) override;
  void diagnose(Recorder& recorder) const override;
  void describe(Frame& frame) const override {
    frame.time = state_.time;
    frame.step = state_.steps;
    std::vector<std::string> names;
    for (const BodyOptions& body : options_.bodies) names.push_back(body.name);
    fill_frame<D>(model_, state_, names, frame);
    add_obstacles<D>(model_, state_.time, options_.obstacles, frame);
  }
  std::optional<Trouble> inspect() const override {
    const auto [id, field] = mpm::find_invalid(state_);
    if (id < 0) return std::nullopt;
    return trouble_of(id, format("{} of particle {} is not finite", field, id));
  }
  void reflect_state(StateVisitor& visitor) override {
    visitor("time", state_.time);
    visitor("steps", state_.steps);
    state_.particles.reflect_state(visitor, comes_and_goes());
    if (comes_and_goes()) reflect_exchanged(visitor);
    measures_.reflect_state(visitor);
  }
  double time() const override { return state_.time; }
  std::vector<std::string> random_streams() const override {
    std::vector<std::string> names;
    for (const BodyOptions& body : options_.bodies) {
      if (body.jitter > 0) names.push_back(jitter_stream(body));
    }
    return names;
  }
  void evaluate(Recorder& metrics) const override { measures_.evaluate(model_, state_, metrics); }

 private:
  /// True when the number of particles can change.
  bool comes_and_goes() const { return !model_.sources.empty() || !model_.sinks.empty(); }
  void reflect_exchanged(StateVisitor& visitor);
  void diagnose_exchanged(Recorder& recorder, double mass) const;
  std::optional<Trouble> too_many(double time) const;
  void add_sources(Index timed, Estimate& estimate) const;
  double next_dt(double until);
  Trouble trouble_of(Index id, std::string what) const;
  std::string cause() const;
  std::string advice() const;

  MpmOptions options_;
  mpm::Model<D> model_;
  mpm::State<D> state_;
  MpmMeasures<D> measures_;
  mpm::StepLimit limit_;  ///< of the last step, for messages
  double dt_ = 0;         ///< of the last step
  double end_time_ = 0;
  mutable mpm::Scratch<D> scratch_;  ///< holds nothing between calls
};

/// Fixed steps are kept until the last one before `until`, which is cut; automatic steps are evened
/// out over what is left, so that none is tiny. Lengths differ by round-off at most from equal
/// ones.
template <int D>
double MpmSimulation<D>::next_dt(double until) {
  limit_ = mpm::step_limit(model_, state_, scratch_);
  const double left = until - state_.time;
  if (model_.fixed_dt > 0) {
    return left < model_.fixed_dt * (1 + 1e-6) ? left : model_.fixed_dt;
  }
  return left / std::max(1.0, std::ceil(left / limit_.dt * (1 - 1e-9)));
}

template <int D>
StepReport MpmSimulation<D>::step(double until) {
  dt_ = next_dt(until);
  StepReport report;
  report.dt = dt_;
  const bool arrives = state_.time + dt_ * (1 + 1e-9) >= until;
  report.trouble = too_many(arrives ? until : state_.time + dt_);
  if (report.trouble) return report;
  const Index lost = mpm::step(model_, state_, scratch_, dt_);
  if (arrives) state_.time = until;
  if (lost >= 0) {
    report.trouble = trouble_of(lost, format("particle {} left the grid", lost));
  } else {
    if (comes_and_goes()) mpm::exchange(model_, state_, scratch_);
    measures_.observe(model_, state_, scratch_);
  }
  return report;
}

template <int D>
void MpmSimulation<D>::reflect_exchanged(StateVisitor& visitor) {
  mpm::Exchanged<D>& e = state_.exchanged;
  visitor("exchanged/next_id", e.next_id);
  visitor("exchanged/until", e.until);
  visitor("exchanged/mass_in", e.mass_in);
  visitor("exchanged/mass_out", e.mass_out);
  for (int a = 0; a < D; ++a) {
    visitor(format("exchanged/momentum_in_{}", kAxes[a]), e.momentum_in[a]);
    visitor(format("exchanged/momentum_out_{}", kAxes[a]), e.momentum_out[a]);
  }
}

/// The particles that the sources would make until a time are more than the scene allows.
template <int D>
std::optional<Trouble> MpmSimulation<D>::too_many(double time) const {
  if (model_.sources.empty()) return std::nullopt;
  const std::int64_t there = state_.particles.n_owned();
  const std::int64_t due = mpm::due_until(model_, state_, time);
  if (due == 0 || there + due <= options_.max_particles) return std::nullopt;
  Trouble trouble;
  trouble.what = format("the sources would bring the particles from {} to {}, max_particles is {}",
                        there, there + due, options_.max_particles);
  trouble.cause = "sources make particles faster than sinks take them";
  trouble.advice = "raise max_particles, end the sources with `until`, or add a sink";
  return trouble;
}

template <int D>
std::string MpmSimulation<D>::cause() const {
  if (dt_ > limit_.dt) {
    return format("the step {:.4g} s is above the stability limit {:.4g} s ({})", dt_, limit_.dt,
                  limit_.reason);
  }
  for (const mpm::Wall& wall : model_.walls.data) {
    if (wall.kind == mpm::WallKind::kOpen) return "the domain has open walls and matter passed one";
  }
  return format("the largest velocity before the step was {:.4g} m/s", limit_.max_speed);
}

template <int D>
std::string MpmSimulation<D>::advice() const {
  if (dt_ > limit_.dt) {
    return format("set solver.dt to at most {:.3g} s, or to 0 for automatic steps", limit_.dt);
  }
  for (const mpm::Wall& wall : model_.walls.data) {
    if (wall.kind == mpm::WallKind::kOpen) return "enlarge the domain, or close its walls";
  }
  return "lower solver.cfl, or check stiffness, velocities and walls";
}

template <int D>
Trouble MpmSimulation<D>::trouble_of(Index id, std::string what) const {
  const auto ids = to_host(state_.particles.template get<mpm::Id>());
  const auto bodies = to_host(state_.particles.template get<mpm::Body>());
  const auto positions = to_host(state_.particles.template get<mpm::Position<D>>());
  const auto velocities = to_host(state_.particles.template get<mpm::Velocity<D>>());
  const auto row = static_cast<Index>(std::find(ids.begin(), ids.end(), id) - ids.begin());
  Trouble trouble;
  trouble.what = std::move(what);
  trouble.where = format("body '{}', at {} m, velocity {} m/s",
                         options_.bodies[static_cast<std::size_t>(bodies(row))].name,
                         point_text<D>(positions(row)), point_text<D>(velocities(row)));
  trouble.cause = cause();
  trouble.advice = advice();
  return trouble;
}

template <int D>
void MpmSimulation<D>::diagnose(Recorder& recorder) const {
  const auto all = mpm::budget(model_, state_, scratch_, -1);
  recorder.add("kinetic_energy", all.kinetic, "J");
  recorder.add("strain_energy", all.strain, "J");
  recorder.add("potential_energy", all.potential, "J");
  recorder.add("total_energy", all.kinetic + all.strain + all.potential, "J");
  for (int a = 0; a < D; ++a) {
    recorder.add(format("momentum_{}", kAxes[a]), all.momentum[a], "kg m/s");
  }
  for (int a = D == 2 ? 2 : 0; a < 3; ++a) {
    recorder.add(format("angular_momentum_{}", kAxes[a]), all.angular_momentum[a], "kg m^2/s");
  }
  recorder.add("max_speed", all.max_speed, "m/s");
  recorder.add("step_length", dt_, "s");
  if (comes_and_goes()) diagnose_exchanged(recorder, all.mass);
  for (std::size_t b = 0; b < options_.bodies.size(); ++b) {
    const std::string& name = options_.bodies[b].name;
    const auto body = mpm::budget(model_, state_, scratch_, static_cast<Index>(b));
    for (int a = 0; a < D; ++a) {
      recorder.add(format("{}_center_{}", name, kAxes[a]), body.center[a], "m");
      recorder.add(format("{}_min_{}", name, kAxes[a]), body.lower[a], "m");
      recorder.add(format("{}_max_{}", name, kAxes[a]), body.upper[a], "m");
    }
  }
}

template <int D>
void MpmSimulation<D>::diagnose_exchanged(Recorder& recorder, double mass) const {
  const mpm::Exchanged<D>& e = state_.exchanged;
  recorder.add("particles", static_cast<double>(state_.particles.n_owned()));
  recorder.add("mass", mass, "kg");
  recorder.add("mass_in", e.mass_in, "kg");
  recorder.add("mass_out", e.mass_out, "kg");
  for (int a = 0; a < D; ++a) {
    recorder.add(format("momentum_in_{}", kAxes[a]), e.momentum_in[a], "kg m/s");
    recorder.add(format("momentum_out_{}", kAxes[a]), e.momentum_out[a], "kg m/s");
  }
}

/// Particles in a source's shape, to time steps with before any has come.
template <int D>
std::vector<mpm::Seed<D>> seeds_inside(const mpm::Source<D>& source) {
  std::vector<mpm::Seed<D>> seeds;
  const Vec<D, double> step = (source.spacing / norm(source.velocity)) * source.velocity;
  for (const mpm::InflowLine<D>& line : source.lines) {
    for (double k = 0.5; (k - 0.5) * source.spacing <= line.length; ++k) {
      mpm::Seed<D> seed;
      seed.position = line.entry + std::min(k, line.length / source.spacing) * step;
      seed.volume = source.volume;
      seed.body = source.body;
      seeds.push_back(seed);
    }
  }
  return seeds;
}

/// What the sources make until the end, without what sinks take: memory for all of it, the time of
/// a step for half of it. `timed` particles were in the timed step.
template <int D>
void MpmSimulation<D>::add_sources(Index timed, Estimate& estimate) const {
  const std::int64_t due = mpm::due_until(model_, state_, end_time_);
  const auto made = static_cast<double>(due);
  const double mean = state_.particles.n_owned() + made / 2;
  const std::uint64_t row = mpm::make_state<D>(1).particles.bytes();
  estimate.bytes += static_cast<std::uint64_t>(made * 1.5 * static_cast<double>(row));
  estimate.seconds_per_step *= std::max(1.0, mean / timed);
  estimate.summary += format(", {} more particles from sources until the end", due);
}

/// Times the parts of a step that leave the state alone, on this machine, and adds the rest in
/// proportion: grid to particles costs what particles to grid does, the law about as much again.
template <int D>
Estimate MpmSimulation<D>::estimate() const {
  using Clock = std::chrono::steady_clock;
  const auto limit = mpm::step_limit(model_, state_, scratch_);
  const mpm::State<D> timed = state_.particles.n_owned() > 0 || model_.sources.empty()
                                  ? state_
                                  : mpm::seed_state(model_, seeds_inside(model_.sources.front()));
  const auto arrays = mpm::arrays_of<D>(timed.particles);
  const double dt = model_.fixed_dt > 0 ? model_.fixed_dt : limit.dt;
  double seconds = 0;
  for (int repeat = 0; repeat < 2; ++repeat) {  // the first round warms up
    const auto start = Clock::now();
    mpm::fill_bins<D>(model_.grid, arrays, scratch_.bins);
    mpm::particles_to_cells<D>(model_.grid, scratch_.bins, arrays, static_cast<Real>(dt),
                               scratch_.transfer);
    mpm::cells_to_nodes<D>(model_.grid, scratch_.bins,
                           mpm::surroundings_at(model_, state_.time, scratch_),
                           static_cast<Real>(dt), scratch_.transfer);
    seconds = std::chrono::duration<double>(Clock::now() - start).count();
  }
  Estimate estimate;
  const auto n = static_cast<std::uint64_t>(state_.particles.n_total());
  const auto nodes = static_cast<std::uint64_t>(model_.grid.node_count());
  estimate.bytes = mpm::memory(state_, scratch_);
  estimate.dt = dt;
  estimate.steps = static_cast<std::int64_t>(std::ceil(end_time_ / dt));
  estimate.seconds_per_step = 2 * seconds;
  estimate.summary = format("{} particles in {} bodies, {} grid nodes, {}", n,
                            options_.bodies.size(), nodes, limit.reason);
  if (!model_.sources.empty()) add_sources(timed.particles.n_owned(), estimate);
  return estimate;
}

}  // namespace

std::unique_ptr<Simulation> make_mpm(const MpmOptions& options) {
  if (options.domain.min.size() == 2) return std::make_unique<MpmSimulation<2>>(options);
  return std::make_unique<MpmSimulation<3>>(options);
}

}  // namespace filigree
