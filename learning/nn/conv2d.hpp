// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Convolutions of images on regular grids, for small networks.
#pragma once

#include "learning/nn/activation.hpp"
#include "learning/nn/module.hpp"

namespace filigree::learning {

/// The window of a convolution: the same along both axes.
struct Window {
  Index size = 3;     ///< pixels along an axis
  Index stride = 1;   ///< pixels from one window to the next
  Index padding = 0;  ///< zeros around the image
};

/// The windows of an image as rows, and its adjoint, which adds them up again.
/// unfold: [B, H, W, C] -> [B oh ow, k k C], with oh = (H + 2 padding - k) / stride + 1, rounded
/// down; fold: back, to an image of the given shape.
Tensor unfold(const Tensor& image, const Window& window);
Tensor fold(const Tensor& rows, const Shape& image, const Window& window);

/// y_{b i j o} = bias_o + sum over c, p, q of weight_{o c p q} x_{b, s i + p - padding,
/// s j + q - padding, c}, with s the stride: the cross-correlation that other libraries call
/// convolution, on images with the channels last.
/// x: [B, H, W, in], weight: [out, in, k, k], bias: [out] or undefined, y: [B, oh, ow, out].
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Window& window);

struct Conv2d {
  Conv2d() = default;
  /// Weights begin uniform within +-1 / sqrt(in k k), as does the bias.
  Conv2d(Index in, Index out, Window window, DType dtype = DType::kF32, bool has_bias = true);

  Parameter weight;
  Parameter bias;
  Window window;

  template <class V>
  void reflect(V& v) {
    v("weight", weight);
    v("bias", bias);
  }

  Tensor operator()(const Tensor& x) const { return conv2d(x, weight.value, bias.value, window); }
};

}  // namespace filigree::learning
