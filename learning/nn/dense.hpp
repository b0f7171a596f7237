// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The hot operations of networks, fused: product, bias and activation in one record. First
// derivatives are hand-written; second derivatives are those of the composed operations.
#pragma once

#include "learning/autodiff/ops_graph.hpp"
#include "learning/nn/activation.hpp"

namespace filigree::learning {

/// y = f(x W^T + b). x: [..., in], W: [out, in], b: [out] or undefined for none, y: [..., out].
Tensor dense(const Tensor& x, const Tensor& weight, const Tensor& bias, Activation activation);

/// y_e = f(W [e_e | x_{s(e)} | x_{d(e)}] + b) for the edges e from s(e) to d(e), without joining
/// the three: the parts of W that meet node values are applied once per node and then gathered,
///
///   y = f(e W_e^T + (x W_s^T)_{s} + (x W_d^T)_{d} + b).
///
/// edges: [E, m], nodes: [N, n], W: [out, m + 2 n], b: [out], y: [E, out].
Tensor dense_on_edges(const Tensor& edges, const Tensor& nodes, const GraphPtr& graph,
                      const Tensor& weight, const Tensor& bias, Activation activation);

}  // namespace filigree::learning
