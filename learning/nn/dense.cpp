// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/dense.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>

#include "core/gemm.hpp"
#include "graph/segment.hpp"
#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/loops.hpp"
#include "learning/autodiff/ops.hpp"

namespace filigree::learning {

namespace {

/// Activations whose slope follows from their value: what came before them is not kept.
bool slope_follows_from_value(Activation f) {
  return f == Activation::kIdentity || f == Activation::kRelu || f == Activation::kLeakyRelu;
}

/// Slope below 0 of the three.
double slope_below(Activation f) {
  return f == Activation::kIdentity ? 1 : f == Activation::kRelu ? 0 : kLeakySlope;
}

/// A matrix within a stored one.
struct Part {
  const Tensor& tensor;
  Index column = 0;  ///< first
  bool transposed = false;
};

template <class T>
GemmOperand<T> operand(const Part& part) {
  return {part.tensor.data<T>() + part.column, part.tensor.columns(), part.transposed};
}

/// c(:, column ..) = alpha op(a) op(b) + beta c(:, column ..), sizes m, n, k.
template <class T>
void product(Index m, Index n, Index k, const Part& a, const Part& b, T* c, Index ldc,
             double beta = 0) {
  GemmWorkspace own;
  Tape* tape = Tape::current();
  gemm(tape == nullptr ? own : tape->gemm_workspace(), Gemm<T>{.m = m,
                                                               .n = n,
                                                               .k = k,
                                                               .a = operand<T>(a),
                                                               .b = operand<T>(b),
                                                               .c = c,
                                                               .ldc = ldc,
                                                               .beta = T(beta)});
}

/// y = f(y + b) in place; b may be null.
template <class T>
void finish_rows(T* y, const T* bias, Index n_rows, Index width, double below) {
  if (bias == nullptr && below == 1) return;
  const T factor = static_cast<T>(below);
  for_items(
      "dense/finish", n_rows, Offset(n_rows) * width, FILIGREE_LAMBDA(Index i) {
        T* row = y + Offset(i) * width;
        for (Index c = 0; c < width; ++c) {
          const T value = bias == nullptr ? row[c] : row[c] + bias[c];
          row[c] = value > T(0) ? value : factor * value;
        }
      });
}

/// y_e = f(y_e + (by_sender)_{s(e)} + (by_receiver)_{d(e)} + b) in place.
template <class T>
void finish_edges(T* y, const T* by_sender, const T* by_receiver, const T* bias, const Graph& graph,
                  Index width, double below) {
  const Array<Index> senders = graph.senders();
  const Array<Index> receivers = graph.receivers();
  const T factor = static_cast<T>(below);
  const Index n = senders.size();
  for_items(
      "dense/edges", n, 3 * Offset(n) * width, FILIGREE_LAMBDA(Index e) {
        T* row = y + Offset(e) * width;
        const T* from = by_sender + Offset(senders(e)) * width;
        const T* to = by_receiver + Offset(receivers(e)) * width;
        for (Index c = 0; c < width; ++c) {
          const T value = row[c] + (from[c] + to[c] + bias[c]);
          row[c] = value > T(0) ? value : factor * value;
        }
      });
}

/// g f'(y) for the activations above.
template <class T>
void scale_rows(const Tensor& g, const Tensor& y, double below, const Tensor& result) {
  const T* gs = g.data<T>();
  const T* ys = y.data<T>();
  T* to = TensorAccess::data<T>(result);
  const T factor = static_cast<T>(below);
  const Index n = y.size();
  for_items(
      "dense/slope", items_for(n), 3 * Offset(n), FILIGREE_LAMBDA(Index item) {
        const Index begin = item * kItemValues;
        const Index end = begin + kItemValues < n ? begin + kItemValues : n;
        for (Index i = begin; i < end; ++i) to[i] = ys[i] > T(0) ? gs[i] : factor * gs[i];
      });
}

Tensor before_activation(const Tensor& g, const Tensor& y, Activation f) {
  if (f == Activation::kIdentity) return g;
  const Tensor result = TensorAccess::make(y.shape(), y.dtype());
  y.dtype() == DType::kF32 ? scale_rows<float>(g, y, slope_below(f), result)
                           : scale_rows<double>(g, y, slope_below(f), result);
  return result;
}

/// "[3, 4] and [5]", with types "[3, 4] f32 and [5] f64"; only for messages.
std::string text_of(std::initializer_list<const Tensor*> tensors, bool has_types) {
  std::string text;
  for (const Tensor* x : tensors) {
    if (!x->is_defined()) continue;
    text += format("{}{}{}{}", text.empty() ? "" : " and ", x->shape().text(), has_types ? " " : "",
                   has_types ? name_of(x->dtype()) : "");
  }
  return text;
}

/// The weights must have `in` columns; bias may be undefined.
void require_dense(const char* what, std::initializer_list<const Tensor*> values,
                   const Tensor& weight, const Tensor& bias, Index in) {
  FILIGREE_REQUIRE(weight.rank() == 2 && weight.extent(1) == in,
                   "{}: values {} and weights {} do not fit together: the weights must "
                   "have {} columns",
                   what, text_of(values, false), weight.shape().text(), in);
  const bool bias_fits =
      !bias.is_defined() || (bias.rank() == 1 && bias.extent(0) == weight.extent(0));
  FILIGREE_REQUIRE(bias_fits, "{}: weights {} and bias {} do not fit together", what,
                   weight.shape().text(), bias.shape().text());
  const auto is_like_weight = [&](const Tensor* x) { return x->dtype() == weight.dtype(); };
  const bool one_type = std::all_of(values.begin(), values.end(), is_like_weight) &&
                        (!bias.is_defined() || is_like_weight(&bias));
  FILIGREE_REQUIRE(one_type, "{}: values {}, weights and bias {} differ in type: cast() some", what,
                   text_of(values, true), text_of({&weight, &bias}, true));
}

template <class T>
void dense_values(const Tensor& x, const Tensor& weight, const Tensor& bias, double below,
                  const Tensor& y) {
  const Index n = x.rows(), in = x.columns(), out = weight.rows();
  T* to = TensorAccess::data<T>(y);
  product<T>(n, out, in, {x}, {weight, 0, true}, to, out);
  finish_rows<T>(to, bias.is_defined() ? bias.data<T>() : nullptr, n, out, below);
}

template <class T>
void edge_values(const Tensor& edges, const Tensor& nodes, const Graph& graph, const Tensor& weight,
                 const Tensor& bias, double below, const Tensor& y) {
  const Index m = edges.columns(), n = nodes.columns(), out = weight.rows();
  const Tensor by_sender = TensorAccess::make({nodes.rows(), out}, dtype_of<T>());
  const Tensor by_receiver = TensorAccess::make({nodes.rows(), out}, dtype_of<T>());
  T* from = TensorAccess::data<T>(by_sender);
  T* into = TensorAccess::data<T>(by_receiver);
  T* to = TensorAccess::data<T>(y);
  product<T>(nodes.rows(), out, n, {nodes}, {weight, m, true}, from, out);
  product<T>(nodes.rows(), out, n, {nodes}, {weight, m + n, true}, into, out);
  product<T>(edges.rows(), out, m, {edges}, {weight, 0, true}, to, out);
  finish_edges<T>(to, from, into, bias.data<T>(), graph, out, below);
}

/// What the adjoint of dense_on_edges computes; undefined tensors are not wanted.
struct EdgeGradients {
  Tensor edges, nodes, weight;
};

template <class T>
void edge_gradients(const Tensor& g, const Tensor& edges, const Tensor& nodes, const Graph& graph,
                    const Tensor& weight, const EdgeGradients& to) {
  const Index m = edges.columns(), n = nodes.columns(), out = weight.rows();
  const Index width = weight.columns();
  const Index n_edges = edges.rows(), n_nodes = nodes.rows();
  const Tensor by_sender = TensorAccess::make({n_nodes, out}, dtype_of<T>());
  const Tensor by_receiver = TensorAccess::make({n_nodes, out}, dtype_of<T>());
  segment_sum_by_sender(graph, g.matrix<T>(), by_sender.matrix<T>());
  segment_sum(graph, g.matrix<T>(), by_receiver.matrix<T>());
  if (to.edges.is_defined()) {
    product<T>(n_edges, m, out, {g}, {weight}, TensorAccess::data<T>(to.edges), m);
  }
  if (to.nodes.is_defined()) {
    T* values = TensorAccess::data<T>(to.nodes);
    product<T>(n_nodes, n, out, {by_sender}, {weight, m}, values, n);
    product<T>(n_nodes, n, out, {by_receiver}, {weight, m + n}, values, n, 1);
  }
  if (to.weight.is_defined()) {
    T* values = TensorAccess::data<T>(to.weight);
    product<T>(out, m, n_edges, {g, 0, true}, {edges}, values, width);
    product<T>(out, n, n_nodes, {by_sender, 0, true}, {nodes}, values + m, width);
    product<T>(out, n, n_nodes, {by_receiver, 0, true}, {nodes}, values + m + n, width);
  }
}

Tensor dense_matrix(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation f) {
  const Tensor y = TensorAccess::make({x.rows(), weight.rows()}, x.dtype());
  const double below = slope_below(f);
  x.dtype() == DType::kF32 ? dense_values<float>(x, weight, bias, below, y)
                           : dense_values<double>(x, weight, bias, below, y);
  std::vector<Tensor> inputs{x, weight};
  if (bias.is_defined()) inputs.push_back(bias);
  return record("dense", inputs, y, [=](Adjoint& a) {
    if (a.create_graph()) {
      const Tensor product = matmul(x, weight, {.b = true});
      give_composed(a, apply(f, bias.is_defined() ? product + bias : product), inputs);
      return;
    }
    const Tensor g = before_activation(a.gradient(), y, f);
    if (a.wants(0)) a.give(0, matmul(g, weight));
    if (a.wants(1)) a.give(1, matmul(g, x, {.a = true}));
    if (bias.is_defined() && a.wants(2)) a.give(2, sum(g, 0));
  });
}

}  // namespace

Tensor dense(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation) {
  FILIGREE_REQUIRE(x.rank() >= 1, "dense: values {} must be [..., in]", x.shape().text());
  require_dense("dense", {&x}, weight, bias, x.columns());
  const Activation fused =
      slope_follows_from_value(activation) ? activation : Activation::kIdentity;
  const Index n = x.columns() == 0 ? 0 : x.size() / x.columns();
  const Tensor y = dense_matrix(reshape(x, {n, x.columns()}), weight, bias, fused);
  const Tensor shaped = reshape(y, x.shape().with(-1, weight.rows()));
  return fused == activation ? shaped : apply(activation, shaped);
}

Tensor dense_on_edges(const Tensor& edges, const Tensor& nodes, const GraphPtr& graph,
                      const Tensor& weight, const Tensor& bias, Activation activation) {
  const bool shapes_fit = edges.rank() == 2 && nodes.rank() == 2 && bias.is_defined() &&
                          edges.rows() == graph->edge_count() && nodes.rows() == graph->n_nodes();
  FILIGREE_REQUIRE(shapes_fit && nodes.dtype() == edges.dtype(),
                   "dense_on_edges: edges {} {} and nodes {} {} do not fit a graph with {} edges "
                   "and {} nodes",
                   edges.shape().text(), name_of(edges.dtype()), nodes.shape().text(),
                   name_of(nodes.dtype()), graph->edge_count(), graph->n_nodes());
  require_dense("dense_on_edges", {&edges, &nodes}, weight, bias,
                edges.columns() + 2 * nodes.columns());
  const Activation f = slope_follows_from_value(activation) ? activation : Activation::kIdentity;
  const Tensor y = TensorAccess::make({edges.rows(), weight.rows()}, edges.dtype());
  const double below = slope_below(f);
  edges.dtype() == DType::kF32 ? edge_values<float>(edges, nodes, *graph, weight, bias, below, y)
                               : edge_values<double>(edges, nodes, *graph, weight, bias, below, y);
  const std::vector<Tensor> inputs{edges, nodes, weight, bias};
  const Tensor result = record("dense_on_edges", inputs, y, [=](Adjoint& a) {
    if (a.create_graph()) {
      const Tensor joined =
          concat({edges, gather_senders(nodes, graph), gather_receivers(nodes, graph)});
      give_composed(a, apply(f, matmul(joined, weight, {.b = true}) + bias), inputs);
      return;
    }
    const Tensor g = before_activation(a.gradient(), y, f);
    const EdgeGradients to{
        a.wants(0) ? TensorAccess::make(edges.shape(), edges.dtype()) : Tensor(),
        a.wants(1) ? TensorAccess::make(nodes.shape(), nodes.dtype()) : Tensor(),
        a.wants(2) ? TensorAccess::make(weight.shape(), weight.dtype()) : Tensor()};
    edges.dtype() == DType::kF32 ? edge_gradients<float>(g, edges, nodes, *graph, weight, to)
                                 : edge_gradients<double>(g, edges, nodes, *graph, weight, to);
    if (a.wants(0)) a.give(0, to.edges);
    if (a.wants(1)) a.give(1, to.nodes);
    if (a.wants(2)) a.give(2, to.weight);
    if (a.wants(3)) a.give(3, sum(g, 0));
  });
  return f == activation ? result : apply(activation, result);
}

}  // namespace filigree::learning
