// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Softmax and its logarithm, computed without overflow.
#pragma once

#include "learning/autodiff/tensor.hpp"

namespace filigree::learning {

/// exp(x) / sum exp(x) along an axis, which must not be empty.
Tensor softmax(const Tensor& x, int axis = -1);
/// log softmax(x) = x - logsumexp(x).
Tensor log_softmax(const Tensor& x, int axis = -1);

}  // namespace filigree::learning
