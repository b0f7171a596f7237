// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// L-BFGS (lbfgs.hpp) on the parameters of a model: few values, the whole loss in every evaluation.
//
//   const LbfgsState end = minimize(trained(parameters(model)), [&] { return loss(model, data); });
#pragma once

#include <functional>
#include <vector>

#include "core/state_visitor.hpp"
#include "learning/nn/module.hpp"
#include "learning/optim/lbfgs.hpp"

namespace filigree::optim {

using learning::Parameters;
using learning::Tensor;

/// The loss of the model as its parameters are: a tensor with one value.
using Loss = std::function<Tensor()>;

/// All values of the parameters in a row, and back.
std::vector<double> flat_values(const Parameters& parameters);
void set_flat_values(const Parameters& parameters, const std::vector<double>& values);

/// The loss as a function of the flat values, with its gradient by a tape of its own. Calling it
/// leaves the parameters at the point of the call, so set_flat_values(parameters, state.x) at the
/// end. The parameters must outlive it.
Objective objective(const Parameters& parameters, const Loss& loss);

/// Minimises the loss from the present values on; the parameters end at the best point. Parameters
/// of f64 are advisable: in f32 the line search ends when round-off hides the descent.
LbfgsState minimize(const Parameters& parameters, const Loss& loss,
                    const LbfgsOptions& options = {}, const Progress& progress = {});

/// An unfinished minimisation as state of a run: "lbfgs.x", "lbfgs.changes.0.x", ...
void reflect_state(LbfgsState& state, StateVisitor& visitor);

}  // namespace filigree::optim
