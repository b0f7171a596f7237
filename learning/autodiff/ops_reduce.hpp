// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Reductions. Sums run over fixed blocks, so that the bits do not depend on the number of threads.
#pragma once

#include "learning/autodiff/tensor.hpp"

namespace filigree::learning {

/// Over all values: a scalar.
Tensor sum(const Tensor& x);
Tensor mean(const Tensor& x);

/// Over one axis, which the result does not have.
Tensor sum(const Tensor& x, int axis);
Tensor mean(const Tensor& x, int axis);
/// The gradient goes to the first of equal largest values. The axis must not be empty.
Tensor max(const Tensor& x, int axis);
/// log sum exp(x), computed without overflow. The axis must not be empty.
Tensor logsumexp(const Tensor& x, int axis);

/// Summed over the axes that broadcasting `shape` to the shape of x would repeat.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace filigree::learning
