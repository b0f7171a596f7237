// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "tests/scenarios/chain_simulation.hpp"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <limits>
#include <new>

namespace filigree::testing_support {

void ChainSimulation::initialize(const RunContext& context) {
  end_ = context.end_time;
  const auto n = static_cast<std::size_t>(options_.chain.masses);
  displacements_.assign(n, 0);
  velocities_.assign(n, 0);
  displacements_[n / 2] = options_.chain.pluck * (1 + 1e-3 * static_cast<double>(context.seed));
}

Estimate ChainSimulation::estimate() const {
  return {.bytes = 16 * displacements_.size(),
          .dt = options_.chain.dt,
          .steps = static_cast<std::int64_t>(std::ceil(end_ / options_.chain.dt)),
          .seconds_per_step = 1e-8 * options_.chain.masses,
          .summary = format("{} masses", options_.chain.masses)};
}

void ChainSimulation::misbehave() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  switch (options_.fault.kind) {
    case Fault::kNan:
    case Fault::kHiddenNan:
      velocities_[0] = nan;
      break;
    case Fault::kLeaves:
      displacements_[0] = 1e9;
      break;
    case Fault::kThrows:
      throw std::logic_error("an impossible thing happened");
    case Fault::kKill:
      std::raise(SIGKILL);
      break;
    case Fault::kTerminate:
      std::raise(SIGTERM);
      break;
    case Fault::kNoMemory:
      throw std::bad_alloc();
    case Fault::kNone:
    case Fault::kNoFigure:
    case Fault::kStuck:
      break;
  }
}

StepReport ChainSimulation::step(double until) {
  const bool faulty = step_ == options_.fault.at_step;
  StepReport report;
  if (faulty && options_.fault.kind == Fault::kStuck) return report;
  const double left = until - time_;
  const bool last = left <= options_.chain.dt;
  const double dt = last ? left : options_.chain.dt;
  const std::size_t n = displacements_.size();
  for (std::size_t i = 0; i < n; ++i) {
    const double before = i == 0 ? 0 : displacements_[i - 1];
    const double after = i + 1 == n ? 0 : displacements_[i + 1];
    const double force = options_.chain.stiffness * (before - 2 * displacements_[i] + after) -
                         options_.chain.damping * velocities_[i];
    velocities_[i] += dt * force / options_.chain.mass;
  }
  for (std::size_t i = 0; i < n; ++i) {
    displacements_[i] += dt * velocities_[i];
    largest_speed_ = std::max(largest_speed_, std::abs(velocities_[i]));
  }
  time_ = last ? until : time_ + dt;
  ++step_;
  if (faulty) misbehave();
  report.dt = dt;
  return report;
}

void ChainSimulation::diagnose(Recorder& recorder) const {
  double kinetic = 0;
  for (const double v : velocities_) kinetic += 0.5 * options_.chain.mass * v * v;
  double elastic = 0;
  double before = 0;
  for (const double u : displacements_) {
    elastic += 0.5 * options_.chain.stiffness * (u - before) * (u - before);
    before = u;
  }
  elastic += 0.5 * options_.chain.stiffness * before * before;
  if (options_.fault.kind == Fault::kHiddenNan) kinetic = 0;
  recorder.add("kinetic_energy", kinetic, "J");
  recorder.add("elastic_energy", elastic, "J");
  recorder.add("middle", displacements_[displacements_.size() / 2], "m");
}

void ChainSimulation::describe(Frame& frame) const {
  if (!options_.chain.points) return;
  Block block;
  block.name = "chain";
  const std::size_t n = displacements_.size();
  block.points.assign(3 * n, 0);
  std::vector<double> velocities(3 * n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    block.points[3 * i] = static_cast<double>(i + 1) + displacements_[i];
    velocities[3 * i] = velocities_[i];
  }
  const auto rows = static_cast<std::int64_t>(n);
  block.point_fields.push_back(
      make_array<double>("velocity", std::span<const double>(velocities), {rows, 3}, "m/s"));
  block.point_fields.push_back(
      make_array<double>("displacement", std::span<const double>(displacements_), {rows}, "m"));
  frame.blocks.push_back(std::move(block));
}

std::optional<Trouble> ChainSimulation::inspect() const {
  for (std::size_t i = 0; i < displacements_.size(); ++i) {
    if (!std::isfinite(velocities_[i]) || !std::isfinite(displacements_[i])) {
      const double limit = std::sqrt(options_.chain.mass / options_.chain.stiffness);
      return Trouble{format("velocity of mass {} is not finite", i), format("at x = {} m", i + 1),
                     format("the step {:.3g} s is above the stability limit {:.3g} s",
                            options_.chain.dt, limit),
                     format("set chain.dt to at most {:.3g} s", limit)};
    }
    if (std::abs(displacements_[i]) > 1e6) {
      return Trouble{format("mass {} left the neighbourhood", i), "", "", "use softer springs"};
    }
  }
  return std::nullopt;
}

void ChainSimulation::reflect_state(StateVisitor& visitor) {
  visitor("time", time_);
  visitor("step", step_);
  visitor("largest_speed", largest_speed_);
  for (auto& [name, values] :
       {std::pair<const char*, std::vector<double>*>{"displacements", &displacements_},
        std::pair<const char*, std::vector<double>*>{"velocities", &velocities_}}) {
    NamedArray array = make_array<double>(name, std::span<const double>(*values));
    visitor(name, array);
    const auto view = std::as_const(array).as<double>();
    values->assign(view.begin(), view.end());
  }
}

void ChainSimulation::evaluate(Recorder& metrics) const {
  const bool known = options_.fault.kind != Fault::kNoFigure;
  metrics.add("largest_speed", known ? largest_speed_ : std::nan(""), "m/s");
}

const ScenarioRegistry& chain_types() {
  static const ScenarioRegistry types = [] {
    ScenarioRegistry list("scenario type");
    list.add("chain", scenario_type<ChainOptions>(
                          "masses on springs",
                          +[](const ChainOptions& options) -> std::unique_ptr<Simulation> {
                            return std::make_unique<ChainSimulation>(options);
                          }));
    return list;
  }();
  return types;
}

}  // namespace filigree::testing_support
