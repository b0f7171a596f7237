// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Matrix products.
#pragma once

#include "learning/autodiff/tensor.hpp"

namespace filigree::learning {

struct Transposed {
  bool a = false;
  bool b = false;
};

/// op(a) op(b), op being the transpose where asked for. Both have two axes, or three: then the
/// first counts the products of a batch. Throws InputError naming both shapes if they do not fit.
Tensor matmul(const Tensor& a, const Tensor& b, Transposed transposed = {});

/// The last two axes exchanged.
Tensor transpose(const Tensor& x);

}  // namespace filigree::learning
