// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/graph_training_simulation.hpp"

#include <chrono>
#include <cmath>

#include "learning/nn/losses.hpp"
#include "scenarios/models.hpp"
#include "scenarios/types/training_trouble.hpp"
#include "scenarios/types/type_support.hpp"

namespace filigree {

namespace {

class GraphTraining final : public Simulation {
 public:
  GraphTraining(const GraphTrainingOptions& options, MakeGraphTask make_task)
      : options_(options), make_task_(std::move(make_task)) {}

  void initialize(const RunContext& context) override;
  std::vector<std::string> warnings() const override { return warnings_; }
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
  using Use = learning::Trainer::Use;
  bool is_finished() const { return clock_.time >= end_time_ || trainer_->is_over(); }
  Predict predict(Use use) const;
  const std::vector<GraphScore>& scores() const;
  void take_batch(std::int64_t number);
  void judge();
  void write_weights() const;
  void begin_from(const std::filesystem::path& file);

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
  std::int64_t sweeps_ = 0, adjoint_sweeps_ = 0;  ///< of the last update
  mutable std::vector<GraphScore> scores_;        ///< of the last evaluation
  std::int64_t scored_at_ = 0;                    ///< update of that evaluation
  std::vector<std::string> warnings_;
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
    begin_from(context.scenario_folder / options_.weights->path);
  }
  trainer_.emplace(options_.training, parameters_, [this] { model_->project(); });
}

void GraphTraining::begin_from(const std::filesystem::path& file) {
  const std::vector<std::string> differences = load_parameters(*model_, file);
  if (differences.empty()) return;
  const std::string text =
      format("{} has weights of another model:\n  {}", file.string(), join(differences, "\n  "));
  FILIGREE_REQUIRE(options_.train,
                   "{}\nWithout training they mean nothing here: give `model` the "
                   "options of the file",
                   text);
  warnings_.push_back(text);
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
  const learning::CgsReport solve = model_->report();
  sweeps_ = solve.sweeps;
  adjoint_sweeps_ = solve.adjoint_sweeps;
  report.iterations = solve.sweeps;
  report.residual = solve.error;
  report.trouble = trouble_of(last_, format("in update {}", clock_.steps));
  if (report.trouble) return report;
  if (clock_.steps % options_.evaluate_every == 0) {
    judge();
  } else if (clock_.time >= end_time_ && !options_.training.patience) {
    write_weights();
  }
  return report;
}

/// Scores the model and stores it: with `patience` only where it is the best so far.
void GraphTraining::judge() {
  scores_ = task_->score(predict(Use::kPresent));
  scored_at_ = clock_.steps;
  if (!options_.training.patience || trainer_->judge(scores_.front().value)) write_weights();
}

Predict GraphTraining::predict(Use use) const {
  return [this, use](const learning::CgsInput& input) {
    return trainer_->predict([&] { return (*model_)(input).y; }, use);
  };
}

/// Scores of the last evaluation, at first those of the model before training.
const std::vector<GraphScore>& GraphTraining::scores() const {
  if (scores_.empty()) scores_ = task_->score(predict(Use::kPresent));
  return scores_;
}

void GraphTraining::write_weights() const {
  if (folder_.empty()) return;
  const learning::Trainer::Shown shown(*trainer_);
  save_cgs(folder_ / "model.safetensors", *model_);
}

void GraphTraining::diagnose(Recorder& recorder) const {
  recorder.add("loss", last_.loss);
  recorder.add("learning_rate", last_.learning_rate);
  recorder.add("gradient_norm", last_.gradient_norm);
  recorder.add("sweeps", static_cast<double>(sweeps_));
  recorder.add("adjoint_sweeps", static_cast<double>(adjoint_sweeps_));
  for (const GraphScore& score : scores()) {
    if (score.is_followed) recorder.add(score.name, score.value, score.unit);
  }
}

void GraphTraining::describe(Frame& frame) const {
  frame.time = clock_.time;
  frame.step = clock_.steps;
  task_->describe(frame, predict(is_finished() ? Use::kBest : Use::kPresent));
}

std::optional<Trouble> GraphTraining::inspect() const {
  return trouble_of(parameters_, format("after update {}", clock_.steps));
}

void GraphTraining::reflect_state(StateVisitor& visitor) {
  clock_.reflect_state(visitor);
  trainer_->reflect_state(visitor);
  visitor("last/loss", last_.loss);
  visitor("last/gradient_norm", last_.gradient_norm);
  visitor("last/learning_rate", last_.learning_rate);
  visitor("last/sweeps", sweeps_);
  visitor("last/adjoint_sweeps", adjoint_sweeps_);
  visitor("scored_at", scored_at_);
  if (scores_.empty()) scores();  // for the names
  for (GraphScore& score : scores_) visitor("score/" + score.name, score.value);
}

void GraphTraining::evaluate(Recorder& metrics) const {
  const bool is_scored = scored_at_ == clock_.steps && !options_.training.patience;
  const std::vector<GraphScore> last = is_scored ? scores() : task_->score(predict(Use::kBest));
  for (const GraphScore& score : last) metrics.add(score.name, score.value, score.unit);
  metrics.add("updates", static_cast<double>(clock_.steps));
}

std::vector<std::string> GraphTraining::random_streams() const {
  auto streams = task_->random_streams();
  streams.push_back("parameters/...");
  return streams;
}

}  // namespace

std::string GraphTrainingOptions::validate() const {
  if (!train && !weights) {
    return "weights: name a file, without training there is nothing else to evaluate";
  }
  if (training.schedule.clock != optim::Clock::kStep) {
    return "training.schedule.clock: must be `step`: graphs are drawn anew, there are no epochs";
  }
  return "";
}

std::unique_ptr<Simulation> make_graph_training(const GraphTrainingOptions& options,
                                                MakeGraphTask make_task) {
  return std::make_unique<GraphTraining>(options, std::move(make_task));
}

}  // namespace filigree
