// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Values on nodes to values on edges and back (graph/segment.hpp). All are pulls over the rows of
// the graph: the bits do not depend on the number of threads.
//
// Values are [n_edges or n_nodes, channels...]; a recorded operation keeps its graph alive.
#pragma once

#include <memory>

#include "graph/graph.hpp"
#include "learning/autodiff/tensor.hpp"

namespace filigree::learning {

using GraphPtr = std::shared_ptr<const Graph>;

Tensor gather_senders(const Tensor& nodes, const GraphPtr& graph);
Tensor gather_receivers(const Tensor& nodes, const GraphPtr& graph);
Tensor segment_sum(const Tensor& edges, const GraphPtr& graph);
Tensor segment_sum_by_sender(const Tensor& edges, const GraphPtr& graph);
Tensor segment_mean(const Tensor& edges, const GraphPtr& graph);
/// 0 for a node without edges; the gradient goes to the first of equal largest values.
Tensor segment_max(const Tensor& edges, const GraphPtr& graph);
Tensor segment_softmax(const Tensor& edges, const GraphPtr& graph);

/// y_i = sum over edges e into i of w_e x_{sender of e}. Weights are [n_edges, 1], one for all
/// channels, or [n_edges, channels].
Tensor spmm(const Tensor& weights, const Tensor& nodes, const GraphPtr& graph);
/// y_j = sum over edges e out of j of w_e x_{receiver of e}: the transposed product.
Tensor spmm_by_sender(const Tensor& weights, const Tensor& nodes, const GraphPtr& graph);

/// A graph that picks: row k has one sender, indices[k], of n_sources. gather_senders(x, graph)
/// then is x[indices], and segment_sum_by_sender its adjoint. Throws InputError naming an index
/// beyond n_sources.
GraphPtr selection(const std::vector<Index>& indices, Index n_sources);
/// A graph that groups: row g collects the consecutive items [offsets[g], offsets[g + 1]), so that
/// segment_sum(x, graph) sums over each group.
GraphPtr grouping(const std::vector<Index>& offsets);

}  // namespace filigree::learning
