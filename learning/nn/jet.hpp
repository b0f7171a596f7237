// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Values of networks with their first and second derivatives with respect to the inputs, carried
// forward through the layers. What comes out are tensors like others: losses of derivatives are
// trained by reverse mode.
//
//   const Jet u = jet(mlp, x);                                  // x: [N, d]
//   const Tensor residual = u.second(0, 0) + u.second(1, 1) - f;     // Laplace's equation
//
// All channels go through a layer as one product. With z the values before an activation s,
//
//   y = s(z),   y_i = s'(z) z_i,   y_ij = s''(z) z_i z_j + s'(z) z_ij
#pragma once

#include "learning/nn/linear.hpp"

namespace filigree::learning {

struct Jet {
  Tensor channels;     ///< [C, N, m]: value, d first derivatives, then second ones for i <= j
  int dimensions = 0;  ///< d
  int order = 2;       ///< 1: without second derivatives

  Tensor value() const;               ///< [N, m]
  Tensor first(int i) const;          ///< d value / d x_i, [N, m]
  Tensor second(int i, int j) const;  ///< d^2 value / d x_i d x_j, [N, m]
  Tensor laplacian() const;           ///< sum of second(i, i)
};

/// Number of channels: 1 + d + d (d + 1) / 2 for order 2.
int jet_channels(int dimensions, int order);

/// The inputs themselves, x: [N, d] with d at most 4.
Jet jet_of_inputs(const Tensor& x, int order = 2);

/// The channels of f(x W^T + b); W: [out, in], b: [out] or undefined.
Jet jet_dense(const Jet& x, const Tensor& weight, const Tensor& bias, Activation f);

/// The network's values and derivatives at x: [N, d].
Jet jet(const Mlp& mlp, const Tensor& x, int order = 2);

}  // namespace filigree::learning
