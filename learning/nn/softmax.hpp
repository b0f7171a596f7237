// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Softmax and its logarithm. The largest value is taken off first: nothing overflows, and shares
// of large values are as exact as those of small ones.
#pragma once

#include "learning/autodiff/tensor.hpp"

namespace filigree::learning {

/// exp(x) / sum exp(x) along an axis, which must not be empty.
Tensor softmax(const Tensor& x, int axis = -1);
/// log softmax(x).
Tensor log_softmax(const Tensor& x, int axis = -1);

}  // namespace filigree::learning
