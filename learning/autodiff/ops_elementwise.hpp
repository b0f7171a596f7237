// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Operations value by value.
//
// Operations of two tensors broadcast as NumPy does: shapes are aligned at their last axes, and an
// axis of extent 1 (or none) is repeated. The gradient of a repeated input is summed over the
// repetitions. Mixed dtypes and shapes that do not fit throw InputError with both.
#pragma once

#include "learning/autodiff/tensor.hpp"

namespace filigree::learning {

Tensor add(const Tensor& a, const Tensor& b);
Tensor sub(const Tensor& a, const Tensor& b);
Tensor mul(const Tensor& a, const Tensor& b);
Tensor div(const Tensor& a, const Tensor& b);
/// The larger of both; where they are equal, the gradient goes to `a`.
Tensor maximum(const Tensor& a, const Tensor& b);
/// 1 where a > b, else 0. Not differentiated.
Tensor greater(const Tensor& a, const Tensor& b);
/// a where the mask is not 0, else b; the three have one shape.
Tensor where(const Tensor& mask, const Tensor& a, const Tensor& b);

Tensor neg(const Tensor& x);
Tensor scale(const Tensor& x, double factor);
Tensor shift(const Tensor& x, double offset);  ///< x + offset
Tensor pow(const Tensor& x, double exponent);  ///< x^exponent
Tensor exp(const Tensor& x);
Tensor log(const Tensor& x);
Tensor sqrt(const Tensor& x);
Tensor abs(const Tensor& x);  ///< slope 0 at 0
Tensor sin(const Tensor& x);
Tensor cos(const Tensor& x);
Tensor tanh(const Tensor& x);
Tensor erf(const Tensor& x);
Tensor sigmoid(const Tensor& x);   ///< 1 / (1 + e^-x)
Tensor softplus(const Tensor& x);  ///< log(1 + e^x)
Tensor relu(const Tensor& x);      ///< max(x, 0), slope 0 at 0
/// x where x > 0, else slope x; 0 <= slope <= 1.
Tensor leaky_relu(const Tensor& x, double slope = 0.01);
Tensor silu(const Tensor& x);  ///< x sigmoid(x)
Tensor gelu(const Tensor& x);  ///< x (1 + erf(x / sqrt 2)) / 2
/// min(max(x, low), high), slope 1 strictly between and 0 elsewhere.
Tensor clip(const Tensor& x, double low, double high);

/// The same values in the other number format.
Tensor cast(const Tensor& x, DType dtype);
/// The same values, through which no gradient goes.
Tensor stop_gradient(const Tensor& x);

inline Tensor operator+(const Tensor& a, const Tensor& b) {
  return add(a, b);
}
inline Tensor operator-(const Tensor& a, const Tensor& b) {
  return sub(a, b);
}
inline Tensor operator*(const Tensor& a, const Tensor& b) {
  return mul(a, b);
}
inline Tensor operator/(const Tensor& a, const Tensor& b) {
  return div(a, b);
}
inline Tensor operator-(const Tensor& x) {
  return neg(x);
}
inline Tensor operator+(const Tensor& x, double s) {
  return shift(x, s);
}
inline Tensor operator+(double s, const Tensor& x) {
  return shift(x, s);
}
inline Tensor operator-(const Tensor& x, double s) {
  return shift(x, -s);
}
inline Tensor operator-(double s, const Tensor& x) {
  return shift(neg(x), s);
}
inline Tensor operator*(const Tensor& x, double s) {
  return scale(x, s);
}
inline Tensor operator*(double s, const Tensor& x) {
  return scale(x, s);
}
inline Tensor operator/(const Tensor& x, double s) {
  return scale(x, 1 / s);
}

/// The shape that two broadcast shapes have together. Throws InputError naming both and `what`.
Shape broadcast_shape(const char* what, const Shape& a, const Shape& b);

}  // namespace filigree::learning
