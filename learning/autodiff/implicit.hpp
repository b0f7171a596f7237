// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Solutions of equations as operations: memory does not grow with the iterations, and gradients are
// those of the solution, not of the path to it.
//
//   const Tensor z = fixed_point([=](const Tensor& z) { return tanh(matmul(z, w) + x); }, z0);
//   grad(loss(z), {w, x});
//
// The solve is not recorded. At the solution z* = f(z*, t) the implicit function theorem gives
//
//   dL/dt = (df/dt)^T u   with   u = dL/dz* + (df/dz)^T u
//
// and u comes from the same kind of iteration on vector-Jacobian products of one application of f
// (bai2019, theorem 1). A solve that stalls throws NumericalError, in either
// direction, unless the options ask for the report alone.
//
// The function is called again when gradients are taken: capture by value. Gradients go to all
// tensors it uses. Gradients of any order are available (GradOptions::create_graph).
#pragma once

#include <memory>

#include "learning/autodiff/iterations.hpp"

namespace filigree::learning {

/// How the last solves went, for whoever asked: forward when the operation ran, adjoint when
/// gradients were last taken.
struct ImplicitReport {
  SolveReport forward, adjoint;
};

struct FixedPointOptions {
  IterationOptions forward, adjoint;
  std::shared_ptr<ImplicitReport> report{};  ///< filled in if there is one
};

/// z with z = f(z), found from z0, which gets no gradient.
Tensor fixed_point(const TensorMap& f, const Tensor& z0, const FixedPointOptions& options = {});

struct LinearSolveOptions {
  LinearOptions forward, adjoint;
  std::shared_ptr<ImplicitReport> report{};
};

/// x with A(x) = b for a linear A. Gradients: with A^T w = dL/dx, w to b and -(d(A x)/dt)^T w to
/// what A depends on.
Tensor linear_solve(const TensorMap& a, const Tensor& b, const LinearSolveOptions& options = {});

}  // namespace filigree::learning
