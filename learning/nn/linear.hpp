// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Linear layers and multi-layer perceptrons.
#pragma once

#include <vector>

#include "learning/nn/activation.hpp"
#include "learning/nn/module.hpp"

namespace filigree::learning {

/// y = x W^T + b. x: [..., in], weight: [out, in], bias: [out], y: [..., out].
/// Both begin uniform within +-1 / sqrt(in).
struct Linear {
  Linear() = default;
  Linear(Index in, Index out, DType dtype = DType::kF32, bool has_bias = true);

  Parameter weight;
  Parameter bias;  ///< undefined without a bias

  template <class V>
  void reflect(V& v) {
    v("weight", weight);
    v("bias", bias);
  }

  Index in() const { return weight.value.extent(1); }
  Index out() const { return weight.value.extent(0); }
  Tensor operator()(const Tensor& x, Activation activation = Activation::kIdentity) const;
};

/// Linear layers one after the other, with `hidden` after all but the last and `last` after that.
struct Mlp {
  Mlp() = default;
  /// widths: those of the input, the hidden layers and the output.
  Mlp(const std::vector<Index>& widths, Activation hidden_activation,
      Activation last_activation = Activation::kIdentity, DType dtype = DType::kF32);

  std::vector<Linear> layers;
  Activation hidden = Activation::kRelu;
  Activation last = Activation::kIdentity;

  template <class V>
  void reflect(V& v) {
    v("layers", layers);
  }

  Index in() const { return layers.front().in(); }
  Index out() const { return layers.back().out(); }
  Activation activation_after(std::size_t layer) const {
    return layer + 1 < layers.size() ? hidden : last;
  }
  Tensor operator()(const Tensor& x) const;
};

}  // namespace filigree::learning
