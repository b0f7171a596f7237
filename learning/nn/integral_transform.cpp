// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/integral_transform.hpp"

#include "learning/autodiff/ops.hpp"
#include "learning/autodiff/tape.hpp"
#include "learning/nn/dense.hpp"

namespace filigree::learning {

namespace {

bool kernel_sees_f(TransformKind kind) {
  return kind == TransformKind::kNonlinear || kind == TransformKind::kKernelOfF;
}
bool multiplies_f(TransformKind kind) {
  return kind == TransformKind::kLinear || kind == TransformKind::kNonlinear;
}

std::vector<Index> widths_of(const IntegralTransformOptions& o) {
  const std::int64_t points = o.dimensions * (o.sees_query ? 2 : 1);
  const std::int64_t in = points + (kernel_sees_f(o.kind) ? o.channels : 0);
  std::vector<Index> widths{static_cast<Index>(in)};
  for (const std::int64_t width : o.hidden_widths) widths.push_back(static_cast<Index>(width));
  widths.push_back(static_cast<Index>(o.result_channels));
  return widths;
}

/// The layers of the kernel after the first.
Tensor later_layers(const Mlp& kernel, Tensor y) {
  for (std::size_t l = 1; l < kernel.layers.size(); ++l) {
    y = kernel.layers[l](y, kernel.activation_after(l));
  }
  return y;
}

/// The kernel on edges: its first layer is applied to queries and sources, then gathered and added.
Tensor on_edges(const Mlp& kernel, const GraphPtr& graph, const Tensor& queries,
                const Tensor& source_input) {
  const Linear& first = kernel.layers.front();
  const Index d = queries.columns();
  const Tensor of_query = slice(first.weight.value, 1, 0, d);
  const Tensor of_source = slice(first.weight.value, 1, d, first.in());
  const Tensor before =
      gather_receivers(dense(queries, of_query, {}, Activation::kIdentity), graph) +
      gather_senders(dense(source_input, of_source, first.bias.value, Activation::kIdentity),
                     graph);
  return later_layers(kernel, apply(kernel.activation_after(0), before));
}

/// 1 / (number of sources) of each query, 0 without sources. [n_queries, 1]
Tensor inverse_degrees(const GraphPtr& graph, DType dtype) {
  const Unrecorded unrecorded;
  const Tensor counts =
      segment_sum(ones({static_cast<Index>(graph->edge_count()), 1}, dtype), graph);
  const Tensor has_sources = greater(counts, scalar(0, dtype));
  return has_sources / (counts + (1 - has_sources));
}

void require_fit(const Graph& graph, const IntegralTransform::Points& points, const Tensor& f,
                 const Tensor& quadrature, const IntegralTransform& transform) {
  const auto& [queries, sources] = points;
  const bool points_fit =
      queries.rank() == 2 && sources.rank() == 2 && queries.rows() == graph.n_receivers() &&
      sources.rows() == graph.n_senders() && queries.columns() == sources.columns();
  FILIGREE_REQUIRE(points_fit,
                   "integral transform: queries {} and sources {} do not fit a graph from {} "
                   "sources to {} queries",
                   queries.shape().text(), sources.shape().text(), graph.n_senders(),
                   graph.n_receivers());
  const bool needs_f = transform.kind != TransformKind::kKernel;
  FILIGREE_REQUIRE(!needs_f || (f.is_defined() && f.rank() == 2 && f.rows() == sources.rows()),
                   "integral transform: the function {} for sources {}: it must be "
                   "[sources, channels]",
                   f.is_defined() ? f.shape().text() : "is missing", sources.shape().text());
  const Index in = sources.columns() * (transform.sees_query ? 2 : 1) +
                   (kernel_sees_f(transform.kind) ? f.columns() : 0);
  FILIGREE_REQUIRE(in == transform.kernel.in(),
                   "integral transform: the kernel takes {} values, but points {} and the function "
                   "{} make {}",
                   transform.kernel.in(), sources.shape().text(),
                   f.is_defined() ? f.shape().text() : "[]", in);
  FILIGREE_REQUIRE(!multiplies_f(transform.kind) || f.columns() == transform.kernel.out(),
                   "integral transform: the kernel gives {} channels to multiply a function {}",
                   transform.kernel.out(), f.shape().text());
  FILIGREE_REQUIRE(
      !quadrature.is_defined() || quadrature.shape() == Shape({sources.rows(), 1}),
      "integral transform: quadrature weights {} for sources {}: they must be [sources, 1]",
      quadrature.shape().text(), sources.shape().text());
}

}  // namespace

std::string IntegralTransformOptions::validate() const {
  if (!multiplies_f(kind) || channels == result_channels) return "";
  return format(
      "result_channels: must equal channels = {} where the kernel multiplies the function",
      channels);
}

IntegralTransform::IntegralTransform(const IntegralTransformOptions& options, DType dtype)
    : kernel(widths_of(options), options.activation, Activation::kIdentity, dtype),
      kind(options.kind),
      sees_query(options.sees_query) {
  const std::string problem = options.validate();
  FILIGREE_REQUIRE(problem.empty(), "integral transform: {}", problem);
}

Tensor IntegralTransform::operator()(const GraphPtr& graph, const Points& points, const Tensor& f,
                                     const Tensor& quadrature) const {
  require_fit(*graph, points, f, quadrature, *this);
  const Tensor source_input = kernel_sees_f(kind) ? concat({points.sources, f}) : points.sources;
  Tensor y;
  if (!sees_query) {
    Tensor terms = kernel(source_input);
    if (multiplies_f(kind)) terms = terms * f;
    if (quadrature.is_defined()) terms = terms * quadrature;
    y = segment_sum(gather_senders(terms, graph), graph);
  } else {
    Tensor terms = on_edges(kernel, graph, points.queries, source_input);
    if (multiplies_f(kind)) {
      y = spmm(terms, quadrature.is_defined() ? f * quadrature : f, graph);
    } else {
      if (quadrature.is_defined()) terms = terms * gather_senders(quadrature, graph);
      y = segment_sum(terms, graph);
    }
  }
  return quadrature.is_defined() ? y : y * inverse_degrees(graph, y.dtype());
}

}  // namespace filigree::learning
