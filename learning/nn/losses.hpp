// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Losses: scalars that training makes small.
#pragma once

#include <vector>

#include "learning/autodiff/ops_graph.hpp"

namespace filigree::learning {

/// Mean of (x - target)^2 over all values. Both have one shape.
Tensor mean_squared_error(const Tensor& x, const Tensor& target);
/// Mean of |x - target| over all values.
Tensor mean_absolute_error(const Tensor& x, const Tensor& target);
/// Mean over the samples, which the first axis counts, of |x_s - target_s| / |target_s|, Euclidean
/// norms over the other axes. The target of no sample may be all zero.
Tensor relative_l2_error(const Tensor& x, const Tensor& target);

/// The right class of each sample.
struct Labels {
  /// Throws InputError naming the first label that is not in [0, n).
  Labels(const std::vector<Index>& classes, Index n);

  Index n_classes;
  GraphPtr entries;  ///< sample i picks entry i n_classes + classes[i]
};

/// Mean over the samples of -log softmax(scores)_{label}. scores: [n_samples, n_classes].
Tensor cross_entropy(const Tensor& scores, const Labels& labels);

}  // namespace filigree::learning
