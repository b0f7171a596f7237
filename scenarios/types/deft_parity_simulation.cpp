// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/deft_parity_simulation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "core/text.hpp"
#include "io/npz.hpp"
#include "scenarios/types/cable_folder.hpp"
#include "scenarios/types/cable_frame.hpp"
#include "scenarios/types/deft_replay.hpp"
#include "scenarios/types/type_support.hpp"

namespace filigree {

namespace {

using rods::deft::Vec3;

/// One file of parameters on all recordings.
struct Variant {
  std::string name;  ///< "published_physics" or "published_full"
  rods::deft::Model model;
  std::vector<rods::deft::State> states;  ///< per recording
  std::vector<ErrorSums> errors;          ///< per recording
};

class DeftParitySimulation final : public Simulation {
 public:
  explicit DeftParitySimulation(const DeftParityOptions& options) : options_(options) {}

  void initialize(const RunContext& context) override;
  std::string missing_data() const override { return missing_; }
  Estimate estimate() const override;
  StepReport step(double until) override;
  void diagnose(Recorder& recorder) const override;
  void describe(Frame& frame) const override;
  std::optional<Trouble> inspect() const override;
  void reflect_state(StateVisitor& visitor) override;
  double time() const override { return clock_.time; }
  void evaluate(Recorder& metrics) const override;

 private:
  void add_variant(const std::string& file);

  DeftParityOptions options_;
  std::string missing_;
  CableSet set_;
  CableRecordings recordings_;
  std::vector<std::int64_t> numbers_;  ///< of the recordings in their file
  std::vector<Variant> variants_;
  StepClock clock_;  ///< a step is a frame
  double end_time_ = 0;
};

void DeftParitySimulation::add_variant(const std::string& file) {
  std::error_code ignored;
  if (!std::filesystem::exists(set_.folder / file, ignored)) return;
  Variant variant;
  variant.model = deft_parity_model(set_, read_npz(set_.folder / file));
  variant.name = variant.model.parameters.net.empty() ? "published_physics" : "published_full";
  for (const Variant& other : variants_) {
    FILIGREE_REQUIRE(other.name != variant.name,
                     "data.parameters: two of the files hold a model {} a network; name one",
                     variant.model.parameters.net.empty() ? "without" : "with");
  }
  for (Index r = 0; r < recordings_.count; ++r) {
    variant.states.push_back(start_of(set_, variant.model, recordings_, r));
  }
  variant.errors.resize(variant.states.size());
  variants_.push_back(std::move(variant));
}

void DeftParitySimulation::initialize(const RunContext& context) {
  end_time_ = context.end_time;
  OpenedRecordings opened =
      open_recordings(options_.data.folder, options_.data.file, options_.data.recordings,
                      context.scenario_folder, end_time_);
  missing_ = opened.missing;
  if (!missing_.empty()) return;
  set_ = std::move(opened.set);
  recordings_ = std::move(opened.recordings);
  numbers_ = std::move(opened.numbers);
  clock_.interval = set_.dt;
  for (const std::string& file : options_.data.parameters) add_variant(file);
  FILIGREE_REQUIRE(!variants_.empty(), "data.parameters: none of the files {} is in {}",
                   join(options_.data.parameters), set_.folder.string());
}

StepReport DeftParitySimulation::step(double until) {
  StepReport report;
  if (clock_.waits(until, report)) return report;
  const auto frame = static_cast<Index>(clock_.steps + 2);
  for (Variant& variant : variants_) {
    for (Index r = 0; r < recordings_.count; ++r) {
      const auto i = static_cast<std::size_t>(r);
      rods::deft::step(variant.model, commanded(set_, recordings_, r, frame), variant.states[i]);
      variant.errors[i].add(set_, variant.states[i].position, recordings_, r, frame);
    }
  }
  clock_.advance(until, report);
  return report;
}

Estimate DeftParitySimulation::estimate() const {
  using Clock = std::chrono::steady_clock;
  Estimate estimate;
  estimate.summary = missing_;
  if (!missing_.empty()) return estimate;
  for (const Variant& variant : variants_) {
    const auto start = Clock::now();
    rods::deft::State state = variant.states[0];
    rods::deft::step(variant.model, commanded(set_, recordings_, 0, 2), state);
    estimate.seconds_per_step += std::chrono::duration<double>(Clock::now() - start).count() *
                                 static_cast<double>(recordings_.count);
  }
  estimate.bytes = recordings_.positions.size() * sizeof(double);
  estimate.dt = set_.dt;
  estimate.steps = static_cast<std::int64_t>(std::ceil(end_time_ / set_.dt * (1 - 1e-9)));
  estimate.summary = format("{} recordings of {} vertices, {} sets of parameters",
                            recordings_.count, set_.n_vertices(), variants_.size());
  return estimate;
}

void DeftParitySimulation::diagnose(Recorder& recorder) const {
  recorder.add("recordings", static_cast<double>(recordings_.count));
  for (const Variant& variant : variants_) {
    double sum = 0;
    for (const ErrorSums& error : variant.errors) sum += error.last;
    recorder.add(variant.name + "_error", sum / static_cast<double>(variant.errors.size()), "m");
  }
}

/// The first recording: what was measured, what the models say.
void DeftParitySimulation::describe(Frame& frame) const {
  frame.time = clock_.time;
  frame.step = clock_.steps;
  if (!missing_.empty()) return;
  const std::vector<Vec3> exact =
      positions_of(recordings_, 0, static_cast<Index>(clock_.steps + 1));
  frame.blocks.push_back(cable_block(set_, "measured", exact, exact));
  for (const Variant& variant : variants_) {
    frame.blocks.push_back(
        cable_block(set_, variant.name, to_flat(set_, variant.states[0].position), exact));
  }
}

std::optional<Trouble> DeftParitySimulation::inspect() const {
  for (const Variant& variant : variants_) {
    for (std::size_t r = 0; r < variant.states.size(); ++r) {
      for (const Vec3& x : variant.states[r].position) {
        if (std::isfinite(squared_norm(x))) continue;
        Trouble trouble;
        trouble.what = format("{}: a position is not finite", variant.name);
        trouble.where = format("recording {}", numbers_[r]);
        trouble.cause = "the parameters do not belong to this cable, or the recording jumps";
        trouble.advice = "leave the recording out of data.recordings";
        return trouble;
      }
    }
  }
  return std::nullopt;
}

void DeftParitySimulation::reflect_state(StateVisitor& visitor) {
  clock_.reflect_state(visitor);
  for (Variant& variant : variants_) {
    for (std::size_t r = 0; r < variant.states.size(); ++r) {
      const std::string name = format("{}/{}/", variant.name, numbers_[r]);
      rods::deft::State& state = variant.states[r];
      reflect_rows<double>(visitor, name + "position", state.position);
      reflect_rows<double>(visitor, name + "velocity", state.velocity);
      reflect_rows<double>(visitor, name + "theta", state.theta);
      reflect_rows<double>(visitor, name + "first_frame", state.first_frame);
      reflect_rows<double>(visitor, name + "host_turn", state.host_turn);
      reflect_rows<double>(visitor, name + "child_turn", state.child_turn);
      reflect_rows<double>(visitor, name + "anchor_in", state.anchor_in);
      reflect_rows<double>(visitor, name + "anchor_out", state.anchor_out);
      reflect_rows<double>(visitor, name + "anchor_child", state.anchor_child);
      variant.errors[r].reflect_state(visitor, name);
      state.step = static_cast<int>(clock_.steps);
      state.anchored = clock_.steps > 0;
    }
  }
}

void DeftParitySimulation::evaluate(Recorder& metrics) const {
  const auto add = [&](const std::string& name, const PublishedError& error) {
    metrics.add(name + "_mean_error", error.mean, "m");
    metrics.add(name + "_end_error", error.end, "m");
    metrics.add(name + "_rmse", error.rmse, "m");
  };
  if (!missing_.empty()) {  // the names that a scene may expect something of
    const double none = std::numeric_limits<double>::quiet_NaN();
    for (const char* name : {"published_physics", "published_full"}) add(name, {none, none, none});
    return;
  }
  for (const Variant& variant : variants_) {
    std::vector<PublishedError> errors;
    std::vector<double> means, rmses;
    for (const ErrorSums& sums : variant.errors) {
      errors.push_back(sums.error());
      means.push_back(errors.back().mean);
      rmses.push_back(errors.back().rmse);
    }
    add(variant.name, pooled(errors));
    if (clock_.steps == 0) continue;
    metrics.add_list(variant.name + "_per_recording", means, "m");
    metrics.add_list(variant.name + "_rmse_per_recording", rmses, "m");
  }
}

}  // namespace

std::string DeftParityOptions::validate() const {
  if (data.parameters.empty()) return "data.parameters: name at least one file";
  return named_twice(data.recordings);
}

std::unique_ptr<Simulation> make_deft_parity(const DeftParityOptions& options) {
  return std::make_unique<DeftParitySimulation>(options);
}

}  // namespace filigree
