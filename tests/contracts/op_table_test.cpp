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
#include "learning/autodiff/ops_grid.hpp"
#include "learning/nn/conv2d.hpp"
#include "learning/nn/jet.hpp"

namespace filigree::learning {
namespace {

/// What operations may need besides tensors, made once per test.
struct Given {
  GraphPtr graph;      ///< 0 -> 1, 0 -> 2, 1 -> 2 twice, 3 alone: parallel edges, a lone node
  GraphPtr selection;  ///< entries 2, 0 and 2 of three
  GraphPtr grouping;   ///< two items, none, three
  GridPoints points;   ///< three in the cells of 3 x 2 nodes, periodic along the first axis

  operator const GraphPtr&() const { return graph; }
};

/// An operation on inputs of given shapes, whose values lie in [low, high].
struct Row {
  const char* name;
  std::function<Tensor(const std::vector<Tensor>&, const Given&)> call;
  std::vector<Shape> shapes;
  double low = -2, high = 2;
  bool second_order = true;
};

Given given() {
  return {
      .graph = std::make_shared<const Graph>(
          GraphRows{.n_senders = 4,
                    .row_offsets = to_device("rows", std::vector<Offset>{0, 0, 1, 4, 4}),
                    .senders = to_device("senders", std::vector<Index>{0, 0, 1, 1})}),
      .selection = selection({2, 0, 2}, 3),
      .grouping = grouping({0, 2, 2, 5}),
      .points = locate(tensor({3, 2}, {0.3, 0.4, 2.6, 0.9, 2.5, 0.1}),
                       {.dimensions = 2, .extents = {3, 2, 1}, .periodic = {true, false, false}})};
}

/// Two nodes and no edges.
GraphPtr bare_graph() {
  return std::make_shared<const Graph>(
      GraphRows{.n_senders = 2,
                .row_offsets = to_device("rows", std::vector<Offset>{0, 0, 0}),
                .senders = to_device("senders", std::vector<Index>{})});
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
      {"pow1", [](List x, None) { return pow(x[0], 1) * x[0]; }, {{4}}},
      {"pow_square", [](List x, None) { return pow(x[0], 2); }, {{4}}},
      {"scalar", [](List x, None) { return x[0] * x[1] / (3 - x[1]); }, {{2, 3}, {}}},
      {"cast", [](List x, None) { return cast(exp(x[0]), DType::kF64); }, {{4}}},
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
      {"matmul_batch_t",
       [](List x, None) {
         return matmul(x[0], x[1], {true, true});
       },
       {{2, 3, 2}, {2, 4, 3}}},
      {"transpose_batch", [](List x, None) { return exp(transpose(x[0])); }, {{2, 2, 3}}},
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
      {"segment_sum_planes",
       [](List x, const GraphPtr& g) { return exp(segment_sum(x[0], g)); },
       {{4, 2, 3}}},
      {"segment_mean_line",
       [](List x, const GraphPtr& g) { return exp(segment_mean(x[0], g)); },
       {{4}}},
      {"selection",
       [](List x, const Given& g) { return exp(gather_senders(x[0], g.selection)); },
       {{3, 2}}},
      {"grouping",
       [](List x, const Given& g) { return segment_softmax(x[0], g.grouping); },
       {{5, 2}}},
      {"sample",
       [](List x, const Given& g) { return sample(x[0], x[1], g.points); },
       {{6, 2}, {3, 2}}},
      {"splat",
       [](List x, const Given& g) { return splat(x[0], x[1], g.points); },
       {{3, 2}, {3, 2}}},
      {"unfold",
       [](List x, None) { return exp(unfold(x[0], {.size = 2, .stride = 2, .padding = 1})); },
       {{1, 3, 3, 2}}},
      {"fold",
       [](List x, None) {
         return exp(fold(x[0], {1, 3, 3, 2}, {.size = 2, .padding = 1}));
       },
       {{16, 8}}},
      {"conv2d",
       [](List x, None) { return conv2d(x[0], x[1], x[2], {.size = 2, .padding = 1}); },
       {{1, 3, 2, 2}, {3, 2, 2, 2}, {3}}},
      {"jet_activation",
       [](List x, None) {
         const Jet y = jet_dense(jet_of_inputs(x[0]), x[1], x[2], Activation::kTanh);
         return jet_dense(y, x[3], Tensor(), Activation::kSilu).channels;
       },
       {{2, 2}, {3, 2}, {3}, {2, 3}},
       -1,
       1},
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
  const Given rest = given();
  const auto call = [&](List x) { return row.call(x, rest); };
  const GradcheckReport report = gradcheck(call, inputs_of(row, DType::kF64),
                                           {.tolerance = 1e-7, .second_order = row.second_order});
  EXPECT_TRUE(report.passed) << report.text;
}

TEST_P(OpTable, FloatAgreesWithDouble) {
  const Row& row = GetParam();
  const auto in_float = to_vector(row.call(inputs_of(row, DType::kF32), given()));
  const auto in_double = to_vector(row.call(inputs_of(row, DType::kF64), given()));
  ASSERT_EQ(in_float.size(), in_double.size());
  for (std::size_t i = 0; i < in_float.size(); ++i) {
    // A few dozen roundings of f32, amplified by exponentials of values up to 8.
    EXPECT_NEAR(in_float[i], in_double[i], 1e-5 * std::max(1.0, std::abs(in_double[i])));
  }
}

TEST_P(OpTable, GradientsOfFloatAgreeWithDouble) {
  const Row& row = GetParam();
  const Given rest = given();
  std::vector<std::vector<double>> gradients[2];
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    Tape tape;
    Tape::Scope on(tape);
    const auto inputs = inputs_of(row, dtype);
    for (const Tensor& g : grad(sum(row.call(inputs, rest)), inputs)) {
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
  const Given rest = given();
  const auto plain = to_vector(row.call(inputs, rest));
  Tape tape;
  Tape::Scope on(tape);
  EXPECT_EQ(to_vector(row.call(inputs, rest)), plain);
}

TEST_P(OpTable, AllocatesNothingOnceTheTapeHasGrown) {
  const Row& row = GetParam();
  const auto inputs = inputs_of(row, DType::kF32);
  const Given rest = given();
  Tape tape;
  Offset before = 0;
  for (int round = 0; round < 2; ++round) {
    Tape::Scope on(tape);
    before = array_allocations();
    grad(sum(row.call(inputs, rest)), inputs);
    tape.reset();
  }
  EXPECT_EQ(array_allocations(), before);
}

INSTANTIATE_TEST_SUITE_P(Ops, OpTable, testing::ValuesIn(table()),
                         [](const auto& info) { return info.param.name; });

TEST(OpTableOfBareGraphs, SumsAreZeroAndGradientsEmpty) {
  const GraphPtr graph = bare_graph();
  Tape tape;
  Tape::Scope on(tape);
  const Tensor nodes = ones({2, 3});
  const Tensor edges = gather_senders(nodes, graph);
  EXPECT_EQ(edges.shape(), (Shape{0, 3}));
  const Tensor weights = zeros({0, 1});
  for (const Tensor& y :
       {segment_sum(edges, graph), segment_mean(edges, graph), segment_max(edges, graph),
        segment_sum_by_sender(segment_softmax(edges, graph), graph), spmm(weights, nodes, graph)}) {
    EXPECT_EQ(to_vector(y), std::vector<double>(6, 0.0));
    EXPECT_EQ(to_vector(grad(sum(y), {nodes})[0]), std::vector<double>(6, 0.0));
  }
}

/// A call that must fail, and what its message must contain: the operation and both shapes.
struct BadRow {
  const char* name;
  std::function<Tensor(const std::vector<Tensor>&, const Given&)> call;
  std::vector<Shape> shapes;
  std::vector<const char*> parts;
};

std::vector<BadRow> bad_table() {
  return {
      {"add", [](List x, None) { return x[0] + x[1]; }, {{2, 3}, {2}}, {"add", "[2, 3]", "[2]"}},
      {"sub", [](List x, None) { return x[0] - x[1]; }, {{3}, {2}}, {"sub", "[3]", "[2]"}},
      {"mul", [](List x, None) { return x[0] * x[1]; }, {{3}, {2}}, {"mul", "[3]", "[2]"}},
      {"div", [](List x, None) { return x[0] / x[1]; }, {{3}, {2}}, {"div", "[3]", "[2]"}},
      {"maximum",
       [](List x, None) { return maximum(x[0], x[1]); },
       {{3}, {2}},
       {"maximum", "[3]", "[2]"}},
      {"greater",
       [](List x, None) { return greater(x[0], x[1]); },
       {{3}, {2}},
       {"greater", "[3]", "[2]"}},
      {"where",
       [](List x, None) { return where(x[0], x[0], x[1]); },
       {{3}, {1}},
       {"where", "[3]", "[1]"}},
      {"mixed",
       [](List x, None) { return x[0] - cast(x[1], DType::kF64); },
       {{3}, {3}},
       {"sub", "[3] f32", "[3] f64", "cast()"}},
      {"matmul",
       [](List x, None) { return matmul(x[0], x[1]); },
       {{2, 3}, {2, 3}},
       {"matmul", "[2, 3] and [2, 3]"}},
      {"matmul_batch",
       [](List x, None) { return matmul(x[0], x[1]); },
       {{2, 3, 3}, {4, 3, 3}},
       {"matmul", "[2, 3, 3] and [4, 3, 3]"}},
      {"matmul_rank",
       [](List x, None) { return matmul(x[0], x[1]); },
       {{2, 3, 3}, {3, 3}},
       {"matmul", "[2, 3, 3] and [3, 3]"}},
      {"transpose", [](List x, None) { return transpose(x[0]); }, {{2}}, {"transpose", "[2]"}},
      {"reshape",
       [](List x, None) { return reshape(x[0], {4}); },
       {{2, 3}},
       {"reshape", "[2, 3] has 6", "[4] has 4"}},
      {"slice",
       [](List x, None) { return slice(x[0], 1, 2, 4); },
       {{2, 3}},
       {"slice", "[2, 4)", "axis 1 of [2, 3]"}},
      {"pad", [](List x, None) { return pad(x[0], 0, -1, 0); }, {{2}}, {"pad", "-1 and 0"}},
      {"concat",
       [](List x, None) {
         return concat({x[0], x[1]}, 0);
       },
       {{2, 3}, {2, 2}},
       {"concat", "[2, 3] and [2, 2]"}},
      {"concat_nothing", [](List, None) { return concat({}); }, {}, {"concat"}},
      {"stack",
       [](List x, None) {
         return stack({x[0], x[1]});
       },
       {{2}, {3}},
       {"[1, 2] and [1, 3]"}},
      {"broadcast",
       [](List x, None) {
         return broadcast(x[0], {2, 2});
       },
       {{3}},
       {"broadcast", "[3]", "[2, 2]"}},
      {"sum_to",
       [](List x, None) { return sum_to(x[0], {2}); },
       {{3, 1}},
       {"sum_to", "[3, 1]", "[2]"}},
      {"permute",
       [](List x, None) {
         return permute(x[0], {0, 0});
       },
       {{2, 3}},
       {"permute", "axis 0 of [2, 3]"}},
      {"axis", [](List x, None) { return sum(x[0], 2); }, {{2, 3}}, {"axis 2", "[2, 3]"}},
      {"max", [](List x, None) { return max(x[0], 1); }, {{2, 0}}, {"max", "[2, 0]"}},
      {"mean", [](List x, None) { return mean(x[0]); }, {{0}}, {"mean", "[0]"}},
      {"logsumexp",
       [](List x, None) { return logsumexp(x[0], 0); },
       {{0, 2}},
       {"logsumexp", "[0, 2]"}},
      {"clip", [](List x, None) { return clip(x[0], 2, 1); }, {{2}}, {"clip", "2", "1"}},
      {"gather_senders",
       [](List x, const GraphPtr& g) { return gather_senders(x[0], g); },
       {{5, 2}},
       {"gather_senders", "[5, 2]", "4 senders"}},
      {"segment_sum",
       [](List x, const GraphPtr& g) { return segment_sum(x[0], g); },
       {{3, 2}},
       {"segment_sum", "[3, 2]", "4 edges"}},
      {"spmm",
       [](List x, const GraphPtr& g) { return spmm(x[0], x[1], g); },
       {{4, 2}, {4, 3}},
       {"spmm", "[4, 2]", "[4, 3]"}},
      {"selection",
       [](List x, None) {
         return gather_senders(x[0], selection({0, 3}, 3));
       },
       {{3}},
       {"selection", "index 3 at place 1", "[0, 3)"}},
      {"grouping",
       [](List x, None) {
         return segment_sum(x[0], grouping({0, 3, 2}));
       },
       {{2}},
       {"grouping", "offset 2 is 2", "3"}},
  };
}

class BadOpTable : public testing::TestWithParam<BadRow> {};

TEST_P(BadOpTable, SaysWhatDoesNotFit) {
  const BadRow& row = GetParam();
  std::vector<Tensor> inputs;
  for (const Shape& shape : row.shapes) inputs.push_back(ones(shape));
  try {
    row.call(inputs, given());
    ADD_FAILURE() << "no error";
  } catch (const InputError& error) {
    for (const char* part : row.parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
          << "no '" << part << "' in: " << error.what();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, BadOpTable, testing::ValuesIn(bad_table()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace filigree::learning
