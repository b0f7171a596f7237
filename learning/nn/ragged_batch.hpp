// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Sequences of different lengths as one tensor: the tokens of all one after the other, or each
// padded to the longest.
#pragma once

#include <vector>

#include "learning/autodiff/ops_graph.hpp"

namespace filigree::learning {

/// Sequence s has the tokens [offsets[s], offsets[s + 1]). Worth keeping while the lengths stay the
/// same.
class RaggedBatch {
 public:
  /// Throws InputError unless the offsets rise from 0 and no sequence is empty.
  explicit RaggedBatch(const std::vector<Index>& offsets);

  Index n_sequences() const { return n_sequences_; }
  Index longest() const { return longest_; }

  /// [tokens, channels] -> [sequences, longest, channels], 0 where there is no token.
  Tensor pad(const Tensor& tokens) const;
  /// The tokens of such a tensor: the inverse of pad().
  Tensor unpad(const Tensor& padded) const;
  /// 1 for a token, 0 for padding. [sequences, longest]
  const Tensor& weights(DType dtype) const;

 private:
  Index n_sequences_ = 0;
  Index longest_ = 0;
  GraphPtr to_padded_, to_tokens_;
  Tensor weights_f32_, weights_f64_;
};

}  // namespace filigree::learning
