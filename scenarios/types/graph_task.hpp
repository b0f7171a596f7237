// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What a network on graphs can be trained for. A new task is one class here and one registration in
// all_scenarios.cpp; training, evaluation, files and restart are graph_training_simulation.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/frame.hpp"
#include "learning/models/cgs.hpp"
#include "learning/train/trainer.hpp"

namespace filigree {

/// A batch of graphs, and what a model should answer. target: [n_nodes or n_graphs, out].
struct GraphSample {
  learning::CgsInput input;
  learning::Tensor target;
};

/// The answers of the model, flattened.
using Predict = std::function<std::vector<double>(const learning::CgsInput& input)>;

/// One figure of merit.
struct GraphScore {
  std::string name;  ///< "mse_train_sizes"
  double value = 0;
  std::string unit;
  bool is_followed = false;  ///< also while training goes on
};

class GraphTask {
 public:
  virtual ~GraphTask() = default;
  virtual learning::CgsWidths widths() const = 0;
  /// Training batch `number`: a function of seed and number alone.
  virtual GraphSample batch(std::int64_t number) const = 0;
  /// Scores on graphs that are never trained on, always the same names in the same order.
  virtual std::vector<GraphScore> score(const Predict& predict) const = 0;
  /// One graph with exact and predicted answers.
  virtual void describe(Frame& frame, const Predict& predict) const = 0;
  virtual std::vector<std::string> random_streams() const = 0;
  virtual std::string summary() const = 0;  ///< one line: sizes
};

/// Keys that every task has.
struct GraphTrainingOptions {
  learning::CgsOptions model;
  learning::TrainingOptions training;
  std::int64_t redraw_every = 32;
  std::int64_t evaluate_every = 500;
  std::optional<FilePath> weights;
  bool train = true;

  template <class V>
  void reflect(V& v) {
    v("model", model, About{});
    v("training", training, About{});
    v("redraw_every", redraw_every, About{.doc = "updates with one batch of graphs", .min = 1});
    v("evaluate_every", evaluate_every,
      About{.doc = "updates between evaluations on graphs that are not trained on", .min = 1});
    v("weights", weights,
      About{.doc =
                "model.safetensors of a run with the same `model`, to begin with; absent: random "
                "weights"});
    v("train", train, About{.doc = "false: only evaluate the weights"});
  }
  std::string validate() const;
};

/// "" or what is wrong with the names of the sets that a task tests on.
template <class Test>
std::string check_tests(const std::vector<Test>& tests) {
  if (tests.empty()) return "tests: at least one set is needed to judge training by";
  std::set<std::string> names;
  for (const Test& test : tests) {
    if (!names.insert(test.name).second) {
      return format("tests: two sets are called '{}'; give each its own name", test.name);
    }
  }
  return "";
}

}  // namespace filigree
