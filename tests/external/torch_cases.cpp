// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Writes inputs, parameters, results and gradients of layers, losses and optimizers to an .npz
// file; compare_torch.py computes the results again with PyTorch.
//
// usage: filigree_torch_cases FILE.npz
//
// Keys are CASE/KIND/NAME, CASE being for example "f64:layer_norm" and KIND one of `input`,
// `parameter`, `result`, `gradient` (of sum result * weights) and `setting`.
#include <cstdio>

#include "io/npz.hpp"
#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/ops.hpp"
#include "learning/models/cgs.hpp"
#include "learning/nn/attention.hpp"
#include "learning/nn/conv2d.hpp"
#include "learning/nn/embedding.hpp"
#include "learning/nn/fourier_layer.hpp"
#include "learning/nn/integral_transform.hpp"
#include "learning/nn/linear.hpp"
#include "learning/nn/losses.hpp"
#include "learning/nn/message_passing.hpp"
#include "learning/nn/norm.hpp"
#include "learning/nn/softmax.hpp"
#include "learning/optim/clip.hpp"
#include "learning/optim/lbfgs_parameters.hpp"
#include "learning/optim/optimizer.hpp"
#include "learning/optim/schedule.hpp"
#include "tests/support/tensors.hpp"

namespace filigree::learning {
namespace {

using List = const std::vector<Tensor>&;

class Cases {
 public:
  explicit Cases(DType dtype) : dtype_(dtype) {}

  DType dtype() const { return dtype_; }
  void begin(const std::string& name) {
    name_ = format("{}:{}", name_of(dtype_), name);
    n_inputs_ = 0;
  }
  void add(const std::string& key, const Tensor& x) {
    std::vector<std::int64_t> shape;
    for (int a = 0; a < x.rank(); ++a) shape.push_back(x.extent(a));
    add_values(key, to_vector(x), shape);
  }
  void add_indices(const std::string& key, const std::vector<Index>& indices) {
    add_values(key, {indices.begin(), indices.end()}, {});
  }
  Tensor input(const Shape& shape) {
    const std::string key = format("input/{}", n_inputs_++);
    const Tensor x = random_tensor(shape, name_ + key, dtype_);
    add(key, x);
    return x;
  }

  /// A module with random parameters; `call` is given the inputs.
  template <class Module, class Call>
  void layer(const std::string& name, Module layer, const std::vector<Shape>& shapes,
             const Call& call) {
    begin(name);
    const Parameters all = parameters(layer);
    for (const NamedParameter& named : all) {
      const Tensor& value = named.parameter->value;
      const double low = value.rank() == 1 ? 0.1 : -0.9;  // a running variance is positive
      assign(*named.parameter, random_tensor(value.shape(), named.name, DType::kF64, low, 0.9));
      add("parameter/" + named.name, value);
    }
    std::vector<Tensor> inputs;
    for (const Shape& shape : shapes) inputs.push_back(input(shape));
    result(trained(all), inputs, [&] { return call(layer, inputs); });
    for (const NamedParameter& named : all) {
      if (!named.parameter->is_trained) add("result/" + named.name, named.parameter->value);
    }
  }
  /// A function without parameters.
  template <class Call>
  void function(const std::string& name, const std::vector<Shape>& shapes, const Call& call) {
    begin(name);
    std::vector<Tensor> inputs;
    for (const Shape& shape : shapes) inputs.push_back(input(shape));
    result({}, inputs, [&] { return call(inputs); });
  }

  NamedArrays take() { return std::move(arrays_); }

 private:
  template <class Compute>
  void result(const Parameters& weights, const std::vector<Tensor>& inputs,
              const Compute& compute) {
    Tape tape;
    const Tape::Scope on(tape);
    const Tensor y = compute();
    const Tensor factors = random_tensor(y.shape(), "factors", dtype_);
    std::vector<Tensor> wrt = inputs;
    for (const Tensor& value : values(weights)) wrt.push_back(value);
    const auto gradients = grad(sum(y * factors), wrt);
    add("result/y", y);
    add("setting/factors", factors);
    for (std::size_t k = 0; k < gradients.size(); ++k) {
      const bool is_input = k < inputs.size();
      add("gradient/" + (is_input ? std::to_string(k) : weights[k - inputs.size()].name),
          gradients[k]);
    }
  }
  void add_values(const std::string& key, const std::vector<double>& values,
                  const std::vector<std::int64_t>& shape) {
    NamedArray array = make_array<double>(name_ + "/" + key, std::span<const double>(values));
    if (!shape.empty() || values.size() == 1) array.shape = shape;
    arrays_.add(std::move(array));
  }

  DType dtype_;
  std::string name_;
  int n_inputs_ = 0;
  NamedArrays arrays_;
};

std::vector<Index> to_indices(const Array<Index>& array) {
  const auto host = to_host(array);
  std::vector<Index> result;
  for (Index i = 0; i < host.extent(0); ++i) result.push_back(host(i));
  return result;
}

void add_graph(Cases& cases, const Graph& graph) {
  cases.add_indices("setting/senders", to_indices(graph.senders()));
  cases.add_indices("setting/receivers", to_indices(graph.receivers()));
}

void dense_layers(Cases& cases) {
  const DType t = cases.dtype();
  for (std::size_t k = 0; k < EnumNames<Activation>::names.size(); ++k) {
    const auto f = static_cast<Activation>(k);
    cases.layer(std::string("mlp_") + EnumNames<Activation>::names[k], Mlp({3, 5, 2}, f, f, t),
                {{4, 3}}, [](const Mlp& m, List x) { return m(x[0] - 0.5); });
  }
  cases.layer("layer_norm", LayerNorm(5, t), {{2, 4, 5}},
              [](const LayerNorm& m, List x) { return m(x[0]); });
  cases.layer("batch_norm", BatchNorm(3, t), {{6, 3}},
              [](BatchNorm& m, List x) { return m(x[0], kInference); });
  cases.layer("batch_norm_training", BatchNorm(3, t), {{6, 3}},
              [](BatchNorm& m, List x) { return m(x[0], {.is_training = true}); });
  const GraphPtr groups = grouping({0, 4, 7});
  cases.layer("instance_norm", InstanceNorm(3, t), {{7, 3}},
              [&](const InstanceNorm& m, List x) { return m(x[0], groups); });
  const GraphPtr kinds = selection({2, 0, 2, 1}, 3);
  cases.layer("embedding", Embedding(3, 2, t), {},
              [&](const Embedding& m, List) { return m(kinds); });
}

void attention_layers(Cases& cases) {
  const DType t = cases.dtype();
  const auto add = [&](const char* name, const Heads& heads) {
    cases.layer(
        name, Attention(6, 4, heads, t), {{2, 3, 6}, {2, 5, 4}}, [](const Attention& m, List x) {
          const Tensor weights = tensor({2, 5}, {1, 1, 1, 0, 0, 1, 1, 1, 1, 1}, x[0].dtype());
          return m(x[0], x[1], weights);
        });
  };
  add("attention", {.n_heads = 2});
  add("linear_attention_softmax",
      {.n_heads = 2, .kind = AttentionKind::kLinear, .adds_query = true});
  add("linear_attention_elu",
      {.n_heads = 3, .kind = AttentionKind::kLinear, .features = FeatureMap::kElu});
}

void graph_layers(Cases& cases) {
  const DType t = cases.dtype();
  const GraphPtr graph = uneven_graph(7, 7, false);
  const auto n_edges = static_cast<Index>(graph->edge_count());
  for (std::size_t k = 0; k < EnumNames<Aggregation>::names.size(); ++k) {
    MessagePassing layer({.node_width = 5,
                          .edge_width = 6,  // norms of fewer channels amplify round-off
                          .hidden_widths = {7},
                          .aggregation = static_cast<Aggregation>(k)},
                         t);
    cases.layer(std::string("message_passing_") + EnumNames<Aggregation>::names[k], layer,
                {{7, 5}, {n_edges, 6}, {n_edges, 1}}, [&](const MessagePassing& m, List x) {
                  const auto [nodes, edges] = m(graph, {x[0], x[1]}, x[2]);
                  return concat({reshape(nodes, {nodes.size()}), reshape(edges, {edges.size()})});
                });
    add_graph(cases, *graph);
  }
  const GraphPtr reach = uneven_graph(6, 8, true);
  for (std::size_t k = 0; k < EnumNames<TransformKind>::names.size(); ++k) {
    for (const bool has_weights : {false, true}) {
      IntegralTransform layer({.kind = static_cast<TransformKind>(k),
                               .dimensions = 2,
                               .channels = 3,
                               .result_channels = 3,
                               .hidden_widths = {4}},
                              t);
      cases.layer(format("integral_{}{}", EnumNames<TransformKind>::names[k],
                         has_weights ? "_weighted" : ""),
                  layer, {{6, 2}, {8, 2}, {8, 3}, {8, 1}}, [&](const IntegralTransform& m, List x) {
                    return m(reach, {x[0], x[1]}, x[2], has_weights ? x[3] : Tensor());
                  });
      add_graph(cases, *reach);
    }
  }
}

void grid_layers(Cases& cases) {
  const DType t = cases.dtype();
  cases.layer("conv2d", Conv2d(3, 4, {.size = 3, .stride = 2, .padding = 1}, t), {{2, 7, 6, 3}},
              [](const Conv2d& m, List x) { return m(x[0]); });
  cases.layer("conv2d_even", Conv2d(2, 3, {.size = 4, .padding = 2}, t, false), {{1, 5, 4, 2}},
              [](const Conv2d& m, List x) { return m(x[0]); });
  const SpectralOptions grids[] = {
      {.dimensions = 1, .extents = {9, 1, 1}, .modes = {4, 1, 1}},
      {.dimensions = 2, .extents = {6, 8, 1}, .modes = {2, 3, 1}},
      {.dimensions = 3, .extents = {4, 5, 6}, .modes = {2, 1, 3}},
  };
  for (const SpectralOptions& grid : grids) {
    const SpectralPlan plan(grid, t);
    cases.layer(format("fourier_{}d", grid.dimensions),
                FourierLayer(3, 2, plan.n_modes(), Activation::kGelu, t), {{2, plan.n_points(), 3}},
                [&](const FourierLayer& m, List x) { return m(x[0], plan); });
  }
}

/// Fixed points from logits and biases, and a whole model.
void convergent_layers(Cases& cases) {
  const auto batch = std::make_shared<const contraction::Batch>(uneven_graph(7, 7, false));
  const Index n_nodes = batch->n_nodes(), n_edges = batch->n_edges();
  for (const auto normalizer : {contraction::Normalizer::kClip, contraction::Normalizer::kSigmoid,
                                contraction::Normalizer::kSoftmax}) {
    for (const auto orientation :
         {contraction::Orientation::kSenderRow, contraction::Orientation::kReceiverRow}) {
      const FixedPointMap map{.batch = batch, .gamma = 0.8, .orientation = orientation};
      const auto solver = std::make_shared<FixedPointSolver>();
      solver->forward.tolerance = solver->adjoint.tolerance = 1e-16;  // raised to round-off
      const auto k = static_cast<std::size_t>(normalizer);
      const auto row = static_cast<std::size_t>(orientation);
      cases.function(format("contraction_{}_{}", EnumNames<contraction::Normalizer>::names[k],
                            EnumNames<contraction::Orientation>::names[row]),
                     {{n_edges, 3}, {n_nodes, 3}}, [&](List x) {
                       const Tensor weights = normalized_weights(x[0] + 0.3, map, normalizer);
                       return fixed_point(weights, x[1], map, solver);
                     });
      add_graph(cases, batch->graph());
    }
  }
  CgsOptions options;
  options.heads = 3;
  options.gamma = 0.6;
  options.tolerance = 1e-16;
  options.normalizer = contraction::Normalizer::kSigmoid;
  options.encoder = {.layers = 2, .node_width = 4, .edge_width = 3, .hidden_width = 5};
  options.encoder.activation = Activation::kTanh;
  options.decoder_widths = {4};
  cases.layer("cgs", Cgs(options, {.nodes = 2, .edges = 1, .out = 2}, cases.dtype()),
              {{n_nodes, 2}, {n_edges, 1}},
              [&](const Cgs& m, List x) { return m(cgs_input(batch, x[0], x[1])).y; });
  add_graph(cases, batch->graph());
}

void losses(Cases& cases) {
  const std::vector<Shape> pair{{4, 3}, {4, 3}};
  cases.function("mean_squared_error", pair, [](List x) { return mean_squared_error(x[0], x[1]); });
  cases.function("mean_absolute_error", pair,
                 [](List x) { return mean_absolute_error(x[0], x[1]); });
  cases.function("relative_l2_error", pair, [](List x) { return relative_l2_error(x[0], x[1]); });
  const Labels labels({2, 0, 1, 2}, 3);
  cases.function("cross_entropy", {{4, 3}},
                 [&](List x) { return cross_entropy(x[0] * 9, labels); });
  cases.function("softmax", {{2, 3, 4}}, [](List x) { return softmax(x[0] * 30, 1); });
  cases.function("log_softmax", {{2, 3, 4}}, [](List x) { return log_softmax(x[0] * 30); });
}

/// 20 steps with gradients 3 x + c, c a fixed random vector; the path is written.
void optimizers(Cases& cases) {
  const auto add = [&](const char* name, const optim::OptimizerOptions& options) {
    cases.begin(std::string("optimizer_") + name);
    Parameter x({5}, Init::constant(0), cases.dtype());
    const Parameters parameters{{"x", &x}};
    assign(x, cases.input({5}));
    const Tensor c = cases.input({5});
    optim::Optimizer optimizer(options, parameters);
    std::vector<Tensor> path;
    for (int step = 0; step < 20; ++step) {
      optimizer.step(parameters, {x.value * 3 + c});
      path.push_back(keep(x.value));
    }
    cases.add("result/path", stack(path));
  };
  add("adam", optim::Adam{.learning_rate = 0.03, .weight_decay = 0.1});
  add("adamw", optim::AdamW{.learning_rate = 0.03, .weight_decay = 0.1});
  add("adamax", optim::Adamax{.learning_rate = 0.03, .weight_decay = 0.1});
  add("sgd", optim::Sgd{.learning_rate = 0.03, .weight_decay = 0.1});
  add("momentum", optim::Sgd{.learning_rate = 0.03, .momentum = 0.8, .weight_decay = 0.1});
  add("nesterov",
      optim::Sgd{.learning_rate = 0.03, .momentum = 0.8, .nesterov = true, .weight_decay = 0.1});
  cases.begin("clip");
  const Tensor a = cases.input({4}), b = cases.input({2, 3});
  const auto by_norm = optim::clip_by_norm({a, b}, 0.7);
  cases.add("result/norm", scalar(by_norm.norm, DType::kF64));
  cases.add("result/by_norm_0", by_norm.gradients[0]);
  cases.add("result/by_norm_1", by_norm.gradients[1]);
  cases.add("result/by_value_0", optim::clip_by_value({a}, 0.3)[0]);
}

/// The points where L-BFGS ends, with the gradient below 1e-10. The least values are 0: round-off
/// of the values does not hide the last descents.
void quasi_newton(Cases& cases) {
  const auto add = [&](const char* name, const std::vector<double>& start, const auto& function) {
    cases.begin(std::string("lbfgs_") + name);
    const auto n = static_cast<Index>(start.size());
    Parameter x({n}, Init::constant(0), DType::kF64);
    assign(x, tensor({n}, start, DType::kF64));
    cases.add("input/0", keep(x.value));
    optim::minimize({{"x", &x}}, [&] { return function(x.value); },
                    {.max_iterations = 500, .gradient_tolerance = 1e-10, .value_tolerance = 0});
    cases.add("result/x", x.value);
    cases.add("result/value", function(x.value));
  };
  add("quadratic", {3, -2, 1, 5, -4}, [](const Tensor& x) {
    const Tensor curvature = tensor({5}, {1, 3, 10, 30, 100}, DType::kF64);
    return sum(curvature * pow(x - 1, 2)) + pow(sum(x - 1), 2);
  });
  add("rosenbrock", {-1.2, 1}, [](const Tensor& x) {
    const Tensor a = slice(x, 0, 0, 1), b = slice(x, 0, 1, 2);
    return sum(pow(1 - a, 2) + 100 * pow(b - a * a, 2));
  });
}

void schedules(Cases& cases) {
  const auto add = [&](const char* name, const optim::Schedule& schedule) {
    cases.begin(std::string("schedule_") + name);
    std::vector<double> factors;
    for (int step = 0; step < 40; ++step) {
      factors.push_back(optim::factor(schedule, {.steps = double(step)}));
    }
    cases.add("result/factors", tensor({40}, factors, DType::kF64));
  };
  add("step", {.shape = optim::StepDecay{.every = 7, .factor = 0.3}});
  add("exponential", {.shape = optim::ExponentialDecay{.factor = 0.9}});
  add("cosine", {.shape = optim::Cosine{.duration = 39, .lowest = 0.1}});
  add("cosine_restarts", {.shape = optim::CosineRestarts{.period = 5, .growth = 2, .lowest = 0.1}});
  add("warm_up", {.shape = optim::Cosine{.duration = 30}, .warm_up = 10, .warm_up_start = 0.2});
}

NamedArrays all_cases(DType dtype) {
  Cases cases(dtype);
  dense_layers(cases);
  attention_layers(cases);
  graph_layers(cases);
  grid_layers(cases);
  convergent_layers(cases);
  losses(cases);
  optimizers(cases);
  if (dtype == DType::kF64) {
    quasi_newton(cases);
    schedules(cases);
  }
  return cases.take();
}

}  // namespace
}  // namespace filigree::learning

int main(int argc, char** argv) {
  using namespace filigree;
  if (argc != 2) {
    std::fputs("usage: filigree_torch_cases FILE.npz\n", stderr);
    return 2;
  }
  const KokkosScope kokkos(1);
  NamedArrays arrays = learning::all_cases(DType::kF64);
  for (const NamedArray& array : learning::all_cases(DType::kF32)) arrays.add(array);
  write_npz(argv[1], arrays);
  return 0;
}
