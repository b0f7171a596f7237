// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What convergent graph solvers are compared with: other layers between the same encoder and
// decoder. Values are [n_nodes, width]; a node takes the mean over the edges into it.
#pragma once

#include <memory>

#include "learning/autodiff/implicit.hpp"
#include "learning/autodiff/ops_graph.hpp"
#include "learning/nn/linear.hpp"

namespace filigree::learning {

/// Implicit graph neural network: the fixed point of
///
///   z_i = relu(W mean_{j -> i} z_j + b_i),   |W|_inf <= kappa,
///
/// which exists because the mean does not enlarge the largest norm. The published layer divides the
/// bound by the spectral radius of the adjacency matrix, found by power iteration; with means the
/// radius is 1. Source: Gu et al., "Implicit graph neural networks", NeurIPS 2020.
struct ImplicitGraphLayer {
  ImplicitGraphLayer() = default;
  ImplicitGraphLayer(Index width, DType dtype);

  Parameter weight;
  double kappa = 0.9;
  double tolerance = 1e-6;  ///< of the relative residual
  int max_iterations = 300;
  std::shared_ptr<ImplicitReport> report = std::make_shared<ImplicitReport>();  ///< last solves

  template <class V>
  void reflect(V& v) {
    v("weight", weight);
  }
  Tensor operator()(const Tensor& bias, const GraphPtr& graph) const;
  /// Brings W back to |W|_inf <= kappa: each row to the nearest point of the l1 ball. After every
  /// step of the optimizer. Source: Duchi et al. 2008, figure 1.
  void project();
};

/// Stochastic steady-state embedding: 20 damped steps
///
///   z <- 0.9 z + 0.1 outer(relu(inner([b_i | mean_{j -> i} z_j]))),
///
/// with the gradient of the last one only, and no promise of convergence.
/// Source: Dai et al., "Learning steady-states of iterative algorithms over graphs", ICML 2018.
struct SteadyStateLayer {
  SteadyStateLayer() = default;
  SteadyStateLayer(Index width, DType dtype);

  Linear inner, outer;
  double damping = 0.1;
  int sweeps = 20;

  template <class V>
  void reflect(V& v) {
    v("inner", inner);
    v("outer", outer);
  }
  Tensor operator()(const Tensor& bias, const GraphPtr& graph) const;
};

}  // namespace filigree::learning
