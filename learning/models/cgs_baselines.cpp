// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/models/cgs_baselines.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "learning/autodiff/ops.hpp"
#include "learning/autodiff/tape.hpp"

namespace filigree::learning {

namespace {

/// Mean over the edges into each node of the senders' values.
Tensor mean_of_senders(const Tensor& nodes, const GraphPtr& graph) {
  const auto n_edges = static_cast<Index>(graph->edge_count());
  return spmm(segment_softmax(zeros({n_edges, 1}, nodes.dtype()), graph), nodes, graph);
}

/// The nearest point of the l1 ball of the given radius.
void project_to_ball(std::vector<double>& row, double radius) {
  double norm = 0;
  for (const double value : row) norm += std::abs(value);
  if (norm <= radius) return;
  std::vector<double> sizes(row.size());
  std::transform(row.begin(), row.end(), sizes.begin(), [](double v) { return std::abs(v); });
  std::sort(sizes.begin(), sizes.end(), std::greater<>());
  double sum = 0, threshold = 0;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    sum += sizes[k];
    const double candidate = (sum - radius) / static_cast<double>(k + 1);
    if (sizes[k] > candidate) threshold = candidate;
  }
  for (double& value : row) {
    value = std::copysign(std::max(std::abs(value) - threshold, 0.0), value);
  }
}

}  // namespace

ImplicitGraphLayer::ImplicitGraphLayer(Index width, DType dtype)
    : weight({width, width}, Init::fan_in(width), dtype) {}

Tensor ImplicitGraphLayer::operator()(const Tensor& bias, const GraphPtr& graph) const {
  const auto step = [bias, graph, w = weight.value](const Tensor& z) {
    return relu(matmul(mean_of_senders(z, graph), w, {.b = true}) + bias);
  };
  FixedPointOptions options;
  options.report = report;
  options.forward.tolerance = options.adjoint.tolerance = tolerance;
  options.forward.max_iterations = options.adjoint.max_iterations = max_iterations;
  return fixed_point(step, zeros(bias.shape(), bias.dtype()), options);
}

void ImplicitGraphLayer::project() {
  const std::vector<double> values = to_vector(weight.value);
  const auto width = static_cast<std::size_t>(weight.value.columns());
  std::vector<double> projected;
  for (std::size_t i = 0; i < values.size(); i += width) {
    std::vector<double> row(values.begin() + static_cast<std::ptrdiff_t>(i),
                            values.begin() + static_cast<std::ptrdiff_t>(i + width));
    project_to_ball(row, kappa);
    projected.insert(projected.end(), row.begin(), row.end());
  }
  if (projected == values) return;
  assign(weight, tensor(weight.value.shape(), projected, weight.value.dtype()));
}

SteadyStateLayer::SteadyStateLayer(Index width, DType dtype)
    : inner(2 * width, width, dtype), outer(width, width, dtype) {}

Tensor SteadyStateLayer::operator()(const Tensor& bias, const GraphPtr& graph) const {
  const auto step = [&](const Tensor& z) {
    const Tensor seen = concat({bias, mean_of_senders(z, graph)});
    return scale(z, 1 - damping) + scale(outer(inner(seen, Activation::kRelu)), damping);
  };
  Tensor z = zeros(bias.shape(), bias.dtype());
  {
    const Unrecorded forgotten;
    for (int k = 0; k + 1 < sweeps; ++k) z = step(z);
  }
  return step(z);
}

}  // namespace filigree::learning
