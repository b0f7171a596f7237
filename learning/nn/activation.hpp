// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Activations by name, for layers and scenario files.
#pragma once

#include <array>

#include "core/reflect.hpp"
#include "learning/autodiff/tensor.hpp"

namespace filigree::learning {

enum class Activation {
  kIdentity,
  kRelu,
  kLeakyRelu,
  kTanh,
  kSigmoid,
  kSilu,
  kGelu,
  kSoftplus,
  kSin
};

/// Slope of leaky_relu below 0, where it is named and not called.
inline constexpr double kLeakySlope = 0.01;

Tensor apply(Activation activation, const Tensor& x);

/// True when |f(x) - f(y)| <= |x - y| for all x and y. It fails for silu (slope up to 1.0998) and
/// gelu (up to 1.1289).
bool is_nonexpansive(Activation activation);

}  // namespace filigree::learning

template <>
struct filigree::EnumNames<filigree::learning::Activation> {
  static constexpr std::array names{"identity", "relu", "leaky_relu", "tanh", "sigmoid",
                                    "silu",     "gelu", "softplus",   "sin"};
};
