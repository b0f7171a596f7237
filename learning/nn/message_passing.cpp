// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/message_passing.hpp"

#include "learning/autodiff/ops.hpp"
#include "learning/nn/dense.hpp"

namespace filigree::learning {

namespace {

std::vector<Index> widths(std::int64_t in, const std::vector<std::int64_t>& hidden,
                          std::int64_t out) {
  std::vector<Index> result{static_cast<Index>(in)};
  for (const std::int64_t width : hidden) result.push_back(static_cast<Index>(width));
  result.push_back(static_cast<Index>(out));
  return result;
}

/// mlp([e, x_sender, x_receiver]), whose first layer does not join the three.
Tensor on_edges(const Mlp& mlp, const GraphPtr& graph, const Tensor& edges, const Tensor& nodes) {
  const Linear& first = mlp.layers.front();
  Tensor y = dense_on_edges(edges, nodes, graph, first.weight.value, first.bias.value,
                            mlp.activation_after(0));
  for (std::size_t l = 1; l < mlp.layers.size(); ++l) {
    y = mlp.layers[l](y, mlp.activation_after(l));
  }
  return y;
}

}  // namespace

Tensor aggregate(const Tensor& edges, const GraphPtr& graph, Aggregation aggregation) {
  switch (aggregation) {
    case Aggregation::kSum:
      return segment_sum(edges, graph);
    case Aggregation::kMean:
      return segment_mean(edges, graph);
    case Aggregation::kMax:
      return segment_max(edges, graph);
    case Aggregation::kSoftmax:
      return segment_sum(segment_softmax(edges, graph) * edges, graph);
  }
  return edges;
}

MessagePassing::MessagePassing(const MessagePassingOptions& o, DType dtype)
    : edge_mlp(widths(o.edge_width + 2 * o.node_width, o.hidden_widths, o.edge_width), o.activation,
               Activation::kIdentity, dtype),
      node_mlp(widths(o.node_width + o.edge_width, o.hidden_widths, o.node_width), o.activation,
               Activation::kIdentity, dtype),
      aggregation(o.aggregation),
      adds_input(o.adds_input) {
  if (!o.normalizes) return;
  edge_norm.emplace(edge_mlp.out(), dtype);
  node_norm.emplace(node_mlp.out(), dtype);
}

MessagePassing::Values MessagePassing::operator()(const GraphPtr& graph, const Values& before,
                                                  const Tensor& weights) const {
  Tensor messages = on_edges(edge_mlp, graph, before.edges, before.nodes);
  if (edge_norm.has_value()) messages = (*edge_norm)(messages);
  FILIGREE_REQUIRE(!weights.is_defined() || weights.shape() == Shape({messages.rows(), 1}),
                   "message passing: weights {} for messages {}: they must be [edges, 1]",
                   weights.shape().text(), messages.shape().text());
  const Tensor weighted = weights.is_defined() ? messages * weights : messages;
  const Tensor received = aggregate(weighted, graph, aggregation);
  Tensor updates = node_mlp(concat({before.nodes, received}));
  if (node_norm.has_value()) updates = (*node_norm)(updates);
  if (!adds_input) return {updates, messages};
  return {before.nodes + updates, before.edges + messages};
}

}  // namespace filigree::learning
