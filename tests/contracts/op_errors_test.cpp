// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Operations on tensors that do not fit: the message names the operation, shapes and types.
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "tests/contracts/op_table.hpp"

namespace filigree::learning {
namespace {

using namespace op_table;

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
      {"where_types",
       [](List x, None) { return where(x[0], x[0], cast(x[0], DType::kF64)); },
       {{3}},
       {"where", "mask [3] f32, [3] f32 and [3] f64", "cast()"}},
      {"mixed",
       [](List x, None) { return x[0] - cast(x[1], DType::kF64); },
       {{3}, {3}},
       {"sub", "[3] f32", "[3] f64", "cast()"}},
      {"matmul",
       [](List x, None) { return matmul(x[0], x[1]); },
       {{2, 3}, {2, 3}},
       {"matmul", "[2, 3] and [2, 3]"}},
      {"matmul_types",
       [](List x, None) { return matmul(x[0], cast(x[1], DType::kF64)); },
       {{2, 3}, {3, 2}},
       {"matmul", "[2, 3] f32 and [3, 2] f64", "cast()"}},
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
      {"pad",
       [](List x, None) { return pad(x[0], 0, -1, 0); },
       {{2}},
       {"pad", "-1", "axis 0 of [2]"}},
      {"concat",
       [](List x, None) {
         return concat({x[0], x[1]}, 0);
       },
       {{2, 3}, {2, 2}},
       {"concat", "[2, 3] and [2, 2]"}},
      {"concat_types",
       [](List x, None) {
         return concat({x[0], cast(x[1], DType::kF64)});
       },
       {{2, 3}, {2, 1}},
       {"concat", "[2, 3] f32 and [2, 1] f64", "cast()"}},
      {"concat_nothing", [](List, None) { return concat({}); }, {}, {"concat"}},
      {"stack",
       [](List x, None) {
         return stack({x[0], x[1]});
       },
       {{2}, {3}},
       {"stack", "[2] and [3]"}},
      {"stack_nothing", [](List, None) { return stack({}); }, {}, {"stack"}},
      {"stack_types",
       [](List x, None) {
         return stack({x[0], cast(x[1], DType::kF64)});
       },
       {{2}, {2}},
       {"stack", "[2] f32 and [2] f64", "cast()"}},
      {"stack_rank",
       [](List x, None) {
         return stack({x[0], x[0]});
       },
       {{2, 1, 1, 3}},
       {"stack", "[2, 1, 1, 3]", "no room"}},
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
      {"gather_receivers",
       [](List x, const GraphPtr& g) { return gather_receivers(x[0], g); },
       {{3, 2}},
       {"gather_receivers", "[3, 2]", "4 receivers"}},
      {"segment_sum_by_sender",
       [](List x, const GraphPtr& g) { return segment_sum_by_sender(x[0], g); },
       {{5}},
       {"segment_sum_by_sender", "[5]", "4 edges"}},
      {"segment_mean",
       [](List x, const GraphPtr& g) { return segment_mean(x[0], g); },
       {{3, 2}},
       {"segment_mean", "[3, 2]", "4 edges"}},
      {"segment_max",
       [](List x, const GraphPtr& g) { return segment_max(x[0], g); },
       {{3, 2}},
       {"segment_max", "[3, 2]", "4 edges"}},
      {"segment_softmax",
       [](List x, const GraphPtr& g) { return segment_softmax(x[0], g); },
       {{}},
       {"segment_softmax", "[]", "4 edges"}},
      {"segment_sum",
       [](List x, const GraphPtr& g) { return segment_sum(x[0], g); },
       {{3, 2}},
       {"segment_sum", "[3, 2]", "4 edges"}},
      {"spmm",
       [](List x, const GraphPtr& g) { return spmm(x[0], x[1], g); },
       {{4, 2}, {4, 3}},
       {"spmm", "[4, 2]", "[4, 3]"}},
      {"spmm_edges",
       [](List x, const GraphPtr& g) { return spmm(x[0], x[1], g); },
       {{3, 1}, {4, 3}},
       {"spmm", "[3, 1]", "4 edges"}},
      {"spmm_types",
       [](List x, const GraphPtr& g) { return spmm(x[0], cast(x[1], DType::kF64), g); },
       {{4, 1}, {4, 3}},
       {"spmm", "[4, 1] f32", "[4, 3] f64"}},
      {"spmm_by_sender",
       [](List x, const GraphPtr& g) { return spmm_by_sender(x[0], x[1], g); },
       {{4, 2}, {4, 3}},
       {"spmm_by_sender", "[4, 2]", "[4, 3]"}},
      {"spmm_by_sender_nodes",
       [](List x, const GraphPtr& g) { return spmm_by_sender(x[0], x[1], g); },
       {{4, 1}, {5, 3}},
       {"spmm_by_sender", "[5, 3]", "4 nodes"}},
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
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace filigree::learning
