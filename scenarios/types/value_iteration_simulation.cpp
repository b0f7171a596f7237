// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Learning the values of random decision processes on graphs ("graph value iteration"). A node
// feature is 1 for every state, an edge feature the reward; the answer is the value of the state.
#include "scenarios/types/value_iteration_simulation.hpp"

#include <cmath>
#include <numbers>
#include <numeric>

#include "physics/network/value_iteration.hpp"
#include "scenarios/types/graph_training_simulation.hpp"
#include "scenarios/types/type_support.hpp"

namespace filigree {

namespace {

/// Processes with exact values, as a model sees them.
struct LabelledProcesses {
  network::DecisionBatch batch;
  Array<double> values;  ///< [n_states]
  GraphSample sample;
};

learning::Tensor column(const Array<double>& values) {
  return learning::tensor({values.size(), 1}, to_vector(values));
}

LabelledProcesses labelled(const std::vector<network::DecisionProcess>& processes) {
  LabelledProcesses result;
  result.batch = network::batch_processes(processes);
  const network::DecisionProcess& process = result.batch.process;
  result.values = network::iterate_values(process).values;
  const auto graphs = std::make_shared<const contraction::Batch>(result.batch.graphs);
  result.sample.input =
      learning::cgs_input(graphs, learning::ones({graphs->n_nodes(), 1}), column(process.rewards));
  result.sample.target = column(result.values);
  return result;
}

network::DecisionSizes sizes_of(const ProcessSizes& sizes) {
  const auto index = [](std::int64_t value) { return static_cast<Index>(value); };
  return {index(sizes.states[0]), index(sizes.states[1]), index(sizes.actions[0]),
          index(sizes.actions[1])};
}

/// Graphs of tests have numbers that training does not get to.
std::uint32_t first_graph_of_test(std::size_t test) {
  return (std::uint32_t{1} << 31) + (static_cast<std::uint32_t>(test) << 20);
}

class ValueIterationTask final : public GraphTask {
 public:
  ValueIterationTask(const ValueIterationOptions& options, std::uint64_t seed);

  learning::CgsWidths widths() const override { return {.nodes = 1, .edges = 1, .out = 1}; }
  GraphSample batch(std::int64_t number) const override;
  std::vector<GraphScore> score(const Predict& predict) const override;
  void describe(Frame& frame, const Predict& predict) const override;
  std::vector<std::string> random_streams() const override;
  std::string summary() const override;

 private:
  LabelledProcesses draw(const ProcessSizes& sizes, std::int64_t first, std::int64_t count) const;

  ValueIterationOptions options_;
  std::uint64_t seed_;
  double mean_value_ = 0;  ///< of the first training batch: the answer of the constant baseline
  std::vector<LabelledProcesses> tests_;
};

ValueIterationTask::ValueIterationTask(const ValueIterationOptions& options, std::uint64_t seed)
    : options_(options), seed_(seed) {
  const std::vector<double> values = to_vector(draw(options.sizes, 0, options.batch).values);
  mean_value_ =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  for (std::size_t t = 0; t < options.tests.size(); ++t) {
    tests_.push_back(draw(options.tests[t].sizes, first_graph_of_test(t), options.tests[t].graphs));
  }
}

LabelledProcesses ValueIterationTask::draw(const ProcessSizes& sizes, std::int64_t first,
                                           std::int64_t count) const {
  std::vector<network::DecisionProcess> processes;
  for (std::int64_t g = first; g < first + count; ++g) {
    processes.push_back(network::random_decision_process(
        sizes_of(sizes), seed_, static_cast<std::uint32_t>(g), options_.discount));
  }
  return labelled(processes);
}

GraphSample ValueIterationTask::batch(std::int64_t number) const {
  return draw(options_.sizes, number * options_.batch, options_.batch).sample;
}

std::vector<GraphScore> ValueIterationTask::score(const Predict& predict) const {
  std::vector<GraphScore> scores;
  for (std::size_t t = 0; t < tests_.size(); ++t) {
    const LabelledProcesses& test = tests_[t];
    const std::string& name = options_.tests[t].name;
    const auto add = [&](const std::string& who, const std::vector<double>& values) {
      const network::ValueScore score =
          network::score_values(test.batch, to_device("predicted", values), test.values);
      scores.push_back({who + "mse_" + name, score.mse, "", t == 0 && who.empty()});
      scores.push_back({who + "mape_" + name, score.mape, "%", t == 0 && who.empty()});
      scores.push_back(
          {who + "policy_accuracy_" + name, score.policy_accuracy, "", t == 0 && who.empty()});
    };
    add("", predict(test.sample.input));
    add("constant_",
        std::vector<double>(static_cast<std::size_t>(test.values.size()), mean_value_));
  }
  return scores;
}

/// States on a circle, with the moves that the greedy policy takes.
Block circle(const char* name, const network::DecisionProcess& process,
             const std::vector<double>& values, const std::vector<double>& exact, double x0) {
  Block block;
  block.name = name;
  block.kind = CellKind::kLine;
  const auto n = values.size();
  std::vector<float> value(n), error(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(n);
    block.points.insert(block.points.end(), {x0 + std::cos(angle), std::sin(angle), 0});
    value[i] = static_cast<float>(values[i]);
    error[i] = static_cast<float>(values[i] - exact[i]);
  }
  add_field(block, "value", "", value);
  add_field(block, "error", "", error);
  const std::vector<Index> policy =
      to_vector(network::greedy_policy(process, to_device("values", values)));
  const std::vector<Index> actions = to_vector(process.actions);
  const std::vector<Index> senders = to_vector(process.graph->senders());
  const std::vector<Index> receivers = to_vector(process.graph->receivers());
  block.offsets = {0};
  for (std::size_t e = 0; e < senders.size(); ++e) {
    if (actions[e] != policy[static_cast<std::size_t>(receivers[e])]) continue;
    block.connectivity.push_back(receivers[e]);
    block.connectivity.push_back(senders[e]);
    block.offsets.push_back(static_cast<std::int64_t>(block.connectivity.size()));
  }
  return block;
}

void ValueIterationTask::describe(Frame& frame, const Predict& predict) const {
  const network::DecisionProcess process = network::random_decision_process(
      sizes_of(options_.tests[0].sizes), seed_, first_graph_of_test(0), options_.discount);
  const LabelledProcesses shown = labelled({process});
  const std::vector<double> exact = to_vector(shown.values);
  frame.blocks.push_back(circle("exact", process, exact, exact, 0));
  frame.blocks.push_back(circle("predicted", process, predict(shown.sample.input), exact, 2.5));
}

std::vector<std::string> ValueIterationTask::random_streams() const {
  return {"network/predecessors", "network/rewards", "network/decision_sizes"};
}

std::string ValueIterationTask::summary() const {
  return format("batches of {} decision processes of {} to {} states, {} to {} actions",
                options_.batch, options_.sizes.states[0], options_.sizes.states[1],
                options_.sizes.actions[0], options_.sizes.actions[1]);
}

}  // namespace

std::string ProcessSizes::validate() const {
  if (states[0] > states[1]) return "states: the fewest are more than the most";
  if (actions[0] > actions[1]) return "actions: the fewest are more than the most";
  if (states[0] - 1 <= actions[1]) {
    return format(
        "states: {} states are too few for {} actions, which all lead to other states: "
        "at least {} are needed",
        states[0], actions[1], actions[1] + 2);
  }
  return "";
}

std::string ProcessTest::validate() const {
  return check_name(name, "large_graphs");
}

std::string ValueIterationOptions::validate() const {
  const std::string problem = check_tests(tests);
  return problem.empty() ? GraphTrainingOptions::validate() : problem;
}

std::unique_ptr<Simulation> make_value_iteration(const ValueIterationOptions& options) {
  return make_graph_training(options, [options](const RunContext& context) {
    return std::make_unique<ValueIterationTask>(options, context.seed);
  });
}

}  // namespace filigree
