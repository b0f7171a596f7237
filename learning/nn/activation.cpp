// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/activation.hpp"

#include "learning/autodiff/ops_elementwise.hpp"

namespace filigree::learning {

Tensor apply(Activation activation, const Tensor& x) {
  switch (activation) {
    case Activation::kIdentity:
      return x;
    case Activation::kRelu:
      return relu(x);
    case Activation::kLeakyRelu:
      return leaky_relu(x, kLeakySlope);
    case Activation::kTanh:
      return tanh(x);
    case Activation::kSigmoid:
      return sigmoid(x);
    case Activation::kSilu:
      return silu(x);
    case Activation::kGelu:
      return gelu(x);
    case Activation::kSoftplus:
      return softplus(x);
    case Activation::kSin:
      return sin(x);
  }
  return x;
}

bool is_nonexpansive(Activation activation) {
  return activation != Activation::kSilu && activation != Activation::kGelu;
}

}  // namespace filigree::learning
