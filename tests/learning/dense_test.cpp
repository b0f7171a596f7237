// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/dense.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/random.hpp"
#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/gradcheck.hpp"
#include "learning/autodiff/ops.hpp"
#include "learning/nn/linear.hpp"
#include "tests/learning/testing.hpp"

namespace filigree::learning {
namespace {

using testing::error_of;
using List = const std::vector<Tensor>&;

Tensor random_tensor(const Shape& shape, const char* stream, DType dtype = DType::kF64) {
  const RandomStream random(5, stream);
  std::vector<double> values(static_cast<std::size_t>(shape.size()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = random.between(-1.0, 1.0, i);
  return tensor(shape, values, dtype);
}

/// 0 -> 1, 0 -> 2, 1 -> 2 twice, 3 alone.
GraphPtr small_graph() {
  return std::make_shared<const Graph>(
      GraphRows{.n_senders = 4,
                .row_offsets = to_device("rows", std::vector<Offset>{0, 0, 1, 4, 4}),
                .senders = to_device("senders", std::vector<Index>{0, 0, 1, 1})});
}

class DenseOf : public ::testing::TestWithParam<Activation> {};

TEST_P(DenseOf, HasTheDerivativesOfDifferences) {
  const Activation f = GetParam();
  const auto report =
      gradcheck([f](List x) { return dense(x[0], x[1], x[2], f); },
                {random_tensor({3, 4}, "x"), random_tensor({5, 4}, "w"), random_tensor({5}, "b")});
  EXPECT_TRUE(report.passed) << report.text;
}

TEST_P(DenseOf, OnEdgesHasTheDerivativesOfDifferences) {
  const Activation f = GetParam();
  const GraphPtr graph = small_graph();
  const auto report =
      gradcheck([&](List x) { return dense_on_edges(x[0], x[1], graph, x[2], x[3], f); },
                {random_tensor({4, 2}, "e"), random_tensor({4, 3}, "x"), random_tensor({5, 8}, "w"),
                 random_tensor({5}, "b")});
  EXPECT_TRUE(report.passed) << report.text;
}

TEST_P(DenseOf, OnEdgesEqualsTheProductWithTheJoinedValues) {
  const GraphPtr graph = small_graph();
  const Tensor e = random_tensor({4, 2}, "e"), x = random_tensor({4, 3}, "x");
  const Tensor w = random_tensor({5, 8}, "w"), b = random_tensor({5}, "b");
  const auto fused = to_vector(dense_on_edges(e, x, graph, w, b, GetParam()));
  const Tensor joined = concat({e, gather_senders(x, graph), gather_receivers(x, graph)});
  const auto composed = to_vector(apply(GetParam(), matmul(joined, w, {.b = true}) + b));
  for (std::size_t i = 0; i < fused.size(); ++i) EXPECT_NEAR(fused[i], composed[i], 1e-14);
}

INSTANTIATE_TEST_SUITE_P(Activations, DenseOf,
                         ::testing::Values(Activation::kIdentity, Activation::kRelu,
                                           Activation::kLeakyRelu, Activation::kTanh,
                                           Activation::kSilu));

TEST(Dense, WithSharedWeightsHasTheSecondDerivativesOfDifferences) {
  // The inner product's result depends on the weights of the outer: no path may count twice.
  const auto report = gradcheck(
      [](List x) {
        return dense(dense(x[0], x[1], x[2], Activation::kTanh), x[1], x[2], Activation::kIdentity);
      },
      {random_tensor({3, 4}, "x"), random_tensor({4, 4}, "w"), random_tensor({4}, "b")});
  EXPECT_TRUE(report.passed) << report.text;
}

TEST(Dense, NamesBothShapesThatDoNotFit) {
  const auto call = [] { dense(zeros({3, 4}), zeros({5, 6}), Tensor(), Activation::kRelu); };
  EXPECT_THAT(error_of<InputError>(call),
              ::testing::AllOf(::testing::HasSubstr("[3, 4]"), ::testing::HasSubstr("[5, 6]")));
}

TEST(Dense, NamesShapesAndTypesThatDiffer) {
  const Tensor x = zeros({3, 4}), w = zeros({5, 4}), b = zeros({5});
  const Tensor other = zeros({5}, DType::kF64);
  EXPECT_EQ(
      error_of<InputError>([&] { dense(x, cast(w, DType::kF64), Tensor(), Activation::kRelu); }),
      "dense: values [3, 4] f32, weights and bias [5, 4] f64 differ in type: cast() some");
  EXPECT_EQ(error_of<InputError>([&] { dense(x, w, other, Activation::kRelu); }),
            "dense: values [3, 4] f32, weights and bias [5, 4] f32 and [5] f64 differ in type: "
            "cast() some");
  EXPECT_EQ(error_of<InputError>([&] { dense(scalar(1), w, b, Activation::kRelu); }),
            "dense: values [] must be [..., in]");
  const Tensor e = zeros({4, 1}), v = zeros({4, 2});
  EXPECT_EQ(error_of<InputError>([&] {
              dense_on_edges(e, v, small_graph(), zeros({3, 4}), zeros({3}), Activation::kRelu);
            }),
            "dense_on_edges: values [4, 1] and [4, 2] and weights [3, 4] do not fit together: the "
            "weights must have 5 columns");
}

TEST(Mlp, CountsItsParametersAndFillsThemFromTheirNames) {
  Mlp a({3, 8, 2}, Activation::kRelu), b({3, 8, 2}, Activation::kRelu);
  EXPECT_EQ(count(parameters(a)), 3 * 8 + 8 + 8 * 2 + 2);
  initialize(parameters(a), 1);
  initialize(parameters(b), 1);
  EXPECT_EQ(to_arrays(parameters(a)), to_arrays(parameters(b)));
  initialize(parameters(b), 2);
  EXPECT_NE(to_arrays(parameters(a)), to_arrays(parameters(b)));
  EXPECT_EQ(to_arrays(parameters(a)).names(),
            (std::vector<std::string>{"layers.0.weight", "layers.0.bias", "layers.1.weight",
                                      "layers.1.bias"}));
}

}  // namespace
}  // namespace filigree::learning
