// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Attention: each query token becomes a mean of the context tokens that suit it.
//
// Tokens are [batch, tokens, channels]. Context tokens may have weights c [batch, tokens] >= 0: a
// token counts c times, 0 being padding (ragged_batch.hpp). Channels are split over heads of d
// channels each, which attend on their own and are joined again.
#pragma once

#include "learning/nn/linear.hpp"
#include "learning/nn/ragged_batch.hpp"

namespace filigree::learning {

enum class AttentionKind { kSoftmax, kLinear };

/// phi of linear attention: softmax over the channels of a head, or elu + 1.
enum class FeatureMap { kSoftmax, kElu };

struct Heads {
  Index n_heads = 1;
  AttentionKind kind = AttentionKind::kSoftmax;
  FeatureMap features = FeatureMap::kSoftmax;  ///< linear attention only
  bool adds_query = false;                     ///< linear attention only: y_i + phi(q_i)
};

/// Attention of tokens that are projected already. Per head,
///
///   softmax  y_i = sum_t c_t exp(q_i . k_t / sqrt(d)) v_t / sum_t c_t exp(q_i . k_t / sqrt(d))
///   linear   y_i = phi(q_i) (sum_t c_t phi(k_t) v_t^T) / (phi(q_i) . sum_t c_t phi(k_t))
///
/// queries: [B, L, C], keys, values: [B, T, C], weights: [B, T] or undefined for all 1, result:
/// [B, L, C]. Softmax attention takes B L T scores per head, linear attention B d^2 sums. Sources:
/// [vaswani2017], eq. 1; [katharopoulos2020] (linear, elu); [hao2023] (linear, softmax).
Tensor attend(const Tensor& queries, const Tensor& keys, const Tensor& values,
              const Tensor& weights, const Heads& heads);

/// y = W_o attend(W_q x, W_k c, W_v c) + b_o for tokens x and their context c, W_q, W_k, W_v with
/// biases too. Self-attention is the case c = x.
struct Attention {
  Attention() = default;
  /// width: channels of tokens and result, a multiple of the number of heads.
  Attention(Index width, Index context_width, const Heads& split_over, DType dtype = DType::kF32);

  Linear query;
  Linear key;
  Linear value;
  Linear output;
  Heads heads;

  template <class V>
  void reflect(V& v) {
    v("query", query);
    v("key", key);
    v("value", value);
    v("output", output);
  }

  /// x: [B, L, width], context: [B, T, context_width], weights: [B, T] or undefined.
  Tensor operator()(const Tensor& x, const Tensor& context, const Tensor& weights = {}) const;
  /// The same for tokens in a row: x: [tokens, width], context: [tokens, context_width]. Sequence s
  /// of x attends to sequence s of the context.
  Tensor operator()(const Tensor& x, const RaggedBatch& batch, const Tensor& context,
                    const RaggedBatch& context_batch) const;
};

}  // namespace filigree::learning

template <>
struct filigree::EnumNames<filigree::learning::AttentionKind> {
  static constexpr std::array names{"softmax", "linear"};
};
template <>
struct filigree::EnumNames<filigree::learning::FeatureMap> {
  static constexpr std::array names{"softmax", "elu"};
};
