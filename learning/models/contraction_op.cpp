// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/models/contraction_op.hpp"

#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/ops.hpp"

namespace filigree::learning {

using contraction::Normalizer;
using contraction::Orientation;

namespace {

template <class T>
contraction::Map<T> map_of(const FixedPointMap& map, const Tensor& weights) {
  contraction::Map<T> result;
  result.batch = map.batch;
  result.weights = weights.matrix<T>();
  result.gamma = map.gamma;
  result.phi = map.phi;
  result.orientation = map.orientation;
  result.bound = map.bound;
  result.factor = map.factor;
  return result;
}

template <class T>
void solve_forward(const FixedPointMap& map, const Tensor& weights, const Tensor& bias,
                   FixedPointSolver& solver, const Tensor& z) {
  solver.last_forward = contraction::solve(map_of<T>(map, weights), bias.matrix<T>(),
                                           solver.forward, solver.workspace, z.matrix<T>());
  require_converged(solver.last_forward, "the fixed point");
}

/// Gradients of bias and weights; that of the weights only if it is defined.
template <class T>
void solve_adjoint(const FixedPointMap& map, const Tensor& weights, const Tensor& z,
                   const Tensor& g, FixedPointSolver& solver, const Tensor& bias_gradient,
                   const Tensor& weight_gradient) {
  const auto as_map = map_of<T>(map, weights);
  const auto result = bias_gradient.matrix<T>();
  solver.last_adjoint = contraction::solve_adjoint(as_map, z.matrix<T>(), g.matrix<T>(),
                                                   solver.adjoint, solver.workspace, result);
  require_converged(solver.last_adjoint, "the adjoint of the fixed point");
  contraction::bias_gradient(as_map, z.matrix<T>(), result, result);
  if (!weight_gradient.is_defined()) return;
  contraction::weight_gradient(as_map, z.matrix<T>(), result, weight_gradient.matrix<T>());
}

Orientation flipped(Orientation orientation) {
  return orientation == Orientation::kSenderRow ? Orientation::kReceiverRow
                                                : Orientation::kSenderRow;
}

Tensor gather_rows(const Tensor& x, const GraphPtr& graph, Orientation orientation) {
  return orientation == Orientation::kSenderRow ? gather_senders(x, graph)
                                                : gather_receivers(x, graph);
}
Tensor sum_rows(const Tensor& x, const GraphPtr& graph, Orientation orientation) {
  return orientation == Orientation::kSenderRow ? segment_sum_by_sender(x, graph)
                                                : segment_sum(x, graph);
}

/// Calls body with a value of the tensor's type.
template <class Body>
void with_values(const Tensor& x, const Body& body) {
  x.dtype() == DType::kF32 ? body(float{}) : body(double{});
}

/// The value of each edge over the sum of its row.
Tensor share_of_row(const Tensor& values, const FixedPointMap& map) {
  const GraphPtr& graph = map.batch->graph_pointer();
  return values / gather_rows(sum_rows(values, graph, map.orientation), graph, map.orientation);
}

/// 1 for edges of rows of free nodes, else 0: [n_edges, 1].
Tensor free_rows(const Tensor& like, const Array<Index>& is_fixed, const FixedPointMap& map) {
  std::vector<double> is_free;
  for (const Index fixed : to_vector(is_fixed)) is_free.push_back(fixed == 0 ? 1 : 0);
  const auto n = static_cast<Index>(is_free.size());
  return gather_rows(tensor({n, 1}, is_free, like.dtype()), map.batch->graph_pointer(),
                     map.orientation);
}

/// The weights as operations of the set, for gradients that are differentiated again.
Tensor composed_weights(const Tensor& logits, const FixedPointMap& map, Normalizer normalizer) {
  const auto share = [&](const Tensor& values) { return share_of_row(values, map); };
  switch (normalizer) {
    case Normalizer::kClip:
      return clip(logits, 0, 1) * share(ones(logits.shape(), logits.dtype()));
    case Normalizer::kSigmoid:
      return sigmoid(logits) * share(ones(logits.shape(), logits.dtype()));
    case Normalizer::kSoftmax:
      return share(exp(logits));
    case Normalizer::kNone:
      break;
  }
  return logits;
}

}  // namespace

Tensor normalized_weights(const Tensor& logits, const FixedPointMap& map, Normalizer normalizer) {
  if (normalizer == Normalizer::kNone) return logits;
  const GraphPtr graph = map.batch->graph_pointer();
  const Tensor weights = TensorAccess::make(logits.shape(), logits.dtype());
  const Orientation orientation = map.orientation;
  with_values(logits, [&]<class T>(T) {
    contraction::normalize(*graph, orientation, normalizer, logits.matrix<T>(),
                           weights.matrix<T>());
  });
  return record("normalized_weights", {logits}, weights, [=](Adjoint& a) {
    if (a.create_graph()) {
      give_composed(a, composed_weights(logits, map, normalizer), {logits});
      return;
    }
    const Tensor result = TensorAccess::make(logits.shape(), logits.dtype());
    with_values(logits, [&]<class T>(T) {
      contraction::normalize_gradient(*graph, orientation, normalizer, logits.matrix<T>(),
                                      weights.matrix<T>(), a.gradient().matrix<T>(),
                                      result.matrix<T>());
    });
    a.give(0, result);
  });
}

Tensor dirichlet_weights(const Tensor& conductances, const Array<Index>& is_fixed,
                         const FixedPointMap& map) {
  const GraphPtr graph = map.batch->graph_pointer();
  const Tensor weights = TensorAccess::make(conductances.shape(), conductances.dtype());
  const Orientation orientation = map.orientation;
  with_values(conductances, [&]<class T>(T) {
    contraction::dirichlet_weights(*graph, orientation, conductances.matrix<T>(), is_fixed,
                                   weights.matrix<T>());
  });
  return record("dirichlet_weights", {conductances}, weights, [=](Adjoint& a) {
    if (a.create_graph()) {
      give_composed(a, share_of_row(conductances, map) * free_rows(conductances, is_fixed, map),
                    {conductances});
      return;
    }
    const Tensor result = TensorAccess::make(conductances.shape(), conductances.dtype());
    with_values(conductances, [&]<class T>(T) {
      contraction::dirichlet_weights_gradient(*graph, orientation, conductances.matrix<T>(),
                                              weights.matrix<T>(), a.gradient().matrix<T>(),
                                              result.matrix<T>());
    });
    a.give(0, result);
  });
}

Tensor fixed_point(const Tensor& weights, const Tensor& bias, const FixedPointMap& map,
                   const FixedPointSolverPtr& solver) {
  FILIGREE_REQUIRE(weights.dtype() == bias.dtype(),
                   "fixed_point: weights {} {} and bias {} {} differ in type: cast() one",
                   weights.shape().text(), name_of(weights.dtype()), bias.shape().text(),
                   name_of(bias.dtype()));
  const Tensor z = TensorAccess::make(bias.shape(), bias.dtype());
  bias.dtype() == DType::kF32 ? solve_forward<float>(map, weights, bias, *solver, z)
                              : solve_forward<double>(map, weights, bias, *solver, z);
  return record("fixed_point", {weights, bias}, z, [=](Adjoint& a) {
    if (a.create_graph()) {
      // With phi = identity, y solves the map with rows and columns exchanged.
      FILIGREE_REQUIRE(map.phi.kind == contraction::Activation::kIdentity,
                       "second derivatives of a fixed point need phi = identity");
      FixedPointMap exchanged = map;
      exchanged.orientation = flipped(map.orientation);
      // Now columns sum to at most 1. With gamma = 0 the weights do not matter.
      if (map.bound == contraction::Bound::kRowSums && map.gamma > 0) {
        exchanged.bound = contraction::Bound::kDeclared;
        exchanged.factor = map.gamma;
      }
      const Tensor y = fixed_point(weights, a.gradient(), exchanged, solver);
      if (a.wants(1)) a.give(1, y);
      if (!a.wants(0)) return;
      const GraphPtr& graph = map.batch->graph_pointer();
      const Tensor rows = gather_rows(y, graph, map.orientation);
      a.give(0, scale(rows * gather_rows(a.output(), graph, exchanged.orientation), map.gamma));
      return;
    }
    const Tensor bias_gradient = TensorAccess::make(bias.shape(), bias.dtype());
    const Tensor weight_gradient =
        a.wants(0) ? TensorAccess::make(weights.shape(), weights.dtype()) : Tensor();
    bias.dtype() == DType::kF32 ? solve_adjoint<float>(map, weights, z, a.gradient(), *solver,
                                                       bias_gradient, weight_gradient)
                                : solve_adjoint<double>(map, weights, z, a.gradient(), *solver,
                                                        bias_gradient, weight_gradient);
    if (a.wants(0)) a.give(0, weight_gradient);
    if (a.wants(1)) a.give(1, bias_gradient);
  });
}

}  // namespace filigree::learning
