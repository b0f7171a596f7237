// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/models/cgs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/batch.hpp"
#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/gradcheck.hpp"
#include "learning/autodiff/ops.hpp"
#include "tests/learning/cgs_testing.hpp"

namespace filigree::learning {
namespace {

using List = const std::vector<Tensor>&;

using testing::random_tensor;
using testing::small_batch;
using testing::small_options;
using testing::solver;

class FixedPointOf : public ::testing::TestWithParam<
                         std::tuple<contraction::Normalizer, contraction::Orientation>> {};

TEST_P(FixedPointOf, HasTheDerivativesOfDifferences) {
  // First and second order, through the normaliser and the implicit solve.
  const auto [normalizer, orientation] = GetParam();
  const FixedPointMap map{.batch = small_batch(), .gamma = 0.7, .orientation = orientation};
  const auto solve = solver(1e-14);
  const auto call = [&, normalizer = normalizer](List x) {
    return fixed_point(normalized_weights(x[0], map, normalizer), x[1], map, solve);
  };
  const auto report = gradcheck(
      call, {random_tensor({7, 3}, "a", DType::kF64, -0.4, 1.2), random_tensor({5, 3}, "b")});
  EXPECT_TRUE(report.passed) << report.text;
}

INSTANTIATE_TEST_SUITE_P(
    Maps, FixedPointOf,
    ::testing::Combine(::testing::Values(contraction::Normalizer::kClip,
                                         contraction::Normalizer::kSigmoid,
                                         contraction::Normalizer::kSoftmax),
                       ::testing::Values(contraction::Orientation::kSenderRow,
                                         contraction::Orientation::kReceiverRow)));

TEST(Cgs, HasThePublishedNumbersOfParameters) {
  CgsOptions values;
  Cgs value_iteration(values, {.nodes = 1, .edges = 1, .out = 1});
  EXPECT_EQ(count(parameters(value_iteration)), 280069);

  CgsOptions pores;
  pores.heads = 16;
  pores.encoder = {.layers = 1, .hidden_width = 64};
  Cgs pore_network(pores, {.nodes = 5, .edges = 3, .out = 1});
  EXPECT_EQ(count(parameters(pore_network)), 8546);

  CgsOptions graphs;
  graphs.heads = 32;
  graphs.encoder = {.layers = 3, .activation = Activation::kSilu};
  graphs.readout = Readout::kGraphs;
  Cgs mutag(graphs, {.nodes = 7, .edges = 1, .out = 2});
  EXPECT_EQ(count(parameters(mutag)), 186981);
}

class CgsCoreOf : public ::testing::TestWithParam<CgsCore> {};

TEST_P(CgsCoreOf, HasTheGradientsOfDifferences) {
  CgsOptions options = small_options();
  options.core = GetParam();
  options.tolerance = 1e-13;
  Cgs model(options, {.nodes = 2, .edges = 1, .out = 2}, DType::kF64);
  const Parameters all = parameters(model);
  initialize(all, 3);
  model.project();
  const CgsInput input =
      cgs_input(small_batch(), random_tensor({5, 2}, "x"), random_tensor({7, 1}, "e"));
  const auto call = [&](List x) {
    for (std::size_t k = 0; k < all.size(); ++k) all[k].parameter->value = x[k];
    return model(input).y;
  };
  const auto report = gradcheck(call, values(all), {.second_order = false});
  EXPECT_TRUE(report.passed) << report.text;
}

// Steady-state embeddings are missing on purpose: their gradient is that of the last sweep alone.
INSTANTIATE_TEST_SUITE_P(Cores, CgsCoreOf,
                         ::testing::Values(CgsCore::kFixedPoint, CgsCore::kEncoderOnly,
                                           CgsCore::kImplicit));

TEST(ImplicitGraphLayer, IsBroughtBackToTheNearestContraction) {
  ImplicitGraphLayer layer(3, DType::kF64);
  assign(layer.weight, tensor({3, 3}, {0.1, -0.2, 0.3, 2, 0, 0, 1, -1, 0.1}, DType::kF64));
  layer.project();
  const auto w = to_vector(layer.weight.value);
  // Row 0 lies within the ball; of row 1 one entry is left; row 2 loses 0.55 of the large entries.
  const std::vector<double> expected{0.1, -0.2, 0.3, 0.9, 0, 0, 0.45, -0.45, 0};
  for (std::size_t i = 0; i < w.size(); ++i) EXPECT_NEAR(w[i], expected[i], 1e-15);
}

TEST(Cgs, SolvesABatchAsItSolvesItsGraphs) {
  CgsOptions options = small_options();
  options.tolerance = 1e-6;
  Cgs model(options, {.nodes = 2, .edges = 1, .out = 2});
  initialize(parameters(model), 3);
  const auto one = small_batch();
  const Tensor x = random_tensor({5, 2}, "x", DType::kF32);
  const Tensor e = random_tensor({7, 1}, "e", DType::kF32);
  const auto alone = to_vector(model(cgs_input(one, x, e)).y);
  const GraphBatch two = batch_graphs({one->graph_pointer(), one->graph_pointer()});
  const auto both = to_vector(model(cgs_input(std::make_shared<const contraction::Batch>(two),
                                              concat({x, x}, 0), concat({e, e}, 0)))
                                  .y);
  ASSERT_EQ(both.size(), 2 * alone.size());
  for (std::size_t i = 0; i < both.size(); ++i) EXPECT_EQ(both[i], alone[i % alone.size()]);
}

TEST(Cgs, PoolsTheNodesOfEachGraph) {
  CgsOptions options = small_options();
  options.readout = Readout::kGraphs;
  Cgs model(options, {.nodes = 2, .edges = 1, .out = 3});
  initialize(parameters(model), 3);
  const CgsOutput output = model(cgs_input(small_batch(), random_tensor({5, 2}, "x", DType::kF32),
                                           random_tensor({7, 1}, "e", DType::kF32)));
  EXPECT_EQ(output.y.shape(), (Shape{1, 3}));
}

TEST(Cgs, StepsWithoutAllocationOnceTheTapeHasGrown) {
  CgsOptions options = small_options();
  options.tolerance = 1e-6;
  Cgs model(options, {.nodes = 2, .edges = 1, .out = 2});
  initialize(parameters(model), 3);
  const CgsInput input = cgs_input(small_batch(), random_tensor({5, 2}, "x", DType::kF32),
                                   random_tensor({7, 1}, "e", DType::kF32));
  Tape tape;
  Offset before = 0;
  for (int round = 0; round < 3; ++round) {
    before = array_allocations();
    Tape::Scope on(tape);
    grad(mean(model(input).y), values(parameters(model)));
    tape.reset();
  }
  EXPECT_EQ(array_allocations(), before);
}

TEST(Cgs, RefusesActivationsThatDoNotContract) {
  CgsOptions options;
  options.phi = "silu";
  try {
    Cgs(options, {});
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("silu"));
  }
}

}  // namespace
}  // namespace filigree::learning
