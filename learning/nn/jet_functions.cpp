// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/jet_functions.hpp"

#include <numbers>

namespace filigree::learning::jet_functions {

ValueSlopeBend derivatives(Activation f, const Tensor& x) {
  const auto constant = [&](double value) { return scalar(value, x.dtype()); };
  const auto of_sigmoid = [&]() -> ValueSlopeBend {
    const Tensor y = sigmoid(x);
    const Tensor s = y * (1 - y);
    return {y, s, s * (1 - 2.0 * y)};
  };
  switch (f) {
    case Activation::kIdentity:
      return {x, constant(1), constant(0)};
    case Activation::kRelu:
    case Activation::kLeakyRelu: {
      const double below = f == Activation::kRelu ? 0 : kLeakySlope;
      return {apply(f, x), greater(x, constant(0)) * (1 - below) + below, constant(0)};
    }
    case Activation::kTanh: {
      const Tensor t = tanh(x);
      const Tensor s = 1 - t * t;
      return {t, s, -2.0 * t * s};
    }
    case Activation::kSigmoid:
      return of_sigmoid();
    case Activation::kSoftplus: {
      const auto s = of_sigmoid();
      return {softplus(x), s.value, s.slope};
    }
    case Activation::kSilu: {
      const auto s = of_sigmoid();
      return {x * s.value, s.value + x * s.slope, 2.0 * s.slope + x * s.bend};
    }
    case Activation::kGelu: {
      const Tensor share = (1 + erf(x / std::numbers::sqrt2)) / 2.0;
      const Tensor density = exp(x * x / -2.0) * (std::numbers::inv_sqrtpi / std::numbers::sqrt2);
      return {x * share, share + x * density, density * (2 - x * x)};
    }
    case Activation::kSin:
      return {sin(x), cos(x), -sin(x)};
  }
  return {x, constant(1), constant(0)};
}

}  // namespace filigree::learning::jet_functions
