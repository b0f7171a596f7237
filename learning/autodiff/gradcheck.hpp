// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Gradients against central differences, with a report that names the worst entry.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "learning/autodiff/tensor.hpp"

namespace filigree::learning {

/// A function under test. Its result may have any shape; what is differentiated is its sum with
/// fixed random weights, so that errors of different entries do not cancel.
using TensorFunction = std::function<Tensor(const std::vector<Tensor>&)>;

struct GradcheckOptions {
  double step = 1e-5;            ///< of the central differences, relative to max(1, |x|)
  double tolerance = 1e-7;       ///< relative to the largest gradient entry of the input, or to 1
  bool second_order = true;      ///< also the derivative of the gradient in a random direction
  std::vector<bool> is_asked{};  ///< which inputs to differentiate; empty: all
};

struct GradcheckReport {
  bool passed = true;
  double worst = 0;  ///< largest error, in multiples of the scale that the tolerance refers to
  std::string text;  ///< "first order, input 1, entry 7: 0.123 by differences, 0.124 by the tape"
};

/// Checks all inputs, which must be f64. The function is called twice per entry of the inputs.
GradcheckReport gradcheck(const TensorFunction& function, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options = {});

}  // namespace filigree::learning
