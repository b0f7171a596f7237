// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What every module and loss promises: first and second derivatives agree with differences, f32
// agrees with f64, names and files of its parameters, the same bits for any number of threads, no
// allocation in later steps, errors that name both shapes. A new module is one row.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/gradcheck.hpp"
#include "learning/autodiff/ops.hpp"
#include "learning/nn/attention.hpp"
#include "learning/nn/dropout.hpp"
#include "learning/nn/embedding.hpp"
#include "learning/nn/integral_transform.hpp"
#include "learning/nn/linear.hpp"
#include "learning/nn/losses.hpp"
#include "learning/nn/message_passing.hpp"
#include "learning/nn/norm.hpp"
#include "learning/nn/softmax.hpp"
#include "tests/support/tensors.hpp"
#include "tests/support/thread_runs.hpp"

namespace filigree::learning {
namespace {

using testing::HasSubstr;
using List = const std::vector<Tensor>&;

/// A module with all that a call needs but its inputs.
struct Called {
  Parameters parameters;
  std::vector<Shape> inputs;
  std::function<Tensor(List)> call;
};

template <class Module, class Call>
Called called(Module layer, const std::vector<Shape>& inputs, const Call& call) {
  const auto held = std::make_shared<Module>(std::move(layer));
  return {parameters(*held), inputs, [=](List x) { return call(*held, x); }};
}

/// Without parameters.
template <class Call>
Called called(const std::vector<Shape>& inputs, const Call& call) {
  return {{}, inputs, call};
}

struct Row {
  const char* name;
  /// n is the number of nodes, tokens or samples.
  std::function<Called(Index n, DType dtype)> make;
  std::vector<std::string> parameter_names;
  Shape wrong;  ///< of the first input, instead of the right one for n = 6
  std::vector<std::string> message{};
};

constexpr Mode kTraining{.is_training = true, .seed = 3, .step = 4};

Called attention_of(Index n, DType dtype, const Heads& heads) {
  return called(Attention(4, 3, heads, dtype), {{2, n, 4}, {2, 5, 3}},
                [](const Attention& m, List x) { return m(x[0], x[1]); });
}

/// Three sequences of n tokens attend to 1, 2 and 3 tokens.
Called ragged_attention_of(Index n, DType dtype, const Heads& heads) {
  const RaggedBatch queries({0, 1, 3, n});
  const RaggedBatch context({0, 1, 3, 6});
  return called(Attention(4, 3, heads, dtype), {{n, 4}, {6, 3}},
                [=](const Attention& m, List x) { return m(x[0], queries, x[1], context); });
}

Called messages_of(Index n, DType dtype, const MessagePassingOptions& options) {
  const GraphPtr graph = uneven_graph(n, n, false);
  const auto n_edges = static_cast<Index>(graph->edge_count());
  return called(MessagePassing(options, dtype), {{n, 3}, {n_edges, 2}, {n_edges, 1}},
                [=](const MessagePassing& m, List x) {
                  const auto [nodes, edges] = m(graph, {x[0], x[1]}, x[2]);
                  return concat({reshape(nodes, {nodes.size()}), reshape(edges, {edges.size()})});
                });
}
MessagePassingOptions messages(Aggregation aggregation, bool plain = false) {
  return {.node_width = 3,
          .edge_width = 2,
          .hidden_widths = {4},
          .activation = Activation::kTanh,
          .aggregation = aggregation,
          .normalizes = !plain,
          .adds_input = !plain};
}
const std::vector<std::string> kMessageNames{
    "edge_mlp.layers.0.weight", "edge_mlp.layers.0.bias", "edge_mlp.layers.1.weight",
    "edge_mlp.layers.1.bias",   "edge_norm.weight",       "edge_norm.bias",
    "node_mlp.layers.0.weight", "node_mlp.layers.0.bias", "node_mlp.layers.1.weight",
    "node_mlp.layers.1.bias",   "node_norm.weight",       "node_norm.bias"};

/// n queries, n + 2 sources. Inputs: queries, sources, f, quadrature weights.
Called integral_of(Index n, DType dtype, TransformKind kind, bool has_weights,
                   bool sees_query = true) {
  const IntegralTransformOptions options{.kind = kind,
                                         .dimensions = 2,
                                         .channels = 3,
                                         .result_channels = 3,
                                         .hidden_widths = {4},
                                         .activation = Activation::kGelu,
                                         .sees_query = sees_query};
  const GraphPtr graph = uneven_graph(n, n + 2, true);
  return called(IntegralTransform(options, dtype), {{n, 2}, {n + 2, 2}, {n + 2, 3}, {n + 2, 1}},
                [=](const IntegralTransform& m, List x) {
                  return m(graph, {x[0], x[1]}, x[2], has_weights ? x[3] : Tensor());
                });
}
const std::vector<std::string> kKernelNames{"kernel.layers.0.weight", "kernel.layers.0.bias",
                                            "kernel.layers.1.weight", "kernel.layers.1.bias"};
const std::vector<std::string> kAttentionNames{"query.weight",  "query.bias",   "key.weight",
                                               "key.bias",      "value.weight", "value.bias",
                                               "output.weight", "output.bias"};
const std::vector<std::string> kNormNames{"weight", "bias"};

std::vector<Index> cycling(Index n, Index n_kinds) {
  std::vector<Index> result;
  for (Index i = 0; i < n; ++i) result.push_back(i * i % n_kinds);
  return result;
}

std::vector<Row> layers() {
  return {
      {"linear",
       [](Index n, DType t) {
         return called(Linear(3, 4, t), {{n, 3}},
                       [](const Linear& m, List x) { return m(x[0], Activation::kTanh); });
       },
       {"weight", "bias"},
       {6, 5},
       {"[6, 5]", "[4, 3]"}},
      {"linear_without_bias",
       [](Index n, DType t) {
         return called(Linear(3, 4, t, false), {{n, 3}},
                       [](const Linear& m, List x) { return exp(m(x[0])); });
       },
       {"weight"},
       {6, 5},
       {"[6, 5]", "[4, 3]"}},
      {"mlp",
       [](Index n, DType t) {
         return called(Mlp({3, 4, 2}, Activation::kSilu, Activation::kSigmoid, t), {{n, 3}},
                       [](const Mlp& m, List x) { return m(x[0]); });
       },
       {"layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"},
       {6, 5},
       {"[6, 5]", "[4, 3]"}},
      {"layer_norm",
       [](Index n, DType t) {
         return called(LayerNorm(5, t), {{2, n, 5}},
                       [](const LayerNorm& m, List x) { return m(x[0]); });
       },
       kNormNames,
       {6, 4},
       {"[6, 4]", "[5]"}},
      {"layer_norm_wide",
       [](Index n, DType t) {
         return called(LayerNorm(37, t), {{n, 37}},
                       [](const LayerNorm& m, List x) { return m(x[0]); });
       },
       kNormNames,
       {6, 4},
       {"[6, 4]", "[37]"}},
      {"batch_norm",
       [](Index n, DType t) {
         return called(BatchNorm(3, t), {{n, 3}},
                       [](BatchNorm& m, List x) { return m(x[0], kInference); });
       },
       {"weight", "bias", "running_mean", "running_var"},
       {6, 4},
       {"[6, 4]", "[3]"}},
      {"batch_norm_training",
       [](Index n, DType t) {
         return called(BatchNorm(3, t), {{n, 3}},
                       [](BatchNorm& m, List x) { return m(x[0], kTraining); });
       },
       {"weight", "bias", "running_mean", "running_var"},
       {6, 4},
       {"[6, 4]", "[3]"}},
      {"instance_norm",
       [](Index n, DType t) {
         const GraphPtr groups = grouping({0, 2, 2, n});
         return called(InstanceNorm(3, t), {{n, 3}},
                       [=](const InstanceNorm& m, List x) { return m(x[0], groups); });
       },
       kNormNames,
       {6, 4},
       {"[6, 4]", "[3]"}},
      {"dropout",
       [](Index n, DType) {
         return called({{n, 7}}, [](List x) {
           return exp(Dropout{.name = "test", .rate = 0.3}(x[0], kTraining));
         });
       },
       {},
       {}},
      {"embedding",
       [](Index n, DType t) {
         const GraphPtr kinds = selection(cycling(n, 4), 4);
         return called(Embedding(4, 3, t), {},
                       [=](const Embedding& m, List) { return exp(m(kinds)); });
       },
       {"weight"},
       {}},
  };
}

std::vector<Row> graph_layers() {
  std::vector<Row> rows{
      {"attention",
       [](Index n, DType t) { return attention_of(n, t, {.n_heads = 2}); },
       kAttentionNames,
       {3, 6, 4},
       {"[3, 6, 4]", "[2, 5, 4]"}},
      {"self_attention",
       [](Index n, DType t) {
         return called(Attention(4, 4, {.n_heads = 2}, t), {{n / 3, 3, 4}},
                       [](const Attention& m, List x) { return m(x[0], x[0]); });
       },
       kAttentionNames,
       {2, 3, 5},
       {"[2, 3, 5]", "[4, 4]"}},
      {"linear_attention",
       [](Index n, DType t) {
         return attention_of(n, t,
                             {.n_heads = 2, .kind = AttentionKind::kLinear, .adds_query = true});
       },
       kAttentionNames,
       {3, 6, 4},
       {"[3, 6, 4]", "[2, 5, 4]"}},
      {"ragged_attention",
       [](Index n, DType t) { return ragged_attention_of(n, t, {.n_heads = 2}); },
       kAttentionNames,
       {5, 4},
       {"[5, 4]", "of 6"}},
      {"ragged_linear_attention",
       [](Index n, DType t) {
         return ragged_attention_of(
             n, t, {.n_heads = 2, .kind = AttentionKind::kLinear, .features = FeatureMap::kElu});
       },
       kAttentionNames,
       {5, 4},
       {"[5, 4]", "of 6"}},
      {"messages_plain",
       [](Index n, DType t) { return messages_of(n, t, messages(Aggregation::kSum, true)); },
       {"edge_mlp.layers.0.weight", "edge_mlp.layers.0.bias", "edge_mlp.layers.1.weight",
        "edge_mlp.layers.1.bias", "node_mlp.layers.0.weight", "node_mlp.layers.0.bias",
        "node_mlp.layers.1.weight", "node_mlp.layers.1.bias"},
       {5, 3},
       {"[5, 3]", "7 edges and 6 nodes"}},
      {"integral_source_only",
       [](Index n, DType t) { return integral_of(n, t, TransformKind::kNonlinear, false, false); },
       kKernelNames,
       {5, 2},
       {"[5, 2]", "[8, 2]"}},
  };
  for (const Aggregation a :
       {Aggregation::kSum, Aggregation::kMean, Aggregation::kMax, Aggregation::kSoftmax}) {
    rows.push_back({std::array{"messages_sum", "messages_mean", "messages_max",
                               "messages_softmax"}[static_cast<std::size_t>(a)],
                    [a](Index n, DType t) { return messages_of(n, t, messages(a)); },
                    kMessageNames,
                    {5, 3},
                    {"[5, 3]", "7 edges and 6 nodes"}});
  }
  for (const TransformKind k : {TransformKind::kKernel, TransformKind::kLinear,
                                TransformKind::kNonlinear, TransformKind::kKernelOfF}) {
    const auto i = static_cast<std::size_t>(k);
    rows.push_back({std::array{"integral_kernel", "integral_linear", "integral_nonlinear",
                               "integral_kernel_of_f"}[i],
                    [k](Index n, DType t) { return integral_of(n, t, k, true); },
                    kKernelNames,
                    {5, 2},
                    {"[5, 2]", "[8, 2]"}});
    rows.push_back(
        {std::array{"mean_kernel", "mean_linear", "mean_nonlinear", "mean_kernel_of_f"}[i],
         [k](Index n, DType t) { return integral_of(n, t, k, false); },
         kKernelNames,
         {5, 2},
         {"[5, 2]", "[8, 2]"}});
  }
  return rows;
}

std::vector<Row> losses() {
  const auto pair_row = [](const char* name, auto loss) {
    return Row{name,
               [=](Index n, DType) {
                 return called({{n, 3}, {n, 3}}, [=](List x) { return loss(x[0], x[1]); });
               },
               {},
               {6, 4},
               {"[6, 4]", "[6, 3]"}};
  };
  return {
      pair_row("mean_squared_error", mean_squared_error),
      pair_row("mean_absolute_error", mean_absolute_error),
      pair_row("relative_l2_error", relative_l2_error),
      {"cross_entropy",
       [](Index n, DType) {
         const Labels labels(cycling(n, 4), 4);
         return called({{n, 4}}, [=](List x) { return cross_entropy(x[0], labels); });
       },
       {},
       {6, 5},
       {"[6, 5]", "6 labels of 4 classes"}},
      {"softmax",
       [](Index n, DType) {
         return called({{2, n, 3}}, [](List x) { return softmax(x[0], 1); });
       },
       {},
       {2, 0, 3},
       {"axis 1 of [2, 0, 3]"}},
      {"log_softmax",
       [](Index n, DType) {
         return called({{n, 3}}, [](List x) { return log_softmax(x[0]); });
       },
       {},
       {2, 0},
       {"axis -1 of [2, 0]"}},
  };
}

std::vector<Row> table() {
  std::vector<Row> rows = layers();
  for (const Row& row : graph_layers()) rows.push_back(row);
  for (const Row& row : losses()) rows.push_back(row);
  return rows;
}

/// Any numbers but those a module begins with; positive, as running variances are.
void scramble(const Parameters& parameters, const std::string& stream) {
  for (const NamedParameter& named : parameters) {
    const Tensor& value = named.parameter->value;
    const double size = value.rank() == 1 ? 1 : 1 / std::sqrt(value.columns());
    assign(*named.parameter,
           random_tensor(value.shape(), stream + named.name, DType::kF64, 0.2 * size, 1.2 * size));
  }
}

constexpr Index kSmall = 6;

Called made(const Row& row, Index n, DType dtype) {
  Called layer = row.make(n, dtype);
  scramble(layer.parameters, "parameters/");
  return layer;
}

std::vector<Tensor> inputs_of(const Row& row, const Called& layer, DType dtype) {
  std::vector<Tensor> inputs;
  for (std::size_t k = 0; k < layer.inputs.size(); ++k) {
    inputs.push_back(random_tensor(layer.inputs[k], row.name + std::to_string(k), dtype));
  }
  return inputs;
}

/// Gradients with respect to the inputs and the trained parameters.
std::vector<Tensor> gradients_of(const Called& layer, List inputs) {
  std::vector<Tensor> wrt = inputs;
  for (const Tensor& value : values(trained(layer.parameters))) wrt.push_back(value);
  const Tensor y = layer.call(inputs);
  return grad(mean(y * random_tensor(y.shape(), "weights", y.dtype())), wrt);
}

class Modules : public testing::TestWithParam<Row> {};

TEST_P(Modules, DerivativesAgreeWithDifferences) {
  const Row& row = GetParam();
  const Called layer = made(row, kSmall, DType::kF64);
  const Parameters weights = trained(layer.parameters);
  std::vector<Tensor> all = inputs_of(row, layer, DType::kF64);
  const std::size_t n_inputs = all.size();
  for (const Tensor& value : values(weights)) all.push_back(value);
  const auto call = [&](List x) {
    for (std::size_t k = 0; k < weights.size(); ++k) {
      weights[k].parameter->value = x[n_inputs + k];
    }
    return layer.call({x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n_inputs)});
  };
  // Central differences with a step of 1e-5 err by 1e-10 from the third derivative, which norms of
  // few values make large, and by 1e-11 from round-off.
  const GradcheckReport report = gradcheck(call, all, {.tolerance = 1e-6});
  EXPECT_TRUE(report.passed) << report.text;
}

TEST_P(Modules, FloatAgreesWithDouble) {
  const Row& row = GetParam();
  std::vector<std::vector<double>> found[2];
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    Tape tape;
    const Tape::Scope on(tape);
    const Called layer = made(row, kSmall, dtype);
    const auto inputs = inputs_of(row, layer, dtype);
    auto& values = found[dtype == DType::kF64];
    const Tensor y = layer.call(inputs);
    EXPECT_EQ(y.dtype(), dtype);
    values.push_back(to_vector(y));
    for (const Tensor& g : gradients_of(layer, inputs)) values.push_back(to_vector(g));
  }
  ASSERT_EQ(found[0].size(), found[1].size());
  for (std::size_t k = 0; k < found[0].size(); ++k) {
    for (std::size_t i = 0; i < found[0][k].size(); ++i) {
      // Dozens of roundings of f32; dividing by deviations of few values loses a digit.
      const double exact = found[1][k][i];
      EXPECT_NEAR(found[0][k][i], exact, 2e-5 * std::max(1.0, std::abs(exact))) << k;
    }
  }
}

TEST_P(Modules, NameTheirParameters) {
  const Called layer = GetParam().make(kSmall, DType::kF32);
  std::vector<std::string> names;
  for (const NamedParameter& named : layer.parameters) names.push_back(named.name);
  EXPECT_EQ(names, GetParam().parameter_names);
}

TEST_P(Modules, ComputeTheSameBitsWithStoredParameters) {
  const Row& row = GetParam();
  const Called layer = made(row, kSmall, DType::kF32);
  const auto inputs = inputs_of(row, layer, DType::kF32);
  const NamedArrays arrays = to_arrays(layer.parameters);
  const auto expected = to_vector(layer.call(inputs));
  const Called other = row.make(kSmall, DType::kF32);
  from_arrays(other.parameters, arrays);
  EXPECT_EQ(to_vector(other.call(inputs)), expected);
}

TEST_P(Modules, ComputeTheSameWithAndWithoutATape) {
  const Row& row = GetParam();
  const Called layer = made(row, kSmall, DType::kF32);
  const auto inputs = inputs_of(row, layer, DType::kF32);
  const auto plain = to_vector(layer.call(inputs));
  Tape tape;
  const Tape::Scope on(tape);
  EXPECT_EQ(to_vector(layer.call(inputs)), plain);
}

TEST_P(Modules, AllocateNothingOnceTheTapeHasGrown) {
  const Row& row = GetParam();
  const Called layer = made(row, kSmall, DType::kF32);
  const auto inputs = inputs_of(row, layer, DType::kF32);
  Tape tape;
  Offset before = 0;
  for (int round = 0; round < 2; ++round) {
    const Tape::Scope on(tape);
    before = array_allocations();
    gradients_of(layer, inputs);
    tape.reset();
  }
  EXPECT_EQ(array_allocations(), before);
}

TEST_P(Modules, NameBothShapesThatDoNotFit) {
  const Row& row = GetParam();
  if (row.message.empty()) GTEST_SKIP() << "takes any shape";
  const Called layer = made(row, kSmall, DType::kF32);
  auto inputs = inputs_of(row, layer, DType::kF32);
  inputs[0] = random_tensor(row.wrong, "wrong", DType::kF32);
  try {
    layer.call(inputs);
    FAIL() << "no error";
  } catch (const InputError& error) {
    for (const std::string& part : row.message) EXPECT_THAT(error.what(), HasSubstr(part));
  }
}

INSTANTIATE_TEST_SUITE_P(All, Modules, testing::ValuesIn(table()),
                         [](const auto& row) { return row.param.name; });

/// Values and gradients of all modules at a size that is worth several threads.
std::string digests() {
  testing_support::Report report;
  for (const Row& row : table()) {
    Tape tape;
    const Tape::Scope on(tape);
    const Called layer = made(row, 3000, DType::kF32);
    const auto inputs = inputs_of(row, layer, DType::kF32);
    report.add(row.name, to_vector(layer.call(inputs)));
    for (const Tensor& g : gradients_of(layer, inputs)) report.add(row.name, to_vector(g));
  }
  return report.text();
}

TEST(ModuleThreads, ResultsHaveTheSameBitsForAnyNumberOfThreads) {
  testing_support::expect_same_for_any_threads("ModuleThreads.*", digests);
}

}  // namespace
}  // namespace filigree::learning
