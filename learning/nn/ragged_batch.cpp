// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/ragged_batch.hpp"

#include <algorithm>

#include "learning/autodiff/ops.hpp"

namespace filigree::learning {

RaggedBatch::RaggedBatch(const std::vector<Index>& offsets) {
  FILIGREE_REQUIRE(offsets.size() >= 2 && offsets[0] == 0,
                   "a ragged batch needs offsets that begin with 0 and end with the last sequence");
  n_sequences_ = static_cast<Index>(offsets.size()) - 1;
  for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
    FILIGREE_REQUIRE(offsets[s] < offsets[s + 1], "sequence {} of a ragged batch has {} tokens", s,
                     offsets[s + 1] - offsets[s]);
    longest_ = std::max(longest_, offsets[s + 1] - offsets[s]);
  }
  std::vector<Index> to_padded, to_tokens;
  std::vector<double> weights;
  for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
    for (Index place = 0; place < longest_; ++place) {
      const Index token = offsets[s] + place;
      const bool is_token = token < offsets[s + 1];
      if (is_token) to_tokens.push_back(static_cast<Index>(to_padded.size()));
      to_padded.push_back(is_token ? token : offsets[s]);
      weights.push_back(is_token ? 1 : 0);
    }
  }
  to_padded_ = selection(to_padded, offsets.back());
  to_tokens_ = selection(to_tokens, static_cast<Index>(to_padded.size()));
  const Shape shape{n_sequences_, longest_};
  weights_f32_ = keep(tensor(shape, weights, DType::kF32));
  weights_f64_ = keep(tensor(shape, weights, DType::kF64));
}

Tensor RaggedBatch::pad(const Tensor& tokens) const {
  FILIGREE_REQUIRE(tokens.rank() == 2 && tokens.rows() == to_tokens_->edge_count(),
                   "tokens {} for a ragged batch of {}: they must be [tokens, channels]",
                   tokens.shape().text(), to_tokens_->edge_count());
  const Tensor padded = gather_senders(tokens, to_padded_);
  const Tensor is_token = reshape(weights(tokens.dtype()), {padded.rows(), 1});
  return reshape(padded * is_token, {n_sequences_, longest_, tokens.columns()});
}

Tensor RaggedBatch::unpad(const Tensor& padded) const {
  const bool fits =
      padded.rank() == 3 && padded.extent(0) == n_sequences_ && padded.extent(1) == longest_;
  FILIGREE_REQUIRE(fits, "values {} for a ragged batch: they must be [{}, {}, channels]",
                   padded.shape().text(), n_sequences_, longest_);
  return gather_senders(reshape(padded, {n_sequences_ * longest_, padded.columns()}), to_tokens_);
}

const Tensor& RaggedBatch::weights(DType dtype) const {
  return dtype == DType::kF32 ? weights_f32_ : weights_f64_;
}

}  // namespace filigree::learning
