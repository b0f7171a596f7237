// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What single layers compute; what all have in common stands in tests/contracts/modules_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "learning/autodiff/ops.hpp"
#include "learning/nn/attention.hpp"
#include "learning/nn/dropout.hpp"
#include "learning/nn/embedding.hpp"
#include "learning/nn/integral_transform.hpp"
#include "learning/nn/losses.hpp"
#include "learning/nn/message_passing.hpp"
#include "learning/nn/norm.hpp"
#include "learning/nn/softmax.hpp"
#include "tests/support/tensors.hpp"

namespace filigree::learning {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pointwise;

MATCHER_P(IsNear, tolerance, "") {
  return std::abs(std::get<0>(arg) - std::get<1>(arg)) <= tolerance;
}

/// Round-off of sums of a few dozen values around 1.
constexpr double kRoundOff = 1e-13;

void expect_equal(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.shape(), b.shape());
  EXPECT_THAT(to_vector(a), Pointwise(IsNear(kRoundOff), to_vector(b)));
}

template <class Module>
Module randomized(Module layer, std::uint64_t seed = 1) {
  initialize(parameters(layer), seed);
  return layer;
}

double mean_of(const std::vector<double>& x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}
double variance_of(const std::vector<double>& x) {
  const double m = mean_of(x);
  double squares = 0;
  for (const double value : x) squares += (value - m) * (value - m);
  return squares / static_cast<double>(x.size());
}
std::vector<double> column_of(const Tensor& x, Index column) {
  return to_vector(slice(x, 1, column, column + 1));
}

// --- Normalisation. ------------------------------------------------------------------------------

TEST(LayerNorm, BringsRowsToMean0AndVariance1) {
  LayerNorm norm = randomized(LayerNorm(40, DType::kF64));
  norm.epsilon = 1e-12;
  const Tensor y = norm(random_tensor({3, 40}, "x") * 7 + 5);
  for (Index row = 0; row < 3; ++row) {
    const auto values = to_vector(slice(y, 0, row, row + 1));
    EXPECT_NEAR(mean_of(values), 0, 1e-13);
    EXPECT_NEAR(variance_of(values), 1, 1e-11);  // epsilon over a variance of 16, and round-off
  }
}

TEST(BatchNorm, BringsColumnsToMean0AndVariance1WhileTraining) {
  BatchNorm norm = randomized(BatchNorm(3, DType::kF64));
  norm.epsilon = 1e-12;
  const Tensor y = norm(random_tensor({50, 3}, "x") * 7 + 5, {.is_training = true});
  for (Index c = 0; c < 3; ++c) {
    EXPECT_NEAR(mean_of(column_of(y, c)), 0, 1e-13);
    EXPECT_NEAR(variance_of(column_of(y, c)), 1, 1e-11);
  }
}

TEST(BatchNorm, KeepsRunningMeansForInference) {
  BatchNorm norm = randomized(BatchNorm(1, DType::kF64));
  const Tensor x = tensor({4, 1}, {1, 2, 3, 6}, DType::kF64);  // mean 3, variance 14/4, or 14/3
  norm(x, {.is_training = true});
  EXPECT_DOUBLE_EQ(item(norm.running_mean.value), 0.3);
  EXPECT_DOUBLE_EQ(item(norm.running_var.value), 0.9 + 0.1 * 14 / 3);
  const double deviation = std::sqrt(0.9 + 0.1 * 14 / 3 + 1e-5);
  EXPECT_DOUBLE_EQ(to_vector(norm(x, kInference))[3], (6 - 0.3) / deviation);
  EXPECT_DOUBLE_EQ(item(norm.running_mean.value), 0.3);
  EXPECT_EQ(trained(parameters(norm)).size(), 2u);
}

TEST(BatchNorm, NeedsTwoRowsToTrain) {
  BatchNorm norm(2);
  EXPECT_THROW(norm(ones({1, 2}), {.is_training = true}), InputError);
  EXPECT_NO_THROW(norm(ones({1, 2}), kInference));
}

TEST(InstanceNorm, NormalizesEachGroupByItself) {
  const InstanceNorm norm = randomized(InstanceNorm(2, DType::kF64));
  const Tensor x = random_tensor({9, 2}, "x");
  const Tensor together = norm(x, grouping({0, 4, 9}));
  expect_equal(slice(together, 0, 0, 4), norm(slice(x, 0, 0, 4), grouping({0, 4})));
  expect_equal(slice(together, 0, 4, 9), norm(slice(x, 0, 4, 9), grouping({0, 5})));
  EXPECT_NEAR(mean_of(column_of(slice(together, 0, 0, 4), 1)), 0, 1e-13);
}

// --- Dropout. ------------------------------------------------------------------------------------

TEST(Dropout, LeavesOutTheRightShareAndScalesTheRest) {
  const Dropout dropout{.name = "test", .rate = 0.25};
  constexpr Index kSize = 100000;
  const auto y = to_vector(dropout(ones({kSize}), {.is_training = true, .seed = 1}));
  Index left_out = 0;
  for (const double value : y) {
    if (value == 0) ++left_out;
    EXPECT_TRUE(value == 0 || static_cast<float>(value) == 1 / 0.75f) << value;
  }
  // Four deviations of a binomial distribution: 4 sqrt(0.25 0.75 / n) = 0.0055.
  EXPECT_NEAR(static_cast<double>(left_out) / kSize, 0.25, 0.0055);
}

TEST(Dropout, DependsOnSeedStepAndNameAndOnNothingElse) {
  const auto mask = [](const char* name, std::uint64_t seed, std::uint32_t step) {
    return to_vector(
        Dropout{.name = name}(ones({64}), {.is_training = true, .seed = seed, .step = step}));
  };
  const auto first = mask("a", 1, 1);
  EXPECT_EQ(mask("a", 1, 1), first);
  EXPECT_NE(mask("b", 1, 1), first);
  EXPECT_NE(mask("a", 2, 1), first);
  EXPECT_NE(mask("a", 1, 2), first);
}

TEST(Dropout, DoesNothingAtInference) {
  const Tensor x = random_tensor({5}, "x");
  EXPECT_EQ(to_vector(Dropout{.name = "test"}(x, kInference)), to_vector(x));
  EXPECT_THROW((Dropout{.name = "test", .rate = 1}(x, kInference)), InputError);
}

// --- Attention. ----------------------------------------------------------------------------------

class AttentionOf : public testing::TestWithParam<Heads> {};

TEST_P(AttentionOf, SequencesOfARaggedBatchIsThatOfEachAlone) {
  const auto layer = randomized(Attention(6, 4, GetParam(), DType::kF64));
  const RaggedBatch queries({0, 2, 3, 7}), context({0, 3, 8, 9});
  const Tensor x = random_tensor({7, 6}, "x"), c = random_tensor({9, 4}, "c");
  const Tensor together = layer(x, queries, c, context);
  const Index begins[2][4] = {{0, 2, 3, 7}, {0, 3, 8, 9}};
  for (int s = 0; s < 3; ++s) {
    const Tensor own = slice(x, 0, begins[0][s], begins[0][s + 1]);
    const Tensor its = slice(c, 0, begins[1][s], begins[1][s + 1]);
    const Tensor alone = layer(reshape(own, {1, own.rows(), 6}), reshape(its, {1, its.rows(), 4}));
    expect_equal(slice(together, 0, begins[0][s], begins[0][s + 1]),
                 reshape(alone, {own.rows(), 6}));
  }
}

TEST_P(AttentionOf, TokensWithWeight3IsThatOfThreeTokens) {
  const auto layer = randomized(Attention(6, 4, GetParam(), DType::kF64));
  const Tensor x = random_tensor({1, 5, 6}, "x"), a = random_tensor({1, 1, 4}, "a");
  const Tensor b = random_tensor({1, 2, 4}, "b");
  const Tensor weights = tensor({1, 3}, {3, 1, 1}, DType::kF64);
  expect_equal(layer(x, concat({a, b}, 1), weights), layer(x, concat({a, a, a, b}, 1)));
}

TEST_P(AttentionOf, DoesNotDependOnTheOrderOfTheContext) {
  const auto layer = randomized(Attention(6, 4, GetParam(), DType::kF64));
  const Tensor x = random_tensor({2, 5, 6}, "x"), a = random_tensor({2, 3, 4}, "a");
  const Tensor b = random_tensor({2, 2, 4}, "b");
  expect_equal(layer(x, concat({a, b}, 1)), layer(x, concat({b, a}, 1)));
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, AttentionOf,
    testing::Values(
        Heads{.n_heads = 1}, Heads{.n_heads = 3},
        Heads{.n_heads = 2, .kind = AttentionKind::kLinear},
        Heads{.n_heads = 3, .kind = AttentionKind::kLinear, .adds_query = true},
        Heads{.n_heads = 1, .kind = AttentionKind::kLinear, .features = FeatureMap::kElu}));

TEST(Attention, OfOneHeadFollowsTheFormula) {
  const Tensor q = tensor({1, 1, 4}, {1, 0, 0, 0}, DType::kF64);
  const Tensor k = tensor({1, 2, 4}, {2, 0, 0, 0, 0, 1, 0, 0}, DType::kF64);
  const Tensor v = tensor({1, 2, 4}, {1, 0, 0, 0, 0, 1, 0, 0}, DType::kF64);
  const double share = std::exp(2 / 2.0) / (std::exp(2 / 2.0) + 1);  // sqrt(4) divides the scores
  const auto y = to_vector(attend(q, k, v, {}, {}));
  EXPECT_NEAR(y[0], share, kRoundOff);
  EXPECT_NEAR(y[1], 1 - share, kRoundOff);
}

TEST(Attention, WithoutOverflowForLargeScores) {
  const Tensor q = full({1, 2, 4}, 1e3), k = full({1, 3, 4}, 1e3);
  for (const double value : to_vector(attend(q, k, ones({1, 3, 4}), {}, {}))) EXPECT_EQ(value, 1);
}

TEST(Attention, RefusesWhatCannotBeSplit) {
  EXPECT_THROW(Attention(6, 6, {.n_heads = 4}), InputError);
  const RaggedBatch two({0, 1, 2}), one({0, 2});
  const Attention layer(4, 4, {});
  EXPECT_THROW(layer(ones({2, 4}), two, ones({2, 4}), one), InputError);
  EXPECT_THROW(RaggedBatch({0, 2, 2}), InputError);
  EXPECT_THROW(RaggedBatch({1, 2}), InputError);
}

TEST(RaggedBatch, PadsWithZerosAndUnpadsAgain) {
  const RaggedBatch batch({0, 1, 3});
  const Tensor x = tensor({3, 1}, {1, 2, 3});
  EXPECT_THAT(to_vector(batch.pad(x)), ElementsAre(1, 0, 2, 3));
  EXPECT_THAT(to_vector(batch.weights(DType::kF32)), ElementsAre(1, 0, 1, 1));
  EXPECT_EQ(to_vector(batch.unpad(batch.pad(x))), to_vector(x));
}

// --- Graphs. -------------------------------------------------------------------------------------

TEST(Aggregate, FollowsItsFormulas) {
  const GraphPtr graph = small_graph();  // receiver 1 has edge 0, receiver 2 edges 1 to 3
  const Tensor edges = tensor({4, 1}, {-5, 1, 2, 3}, DType::kF64);
  EXPECT_THAT(to_vector(aggregate(edges, graph, Aggregation::kSum)), ElementsAre(0, -5, 6, 0));
  EXPECT_THAT(to_vector(aggregate(edges, graph, Aggregation::kMean)), ElementsAre(0, -5, 2, 0));
  EXPECT_THAT(to_vector(aggregate(edges, graph, Aggregation::kMax)), ElementsAre(0, -5, 3, 0));
  const double e = std::exp(1.0);
  const double weighted = (1 + 2 * e + 3 * e * e) / (1 + e + e * e);
  EXPECT_NEAR(to_vector(aggregate(edges, graph, Aggregation::kSoftmax))[2], weighted, kRoundOff);
}

TEST(MessagePassing, FollowsItsFormulas) {
  const GraphPtr graph = small_graph();
  const auto layer = randomized(MessagePassing(
      {.node_width = 3, .edge_width = 2, .hidden_widths = {5}, .aggregation = Aggregation::kMean},
      DType::kF64));
  const Tensor x = random_tensor({4, 3}, "x"), e = random_tensor({4, 2}, "e");
  const Tensor w = random_tensor({4, 1}, "w");
  const Tensor joined = concat({e, gather_senders(x, graph), gather_receivers(x, graph)});
  const Tensor m = (*layer.edge_norm)(layer.edge_mlp(joined));
  const Tensor received = segment_mean(m * w, graph);
  const Tensor u = (*layer.node_norm)(layer.node_mlp(concat({x, received})));
  const auto [nodes, edges] = layer(graph, {x, e}, w);
  expect_equal(nodes, x + u);
  expect_equal(edges, e + m);
}

TEST(IntegralTransform, FollowsItsFormulas) {
  const GraphPtr graph = uneven_graph(6, 8, true);
  const Tensor queries = random_tensor({6, 2}, "q"), sources = random_tensor({8, 2}, "s");
  const Tensor f = random_tensor({8, 3}, "f"), w = random_tensor({8, 1}, "w");
  for (const TransformKind kind : {TransformKind::kKernel, TransformKind::kLinear,
                                   TransformKind::kNonlinear, TransformKind::kKernelOfF}) {
    for (const bool sees_query : {true, false}) {
      const auto layer = randomized(IntegralTransform({.kind = kind,
                                                       .dimensions = 2,
                                                       .channels = 3,
                                                       .result_channels = 3,
                                                       .hidden_widths = {5},
                                                       .sees_query = sees_query},
                                                      DType::kF64));
      std::vector<Tensor> input;
      if (sees_query) input.push_back(gather_receivers(queries, graph));
      input.push_back(gather_senders(sources, graph));
      const bool sees_f = kind == TransformKind::kNonlinear || kind == TransformKind::kKernelOfF;
      if (sees_f) input.push_back(gather_senders(f, graph));
      Tensor terms = layer.kernel(concat(input));
      const bool multiplies = kind == TransformKind::kNonlinear || kind == TransformKind::kLinear;
      if (multiplies) terms = terms * gather_senders(f, graph);
      expect_equal(layer(graph, {queries, sources}, f), segment_mean(terms, graph));
      expect_equal(layer(graph, {queries, sources}, f, w),
                   segment_sum(terms * gather_senders(w, graph), graph));
    }
  }
}

// A midpoint rule in one dimension: with a kernel that is 1, weights 1/n and all sources in reach,
// the layer integrates f(x) = x^2 over [0, 1]; the error of the rule is 1 / (12 n^2).
TEST(IntegralTransform, IntegratesWithQuadratureWeights) {
  IntegralTransform layer({.dimensions = 1, .channels = 1, .result_channels = 1}, DType::kF64);
  for (const NamedParameter& named : parameters(layer)) {
    assign(*named.parameter, zeros(named.parameter->value.shape(), DType::kF64));
  }
  assign(layer.kernel.layers.back().bias, ones({1}, DType::kF64));
  for (const Index n : {10, 20}) {
    std::vector<double> x;
    for (Index j = 0; j < n; ++j) x.push_back((j + 0.5) / n);
    const Tensor sources = tensor({n, 1}, x, DType::kF64);
    const Tensor y = layer(grouping({0, n}), {zeros({1, 1}, DType::kF64), sources},
                           sources * sources, full({n, 1}, 1.0 / n, DType::kF64));
    EXPECT_NEAR(item(y), 1.0 / 3 - 1.0 / (12.0 * n * n), 1e-14);
  }
}

TEST(IntegralTransform, SaysWhichInputIsWrong) {
  const GraphPtr graph = uneven_graph(6, 8, true);
  const IntegralTransform layer(
      {.dimensions = 2, .channels = 3, .result_channels = 3, .hidden_widths = {5}});
  const IntegralTransform::Points points{ones({6, 2}), ones({8, 2})};
  const auto message_of = [&](const Tensor& f, const Tensor& w) -> std::string {
    try {
      layer(graph, points, f, w);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(message_of({}, {}), HasSubstr("the function is missing for sources [8, 2]"));
  EXPECT_THAT(message_of(ones({7, 3}), {}), HasSubstr("the function [7, 3] for sources [8, 2]"));
  EXPECT_THAT(message_of(ones({8, 4}), {}), HasSubstr("3 channels to multiply a function [8, 4]"));
  EXPECT_THAT(message_of(ones({8, 3}), ones({8})), HasSubstr("weights [8] for sources [8, 2]"));
  EXPECT_THAT(IntegralTransformOptions({.channels = 2, .result_channels = 3}).validate(),
              HasSubstr("result_channels: must equal channels = 2"));
}

TEST(Embedding, PicksRows) {
  const auto table = randomized(Embedding(3, 2, DType::kF64));
  const auto rows = to_vector(table.weight.value);
  const auto y = to_vector(table(selection({2, 0, 2}, 3)));
  EXPECT_THAT(y, ElementsAre(rows[4], rows[5], rows[0], rows[1], rows[4], rows[5]));
}

// --- Losses. -------------------------------------------------------------------------------------

TEST(Losses, FollowTheirFormulas) {
  const Tensor x = tensor({2, 2}, {1, 2, 3, 4}, DType::kF64);
  const Tensor target = tensor({2, 2}, {1, 0, 0, 8}, DType::kF64);
  EXPECT_DOUBLE_EQ(item(mean_squared_error(x, target)), (4 + 9 + 16) / 4.0);
  EXPECT_DOUBLE_EQ(item(mean_absolute_error(x, target)), (2 + 3 + 4) / 4.0);
  EXPECT_DOUBLE_EQ(item(relative_l2_error(x, target)), (2.0 / 1 + 5.0 / 8) / 2);
}

TEST(Losses, CrossEntropyOfEqualScoresIsTheLogarithmOfTheirNumber) {
  EXPECT_NEAR(item(cross_entropy(zeros({3, 5}, DType::kF64), Labels({0, 4, 2}, 5))), std::log(5.0),
              kRoundOff);
  const Tensor sure = tensor({1, 2}, {1000, 0}, DType::kF64);
  EXPECT_EQ(item(cross_entropy(sure, Labels({0}, 2))), 0);
  EXPECT_EQ(item(cross_entropy(sure, Labels({1}, 2))), 1000);
}

TEST(Losses, RefuseLabelsThatAreNoClasses) {
  try {
    Labels({0, 1, 5}, 5);
    FAIL() << "no error";
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("the label 5 of sample 2 is not one of 5 classes"));
  }
  EXPECT_THROW(Labels({}, 5), InputError);
}

TEST(Softmax, SumsTo1AndHasItsLogarithm) {
  const Tensor x = random_tensor({3, 4}, "x");
  for (const double total : to_vector(sum(softmax(x), 1))) EXPECT_NEAR(total, 1, kRoundOff);
  expect_equal(exp(log_softmax(x)), softmax(x));
  EXPECT_THAT(to_vector(softmax(tensor({2}, {1000, 1000}))), ElementsAre(0.5, 0.5));
}

}  // namespace
}  // namespace filigree::learning
