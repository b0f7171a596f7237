// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Optimizers: from gradients to new values of the parameters.
//
//   const Parameters weights = trained(parameters(model));
//   Optimizer optimizer(AdamW{.learning_rate = 1e-3}, weights);
//   Tape tape;
//   for (...) {
//     Tape::Scope on(tape);
//     const std::vector<Tensor> gradients = grad(loss(model, batch), values(weights));
//     optimizer.step(weights, gradients, learning_rate);        // schedule.hpp, clip.hpp
//     tape.reset();
//   }
//
// Parts of a model that need other options (no decay of biases, say) are optimizers of their own,
// each on its share of the parameters.
#pragma once

#include <variant>

#include "core/state_visitor.hpp"
#include "learning/nn/module.hpp"
#include "learning/optim/adam.hpp"
#include "learning/optim/sgd.hpp"

namespace filigree::optim {

using learning::Parameters;
using learning::Tensor;

/// The rules; their formulas stand in adam.hpp and sgd.hpp.
using OptimizerOptions = std::variant<Adam, AdamW, Adamax, Sgd>;

inline double learning_rate(const OptimizerOptions& options) {
  return std::visit([](const auto& o) { return o.learning_rate; }, options);
}

class Optimizer {
 public:
  /// Takes memory for the moments of these parameters, all zero.
  Optimizer(const OptimizerOptions& options, const Parameters& parameters);

  /// One step: gradients[k] belongs to parameters[k], and the parameters are those of the
  /// constructor, in its order. The values change in place: tensors made from the old ones are
  /// refused afterwards, so take gradients before. The same bits for any number of threads; no
  /// allocation. Throws InputError naming the parameter whose gradient has another shape or type.
  void step(const Parameters& parameters, const std::vector<Tensor>& gradients,
            double learning_rate);
  /// With the learning rate of the options.
  void step(const Parameters& parameters, const std::vector<Tensor>& gradients) {
    step(parameters, gradients, optim::learning_rate(options_));
  }

  const OptimizerOptions& options() const { return options_; }
  std::int64_t steps() const { return steps_; }

  /// The number of steps and the moments, "optimizer.first.encoder.0.weight": a run that goes on
  /// from them gets the same bits.
  void reflect_state(StateVisitor& visitor);

 private:
  /// One moment per parameter, by the parameters' names; none where the rule needs none.
  struct Moments {
    std::vector<learning::Parameter> values;
    Parameters named(const std::vector<std::string>& names);
  };

  OptimizerOptions options_;
  std::vector<std::string> names_;
  Moments first_, second_;
  std::int64_t steps_ = 0;
};

}  // namespace filigree::optim
