// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/graph_training_simulation.hpp"

#include <chrono>
#include <cmath>

#include "learning/nn/losses.hpp"
#include "scenarios/models.hpp"
#include "scenarios/types/type_support.hpp"

namespace filigree {

namespace {

class GraphTraining final : public Simulation {
 public:
  GraphTraining(const GraphTrainingOptions& options, MakeGraphTask make_task)
      : options_(options), make_task_(std::move(make_task)) {}

  void initialize(const RunContext& context) override;
  Estimate estimate() const override;
  StepReport step(double until) override;
  void diagnose(Recorder& recorder) const override;
  void describe(Frame& frame) const override;
  std::optional<Trouble> inspect() const override;
  void reflect_state(StateVisitor& visitor) override;
  double time() const override { return clock_.time; }
  void evaluate(Recorder& metrics) const override;
  std::vector<std::string> random_streams() const override;

 private:
  const std::vector<GraphScore>& scores() const;
  Predict predict() const;
  void take_batch(std::int64_t number);
  void judge();
  void write_weights() const;

  GraphTrainingOptions options_;
  MakeGraphTask make_task_;
  std::filesystem::path folder_;
  double end_time_ = 0;
  std::unique_ptr<GraphTask> task_;
  mutable std::optional<learning::Cgs> model_;        ///< evaluation swaps averages in and out
  mutable std::optional<learning::Trainer> trainer_;  ///< and uses the memory of its tape
  learning::Parameters parameters_;
  GraphSample batch_;
  std::int64_t batch_number_ = -1;
  StepClock clock_;  ///< a step is an update
  learning::Update last_;
  mutable std::vector<GraphScore> scores_;  ///< of the parameters after `scored_at_` updates
  mutable std::int64_t scored_at_ = -1;
};

void GraphTraining::initialize(const RunContext& context) {
  folder_ = context.output_folder;
  end_time_ = context.end_time;
  task_ = make_task_(context);
  model_.emplace(options_.model, task_->widths());
  parameters_ = learning::parameters(*model_);
  learning::initialize(parameters_, context.seed);
  model_->project();
  if (options_.weights) {
    load_parameters(parameters_, context.scenario_folder / options_.weights->path);
  }
  trainer_.emplace(options_.training, parameters_);
}

Estimate GraphTraining::estimate() const {
  Estimate estimate;
  const GraphSample sample = task_->batch(0);
  learning::Tape tape;
  const auto begin = std::chrono::steady_clock::now();
  {
    const learning::Tape::Scope on(tape);
    learning::item(learning::mean_squared_error((*model_)(sample.input).y, sample.target));
  }
  estimate.seconds_per_step =
      3 * std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  estimate.bytes = 3 * tape.high_water();
  estimate.dt = clock_.interval;
  estimate.steps = static_cast<std::int64_t>(std::ceil(end_time_));
  estimate.summary = format("{} parameters; {}", learning::count(parameters_), task_->summary());
  return estimate;
}

void GraphTraining::take_batch(std::int64_t number) {
  if (number == batch_number_) return;
  batch_ = task_->batch(number);
  batch_number_ = number;
}

StepReport GraphTraining::step(double until) {
  StepReport report;
  if (clock_.waits(until, report)) return report;
  if (!options_.train || trainer_->is_over()) {
    report.dt = until - clock_.time;
    clock_.time = until;
    return report;
  }
  take_batch(clock_.steps / options_.redraw_every);
  last_ = trainer_->update(
      [this] { return learning::mean_squared_error((*model_)(batch_.input).y, batch_.target); });
  clock_.advance(until, report);
  report.loss = last_.loss;
  report.iterations = model_->solver().last_forward.iterations();
  report.residual = model_->solver().last_forward.error();
  if (!std::isfinite(last_.loss) || !std::isfinite(last_.gradient_norm)) {
    report.trouble = Trouble{
        format("the loss is {} and the norm of its gradient {}", last_.loss, last_.gradient_norm),
        format("in update {}", clock_.steps), "training diverged",
        "lower training.optimizer.learning_rate or set training.clip_norm"};
    return report;
  }
  if (clock_.steps % options_.evaluate_every == 0 || clock_.time >= end_time_) {
    judge();
  }
  return report;
}

/// Scores the model and stores it: with `patience` only the best, which training ends with.
void GraphTraining::judge() {
  bool is_kept = true;
  const double score = scores().front().value;
  if (options_.training.patience) {
    is_kept = trainer_->judge(score);
    if (trainer_->is_over() || clock_.time >= end_time_) {
      trainer_->restore_best();
      scored_at_ = -1;
    }
  }
  if (is_kept) write_weights();
}

Predict GraphTraining::predict() const {
  return [this](const learning::CgsInput& input) {
    return trainer_->predict([&] { return (*model_)(input).y; });
  };
}

/// Scores of the present parameters; computed when somebody asks.
const std::vector<GraphScore>& GraphTraining::scores() const {
  if (scored_at_ != clock_.steps) scores_ = task_->score(predict());
  scored_at_ = clock_.steps;
  return scores_;
}

void GraphTraining::write_weights() const {
  if (folder_.empty()) return;
  const learning::Trainer::Averaged averaged(*trainer_);
  save_cgs(folder_ / "model.safetensors", *model_);
}

void GraphTraining::diagnose(Recorder& recorder) const {
  recorder.add("loss", last_.loss);
  recorder.add("learning_rate", last_.learning_rate);
  recorder.add("gradient_norm", last_.gradient_norm);
  recorder.add("sweeps", static_cast<double>(model_->solver().last_forward.iterations()));
  recorder.add("adjoint_sweeps", static_cast<double>(model_->solver().last_adjoint.iterations()));
  if (scored_at_ < 0) scores();
  for (const GraphScore& score : scores_) {
    if (score.is_followed) recorder.add(score.name, score.value, score.unit);
  }
}

void GraphTraining::describe(Frame& frame) const {
  frame.time = clock_.time;
  frame.step = clock_.steps;
  task_->describe(frame, predict());
}

std::optional<Trouble> GraphTraining::inspect() const {
  for (const auto& [name, parameter] : parameters_) {
    for (const double value : learning::to_vector(parameter->value)) {
      if (std::isfinite(value)) continue;
      return Trouble{format("parameter {} is not finite", name),
                     format("after update {}", clock_.steps), "training diverged",
                     "lower training.optimizer.learning_rate or set training.clip_norm"};
    }
  }
  return std::nullopt;
}

void GraphTraining::reflect_state(StateVisitor& visitor) {
  clock_.reflect_state(visitor);
  trainer_->reflect_state(visitor);
  visitor("last/loss", last_.loss);
  visitor("last/gradient_norm", last_.gradient_norm);
  visitor("last/learning_rate", last_.learning_rate);
  visitor("scored_at", scored_at_);
  if (scores_.empty()) scores_ = task_->score(predict());  // for the names
  for (GraphScore& score : scores_) visitor("score/" + score.name, score.value);
}

void GraphTraining::evaluate(Recorder& metrics) const {
  for (const GraphScore& score : scores()) metrics.add(score.name, score.value, score.unit);
  metrics.add("updates", static_cast<double>(clock_.steps));
}

std::vector<std::string> GraphTraining::random_streams() const {
  auto streams = task_->random_streams();
  streams.push_back("parameters/...");
  return streams;
}

}  // namespace

std::unique_ptr<Simulation> make_graph_training(const GraphTrainingOptions& options,
                                                MakeGraphTask make_task) {
  return std::make_unique<GraphTraining>(options, std::move(make_task));
}

}  // namespace filigree
