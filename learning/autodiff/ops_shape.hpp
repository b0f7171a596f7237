// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Operations that move values and compute nothing.
#pragma once

#include <array>
#include <vector>

#include "learning/autodiff/tensor.hpp"

namespace filigree::learning {

/// The same values in the same order; shares the memory.
Tensor reshape(const Tensor& x, const Shape& shape);
/// Entries [begin, end) of an axis.
Tensor slice(const Tensor& x, int axis, Index begin, Index end);
/// Zeros before and after an axis.
Tensor pad(const Tensor& x, int axis, Index before, Index after);
/// Joined along an axis; the other extents agree.
Tensor concat(const std::vector<Tensor>& parts, int axis = -1);
/// Joined along a new first axis; all have one shape.
Tensor stack(const std::vector<Tensor>& parts);
/// Repeated along axes of extent 1 and along new first axes.
Tensor broadcast(const Tensor& x, const Shape& shape);
/// Axis k of the result is axis axes[k] of x.
Tensor permute(const Tensor& x, const std::vector<int>& axes);

}  // namespace filigree::learning
