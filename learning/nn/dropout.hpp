// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Dropout: values left out at random while training.
#pragma once

#include <string>

#include "learning/autodiff/tensor.hpp"
#include "learning/nn/mode.hpp"

namespace filigree::learning {

/// y = x m, m = 0 with probability `rate`, else 1 / (1 - rate); y = x at inference.
///
/// Value i is left out by random number i of the stream named after the layer, in the draw of the
/// step: the same for any number of threads, and again when a step is repeated from a checkpoint.
/// Layers of one model need names that differ. Source: [srivastava2014], scaled while training.
struct Dropout {
  std::string name;
  double rate = 0.5;  ///< in [0, 1)

  Tensor operator()(const Tensor& x, const Mode& mode) const;
};

}  // namespace filigree::learning
