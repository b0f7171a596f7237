// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Helpers of the tests of learning.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/error.hpp"
#include "core/random.hpp"
#include "learning/autodiff/tensor.hpp"

namespace filigree::learning::testing {

/// The text of the error of type E that the call throws.
template <class E, class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another kind of error: " << error.what();
    return "";
  }
  ADD_FAILURE() << "no error";
  return "";
}

/// Values in [low, high) that depend on the name alone. Those of f32 are those of f64, rounded.
inline Tensor random_tensor(const Shape& shape, const char* name, DType dtype = DType::kF64,
                            double low = -1, double high = 1) {
  const RandomStream random(5, name);
  std::vector<double> values(static_cast<std::size_t>(shape.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = random.between<double>(low, high, i);
  }
  return tensor(shape, values, dtype);
}

/// The largest difference between two tensors.
inline double distance(const Tensor& a, const Tensor& b) {
  const auto x = to_vector(a);
  const auto y = to_vector(b);
  EXPECT_EQ(a.shape(), b.shape());
  double largest = 0;
  for (std::size_t i = 0; i < x.size() && i < y.size(); ++i) {
    const double difference = std::abs(x[i] - y[i]);
    if (!(difference <= largest)) largest = difference;  // a NaN stays
  }
  return largest;
}

}  // namespace filigree::learning::testing
