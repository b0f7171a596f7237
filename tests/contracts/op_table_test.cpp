// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What every operation on tensors promises: its values are those of loops over plain doubles, in
// f64 and in f32, first and second derivatives agree with differences, and outside a tape the
// values are the same. A new operation is one row of op_rows_*.cpp.
#include <gtest/gtest.h>

#include <cmath>

#include "core/random.hpp"
#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/gradcheck.hpp"
#include "tests/contracts/op_table.hpp"

namespace filigree::learning {
namespace {

using namespace op_table;

/// Two nodes and no edges.
GraphPtr bare_graph() {
  return std::make_shared<const Graph>(
      GraphRows{.n_senders = 2,
                .row_offsets = to_device("rows", std::vector<Offset>{0, 0, 0}),
                .senders = to_device("senders", std::vector<Index>{})});
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

TEST_P(OpTable, ValuesAgreeWithLoopsOverDoubles) {
  const Row& row = GetParam();
  const Given rest = given();
  for (const DType dtype : {DType::kF64, DType::kF32}) {
    const auto inputs = inputs_of(row, dtype);
    std::vector<Numbers> numbers;
    for (const Tensor& x : inputs) numbers.push_back({x.shape(), to_vector(x)});
    const Numbers expected = row.expected(numbers);
    const Tensor y = row.call(inputs, rest);
    ASSERT_EQ(y.shape(), expected.shape);
    const auto found = to_vector(y);
    ASSERT_EQ(found.size(), expected.values.size());
    // A few dozen roundings, amplified by exponentials of values up to 8.
    const double tolerance = dtype == DType::kF64 ? 1e-12 : 1e-5;
    for (std::size_t i = 0; i < found.size(); ++i) {
      const double exact = expected.values[i];
      EXPECT_NEAR(found[i], exact, tolerance * std::max(1.0, std::abs(exact)))
          << name_of(dtype) << ", entry " << i;
    }
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
                         [](const auto& row) { return row.param.name; });

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

}  // namespace
}  // namespace filigree::learning
