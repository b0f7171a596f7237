// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/models/max_plus.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "graph/batch.hpp"
#include "tests/graph/testing.hpp"
#include "tests/support/contractions.hpp"

namespace filigree::contraction {
namespace {

using ::testing::HasSubstr;
using namespace filigree::testing;

constexpr double kGamma = 0.9;

Array<double, 2> values_of_rewards(const Batch& batch, const Array<double, 2>& rewards) {
  Workspace workspace;
  const Array<double, 2> z("z", batch.n_nodes(), rewards.extent(1));
  require_converged(solve_max_plus(batch, Orientation::kReceiverRow, kGamma, rewards,
                                   {.tolerance = 1e-14}, workspace, z),
                    "values");
  return z;
}

/// One action for each state: a ring, z_0 = sum gamma^k r_k/(1 - gamma^n).
TEST(MaxPlus, ASingleActionSumsDiscountedRewards) {
  constexpr Index kNodes = 12;
  Pairs pairs;
  for (Index i = 0; i < kNodes; ++i) pairs.emplace_back((i + 1) % kNodes, i);
  const Batch batch(any_graph(kNodes, pairs));
  const Array<double, 2> rewards = random_matrix<double>(kNodes, 1, -1, 1, 1);
  const std::vector<double> r = flat(rewards);  // edge i enters node i
  double total = 0;
  for (std::size_t k = 0; k < kNodes; ++k) total += std::pow(kGamma, double(k)) * r[k];
  EXPECT_NEAR(flat(values_of_rewards(batch, rewards))[0], total / (1 - std::pow(kGamma, kNodes)),
              1e-12);
}

// The linear solve of the best actions gives the same values: they are those of policy iteration.
TEST(MaxPlus, ValuesAreThoseOfTheirBestActions) {
  const Batch batch(batch_graphs({messy_graph(40, 300, 5), messy_graph(700, 4000, 6)}));
  const Index heads = 3;
  const Array<double, 2> rewards = random_matrix<double>(batch.n_edges(), heads, -1, 1, 2);
  const Array<double, 2> z = values_of_rewards(batch, rewards);
  const Array<Index, 2> best("best", batch.n_nodes(), heads);
  best_edges(batch, Orientation::kReceiverRow, kGamma, rewards, z, best);
  const HostArray<Index, 2> edges = to_host(best);
  const HostArray<double, 2> r = to_host(rewards);
  Map<double> policy;
  policy.batch = std::make_shared<const Batch>(batch);
  policy.gamma = kGamma;
  policy.orientation = Orientation::kReceiverRow;
  const HostArray<double, 2> weights("weights", batch.n_edges(), heads);
  std::fill(weights.data(), weights.data() + std::ptrdiff_t(batch.n_edges()) * heads, 0.0);
  const HostArray<double, 2> b("b", batch.n_nodes(), heads);
  for (Index i = 0; i < batch.n_nodes(); ++i) {
    for (Index h = 0; h < heads; ++h) {
      b(i, h) = edges(i, h) < 0 ? 0 : r(edges(i, h), h);
      if (edges(i, h) >= 0) weights(edges(i, h), h) = 1;
    }
  }
  policy.weights = to_device(weights);
  const Array<double, 2> right = to_device(b);
  const Array<double, 2> exact = like(right);
  Workspace workspace;
  require_converged(
      solve(policy, right, {.solver = Solver::kPicard, .tolerance = 1e-14}, workspace, exact),
      "policy");
  EXPECT_LT(relative_difference(z, exact), 1e-12);
}

TEST(MaxPlus, RaisingRewardsRaisesValues) {
  const Batch batch(any_graph(3, {{0, 1}, {1, 2}, {2, 0}, {0, 2}, {2, 1}}));
  const Array<double, 2> rewards = random_matrix<double>(5, 2, -1, 1, 3);
  const std::vector<double> before = flat(values_of_rewards(batch, rewards));
  const HostArray<double, 2> host = to_host(rewards);
  for (std::ptrdiff_t k = 0; k < 10; ++k) host.data()[k] += 0.25;
  const std::vector<double> shifted = flat(values_of_rewards(batch, to_device(host)));
  for (std::size_t k = 0; k < before.size(); ++k) {
    EXPECT_NEAR(shifted[k], before[k] + 0.25 / (1 - kGamma), 1e-11);
  }
  const HostArray<double, 2> one = to_host(rewards);
  one(2, 1) += 1;
  const std::vector<double> raised = flat(values_of_rewards(batch, to_device(one)));
  for (std::size_t k = 0; k < before.size(); ++k) EXPECT_GE(raised[k], before[k] - 1e-12);
}

TEST(MaxPlus, BadInputIsNamed) {
  const Batch batch(any_graph(3, {{0, 1}, {1, 2}}));
  Workspace workspace;
  const Array<double, 2> z("z", 3, 1);
  const auto error_with = [&](double gamma, const Array<double, 2>& rewards) {
    return error_of([&] {
      solve_max_plus(batch, Orientation::kReceiverRow, gamma, rewards, {}, workspace, z);
    });
  };
  EXPECT_THAT(error_with(1, column<double>({1, 2})), HasSubstr("gamma = 1"));
  EXPECT_THAT(error_with(0.5, column<double>({1})),
              HasSubstr("the rewards: shape [1, 1], but [2, 1] is needed"));
  EXPECT_THAT(error_with(0.5, column<double>({1, NAN})), HasSubstr("not finite in row 1"));
}

}  // namespace
}  // namespace filigree::contraction
