// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Message passing on a graph: values on edges and nodes that learn from each other.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "learning/autodiff/ops_graph.hpp"
#include "learning/nn/linear.hpp"
#include "learning/nn/norm.hpp"

namespace filigree::learning {

/// How the values on the edges into a node become one, in each channel. Softmax weighs each value
/// by the exponential of itself: between mean and max, and smooth. Source: [li2020deepergcn].
/// A node without edges gets 0.
enum class Aggregation { kSum, kMean, kMax, kSoftmax };

/// edges: [n_edges, channels], result: [n_receivers, channels].
Tensor aggregate(const Tensor& edges, const GraphPtr& graph, Aggregation aggregation);

struct MessagePassingOptions {
  static constexpr const char* kDoc = "one round of messages along the edges";
  std::int64_t node_width = 128;
  std::int64_t edge_width = 128;
  std::vector<std::int64_t> hidden_widths{128, 128};
  Activation activation = Activation::kRelu;
  Aggregation aggregation = Aggregation::kSum;
  bool normalizes = true;
  bool adds_input = true;

  template <class V>
  void reflect(V& v) {
    v("node_width", node_width, About{.doc = "channels on nodes", .min = 1});
    v("edge_width", edge_width, About{.doc = "channels on edges", .min = 1});
    v("hidden_widths", hidden_widths, About{.doc = "of the layers inside", .min = 1});
    v("activation", activation, About{.doc = "after each layer but the last"});
    v("aggregation", aggregation, About{.doc = "of the messages into a node"});
    v("normalizes", normalizes, About{.doc = "layer normalisation of messages and updates"});
    v("adds_input", adds_input, About{.doc = "updates are added to what was there"});
  }
};

/// One round, with sender j and receiver i of each edge:
///
///   m_ij = norm(edge_mlp([e_ij, x_j, x_i])),   u_i = norm(node_mlp([x_i, aggregate_j w_ij m_ij])),
///   x_i' = x_i + u_i,   e_ij' = e_ij + m_ij,
///
/// or x_i' = u_i, e_ij' = m_ij without `adds_input`, and without norms unless `normalizes`. The
/// weights w [n_edges, 1] are 1 when they are left out. The same bits for any number of threads.
/// Sources: [battaglia2018]; [sanchezgonzalez2020] (norms, updates that are added).
struct MessagePassing {
  struct Values {
    Tensor nodes;  ///< [n_nodes, node_width]
    Tensor edges;  ///< [n_edges, edge_width]
  };

  MessagePassing() = default;
  explicit MessagePassing(const MessagePassingOptions& options, DType dtype = DType::kF32);

  Mlp edge_mlp;
  Mlp node_mlp;
  std::optional<LayerNorm> edge_norm;
  std::optional<LayerNorm> node_norm;
  Aggregation aggregation = Aggregation::kSum;
  bool adds_input = true;

  template <class V>
  void reflect(V& v) {
    v("edge_mlp", edge_mlp);
    v("edge_norm", edge_norm);
    v("node_mlp", node_mlp);
    v("node_norm", node_norm);
  }
  Values operator()(const GraphPtr& graph, const Values& before, const Tensor& weights = {}) const;
};

}  // namespace filigree::learning

template <>
struct filigree::EnumNames<filigree::learning::Aggregation> {
  static constexpr std::array names{"sum", "mean", "max", "softmax"};
};
