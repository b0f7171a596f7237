// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Fixed points as operations on tensors, with functions around the affine map; the identity is in
// cgs_test.cpp.
#include "learning/models/contraction_op.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/gradcheck.hpp"
#include "learning/autodiff/ops.hpp"
#include "tests/learning/cgs_testing.hpp"

namespace filigree::learning {
namespace {

using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;
using testing::random_tensor;
using testing::small_batch;
using testing::small_options;
using testing::solver;

using List = const std::vector<Tensor>&;

Tensor logits() {
  return random_tensor({7, 3}, "logits", DType::kF64, -0.4, 1.2);
}

struct PhiRow {
  const char* name;
  std::function<double(double)> value, slope;
};

const PhiRow kPhis[] = {
    {"identity", [](double x) { return x; }, [](double) { return 1.0; }},
    {"tanh", [](double x) { return std::tanh(x); },
     [](double x) { return 1 / (std::cosh(x) * std::cosh(x)); }},
    {"relu", [](double x) { return x > 0 ? x : 0.0; }, [](double x) { return x > 0 ? 1.0 : 0.0; }},
    {"leaky_relu", [](double x) { return x > 0 ? x : 0.01 * x; },
     [](double x) { return x > 0 ? 1.0 : 0.01; }},
};

class FixedPointOfPhi : public ::testing::TestWithParam<PhiRow> {};

TEST_P(FixedPointOfPhi, HasTheGradientsOfDifferences) {
  for (const auto orientation :
       {contraction::Orientation::kSenderRow, contraction::Orientation::kReceiverRow}) {
    const FixedPointMap map{.batch = small_batch(),
                            .gamma = 0.7,
                            .phi = contraction::contractive_activation(GetParam().name),
                            .orientation = orientation};
    const auto solve = solver(1e-14);
    const auto call = [&](List x) {
      return fixed_point(normalized_weights(x[0], map, contraction::Normalizer::kSigmoid), x[1],
                         map, solve);
    };
    // The values are far from the kinks of relu compared with the step of 1e-5.
    const auto report =
        gradcheck(call, {logits(), random_tensor({5, 3}, "b")}, {.second_order = false});
    EXPECT_TRUE(report.passed) << report.text;
  }
}

// Without the neighbours z = phi(b), dL/db = phi'(b) g and dL/dw = 0.
TEST_P(FixedPointOfPhi, IsThatOfTheBiasWhenGammaIsZero) {
  const FixedPointMap map{.batch = small_batch(),
                          .gamma = 0,
                          .phi = contraction::contractive_activation(GetParam().name)};
  const Tensor weights = normalized_weights(logits(), map, contraction::Normalizer::kSigmoid);
  const Tensor bias = random_tensor({5, 3}, "b");
  const Tensor g = random_tensor({5, 3}, "g");
  Tape tape;
  const Tape::Scope on(tape);
  const Tensor z = fixed_point(weights, bias, map, solver(1e-14));
  const auto gradients = grad(sum(z * g), {weights, bias});
  const auto b = to_vector(bias), found = to_vector(z);
  const auto factors = to_vector(g), db = to_vector(gradients[1]);
  for (std::size_t i = 0; i < b.size(); ++i) {
    EXPECT_NEAR(found[i], GetParam().value(b[i]), 1e-15);
    EXPECT_NEAR(db[i], GetParam().slope(b[i]) * factors[i], 1e-15);
  }
  for (const double dw : to_vector(gradients[0])) EXPECT_EQ(dw, 0);
}

TEST_P(FixedPointOfPhi, GivesModelsTheGradientsOfDifferences) {
  for (const double gamma : {0.0, 0.6}) {
    CgsOptions options = small_options();
    options.phi = GetParam().name;
    options.gamma = gamma;
    Cgs model(options, {.nodes = 2, .edges = 1, .out = 2}, DType::kF64);
    const Parameters all = parameters(model);
    initialize(all, 3);
    const CgsInput input = testing::small_input();
    const auto call = [&](List x) {
      for (std::size_t k = 0; k < all.size(); ++k) all[k].parameter->value = x[k];
      return model(input).y;
    };
    const auto report = gradcheck(call, values(all), {.second_order = false});
    EXPECT_TRUE(report.passed) << "gamma " << gamma << ": " << report.text;
  }
}

INSTANTIATE_TEST_SUITE_P(Phis, FixedPointOfPhi, ::testing::ValuesIn(kPhis),
                         [](const auto& row) { return row.param.name; });

// The derivative of the slope of phi is not there: an error, not a gradient that lacks a part.
TEST(FixedPointOp, RefusesSecondDerivativesOfBentFunctions) {
  for (const char* name : {"tanh", "relu", "leaky_relu"}) {
    const FixedPointMap map{.batch = small_batch(),
                            .phi = contraction::contractive_activation(name)};
    Tape tape;
    const Tape::Scope on(tape);
    const Tensor weights = normalized_weights(logits(), map, contraction::Normalizer::kSigmoid);
    const Tensor bias = random_tensor({5, 3}, "b");
    const Tensor z = fixed_point(weights, bias, map, solver(1e-12));
    EXPECT_EQ(grad(sum(z), {bias}).size(), 1u);
    EXPECT_EQ(error_of<InputError>([&] { grad(sum(z), {bias}, {.create_graph = true}); }),
              "second derivatives of a fixed point need phi = identity")
        << name;
  }
}

TEST(FixedPointOp, HasSecondDerivativesWhenGammaIsZero) {
  const FixedPointMap map{.batch = small_batch(), .gamma = 0};
  const auto solve = solver(1e-14);
  const auto call = [&](List x) {
    return exp(fixed_point(normalized_weights(x[0], map, contraction::Normalizer::kSigmoid), x[1],
                           map, solve));
  };
  const auto report = gradcheck(call, {logits(), random_tensor({5, 3}, "b")});
  EXPECT_TRUE(report.passed) << report.text;
}

TEST(FixedPointOp, NamesShapesAndTypesThatDoNotFit) {
  const FixedPointMap map{.batch = small_batch()};
  const auto error = [&](const Tensor& weights, const Tensor& bias) {
    return error_of<InputError>([&] { fixed_point(weights, bias, map, solver(1e-6)); });
  };
  EXPECT_THAT(error(zeros({6, 3}), zeros({5, 3})),
              AllOf(HasSubstr("[6, 3]"), HasSubstr("7 edges")));
  EXPECT_THAT(error(zeros({7, 3}), zeros({5, 2})), AllOf(HasSubstr("[5, 2]"), HasSubstr("[5, 3]")));
  EXPECT_THAT(error(zeros({7, 3}), zeros({5, 3}, DType::kF64)),
              HasSubstr("weights [7, 3] f32 and bias [5, 3] f64"));
}

}  // namespace
}  // namespace filigree::learning
