// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The contraction of contraction.hpp as operations on tensors: gradients flow through the fixed
// point by one adjoint solve, whatever the number of iterations.
#pragma once

#include <memory>
#include <string>

#include "learning/autodiff/tensor.hpp"
#include "learning/models/contraction.hpp"

namespace filigree::learning {

/// What a fixed point is, apart from weights and bias.
struct FixedPointMap {
  std::shared_ptr<const contraction::Batch> batch;
  double gamma = 0.5;
  contraction::Phi phi{};
  contraction::Orientation orientation = contraction::Orientation::kSenderRow;
  contraction::Bound bound = contraction::Bound::kRowSums;
  double factor = 0;  ///< read with Bound::kDeclared
};

/// How it is solved, and how the last solves went. Shared by the calls of one model; adjoint solves
/// use it too, when gradients are taken.
struct FixedPointSolver {
  contraction::SolveOptions forward;
  contraction::SolveOptions adjoint;
  contraction::Workspace workspace;
  contraction::Report last_forward;
  contraction::Report last_adjoint;
};
using FixedPointSolverPtr = std::shared_ptr<FixedPointSolver>;

/// Weights [n_edges, heads] from logits of the same shape.
Tensor normalized_weights(const Tensor& logits, const FixedPointMap& map,
                          contraction::Normalizer normalizer);

/// Weights of a network with fixed values, [n_edges, heads] from conductances > 0 of the same
/// shape: contraction::dirichlet_weights. With gamma = 1, Bound::kAbsorbing and the fixed values
/// (free nodes: source over the sum of the conductances) as bias, fixed_point() solves the network
/// exactly, and gradients go to conductances and values.
Tensor dirichlet_weights(const Tensor& conductances, const Array<Index>& is_fixed,
                         const FixedPointMap& map);

/// z* = phi(gamma A z* + b). weights: [n_edges, heads], b and z*: [n_nodes, heads]. A solve that
/// does not reach its tolerance throws NumericalError, forward and adjoint alike. Gradients can be
/// differentiated again when phi is the identity.
Tensor fixed_point(const Tensor& weights, const Tensor& bias, const FixedPointMap& map,
                   const FixedPointSolverPtr& solver);

}  // namespace filigree::learning
