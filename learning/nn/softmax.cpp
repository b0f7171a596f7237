// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/softmax.hpp"

#include "learning/autodiff/ops.hpp"
#include "learning/autodiff/tape.hpp"

namespace filigree::learning {

namespace {

Tensor shifted(const Tensor& x, int axis) {
  return x - reshape(logsumexp(x, axis), x.shape().with(axis, 1));
}

Tensor values_of_softmax(const Tensor& x, int axis) {
  const Unrecorded unrecorded;
  return exp(shifted(x, axis));
}

}  // namespace

// One record instead of four: with y = softmax(x) the adjoint is y (g - sum(g y)).
Tensor softmax(const Tensor& x, int axis) {
  return record("softmax", {x}, values_of_softmax(x, axis), [=](Adjoint& a) {
    const Tensor y = a.output();
    const Tensor weighted = a.gradient() * y;
    const Tensor total = reshape(sum(weighted, axis), x.shape().with(axis, 1));
    a.give(0, weighted - y * total);
  });
}

Tensor log_softmax(const Tensor& x, int axis) {
  return shifted(x, axis);
}

}  // namespace filigree::learning
