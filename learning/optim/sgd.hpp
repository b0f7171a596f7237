// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Options of gradient descent with momentum.
//
//   g' = g + w x,   b = k b + g',   x -= r b,   or with Nesterov's look ahead  x -= r (g' + k b)
//
// with learning rate r, weight decay w, momentum k and b = 0 at first, as in PyTorch. Source:
// [sutskever2013], eqs. 1 to 4, whose b is -r times ours.
#pragma once

#include <string>

#include "core/reflect.hpp"

namespace filigree::optim {

struct Sgd {
  static constexpr const char* kName = "sgd";
  static constexpr const char* kDoc = "steps along the gradient, with momentum if asked for";
  double learning_rate = 1e-2;
  double momentum = 0;
  bool nesterov = false;
  double weight_decay = 0;

  template <class V>
  void reflect(V& v) {
    v("learning_rate", learning_rate, About{.doc = "step per gradient", .min = 0});
    v("momentum", momentum, About{.doc = "share of the last step kept", .min = 0, .below = 1});
    v("nesterov", nesterov, About{.doc = "looks ahead along the momentum"});
    v("weight_decay", weight_decay,
      About{.doc = "this times the value is added to its gradient", .min = 0});
  }
  std::string validate() const {
    return nesterov && momentum == 0 ? "nesterov: needs a momentum above 0" : "";
  }
};

}  // namespace filigree::optim
