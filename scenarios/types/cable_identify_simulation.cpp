// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/cable_identify_simulation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numeric>

#include "io/atomic_file.hpp"
#include "io/json.hpp"
#include "learning/optim/lbfgs.hpp"
#include "scenarios/types/cable_folder.hpp"
#include "scenarios/types/cable_frame.hpp"
#include "scenarios/types/cable_parameters.hpp"
#include "scenarios/types/cable_report.hpp"
#include "scenarios/types/type_support.hpp"

namespace filigree {

namespace {

class CableIdentification final : public Simulation {
 public:
  explicit CableIdentification(const CableIdentificationOptions& options) : options_(options) {}

  void initialize(const RunContext& context) override;
  std::string missing_data() const override { return missing_; }
  Estimate estimate() const override;
  StepReport step(double until) override;
  void diagnose(Recorder& recorder) const override;
  void describe(Frame& frame) const override;
  std::optional<Trouble> inspect() const override { return std::nullopt; }  // costs are finite
  void reflect_state(StateVisitor& visitor) override;
  double time() const override { return clock_.time; }
  void evaluate(Recorder& metrics) const override;
  std::vector<std::string> random_streams() const override;

 private:
  bool on_windows() const { return clock_.steps < window_iterations_; }
  optim::Objective current_objective() const;
  void begin_search(const std::vector<double>& u);
  bool validated() const { return validation_.recordings.count > 0; }
  optim::LbfgsOptions search_options() const;
  rods::IdentificationOptions cost_options() const;
  double cost(const rods::CableExperiment& experiment, const std::vector<double>& u,
              std::vector<double>& gradient) const;
  void set_data(const RunContext& context);
  void take_over();
  void write_files() const;

  CableIdentificationOptions options_;
  std::string missing_;
  std::filesystem::path folder_;
  CableSet set_;
  rods::CableExperiment train_, windows_, validation_;
  std::optional<rods::CableFit> truth_;  ///< of a generated cable
  rods::CableFit start_, fit_;
  std::vector<rods::CableUnknown> unknowns_;
  optim::LbfgsState search_;
  rods::ReplayErrors train_errors_, validation_errors_;
  CableRecordings shown_;  ///< the first training recording, predicted
  std::int64_t evaluations_ = 0;
  std::int64_t window_iterations_ = 0;  ///< on windows, before whole recordings
  StepClock clock_;                     ///< a step is an iteration
  double end_time_ = 0;
};

optim::LbfgsOptions CableIdentification::search_options() const {
  return {.memory = static_cast<int>(options_.fit.memory),
          .max_iterations = std::numeric_limits<int>::max(),
          .value_tolerance = options_.fit.value_tolerance,
          .first_step = 0.3};
}

rods::IdentificationOptions CableIdentification::cost_options() const {
  return {options_.fit.smooth, options_.fit.prior_weight, options_.fit.tolerance};
}

double CableIdentification::cost(const rods::CableExperiment& experiment,
                                 const std::vector<double>& u,
                                 std::vector<double>& gradient) const {
  return rods::identification_cost(experiment, start_, unknowns_, cost_options(), u, gradient);
}

/// Of windows first, of whole recordings afterwards.
optim::Objective CableIdentification::current_objective() const {
  return [this, &experiment = on_windows() ? windows_ : train_](const std::vector<double>& u,
                                                                std::vector<double>& gradient) {
    return cost(experiment, u, gradient);
  };
}

void CableIdentification::begin_search(const std::vector<double>& u) {
  search_ = optim::start_lbfgs(current_objective(), u);
  evaluations_ += search_.evaluations;
}

void CableIdentification::set_data(const RunContext& context) {
  CableRecordings all;
  std::optional<CableRecordings> eval;
  if (options_.generate) {
    GeneratedCable cable = generate_cable(*options_.generate, options_.start.guess(), context.seed);
    set_ = cable.set;
    truth_ = cable.truth;
    all = cable.train;
    eval = cable.eval;
  } else {
    FoundData found = find_cable_folder(options_.data.folder, context.scenario_folder);
    missing_ = found.missing;
    if (!missing_.empty()) return;
    set_ = read_cable_set(found.path);
    all = read_recordings(set_, options_.data.file);
  }
  std::vector<Index> fitted, kept;
  for (Index r = 0; r < all.count; ++r) {
    const bool keep = options_.data.validate_every > 0 && r % options_.data.validate_every == 0;
    (keep ? kept : fitted).push_back(r);
  }
  FILIGREE_REQUIRE(
      !fitted.empty(),
      "data.validate_every: no recording is left to fit of {}; raise it or set it to 0", all.count);
  train_ = experiment_of(set_, chosen(all, fitted));
  validation_ = experiment_of(set_, eval ? *eval : chosen(all, kept));
  train_.substeps = validation_.substeps = static_cast<int>(options_.substeps);
  windows_ = train_;
  if (options_.windows) {
    const auto frames = [&](double time) { return static_cast<Index>(std::round(time / set_.dt)); };
    windows_.recordings = windows_of(train_.recordings, frames(options_.windows->length),
                                     frames(options_.windows->every));
  }
}

void CableIdentification::initialize(const RunContext& context) {
  end_time_ = context.end_time;
  folder_ = context.output_folder;
  set_data(context);
  if (!missing_.empty()) return;
  start_ = make_cable_fit(set_, options_.start.guess());
  start_.parameters.rest_length = rods::mean_edge_lengths(train_);
  unknowns_ = cable_unknowns(set_);
  window_iterations_ = options_.windows ? options_.windows->iterations : 0;
  begin_search(std::vector<double>(unknowns_.size(), 0));
  take_over();
}

/// What the rest of the program sees of the search: parameters, and how well they predict.
void CableIdentification::take_over() {
  fit_ = rods::changed(start_, unknowns_, search_.x);
  const double tolerance = options_.fit.tolerance;
  shown_ = rods::replay(train_, fit_.parameters, fit_.roll, tolerance);
  train_errors_ = rods::replay_errors(train_, shown_);
  if (validated()) {
    validation_errors_ = rods::replay_errors(
        validation_, rods::replay(validation_, fit_.parameters, fit_.roll, tolerance));
  }
  shown_ = chosen(shown_, {0});
}

Estimate CableIdentification::estimate() const {
  using Clock = std::chrono::steady_clock;
  Estimate estimate;
  estimate.summary = missing_;
  if (!missing_.empty()) return estimate;
  std::vector<double> unused;
  const auto begin = Clock::now();
  cost(train_, search_.x, unused);
  estimate.seconds_per_step = 1.3 * std::chrono::duration<double>(Clock::now() - begin).count();
  const auto frames = static_cast<std::uint64_t>(train_.recordings.frames);
  const auto n = static_cast<std::uint64_t>(train_.recordings.count * train_.recordings.vertices);
  estimate.bytes = frames * n * 11 * sizeof(double) * static_cast<std::uint64_t>(options_.substeps);
  estimate.dt = 1;
  estimate.steps = static_cast<std::int64_t>(std::ceil(end_time_));
  estimate.summary =
      format("{} unknowns, {} recordings of {} vertices and {} frames", unknowns_.size(),
             train_.recordings.count, train_.recordings.vertices, train_.recordings.frames);
  return estimate;
}

StepReport CableIdentification::step(double until) {
  StepReport report;
  if (clock_.waits(until, report)) return report;
  if (search_.end != optim::LbfgsEnd::kNotYet) {  // nothing is left to do
    report.dt = until - clock_.time;
    clock_.time = until;
    return report;
  }
  const bool was_on_windows = on_windows();
  const optim::Objective objective = current_objective();
  const int before = search_.evaluations;
  optim::iterate(objective, search_options(), search_);
  evaluations_ += search_.evaluations - before;
  report.loss = search_.value;
  report.iterations = search_.evaluations - before;
  clock_.advance(until, report);
  if (was_on_windows && (!on_windows() || search_.end != optim::LbfgsEnd::kNotYet)) {
    window_iterations_ =
        std::min(window_iterations_, clock_.steps);  // from here on whole recordings
    begin_search(search_.x);
  }
  try {
    take_over();
  } catch (const InputError& error) {
    report.trouble = Trouble{error.what(), "after this iteration",
                             "a whole recording cannot be replayed with what fits the windows or "
                             "the other recordings",
                             "raise windows.length or substeps, or leave windows out"};
    return report;
  }
  write_files();
  return report;
}

void CableIdentification::write_files() const {
  if (folder_.empty()) return;
  if (options_.generate && clock_.steps == 1) {
    write_cable_set(folder_ / "cable", set_);
    write_recordings(folder_ / "cable/train.npz", train_.recordings);
    write_recordings(folder_ / "cable/eval.npz", validation_.recordings);
  }
  nlohmann::ordered_json json = to_json(set_.name, set_.topology, fit_);
  const CableReport report{set_,          unknowns_,          start_, fit_,
                           train_errors_, validation_errors_, truth_, search_.value,
                           clock_.steps,  evaluations_};
  json["fit"] = fit_json(report);
  write_file_atomically(folder_ / "parameters.json", json_text(json));
  write_file_atomically(folder_ / "fit_report.md", fit_markdown(report));
}

void CableIdentification::diagnose(Recorder& recorder) const {
  recorder.add("cost", search_.value, "m");
  recorder.add("train_error", train_errors_.mean, "m");
  if (validated()) recorder.add("validation_error", validation_errors_.mean, "m");
  recorder.add("evaluations", static_cast<double>(evaluations_));
  recorder.add("damping", fit_.parameters.damping, "1/s");
  for (std::size_t r = 0; r < set_.regions.size(); ++r) {
    const RegionMeans means = region_means(set_, fit_, r);
    recorder.add("bending_" + set_.regions[r], means.bending, "N m^2");
    recorder.add("twist_" + set_.regions[r], means.twist, "N m^2");
    recorder.add("density_" + set_.regions[r], means.line_density, "kg/m");
  }
}

/// The end of the first recording.
void CableIdentification::describe(Frame& frame) const {
  frame.time = clock_.time;
  frame.step = clock_.steps;
  if (!missing_.empty()) return;
  const Index last = shown_.frames - 1;
  const auto measured = positions_of(train_.recordings, 0, last);
  frame.blocks.push_back(cable_block(set_, "measured", measured, measured));
  frame.blocks.push_back(cable_block(set_, "predicted", positions_of(shown_, 0, last), measured));
}

void CableIdentification::reflect_state(StateVisitor& visitor) {
  clock_.reflect_state(visitor);
  visitor("evaluations", evaluations_);
  visitor("window_iterations", window_iterations_);
  auto counts = std::array<std::int64_t, 4>{search_.iterations, search_.evaluations,
                                            static_cast<std::int64_t>(search_.end),
                                            static_cast<std::int64_t>(search_.changes.size())};
  for (std::size_t i = 0; i < counts.size(); ++i) visitor(format("search/counts/{}", i), counts[i]);
  visitor("search/value", search_.value);
  visit_values(visitor, "search/x", search_.x);
  visit_values(visitor, "search/gradient", search_.gradient);
  search_.changes.resize(static_cast<std::size_t>(counts[3]));
  for (std::size_t k = 0; k < search_.changes.size(); ++k) {
    visit_values(visitor, format("search/change/{}/x", k), search_.changes[k].x);
    visit_values(visitor, format("search/change/{}/gradient", k), search_.changes[k].gradient);
  }
  if (!visitor.loading()) return;
  FILIGREE_REQUIRE(search_.x.size() == unknowns_.size(),
                   "the stored search has {} unknowns, that of the scenario has {}",
                   search_.x.size(), unknowns_.size());
  search_.iterations = static_cast<int>(counts[0]);
  search_.evaluations = static_cast<int>(counts[1]);
  search_.end = static_cast<optim::LbfgsEnd>(counts[2]);
  take_over();
}

void CableIdentification::evaluate(Recorder& metrics) const {
  metrics.add("unknowns", static_cast<double>(unknowns_.size()));
  metrics.add("train_error", train_errors_.mean, "m");
  if (validated()) metrics.add("validation_error", validation_errors_.mean, "m");
  metrics.add_list("train_per_recording", train_errors_.per_recording, "m");
  if (validated()) {
    metrics.add_list("validation_per_recording", validation_errors_.per_recording, "m");
  }
  if (!truth_) return;
  for (std::size_t r = 0; r < set_.regions.size(); ++r) {
    const RegionMeans found = region_means(set_, fit_, r);
    const RegionMeans exact = region_means(set_, *truth_, r);
    metrics.add("bending_ratio_" + set_.regions[r], found.bending / exact.bending);
    metrics.add("density_ratio_" + set_.regions[r], found.line_density / exact.line_density);
  }
  metrics.add("damping_ratio", fit_.parameters.damping / truth_->parameters.damping);
}

std::vector<std::string> CableIdentification::random_streams() const {
  if (!options_.generate) return {};
  return {"cable/properties", "cable/motion", "cable/noise"};
}

}  // namespace

std::unique_ptr<Simulation> make_cable_identification(const CableIdentificationOptions& options) {
  return std::make_unique<CableIdentification>(options);
}

}  // namespace filigree
