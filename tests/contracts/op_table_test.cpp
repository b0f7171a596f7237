// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What every operation on tensors promises: first and second derivatives agree with differences,
// f32 agrees with f64, and outside a tape the values are the same. A new operation is one row.
#include <gtest/gtest.h>

#include <cmath>

#include "core/random.hpp"
#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/gradcheck.hpp"
#include "learning/autodiff/ops.hpp"

namespace filigree::learning {
namespace {

/// An operation on inputs of given shapes, whose values lie in [low, high].
struct Row {
  const char* name;
  std::function<Tensor(const std::vector<Tensor>&, const GraphPtr&)> call;
  std::vector<Shape> shapes;
  double low = -2, high = 2;
  bool second_order = true;
};

/// 0 -> 1, 0 -> 2, 1 -> 2 twice, 3 alone: a node without edges and parallel edges.
GraphPtr small_graph() {
  return std::make_shared<const Graph>(
      GraphRows{.n_senders = 4,
                .row_offsets = to_device("rows", std::vector<Offset>{0, 0, 1, 4, 4}),
                .senders = to_device("senders", std::vector<Index>{0, 0, 1, 1})});
}

using List = const std::vector<Tensor>&;
using None = const GraphPtr&;  // operations that need no graph

std::vector<Row> table() {
  return {
      {"add", [](List x, None) { return x[0] + x[1]; }, {{2, 3}, {3}}},
      {"sub", [](List x, None) { return x[0] - x[1]; }, {{2, 3}, {2, 1}}},
      {"mul", [](List x, None) { return x[0] * x[1]; }, {{2, 1, 3}, {4, 1}}},
      {"square", [](List x, None) { return x[0] * x[0]; }, {{5}}},
      {"div", [](List x, None) { return x[0] / x[1]; }, {{2, 3}, {1, 3}}, 0.5, 2},
      {"maximum", [](List x, None) { return maximum(x[0], x[1]); }, {{2, 3}, {3}}},
      {"greater", [](List x, None) { return x[0] * greater(x[0], x[1]); }, {{2, 3}, {3}}},
      {"where",
       [](List x, None) { return where(greater(x[0], x[1]), x[0] * x[1], x[1]); },
       {{2, 3}, {2, 3}}},
      {"neg", [](List x, None) { return -x[0]; }, {{4}}},
      {"scale", [](List x, None) { return x[0] * 2.5; }, {{4}}},
      {"shift", [](List x, None) { return 1 - x[0]; }, {{4}}},
      {"pow", [](List x, None) { return pow(x[0], 1.7); }, {{4}}, 0.5, 2},
      {"pow0", [](List x, None) { return pow(x[0], 0); }, {{4}}, 0.5, 2},
      {"exp", [](List x, None) { return exp(x[0]); }, {{4}}},
      {"log", [](List x, None) { return log(x[0]); }, {{4}}, 0.5, 2},
      {"sqrt", [](List x, None) { return sqrt(x[0]); }, {{4}}, 0.5, 2},
      {"abs", [](List x, None) { return abs(x[0]); }, {{4}}},
      {"sin", [](List x, None) { return sin(x[0]); }, {{4}}},
      {"cos", [](List x, None) { return cos(x[0]); }, {{4}}},
      {"tanh", [](List x, None) { return tanh(x[0]); }, {{6}}},
      {"erf", [](List x, None) { return erf(x[0]); }, {{4}}},
      {"sigmoid", [](List x, None) { return sigmoid(x[0]); }, {{4}}},
      {"softplus", [](List x, None) { return softplus(x[0]); }, {{4}}},
      {"relu", [](List x, None) { return relu(x[0]) * x[0]; }, {{6}}},
      {"leaky_relu", [](List x, None) { return leaky_relu(x[0], 0.1) * x[0]; }, {{6}}},
      {"silu", [](List x, None) { return silu(x[0]); }, {{4}}},
      {"gelu", [](List x, None) { return gelu(x[0]); }, {{4}}},
      {"clip", [](List x, None) { return clip(x[0], -0.7, 0.9) * x[0]; }, {{6}}},
      {"stop_gradient", [](List x, None) { return x[0] + 0.0 * stop_gradient(x[0]); }, {{4}}},
      {"sum", [](List x, None) { return exp(sum(x[0])); }, {{2, 2}}},
      {"sum_axis", [](List x, None) { return exp(sum(x[0], 1)); }, {{2, 3, 2}}},
      {"mean", [](List x, None) { return exp(mean(x[0])); }, {{2, 3}}},
      {"mean_axis", [](List x, None) { return exp(mean(x[0], 0)); }, {{2, 3}}},
      {"max", [](List x, None) { return max(x[0] * x[0], -1); }, {{3, 4}}},
      {"logsumexp", [](List x, None) { return logsumexp(x[0], 1); }, {{2, 3, 2}}},
      {"sum_to",
       [](List x, None) {
         return exp(sum_to(x[0], {1, 3}));
       },
       {{2, 2, 3}}},
      {"matmul", [](List x, None) { return matmul(x[0], x[1]); }, {{2, 3}, {3, 4}}},
      {"matmul_at", [](List x, None) { return matmul(x[0], x[1], {.a = true}); }, {{3, 2}, {3, 4}}},
      {"matmul_bt", [](List x, None) { return matmul(x[0], x[1], {.b = true}); }, {{2, 3}, {4, 3}}},
      {"matmul_atbt",
       [](List x, None) {
         return matmul(x[0], x[1], {true, true});
       },
       {{3, 2}, {4, 3}}},
      {"matmul_batch", [](List x, None) { return matmul(x[0], x[1]); }, {{2, 2, 3}, {2, 3, 2}}},
      {"transpose", [](List x, None) { return exp(transpose(x[0])); }, {{2, 3}}},
      {"reshape",
       [](List x, None) {
         return exp(reshape(x[0], {3, 2}));
       },
       {{2, 3}}},
      {"slice", [](List x, None) { return exp(slice(x[0], 1, 1, 3)); }, {{2, 4}}},
      {"pad", [](List x, None) { return exp(pad(x[0], 0, 1, 2)); }, {{2, 2}}},
      {"concat",
       [](List x, None) {
         return exp(concat({x[0], x[1]}, 0));
       },
       {{1, 3}, {2, 3}}},
      {"stack",
       [](List x, None) {
         return exp(stack({x[0], x[1]}));
       },
       {{3}, {3}}},
      {"broadcast",
       [](List x, None) {
         return exp(broadcast(x[0], {2, 3, 2}));
       },
       {{3, 1}}},
      {"permute",
       [](List x, None) {
         return exp(permute(x[0], {2, 0, 1}));
       },
       {{2, 3, 2}}},
      {"gather_senders",
       [](List x, const GraphPtr& g) { return exp(gather_senders(x[0], g)); },
       {{4, 2}}},
      {"gather_receivers",
       [](List x, const GraphPtr& g) { return exp(gather_receivers(x[0], g)); },
       {{4, 2}}},
      {"segment_sum",
       [](List x, const GraphPtr& g) { return exp(segment_sum(x[0], g)); },
       {{4, 2}}},
      {"segment_sum_by_sender",
       [](List x, const GraphPtr& g) { return exp(segment_sum_by_sender(x[0], g)); },
       {{4, 2}}},
      {"segment_mean",
       [](List x, const GraphPtr& g) { return exp(segment_mean(x[0], g)); },
       {{4, 2}}},
      {"segment_max",
       [](List x, const GraphPtr& g) { return exp(segment_max(x[0], g)); },
       {{4, 2}}},
      {"segment_softmax",
       [](List x, const GraphPtr& g) { return segment_softmax(x[0], g); },
       {{4, 2}}},
      {"spmm", [](List x, const GraphPtr& g) { return spmm(x[0], x[1], g); }, {{4, 1}, {4, 3}}},
      {"spmm_channels",
       [](List x, const GraphPtr& g) { return spmm(x[0], x[1], g); },
       {{4, 3}, {4, 3}}},
      {"spmm_by_sender",
       [](List x, const GraphPtr& g) { return spmm_by_sender(x[0], x[1], g); },
       {{4, 1}, {4, 3}}},
  };
}

std::vector<Tensor> inputs_of(const Row& row, DType dtype) {
  std::vector<Tensor> inputs;
  for (std::size_t k = 0; k < row.shapes.size(); ++k) {
    const RandomStream random(3, std::string(row.name) + std::to_string(k));
    std::vector<double> values(static_cast<std::size_t>(row.shapes[k].size()));
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<float>(random.between(row.low, row.high, i));
    }
    inputs.push_back(tensor(row.shapes[k], values, dtype));
  }
  return inputs;
}

class OpTable : public testing::TestWithParam<Row> {};

TEST_P(OpTable, DerivativesAgreeWithDifferences) {
  // Central differences with a step of 1e-5 err by 1e-10 from the third derivative and by 1e-11
  // from round-off, and the scale of the values is up to e^4.
  const Row& row = GetParam();
  const GraphPtr graph = small_graph();
  const auto call = [&](List x) { return row.call(x, graph); };
  const GradcheckReport report = gradcheck(call, inputs_of(row, DType::kF64),
                                           {.tolerance = 1e-7, .second_order = row.second_order});
  EXPECT_TRUE(report.passed) << report.text;
}

TEST_P(OpTable, FloatAgreesWithDouble) {
  const Row& row = GetParam();
  const auto in_float = to_vector(row.call(inputs_of(row, DType::kF32), small_graph()));
  const auto in_double = to_vector(row.call(inputs_of(row, DType::kF64), small_graph()));
  ASSERT_EQ(in_float.size(), in_double.size());
  for (std::size_t i = 0; i < in_float.size(); ++i) {
    // A few dozen roundings of f32, amplified by exponentials of values up to 8.
    EXPECT_NEAR(in_float[i], in_double[i], 1e-5 * std::max(1.0, std::abs(in_double[i])));
  }
}

TEST_P(OpTable, GradientsOfFloatAgreeWithDouble) {
  const Row& row = GetParam();
  const GraphPtr graph = small_graph();
  std::vector<std::vector<double>> gradients[2];
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    Tape tape;
    Tape::Scope on(tape);
    const auto inputs = inputs_of(row, dtype);
    for (const Tensor& g : grad(sum(row.call(inputs, graph)), inputs)) {
      EXPECT_EQ(g.dtype(), dtype);
      gradients[dtype == DType::kF64].push_back(to_vector(g));
    }
  }
  for (std::size_t k = 0; k < gradients[0].size(); ++k) {
    for (std::size_t i = 0; i < gradients[0][k].size(); ++i) {
      const double exact = gradients[1][k][i];
      EXPECT_NEAR(gradients[0][k][i], exact, 2e-5 * std::max(1.0, std::abs(exact)));
    }
  }
}

TEST_P(OpTable, ComputesTheSameWithAndWithoutATape) {
  const Row& row = GetParam();
  const auto inputs = inputs_of(row, DType::kF32);
  const GraphPtr graph = small_graph();
  const auto plain = to_vector(row.call(inputs, graph));
  Tape tape;
  Tape::Scope on(tape);
  EXPECT_EQ(to_vector(row.call(inputs, graph)), plain);
}

TEST_P(OpTable, AllocatesNothingOnceTheTapeHasGrown) {
  const Row& row = GetParam();
  const auto inputs = inputs_of(row, DType::kF32);
  const GraphPtr graph = small_graph();
  Tape tape;
  Offset before = 0;
  for (int round = 0; round < 2; ++round) {
    Tape::Scope on(tape);
    before = array_allocations();
    grad(sum(row.call(inputs, graph)), inputs);
    tape.reset();
  }
  EXPECT_EQ(array_allocations(), before);
}

INSTANTIATE_TEST_SUITE_P(Ops, OpTable, testing::ValuesIn(table()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace filigree::learning
