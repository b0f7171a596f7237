// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Decision processes: the generator, its order of edges, scores and error messages.
#include "physics/network/value_iteration.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "graph/edge_list.hpp"
#include "tests/graph/testing.hpp"

namespace filigree::network {
namespace {

using filigree::testing::edges_of_rows;
using filigree::testing::error_of;

DecisionProcess process_of(Index n, const std::vector<std::pair<Index, Index>>& edges,
                           const std::vector<double>& rewards, double discount) {
  const auto graph = graph_from_pairs(n, edges, {Duplicates::kKeep, SelfLoops::kKeep});
  std::vector<Index> actions;
  const std::vector<Offset> offsets = to_vector(graph->row_offsets());
  for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
    for (Offset e = offsets[i]; e < offsets[i + 1]; ++e) {
      actions.push_back(static_cast<Index>(e - offsets[i]));
    }
  }
  return {graph, to_device("rewards", rewards), to_device("actions", actions), discount};
}

TEST(DecisionProcesses, HaveAFixedNumberOfActionsPerStateAndNoSelfLoop) {
  const DecisionProcess process = random_decision_process(30, 7, 1, 0);
  validate(process);
  std::map<Index, std::set<Index>> actions;
  const std::vector<Index> action = to_vector(process.actions);
  const auto edges = edges_of_rows(*process.graph);
  ASSERT_EQ(edges.size(), 210u);
  for (std::size_t e = 0; e < edges.size(); ++e) {
    EXPECT_NE(edges[e].first, edges[e].second);
    actions[edges[e].first].insert(action[e]);
  }
  for (Index i = 0; i < 30; ++i) EXPECT_EQ(actions[i], (std::set<Index>{0, 1, 2, 3, 4, 5, 6}));
}

TEST(DecisionProcesses, KeepParallelEdges) {
  // 7 draws among 9 states: a state without any repetition has probability 0.04.
  const DecisionProcess process = random_decision_process(10, 7, 1, 0);
  auto edges = edges_of_rows(*process.graph);
  EXPECT_EQ(edges.size(), 70u);
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  EXPECT_LT(edges.size(), 60u);
}

TEST(DecisionProcesses, DependOnSeedAndNumberOnly) {
  const DecisionProcess first = random_decision_process({}, 5, 3);
  random_decision_process({}, 5, 4);
  const DecisionProcess again = random_decision_process({}, 5, 3);
  EXPECT_EQ(edges_of_rows(*first.graph), edges_of_rows(*again.graph));
  EXPECT_EQ(to_vector(first.rewards), to_vector(again.rewards));
  EXPECT_EQ(to_vector(first.actions), to_vector(again.actions));
  const DecisionProcess other = random_decision_process({}, 5, 4);
  EXPECT_NE(to_vector(first.rewards), to_vector(other.rewards));
  const DecisionProcess seed = random_decision_process({}, 6, 3);
  EXPECT_NE(to_vector(first.rewards), to_vector(seed.rewards));
}

TEST(DecisionProcesses, DrawSizesInsideTheirBoundsAndReachBoth) {
  std::set<Index> states;
  std::set<Index> actions;
  for (std::uint32_t i = 0; i < 400; ++i) {
    const DecisionProcess process = random_decision_process({}, 1, i);
    states.insert(process.graph->n_nodes());
    actions.insert(
        static_cast<Index>(process.graph->edge_count() / Offset(process.graph->n_nodes())));
  }
  // Missing one of 30 sizes has probability 30 (29/30)^400 = 4e-5; the seed is fixed.
  EXPECT_EQ(*states.begin(), 20);
  EXPECT_EQ(*states.rbegin(), 49);
  EXPECT_EQ(actions, (std::set<Index>{5, 6, 7, 8, 9}));
}

TEST(DecisionProcesses, HaveUniformRewardsAndPredecessors) {
  const DecisionProcess process = random_decision_process(400, 100, 3, 0);
  const std::vector<double> rewards = to_vector(process.rewards);
  double mean = 0;
  double square = 0;
  for (const double r : rewards) {
    EXPECT_LE(std::abs(r), 1);
    mean += r / 40000;
    square += r * r / 40000;
  }
  // Deviations of the two means: 0.577/200 and 0.298/200; five of each.
  EXPECT_NEAR(mean, 0, 0.015);
  EXPECT_NEAR(square, 1.0 / 3, 0.0075);
  std::vector<double> drawn(400);
  for (const Index u : to_vector(process.graph->senders())) drawn[static_cast<std::size_t>(u)] += 1;
  double chi = 0;
  for (const double count : drawn) chi += (count - 100) * (count - 100) / 100;
  EXPECT_NEAR(chi, 399, 5 * std::sqrt(2 * 399.0));
}

TEST(DecisionProcesses, RefuseSizesThatCannotBeDrawn) {
  EXPECT_EQ(error_of([] { random_decision_process(6, 5, 1, 0); }),
            "a random decision process of 6 states cannot have 5 actions per state: at least 1 "
            "and fewer than the other states are needed");
  EXPECT_EQ(error_of([] {
              random_decision_process({30, 20, 5, 9}, 1, 0);
            }),
            "states from 30 to 20 and actions from 5 to 9 leave nothing to draw from");
}

TEST(DecisionProcesses, AreChecked) {
  DecisionProcess process = process_of(3, {{0, 1}, {1, 0}}, {0.5, 0.5}, 0.9);
  EXPECT_EQ(error_of([&] { validate(process); }),
            "state 2 has no action: every state needs an edge into it, if only from itself");
  process.discount = 1;
  EXPECT_EQ(error_of([&] { validate(process); }),
            "the discount 1 is outside its range [0, 1): values would not be finite");
  process.rewards = Array<double>("rewards", 3);
  EXPECT_EQ(error_of([&] { validate(process); }),
            "a decision process with 2 edges needs as many rewards and actions, but there are 3 "
            "and 2");
}

TEST(DecisionProcesses, SayWhenTheSweepsDoNotSuffice) {
  const DecisionProcess process = random_decision_process(30, 5, 1, 0);
  EXPECT_THROW(iterate_values(process, 1e-12, 20), NumericalError);
}

TEST(Policies, TakeTheLowestOfEqualActions) {
  // State 0 may go to 1 or 2 for the same reward; their values are equal.
  const DecisionProcess process =
      process_of(3, {{1, 0}, {2, 0}, {0, 1}, {0, 2}}, {0.5, 0.5, 1, 1}, 0.5);
  EXPECT_EQ(to_vector(greedy_policy(process, iterate_values(process).values)),
            (std::vector<Index>{0, 0, 0}));
}

TEST(Policies, MustNameActionsThatExist) {
  const DecisionProcess process = process_of(2, {{0, 1}, {1, 0}}, {1, 2}, 0.5);
  const Array<Index> policy = to_device("policy", std::vector<Index>{0, 3});
  EXPECT_EQ(error_of([&] { policy_values(process, policy); }), "state 1 has no action 3");
}

TEST(Scores, AreThoseOfHandWorkedCases) {
  // State 0 chooses between staying near 1 (worth 2) and near 2 (worth 4).
  const DecisionProcess process =
      process_of(3, {{1, 0}, {2, 0}, {1, 1}, {2, 2}}, {0, 0, 1, 2}, 0.5);
  const Array<double> exact = iterate_values(process).values;
  const std::vector<double> v = to_vector(exact);
  EXPECT_NEAR(v[0], 2, 1e-11);
  EXPECT_NEAR(v[1], 2, 1e-11);
  EXPECT_NEAR(v[2], 4, 1e-11);
  const Array<double> predicted = to_device("predicted", std::vector<double>{2, 4, 3});
  const ValueScore score = score_values(process, predicted, exact);
  EXPECT_NEAR(score.policy_accuracy, 2.0 / 3, 1e-15);
  EXPECT_NEAR(score.mape, (0 + 100 + 25) / 3.0, 1e-9);
  EXPECT_NEAR(score.mse, (0 + 4 + 1) / 3.0, 1e-10);
  const ValueScore perfect = score_values(process, exact, exact);
  EXPECT_EQ(perfect.policy_accuracy, 1);
  EXPECT_EQ(perfect.mape, 0);
  EXPECT_EQ(perfect.mse, 0);
}

TEST(Scores, OfABatchAreTheMeanOverItsGraphs) {
  std::vector<DecisionProcess> processes;
  ValueScore mean;
  std::vector<double> all_predicted;
  for (std::uint32_t i = 0; i < 5; ++i) {
    processes.push_back(random_decision_process({}, 2, i));
    const Array<double> exact = iterate_values(processes.back()).values;
    const std::vector<double> constant(static_cast<std::size_t>(exact.size()), 7.0);
    all_predicted.insert(all_predicted.end(), constant.begin(), constant.end());
    const ValueScore score =
        score_values(processes.back(), to_device("predicted", constant), exact);
    mean.policy_accuracy += score.policy_accuracy / 5;
    mean.mape += score.mape / 5;
    mean.mse += score.mse / 5;
  }
  const DecisionBatch batch = batch_processes(processes);
  const ValueScore score = score_values(batch, to_device("predicted", all_predicted),
                                        iterate_values(batch.process).values);
  EXPECT_NEAR(score.policy_accuracy, mean.policy_accuracy, 1e-14);
  // Labels of the batch differ from those of its graphs by their accuracy of 1e-12.
  EXPECT_NEAR(score.mape, mean.mape, 1e-9);
  EXPECT_NEAR(score.mse, mean.mse, 1e-9);
}

TEST(Scores, RefuseTheRelativeErrorOfZero) {
  const DecisionProcess process = process_of(1, {{0, 0}}, {0}, 0.5);
  const Array<double> values = to_device("values", std::vector<double>{0});
  EXPECT_EQ(error_of([&] { score_values(process, values, values); }),
            "the exact value of state 0 is 0, where the relative error is undefined");
}

}  // namespace
}  // namespace filigree::network
