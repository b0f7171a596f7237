// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Gradients kept from being too large. Tensors do not change: new ones are returned, in the memory
// of the tape that is on, and not recorded.
#pragma once

#include <vector>

#include "learning/autodiff/tensor.hpp"

namespace filigree::optim {

using learning::Tensor;

/// sqrt of the sum of the squares of all values of all gradients; NaN if one is NaN.
double global_norm(const std::vector<Tensor>& gradients);

struct ClippedGradients {
  std::vector<Tensor> gradients;
  double norm = 0;  ///< before clipping; worth logging, and not finite when training has failed
};

/// All gradients times min(1, largest / (norm + 1e-6)), norm = global_norm, so that their direction
/// stays. Source: [pascanu2013], algorithm 1; the 1e-6 is PyTorch's.
ClippedGradients clip_by_norm(const std::vector<Tensor>& gradients, double largest);

/// Each value kept within [-largest, largest].
std::vector<Tensor> clip_by_value(const std::vector<Tensor>& gradients, double largest);

}  // namespace filigree::optim
