// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/optim/clip.hpp"

#include <cmath>

#include "learning/autodiff/ops.hpp"
#include "learning/autodiff/tape.hpp"

namespace filigree::optim {

double global_norm(const std::vector<Tensor>& gradients) {
  if (gradients.empty()) return 0;
  const learning::Unrecorded unrecorded;
  std::vector<Tensor> squares;
  for (const Tensor& g : gradients) squares.push_back(cast(sum(g * g), DType::kF64));
  return std::sqrt(item(sum(stack(squares))));
}

ClippedGradients clip_by_norm(const std::vector<Tensor>& gradients, double largest) {
  FILIGREE_REQUIRE(largest > 0, "the largest norm of gradients is {}: it must be above 0", largest);
  ClippedGradients result{gradients, global_norm(gradients)};
  const double share = largest / (result.norm + 1e-6);
  if (share >= 1) return result;
  const learning::Unrecorded unrecorded;
  for (Tensor& g : result.gradients) g = scale(g, share);
  return result;
}

std::vector<Tensor> clip_by_value(const std::vector<Tensor>& gradients, double largest) {
  FILIGREE_REQUIRE(largest > 0, "the largest value of gradients is {}: it must be above 0",
                   largest);
  const learning::Unrecorded unrecorded;
  std::vector<Tensor> result;
  for (const Tensor& g : gradients) result.push_back(clip(g, -largest, largest));
  return result;
}

}  // namespace filigree::optim
