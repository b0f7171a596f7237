// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Learned vectors for whole numbers, such as kinds of particles.
#pragma once

#include "learning/autodiff/ops_graph.hpp"
#include "learning/nn/module.hpp"

namespace filigree::learning {

/// y_i = weight_{k_i}. weight: [n_kinds, width], normal with deviation 1 at first, y: [n, width].
struct Embedding {
  Embedding() = default;
  Embedding(Index n_kinds, Index width, DType dtype = DType::kF32)
      : weight({n_kinds, width}, Init::normal(1), dtype) {}

  Parameter weight;

  template <class V>
  void reflect(V& v) {
    v("weight", weight);
  }

  /// `kinds` is selection(k, n_kinds), which is worth keeping while k stays the same.
  Tensor operator()(const GraphPtr& kinds) const { return gather_senders(weight.value, kinds); }
};

}  // namespace filigree::learning
