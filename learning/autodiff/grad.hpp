// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Gradients of what a tape has recorded. They are returned, never stored in tensors.
#pragma once

#include "learning/autodiff/tape.hpp"

namespace filigree::learning {

struct GradOptions {
  bool create_graph = false;  ///< record the computation of the gradient, to differentiate it again
  bool partial = false;       ///< take the tensors of `wrt` as independent of each other
  Tape* tape = nullptr;       ///< that recorded; null: the one that is on
};

/// d loss / d wrt_k for each k, with the shapes of wrt; zeros where the loss does not depend on it.
///
/// Cost: a few times that of the recorded computation. The tape that recorded `loss` must be on;
/// `loss` has one value. Throws InputError otherwise.
std::vector<Tensor> grad(const Tensor& loss, const std::vector<Tensor>& wrt,
                         GradOptions options = {});

/// Vector-Jacobian products: sum_i cotangent_i d output_i / d wrt_k. cotangent has the output's
/// shape.
std::vector<Tensor> vjp(const Tensor& output, const Tensor& cotangent,
                        const std::vector<Tensor>& wrt, GradOptions options = {});

/// The same for several outputs: sum_m sum_i cotangent_mi d output_mi / d wrt_k, added to sums_k
/// where it is defined. `sums` is empty or parallel to wrt.
std::vector<Tensor> vjp(const std::vector<Tensor>& outputs, const std::vector<Tensor>& cotangents,
                        const std::vector<Tensor>& wrt, GradOptions options = {},
                        std::vector<Tensor> sums = {});

/// Jacobian-vector product: sum_k (d output / d wrt_k) tangent_k, by differentiating the vjp, which
/// is linear in the cotangent. A tape must be recording.
Tensor jvp(const Tensor& output, const std::vector<Tensor>& wrt,
           const std::vector<Tensor>& tangents);

/// In the adjoint of a fused operation, for gradients that are differentiated again: gives `inputs`
/// the gradients of `composed`, the same function of them as operations.
void give_composed(Adjoint& adjoint, const Tensor& composed, const std::vector<Tensor>& inputs);

}  // namespace filigree::learning
