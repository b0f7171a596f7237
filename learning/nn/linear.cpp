// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/linear.hpp"

#include "learning/nn/dense.hpp"

namespace filigree::learning {

Linear::Linear(Index in, Index out, DType dtype, bool has_bias)
    : weight({out, in}, Init::fan_in(in), dtype) {
  if (has_bias) bias = Parameter({out}, Init::fan_in(in), dtype);
}

Tensor Linear::operator()(const Tensor& x, Activation activation) const {
  return dense(x, weight.value, bias.value, activation);
}

Mlp::Mlp(const std::vector<Index>& widths, Activation hidden_activation, Activation last_activation,
         DType dtype)
    : hidden(hidden_activation), last(last_activation) {
  FILIGREE_REQUIRE(widths.size() >= 2, "an MLP of {} widths: it needs those of input and output",
                   widths.size());
  for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
    layers.emplace_back(widths[l], widths[l + 1], dtype);
  }
}

Tensor Mlp::operator()(const Tensor& x) const {
  Tensor y = x;
  for (std::size_t l = 0; l < layers.size(); ++l) y = layers[l](y, activation_after(l));
  return y;
}

}  // namespace filigree::learning
