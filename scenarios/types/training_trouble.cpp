// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/training_trouble.hpp"

#include <cmath>

#include "learning/autodiff/tensor.hpp"

namespace filigree {

namespace {

Trouble diverged(const std::string& what, const std::string& where) {
  return {what, where, "training diverged",
          "lower training.optimizer.learning_rate or set training.clip_norm"};
}

}  // namespace

std::optional<Trouble> trouble_of(const learning::Update& update, const std::string& where) {
  if (std::isfinite(update.loss) && std::isfinite(update.gradient_norm)) return std::nullopt;
  return diverged(
      format("the loss is {} and the norm of its gradient {}", update.loss, update.gradient_norm),
      where);
}

std::optional<Trouble> trouble_of(const learning::Parameters& parameters,
                                  const std::string& where) {
  for (const auto& [name, parameter] : parameters) {
    for (const double value : learning::to_vector(parameter->value)) {
      if (!std::isfinite(value)) return diverged(format("parameter {} is not finite", name), where);
    }
  }
  return std::nullopt;
}

}  // namespace filigree
