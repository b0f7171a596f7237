// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/cable_replay_simulation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "core/text.hpp"
#include "io/npz.hpp"
#include "scenarios/library.hpp"
#include "scenarios/types/cable_folder.hpp"
#include "scenarios/types/cable_frame.hpp"
#include "scenarios/types/cable_parameters.hpp"
#include "scenarios/types/deft_replay.hpp"
#include "scenarios/types/type_support.hpp"

namespace filigree {

namespace {

namespace fs = std::filesystem;

/// Models that the recordings' authors published, by the file of their parameters.
constexpr std::pair<const char*, const char*> kPublished[] = {
    {"params_wo_residual.npz", "published_physics"}, {"params_full_model.npz", "published_full"}};

class CableReplaySimulation final : public Simulation {
 public:
  explicit CableReplaySimulation(const CableReplayOptions& options) : options_(options) {}

  void initialize(const RunContext& context) override;
  std::string missing_data() const override { return missing_; }
  Estimate estimate() const override;
  StepReport step(double until) override;
  void diagnose(Recorder& recorder) const override;
  void describe(Frame& frame) const override;
  std::optional<Trouble> inspect() const override { return std::nullopt; }  // steps converge
  void reflect_state(StateVisitor& visitor) override;
  double time() const override { return clock_.time; }
  void evaluate(Recorder& metrics) const override;

 private:
  fs::path parameters_file(const fs::path& scenario_folder) const;
  void add_errors();
  void add_published(Recorder& metrics) const;

  CableReplayOptions options_;
  std::string missing_;
  CableSet set_;
  rods::CableExperiment experiment_;
  std::vector<std::int64_t> numbers_;  ///< of the recordings in their file
  Index shown_ = 0;
  rods::CableFit fit_;
  std::unique_ptr<rods::CablePlayer> player_;
  rods::RodState state_;
  std::vector<ErrorSums> errors_;  ///< per recording
  std::int64_t iterations_ = 0;    ///< of Newton's method, the most in the last frame
  StepClock clock_;                ///< a step is a frame
  double end_time_ = 0;
};

/// The named file, relative to where the program was started or to the scenario; or the one that
/// comes with the program.
fs::path CableReplaySimulation::parameters_file(const fs::path& scenario_folder) const {
  std::error_code ignored;
  if (!options_.data.parameters.empty()) {
    const fs::path beside = scenario_folder / options_.data.parameters;
    if (!fs::exists(options_.data.parameters, ignored) && fs::exists(beside, ignored)) {
      return beside;
    }
    return options_.data.parameters;
  }
  const std::string name = "rods/bdlo/" + set_.name + ".json";
  for (const fs::path& folder : library_folders()) {
    if (fs::exists(folder / name, ignored)) return folder / name;
  }
  throw InputError(
      format("data.parameters: none come with the program for the set '{}'; identify "
             "them with `filigree run rods/identify data.folder={}` and name the "
             "parameters.json of that run",
             set_.name, set_.folder.string()));
}

void CableReplaySimulation::initialize(const RunContext& context) {
  end_time_ = context.end_time;
  OpenedRecordings opened =
      open_recordings(options_.data.folder, options_.data.file, options_.data.recordings,
                      context.scenario_folder, end_time_);
  missing_ = opened.missing;
  if (!missing_.empty()) return;
  set_ = std::move(opened.set);
  numbers_ = std::move(opened.numbers);
  clock_.interval = set_.dt;
  experiment_ = experiment_of(set_, std::move(opened.recordings));
  experiment_.substeps = static_cast<int>(options_.substeps);
  const auto shown = std::find(numbers_.begin(), numbers_.end(), options_.show);
  FILIGREE_REQUIRE(shown != numbers_.end(), "show: recording {} is not among those replayed",
                   options_.show);
  shown_ = static_cast<Index>(shown - numbers_.begin());
  fit_ = read_cable_fit(parameters_file(context.scenario_folder), set_.topology);
  player_ = std::make_unique<rods::CablePlayer>(experiment_, fit_.parameters, fit_.roll,
                                                options_.tolerance);
  state_ = player_->guessed_start();
  const auto check = [&](const rods::RodStepReport& report) {
    FILIGREE_REQUIRE(
        report.failed == 0,
        "recording {}: the frames of the edges at the start were not found; do the "
        "parameters belong to this cable?",
        report.failed == 0 ? 0 : numbers_[static_cast<std::size_t>(report.first_failed)]);
  };
  check(player_->balance(state_));
  check(player_->roll(state_));
  errors_.assign(numbers_.size(), {});
}

Estimate CableReplaySimulation::estimate() const {
  using Clock = std::chrono::steady_clock;
  Estimate estimate;
  estimate.summary = missing_;
  if (!missing_.empty()) return estimate;
  rods::RodState timed = rods::copy_of(state_);
  const auto start = Clock::now();
  player_->step(2, 0, timed);
  estimate.seconds_per_step =
      std::chrono::duration<double>(Clock::now() - start).count() * experiment_.substeps;
  estimate.bytes = experiment_.recordings.positions.size() * sizeof(double);
  estimate.dt = set_.dt;
  estimate.steps = static_cast<std::int64_t>(std::ceil(end_time_ / set_.dt * (1 - 1e-9)));
  estimate.summary = format("{} recordings of {} vertices", numbers_.size(), set_.n_vertices());
  return estimate;
}

StepReport CableReplaySimulation::step(double until) {
  StepReport report;
  if (clock_.waits(until, report)) return report;
  const auto frame = static_cast<Index>(clock_.steps + 2);
  iterations_ = 0;
  for (int k = 0; k < experiment_.substeps; ++k) {
    const rods::RodStepReport done = player_->step(frame, k, state_);
    report.iterations += done.iterations;
    report.residual = std::max(report.residual, done.residual);
    iterations_ = std::max<std::int64_t>(iterations_, done.iterations);
    if (done.failed == 0) continue;
    Trouble trouble;
    trouble.what = "Newton's method did not converge";
    trouble.where = format("recording {}, frame {}",
                           numbers_[static_cast<std::size_t>(done.first_failed)], frame);
    trouble.cause = "the grippers move further in one step than the cable can follow";
    trouble.advice = "raise substeps, or leave the recording out of data.recordings";
    report.trouble = trouble;
    return report;
  }
  clock_.advance(until, report);
  add_errors();
  return report;
}

std::vector<Vec<3, double>> positions_in(const HostArray<Vec<3>, 2>& x, Index b) {
  std::vector<Vec<3, double>> positions;
  for (Index v = 0; v < x.extent(1); ++v) {
    positions.push_back({x(b, v)[0], x(b, v)[1], x(b, v)[2]});
  }
  return positions;
}

void CableReplaySimulation::add_errors() {
  const auto x = to_host(state_.position);
  for (std::size_t r = 0; r < errors_.size(); ++r) {
    const auto b = static_cast<Index>(r);
    errors_[r].add(set_, to_slots(set_, positions_in(x, b)), experiment_.recordings, b,
                   static_cast<Index>(clock_.steps + 1));
  }
}

void CableReplaySimulation::diagnose(Recorder& recorder) const {
  double sum = 0;
  for (const ErrorSums& error : errors_) sum += error.last;
  recorder.add("error", errors_.empty() ? 0 : sum / static_cast<double>(errors_.size()), "m");
  recorder.add("newton_iterations", static_cast<double>(iterations_));
}

void CableReplaySimulation::describe(Frame& frame) const {
  frame.time = clock_.time;
  frame.step = clock_.steps;
  if (!missing_.empty()) return;
  const auto measured =
      positions_of(experiment_.recordings, shown_, static_cast<Index>(clock_.steps + 1));
  frame.blocks.push_back(cable_block(set_, "measured", measured, measured));
  frame.blocks.push_back(
      cable_block(set_, "predicted", positions_in(to_host(state_.position), shown_), measured));
}

void CableReplaySimulation::reflect_state(StateVisitor& visitor) {
  clock_.reflect_state(visitor);
  visitor("newton_iterations", iterations_);
  reflect_rows(visitor, "rods/position", state_.position);
  reflect_rows(visitor, "rods/velocity", state_.velocity);
  reflect_rows(visitor, "rods/director", state_.director);
  reflect_rows(visitor, "rods/twist", state_.twist);
  for (std::size_t r = 0; r < errors_.size(); ++r)
    errors_[r].reflect_state(visitor, format("errors/{}/", r));
}

/// Both published models on the same recordings; NaN until all frames have been predicted, when
/// only names count.
void CableReplaySimulation::add_published(Recorder& metrics) const {
  const bool finished = missing_.empty() && clock_.steps + 2 >= experiment_.recordings.frames;
  for (const auto& [file, name] : kPublished) {
    std::error_code ignored;
    const bool there = missing_.empty() && fs::exists(set_.folder / file, ignored);
    if (!there || !finished) {
      const double none = std::numeric_limits<double>::quiet_NaN();
      metrics.add(std::string(name) + "_mean_error", none, "m");
      metrics.add(std::string(name) + "_rmse", none, "m");
      continue;
    }
    const rods::deft::Model model = deft_parity_model(set_, read_npz(set_.folder / file));
    std::vector<PublishedError> errors;
    std::vector<double> means;
    for (Index r = 0; r < experiment_.recordings.count; ++r) {
      errors.push_back(replay_published(set_, model, experiment_.recordings, r).error);
      means.push_back(errors.back().mean);
    }
    metrics.add(std::string(name) + "_mean_error", pooled(errors).mean, "m");
    metrics.add(std::string(name) + "_rmse", pooled(errors).rmse, "m");
    metrics.add_list(std::string(name) + "_per_recording", means, "m");
  }
}

void CableReplaySimulation::evaluate(Recorder& metrics) const {
  std::vector<PublishedError> errors;
  std::vector<double> means, rmses;
  for (const ErrorSums& sums : errors_) {
    errors.push_back(sums.error());
    means.push_back(errors.back().mean);
    rmses.push_back(errors.back().rmse);
  }
  const PublishedError all = pooled(errors);
  metrics.add("mean_error", all.mean, "m");
  metrics.add("end_error", all.end, "m");
  metrics.add("published_rmse", all.rmse, "m");
  if (clock_.steps > 0) {
    metrics.add_list("per_recording", means, "m");
    metrics.add_list("published_rmse_per_recording", rmses, "m");
  }
  if (options_.data.published) add_published(metrics);
}

}  // namespace

std::string CableReplayOptions::validate() const {
  return named_twice(data.recordings);
}

std::unique_ptr<Simulation> make_cable_replay(const CableReplayOptions& options) {
  return std::make_unique<CableReplaySimulation>(options);
}

}  // namespace filigree
