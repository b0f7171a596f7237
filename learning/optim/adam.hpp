// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Options of the optimizers that scale each value's step by the past size of its gradient.
//
// In step t = 1, 2, ... with gradient g, learning rate r and moments m = v = 0 at first:
//
//   adam    g' = g + w x,   m = b1 m + (1 - b1) g',  v = b2 v + (1 - b2) g'^2,
//           x -= r (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + e)
//   adamw   x -= r w x, then as adam with g' = g
//   adamax  g' = g + w x,   m as above,  u = max(b2 u, |g'| + e),  x -= r / (1 - b1^t) m / u
//
// with b1 = beta1, b2 = beta2, e = epsilon, w = weight_decay, as in PyTorch. Sources: [kingma2015],
// algorithms 1 and 2, which have no decay and no epsilon in the maximum; [loshchilov2019],
// algorithm 2, whose decay is not multiplied by the learning rate.
#pragma once

#include "core/reflect.hpp"

namespace filigree::optim {

/// In which the three differ.
struct AdamDocs {
  const char* beta2;
  const char* epsilon;
  const char* weight_decay;
};

/// The keys that all three have.
template <class V, class Options>
void reflect_adam(V& v, Options& o, const AdamDocs& docs) {
  v("learning_rate", o.learning_rate, About{.doc = "largest change of a value, about", .min = 0});
  v("beta1", o.beta1, About{.doc = "memory of the gradient", .min = 0, .below = 1});
  v("beta2", o.beta2, About{.doc = docs.beta2, .min = 0, .below = 1});
  v("epsilon", o.epsilon, About{.doc = docs.epsilon, .above = 0});
  v("weight_decay", o.weight_decay, About{.doc = docs.weight_decay, .min = 0});
}

struct Adam {
  static constexpr const char* kName = "adam";
  static constexpr const char* kDoc = "steps scaled by running moments of the gradient";
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;

  template <class V>
  void reflect(V& v) {
    reflect_adam(v, *this,
                 {.beta2 = "memory of the squared gradient",
                  .epsilon = "added to the root of the second moment",
                  .weight_decay = "this times the value is added to its gradient"});
  }
};

struct AdamW {
  static constexpr const char* kName = "adamw";
  static constexpr const char* kDoc = "adam with decay of the values apart from the gradient";
  double learning_rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;

  template <class V>
  void reflect(V& v) {
    reflect_adam(
        v, *this,
        {.beta2 = "memory of the squared gradient",
         .epsilon = "added to the root of the second moment",
         .weight_decay = "share of a value that a step takes away, over the learning rate"});
  }
};

struct Adamax {
  static constexpr const char* kName = "adamax";
  static constexpr const char* kDoc = "steps scaled by the largest gradient of late";
  double learning_rate = 2e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;

  template <class V>
  void reflect(V& v) {
    reflect_adam(v, *this,
                 {.beta2 = "memory of the largest gradient",
                  .epsilon = "added to the size of the gradient",
                  .weight_decay = "this times the value is added to its gradient"});
  }
};

}  // namespace filigree::optim
