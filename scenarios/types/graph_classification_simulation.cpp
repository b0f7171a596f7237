// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Classification of graphs with cross-validation: one fold after the other, a step is an epoch of
// training on one of them. Features are the labels of the nodes, one of n coded; edges have none (a
// single 0, as published).
#include "scenarios/types/graph_classification_simulation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <numeric>

#include "graph/batch.hpp"
#include "graph/edge_list.hpp"
#include "learning/autodiff/ops.hpp"
#include "learning/nn/losses.hpp"
#include "scenarios/models.hpp"
#include "scenarios/types/graph_set_generator.hpp"
#include "scenarios/types/training_trouble.hpp"
#include "scenarios/types/tu_data.hpp"
#include "scenarios/types/type_support.hpp"

namespace filigree {

namespace {

using Numbers = std::vector<Index>;  // of graphs

/// Graphs as one batch, with their classes.
struct ClassifiedBatch {
  learning::CgsInput input;
  Numbers classes;
};

/// What each fold does with the graphs.
struct Split {
  Numbers train, validation, test;
};

struct MeanAndDeviation {
  double mean = 0, deviation = 0;
};
MeanAndDeviation over(const std::vector<double>& values) {
  MeanAndDeviation result;
  const auto n = static_cast<double>(values.size());
  for (const double value : values) result.mean += value / n;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  result.deviation = std::sqrt(squares / n);
  return result;
}

class GraphClassification final : public Simulation {
 public:
  explicit GraphClassification(const GraphClassificationOptions& options) : options_(options) {}

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
  std::vector<std::string> random_streams() const override;

 private:
  std::int64_t total_epochs() const {
    return options_.weights ? 0 : options_.folds * options_.epochs;
  }
  std::int64_t fold() const { return std::min(clock_.steps / options_.epochs, options_.folds - 1); }
  std::int64_t folds_finished() const { return clock_.steps / options_.epochs; }
  bool is_nested() const { return options_.protocol == ClassificationProtocol::kNested; }
  Split split(std::int64_t fold) const;
  ClassifiedBatch batch_of(const Numbers& graphs) const;
  void begin_fold();
  void begin_from(const std::filesystem::path& file);
  void train_epoch();
  void keep_best() const;
  std::vector<Index> predicted(const ClassifiedBatch& batch) const;
  double accuracy(const ClassifiedBatch& batch) const;

  GraphClassificationOptions options_;
  std::string missing_;
  std::filesystem::path folder_;
  std::uint64_t seed_ = 0;
  LabelledGraphSet set_;
  std::vector<std::shared_ptr<const Graph>> graphs_;
  std::vector<Numbers> folds_;
  Split split_;
  ClassifiedBatch validation_, test_;
  mutable std::optional<learning::Cgs> model_;
  mutable std::optional<learning::Trainer> trainer_;
  StepClock clock_;  ///< a step is an epoch
  double loss_ = 0, learning_rate_ = 0;
  std::optional<Trouble> trouble_;
  /// Accuracy after each epoch, fold after fold.
  std::vector<double> test_curve_, validation_curve_;
};

void GraphClassification::initialize(const RunContext& context) {
  seed_ = context.seed;
  if (options_.generate) {
    const InventedGraphs& o = *options_.generate;
    const auto index = [](std::int64_t value) { return static_cast<Index>(value); };
    set_ = generate_graph_set(
        {index(o.graphs), index(o.nodes[0]), index(o.nodes[1]), index(o.labels), index(o.classes)},
        seed_);
  } else {
    const FoundData found = find_tu_data(options_.set, context.scenario_folder);
    missing_ = found.missing;
    if (!missing_.empty()) return;
    set_ = read_tu_data(found.path);
  }
  for (const LabelledGraph& graph : set_.graphs) {
    graphs_.push_back(graph_from_pairs(graph.n_nodes, graph.edges));
  }
  folder_ = context.output_folder;
  if (options_.weights) return begin_from(context.scenario_folder / options_.weights->path);
  folds_ = stratified_folds(classes_of(set_), static_cast<Index>(options_.folds), seed_);
  begin_fold();
}

/// A model that was trained before, tested on every graph.
void GraphClassification::begin_from(const std::filesystem::path& file) {
  split_.test.resize(graphs_.size());
  std::iota(split_.test.begin(), split_.test.end(), Index{0});
  test_ = batch_of(split_.test);
  model_.emplace(load_cgs(file));
  const learning::CgsWidths& widths = model_->widths();
  FILIGREE_REQUIRE(widths.nodes == set_.n_labels && widths.out == set_.n_classes,
                   "{} is a model for {} labels of nodes and {} classes, but the set has {} and {}",
                   file.string(), widths.nodes, widths.out, set_.n_labels, set_.n_classes);
  trainer_.emplace(options_.training, learning::parameters(*model_));
}

Split GraphClassification::split(std::int64_t fold) const {
  Split split;
  for (std::int64_t f = 0; f < options_.folds; ++f) {
    const bool validates = is_nested() && f == (fold + 1) % options_.folds;
    Numbers& part = f == fold ? split.test : validates ? split.validation : split.train;
    const Numbers& graphs = folds_[static_cast<std::size_t>(f)];
    part.insert(part.end(), graphs.begin(), graphs.end());
  }
  return split;
}

ClassifiedBatch GraphClassification::batch_of(const Numbers& graphs) const {
  ClassifiedBatch result;
  std::vector<std::shared_ptr<const Graph>> parts;
  std::vector<double> features;
  const auto n_labels = static_cast<std::size_t>(set_.n_labels);
  for (const Index g : graphs) {
    const LabelledGraph& graph = set_.graphs[static_cast<std::size_t>(g)];
    parts.push_back(graphs_[static_cast<std::size_t>(g)]);
    result.classes.push_back(graph.graph_class);
    const std::size_t first = features.size();
    features.resize(first + graph.labels.size() * n_labels, 0.0);
    for (std::size_t i = 0; i < graph.labels.size(); ++i) {
      features[first + i * n_labels + static_cast<std::size_t>(graph.labels[i])] = 1;
    }
  }
  const auto batch = std::make_shared<const contraction::Batch>(batch_graphs(parts));
  result.input =
      learning::cgs_input(batch, learning::tensor({batch->n_nodes(), set_.n_labels}, features),
                          learning::zeros({batch->n_edges(), 1}));
  return result;
}

/// A new model for the fold that the clock says.
void GraphClassification::begin_fold() {
  split_ = split(fold());
  test_ = batch_of(split_.test);
  if (is_nested()) validation_ = batch_of(split_.validation);
  trainer_.reset();
  model_.emplace(options_.model,
                 learning::CgsWidths{.nodes = set_.n_labels, .edges = 1, .out = set_.n_classes});
  const learning::Parameters all = learning::parameters(*model_);
  learning::initialize(all, seed_ + static_cast<std::uint64_t>(fold()));
  model_->project();
  trainer_.emplace(options_.training, all, [this] { model_->project(); });
}

void GraphClassification::train_epoch() {
  const std::int64_t epoch = clock_.steps % options_.epochs;
  const auto n = static_cast<Index>(split_.train.size());
  const std::vector<Index> order = learning::epoch_order(n, seed_, epoch);
  double total = 0;
  for (Index begin = 0; begin < n; begin += static_cast<Index>(options_.batch)) {
    const Index end = std::min(n, begin + static_cast<Index>(options_.batch));
    Numbers graphs;
    for (Index k = begin; k < end; ++k) {
      graphs.push_back(split_.train[static_cast<std::size_t>(order[static_cast<std::size_t>(k)])]);
    }
    const ClassifiedBatch batch = batch_of(graphs);
    const learning::Labels labels(batch.classes, set_.n_classes);
    const double epochs = static_cast<double>(epoch) + static_cast<double>(begin) / n;
    const learning::Update update = trainer_->update(
        [&] { return learning::cross_entropy((*model_)(batch.input).y, labels); }, epochs);
    total += update.loss * (end - begin);
    learning_rate_ = update.learning_rate;
    trouble_ = trouble_of(update, format("in epoch {} of fold {}", epoch, fold()));
    if (trouble_) {
      loss_ = update.loss;
      return;
    }
  }
  loss_ = total / n;
}

/// Stores the model of the fold when the accuracy that picks the epoch is the best so far.
void GraphClassification::keep_best() const {
  const std::vector<double>& curve = is_nested() ? validation_curve_ : test_curve_;
  const auto first = curve.end() - 1 - clock_.steps % options_.epochs;
  const bool is_best = std::max_element(first, curve.end()) == curve.end() - 1;
  if (!is_best || folder_.empty()) return;
  const learning::Trainer::Shown shown(*trainer_);
  save_cgs(folder_ / format("model_fold_{}.safetensors", fold()), *model_);
}

StepReport GraphClassification::step(double until) {
  StepReport report;
  if (clock_.waits(until, report)) return report;
  if (clock_.steps >= total_epochs()) {  // all folds are done
    report.dt = until - clock_.time;
    clock_.time = until;
    return report;
  }
  if (clock_.steps > 0 && clock_.steps % options_.epochs == 0) begin_fold();
  train_epoch();
  test_curve_.push_back(accuracy(test_));
  if (is_nested()) validation_curve_.push_back(accuracy(validation_));
  keep_best();
  clock_.advance(until, report);
  report.loss = loss_;
  report.iterations = model_->report().sweeps;
  report.residual = model_->report().error;
  report.trouble = trouble_;
  return report;
}

std::vector<Index> GraphClassification::predicted(const ClassifiedBatch& batch) const {
  const std::vector<double> scores = trainer_->predict([&] { return (*model_)(batch.input).y; });
  std::vector<Index> classes;
  const auto n = static_cast<std::size_t>(set_.n_classes);
  for (std::size_t g = 0; g < batch.classes.size(); ++g) {
    const auto row = scores.begin() + static_cast<std::ptrdiff_t>(g * n);
    const auto best = std::max_element(row, row + static_cast<std::ptrdiff_t>(n));
    classes.push_back(static_cast<Index>(best - row));
  }
  return classes;
}

double GraphClassification::accuracy(const ClassifiedBatch& batch) const {
  const std::vector<Index> found = predicted(batch);
  double right = 0;
  for (std::size_t g = 0; g < found.size(); ++g) right += found[g] == batch.classes[g];
  return right / static_cast<double>(found.size());
}

Estimate GraphClassification::estimate() const {
  Estimate estimate;
  estimate.summary = missing_;
  if (!missing_.empty()) return estimate;
  const auto begin = std::chrono::steady_clock::now();
  accuracy(test_);
  const double per_graph =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() /
      static_cast<double>(split_.test.size());
  estimate.seconds_per_step = 3.5 * per_graph * static_cast<double>(set_.graphs.size());
  estimate.bytes = 3 * trainer_->tape().high_water();
  estimate.dt = clock_.interval;
  estimate.steps = total_epochs();
  estimate.summary =
      format("{} graphs of {} classes, {} node labels; {} folds of {} epochs", set_.graphs.size(),
             set_.n_classes, set_.n_labels, options_.folds, options_.epochs);
  return estimate;
}

std::optional<Trouble> GraphClassification::inspect() const {
  if (!model_) return std::nullopt;  // no data
  return trouble_of(learning::parameters(*model_), format("after epoch {}", clock_.steps));
}

void GraphClassification::diagnose(Recorder& recorder) const {
  recorder.add("fold", static_cast<double>(fold()));
  recorder.add("loss", loss_);
  recorder.add("learning_rate", learning_rate_);
  recorder.add("test_accuracy", test_curve_.empty() ? 0 : test_curve_.back());
  if (is_nested()) {
    recorder.add("validation_accuracy", validation_curve_.empty() ? 0 : validation_curve_.back());
  }
}

/// Some graphs that were tested on, their nodes on circles.
void GraphClassification::describe(Frame& frame) const {
  frame.time = clock_.time;
  frame.step = clock_.steps;
  if (!missing_.empty()) return;
  Block block;
  block.name = "tested_graphs";
  block.kind = CellKind::kLine;
  block.offsets = {0};
  std::vector<std::int32_t> labels, classes, answers;
  const std::vector<Index> found = predicted(test_);
  const std::size_t shown = std::min<std::size_t>(split_.test.size(), 16);
  for (std::size_t k = 0; k < shown; ++k) {
    const LabelledGraph& graph = set_.graphs[static_cast<std::size_t>(split_.test[k])];
    const auto first = static_cast<std::int64_t>(labels.size());
    const auto n = graph.labels.size();
    for (std::size_t i = 0; i < n; ++i) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(n);
      block.points.insert(block.points.end(),
                          {2.5 * static_cast<double>(k % 4) + std::cos(angle),
                           2.5 * static_cast<double>(k / 4) + std::sin(angle), 0});
      labels.push_back(graph.labels[i]);
      classes.push_back(graph.graph_class);
      answers.push_back(found[k]);
    }
    for (const auto& [sender, receiver] : graph.edges) {
      if (sender > receiver) continue;  // the other direction
      block.connectivity.insert(block.connectivity.end(), {first + sender, first + receiver});
      block.offsets.push_back(static_cast<std::int64_t>(block.connectivity.size()));
    }
  }
  add_field(block, "node_label", "", labels);
  add_field(block, "class", "", classes);
  add_field(block, "predicted_class", "", answers);
  frame.blocks.push_back(std::move(block));
}

void GraphClassification::reflect_state(StateVisitor& visitor) {
  clock_.reflect_state(visitor);
  visitor("loss", loss_);
  visitor("learning_rate", learning_rate_);
  visit_values(visitor, "test_curve", test_curve_);
  visit_values(visitor, "validation_curve", validation_curve_);
  // The last epoch of a fold leaves its model in place: the next step begins the next fold.
  if (visitor.loading() && clock_.steps > 0) {
    const std::int64_t steps = clock_.steps;
    clock_.steps = steps - 1;
    begin_fold();
    clock_.steps = steps;
  }
  trainer_->reflect_state(visitor);
}

void GraphClassification::evaluate(Recorder& metrics) const {
  const auto finished = static_cast<std::size_t>(folds_finished());
  const auto epochs = static_cast<std::size_t>(options_.epochs);
  std::vector<double> counts(static_cast<std::size_t>(set_.n_classes), 0.0);
  for (const LabelledGraph& graph : set_.graphs)
    counts[static_cast<std::size_t>(graph.graph_class)] += 1;
  const double largest = counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
  metrics.add("largest_class", largest / std::max(1.0, static_cast<double>(set_.graphs.size())));
  if (options_.weights) {
    metrics.add("accuracy", missing_.empty() ? accuracy(test_) : 0);
    return;
  }
  metrics.add("folds_finished", static_cast<double>(finished));
  const auto add = [&](const std::string& name, const std::vector<double>& of_folds) {
    const MeanAndDeviation result = of_folds.empty() ? MeanAndDeviation{} : over(of_folds);
    metrics.add(name, result.mean);
    metrics.add(name + "_deviation", result.deviation);
    metrics.add_list(name + "_of_folds", of_folds);
  };
  const auto row = [&](const std::vector<double>& curve, std::size_t f) {
    return curve.begin() + static_cast<std::ptrdiff_t>(f * epochs);
  };
  if (is_nested()) {
    std::vector<double> of_folds;
    for (std::size_t f = 0; f < finished; ++f) {
      const auto first = row(validation_curve_, f);
      const auto best = std::max_element(first, first + static_cast<std::ptrdiff_t>(epochs));
      of_folds.push_back(row(test_curve_, f)[best - first]);
    }
    add("accuracy_nested", of_folds);
    return;
  }
  std::vector<double> best_of_folds, at_best_epoch;
  double best_mean = -1;
  for (std::size_t e = 0; e < epochs && finished > 0; ++e) {
    std::vector<double> at_epoch;
    for (std::size_t f = 0; f < finished; ++f) {
      at_epoch.push_back(row(test_curve_, f)[static_cast<std::ptrdiff_t>(e)]);
    }
    if (over(at_epoch).mean > best_mean) {
      best_mean = over(at_epoch).mean;
      at_best_epoch = at_epoch;
    }
  }
  for (std::size_t f = 0; f < finished; ++f) {
    const auto first = row(test_curve_, f);
    best_of_folds.push_back(*std::max_element(first, first + static_cast<std::ptrdiff_t>(epochs)));
  }
  add("accuracy_best_epoch_of_all_folds", at_best_epoch);
  add("accuracy_best_epoch_of_each_fold", best_of_folds);
}

std::vector<std::string> GraphClassification::random_streams() const {
  return {"graphs/folds", "graphs/generator", "training/order", "parameters/..."};
}

}  // namespace

std::string GraphClassificationOptions::validate() const {
  if (set.empty() != generate.has_value()) {
    return set.empty() ? "set: name a set of graphs, or give `generate`"
                       : "generate: leave it out, set names graphs";
  }
  if (generate && generate->nodes[0] > generate->nodes[1]) {
    return "generate.nodes: the fewest are more than the most";
  }
  if (model.readout != learning::Readout::kGraphs) {
    return "model.readout: must be `graphs`, one answer for each";
  }
  if (training.patience) return "training.patience: leave it out, the protocol picks the epoch";
  return "";
}

std::unique_ptr<Simulation> make_graph_classification(const GraphClassificationOptions& options) {
  return std::make_unique<GraphClassification>(options);
}

}  // namespace filigree
