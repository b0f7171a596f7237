// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Values of decision processes against closed forms, each other and the properties of the Bellman
// equation. Tables: docs/validation/cgs.md.
#include "physics/network/value_iteration.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "graph/edge_list.hpp"

namespace filigree::network {
namespace {

constexpr double kDiscount = 0.9;

std::vector<DecisionProcess> sample_processes() {
  std::vector<DecisionProcess> processes;
  for (std::uint32_t i = 0; i < 8; ++i) processes.push_back(random_decision_process({}, 11, i));
  processes.push_back(random_decision_process(200, 10, 11, 8));
  processes.push_back(random_decision_process(100, 15, 11, 9));
  processes.push_back(random_decision_process(60, 1, 11, 10));
  return processes;
}

double largest_difference(const Array<double>& a, const Array<double>& b) {
  const std::vector<double> left = to_vector(a);
  const std::vector<double> right = to_vector(b);
  double largest = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    largest = std::max(largest, std::abs(left[i] - right[i]));
  }
  return largest;
}

/// One action per state on a ring: V_0 = sum_k g^k r_k / (1 - g^n).
TEST(ValueIteration, OnARingIsAGeometricSum) {
  constexpr Index kStates = 13;
  std::vector<std::pair<Index, Index>> edges;
  std::vector<double> rewards;
  for (Index i = 0; i < kStates; ++i) {
    edges.emplace_back((i + 1) % kStates, i);
    rewards.push_back(std::sin(1.0 + i));
  }
  DecisionProcess process;
  process.graph = graph_from_pairs(kStates, edges);
  process.rewards = to_device("rewards", rewards);
  process.actions = to_device("actions", std::vector<Index>(kStates, 0));
  process.discount = kDiscount;
  const std::vector<double> values = to_vector(iterate_values(process).values);
  const std::vector<double> exact = to_vector(iterate_policies(process).values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < values.size(); ++k) {
      sum += std::pow(kDiscount, k) * rewards[(i + k) % values.size()];
    }
    sum /= 1 - std::pow(kDiscount, kStates);
    EXPECT_NEAR(values[i], sum, 1e-12);
    EXPECT_NEAR(exact[i], sum, 1e-14 * kStates);
  }
}

TEST(ValueIteration, LeavesNoBellmanResidualAndKeepsItsErrorBound) {
  for (const DecisionProcess& process : sample_processes()) {
    const StateValues tight = iterate_values(process);
    EXPECT_LE(tight.error_bound, 1e-12);
    EXPECT_LE(bellman_residual(process, tight.values), tight.change + 1e-14);
    const StateValues exact = iterate_policies(process);
    // Exact up to rounding of values of size 10 and the gain that a switch of policy must have.
    EXPECT_LE(bellman_residual(process, exact.values), 1e-12);
    for (const double accuracy : {1.0, 1e-3, 1e-6}) {
      const StateValues rough = iterate_values(process, accuracy);
      EXPECT_LE(rough.error_bound, accuracy);
      const double error = largest_difference(rough.values, exact.values);
      EXPECT_LE(error, rough.error_bound + 1e-12);
      EXPECT_LE(error, bellman_residual(process, rough.values) / (1 - kDiscount) + 1e-12);
    }
  }
}

TEST(ValueIteration, AgreesWithPolicyIteration) {
  for (const DecisionProcess& process : sample_processes()) {
    const StateValues swept = iterate_values(process);
    const StateValues solved = iterate_policies(process);
    EXPECT_LE(largest_difference(swept.values, solved.values), 1e-12);
    EXPECT_EQ(to_vector(greedy_policy(process, swept.values)),
              to_vector(greedy_policy(process, solved.values)));
    const Array<double> followed = policy_values(process, greedy_policy(process, solved.values));
    EXPECT_LE(largest_difference(followed, solved.values), 1e-13);
  }
}

TEST(ValueIteration, LooseLabelsAreWithinTheirBound) {
  for (const DecisionProcess& process : sample_processes()) {
    const StateValues loose = iterate_values_loosely(process);
    EXPECT_TRUE(loose.has_converged);
    EXPECT_LE(loose.sweeps, 200);
    const double error = largest_difference(loose.values, iterate_values(process).values);
    EXPECT_LE(error, loose.error_bound + 1e-12);
    EXPECT_GT(error, 1e-5);  // they are loose: a test set made of them has this floor
    EXPECT_LT(error, 0.0105);
  }
}

/// Raising any one reward lowers no value, and raises none by more than 1 / (1 - g) of it.
TEST(ValueIteration, IsMonotoneInRewards) {
  const DecisionProcess process = random_decision_process(25, 5, 4, 0);
  const std::vector<double> before = to_vector(iterate_policies(process).values);
  const std::vector<double> rewards = to_vector(process.rewards);
  int raised = 0;
  for (std::size_t e = 0; e < rewards.size(); ++e) {
    std::vector<double> more = rewards;
    more[e] += 0.3;
    DecisionProcess richer = process;
    richer.rewards = to_device("rewards", more);
    const std::vector<double> after = to_vector(iterate_policies(richer).values);
    for (std::size_t i = 0; i < before.size(); ++i) {
      EXPECT_GE(after[i], before[i] - 1e-13);
      EXPECT_LE(after[i], before[i] + 0.3 / (1 - kDiscount) + 1e-12);
      raised += after[i] > before[i] + 1e-6;
    }
  }
  EXPECT_GT(raised, 25);
}

/// r + c gives V + c / (1 - g), and the same policy.
TEST(ValueIteration, ShiftsWithItsRewards) {
  for (const DecisionProcess& process : sample_processes()) {
    constexpr double kShift = 0.7;
    DecisionProcess shifted = process;
    std::vector<double> rewards = to_vector(process.rewards);
    for (double& r : rewards) r += kShift;
    shifted.rewards = to_device("rewards", rewards);
    const std::vector<double> before = to_vector(iterate_values(process).values);
    const std::vector<double> after = to_vector(iterate_values(shifted).values);
    for (std::size_t i = 0; i < before.size(); ++i) {
      EXPECT_NEAR(after[i], before[i] + kShift / (1 - kDiscount), 2e-12);
    }
  }
}

/// The published task: values average 5 to 9, and a constant prediction already finds two thirds of
/// the actions.
TEST(ValueIteration, HasTheStatisticsOfThePublishedTask) {
  double mean = 0;
  double constant_accuracy = 0;
  double largest = 0;
  double smallest = 100;
  constexpr int kGraphs = 100;
  for (std::uint32_t i = 0; i < kGraphs; ++i) {
    const DecisionProcess process = random_decision_process({}, 1, i);
    const Array<double> values = iterate_values(process).values;
    double sum = 0;
    for (const double v : to_vector(values)) {
      sum += v;
      largest = std::max(largest, v);
      smallest = std::min(smallest, v);
    }
    mean += sum / values.size() / kGraphs;
    const Array<double> constant("constant", values.size());
    fill(constant, 7.0);
    constant_accuracy += score_values(process, constant, values).policy_accuracy / kGraphs;
  }
  EXPECT_GT(mean, 5);
  EXPECT_LT(mean, 9);
  EXPECT_GT(smallest, 1);
  EXPECT_LT(largest, 10);
  EXPECT_NEAR(constant_accuracy, 0.70, 0.04);
}

}  // namespace
}  // namespace filigree::network
