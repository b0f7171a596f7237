// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/attention.hpp"

#include <cmath>

#include "learning/autodiff/ops.hpp"
#include "learning/nn/softmax.hpp"

namespace filigree::learning {

namespace {

/// Added to the score of a token that does not count: exp() of it is 0 in both number formats.
constexpr double kNever = -1e30;

/// [B, L, C] -> [B heads, L, C / heads].
Tensor split(const Tensor& x, Index n_heads) {
  const Index b = x.extent(0), l = x.extent(1), d = x.extent(2) / n_heads;
  if (n_heads == 1) return x;
  return reshape(permute(reshape(x, {b, l, n_heads, d}), {0, 2, 1, 3}), {b * n_heads, l, d});
}

/// The inverse of split().
Tensor join(const Tensor& x, Index n_heads) {
  const Index b = x.extent(0) / n_heads, l = x.extent(1), d = x.extent(2);
  if (n_heads == 1) return x;
  return reshape(permute(reshape(x, {b, n_heads, l, d}), {0, 2, 1, 3}), {b, l, n_heads * d});
}

/// log c, for c = 0 a number so low that the token has no part.
Tensor log_weights(const Tensor& weights) {
  const Tensor counts = greater(weights, scalar(0, weights.dtype()));
  return log(weights + (1 - counts)) + (counts - 1) * -kNever;
}

Tensor softmax_attention(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& weights,
                         Index n_heads) {
  const Index b = q.extent(0) / n_heads, l = q.extent(1), t = k.extent(1);
  Tensor scores = matmul(q * (1 / std::sqrt(double(q.columns()))), k, {.b = true});
  if (weights.is_defined()) {
    const Tensor bias = reshape(log_weights(weights), {b, 1, 1, t});
    scores = reshape(reshape(scores, {b, n_heads, l, t}) + bias, {b * n_heads, l, t});
  }
  return matmul(softmax(scores), v);
}

Tensor feature_map(const Tensor& x, FeatureMap features) {
  if (features == FeatureMap::kSoftmax) return softmax(x);
  return relu(x) + exp(-relu(-x));  // elu(x) + 1: x + 1 above 0, e^x below
}

Tensor linear_attention(const Tensor& queries, const Tensor& keys, const Tensor& v,
                        const Tensor& weights, const Heads& heads) {
  const Tensor q = feature_map(queries, heads.features);
  Tensor k = feature_map(keys, heads.features);
  const Index n = q.extent(0), d = q.columns(), t = k.extent(1);
  if (weights.is_defined()) {
    const Index b = n / heads.n_heads;
    const Tensor counts = reshape(weights, {b, 1, t, 1});
    k = reshape(reshape(k, {b, heads.n_heads, t, d}) * counts, {n, t, d});
  }
  const Tensor products = matmul(k, v, {.a = true});
  const Tensor total = reshape(sum(k, 1), {n, d, 1});
  const Tensor y = matmul(q, products) / matmul(q, total);
  return heads.adds_query ? q + y : y;
}

void require_tokens(const Tensor& queries, const Tensor& keys, const Tensor& values,
                    const Tensor& weights, Index n_heads) {
  const bool ranks_fit = queries.rank() == 3 && keys.rank() == 3 && keys.shape() == values.shape();
  const bool fits = ranks_fit && queries.extent(0) == keys.extent(0) &&
                    queries.columns() == keys.columns() && keys.extent(1) > 0;
  FILIGREE_REQUIRE(fits,
                   "attention: queries {}, keys {} and values {} do not fit together: all are "
                   "[batch, tokens, channels], with at least one key",
                   queries.shape().text(), keys.shape().text(), values.shape().text());
  FILIGREE_REQUIRE(n_heads >= 1 && queries.columns() % n_heads == 0,
                   "attention: {} channels cannot be split over {} heads", queries.columns(),
                   n_heads);
  FILIGREE_REQUIRE(
      !weights.is_defined() || weights.shape() == Shape({keys.extent(0), keys.extent(1)}),
      "attention: weights {} for keys {}: they must be [batch, tokens]", weights.shape().text(),
      keys.shape().text());
}

}  // namespace

Tensor attend(const Tensor& queries, const Tensor& keys, const Tensor& values,
              const Tensor& weights, const Heads& heads) {
  require_tokens(queries, keys, values, weights, heads.n_heads);
  const Tensor q = split(queries, heads.n_heads);
  const Tensor k = split(keys, heads.n_heads);
  const Tensor v = split(values, heads.n_heads);
  const Tensor y = heads.kind == AttentionKind::kSoftmax
                       ? softmax_attention(q, k, v, weights, heads.n_heads)
                       : linear_attention(q, k, v, weights, heads);
  return join(y, heads.n_heads);
}

Attention::Attention(Index width, Index context_width, const Heads& split_over, DType dtype)
    : query(width, width, dtype),
      key(context_width, width, dtype),
      value(context_width, width, dtype),
      output(width, width, dtype),
      heads(split_over) {
  FILIGREE_REQUIRE(heads.n_heads >= 1 && width % heads.n_heads == 0,
                   "attention: a width of {} cannot be split over {} heads", width, heads.n_heads);
}

Tensor Attention::operator()(const Tensor& x, const Tensor& context, const Tensor& weights) const {
  return output(attend(query(x), key(context), value(context), weights, heads));
}

Tensor Attention::operator()(const Tensor& x, const RaggedBatch& batch, const Tensor& context,
                             const RaggedBatch& context_batch) const {
  FILIGREE_REQUIRE(batch.n_sequences() == context_batch.n_sequences(),
                   "attention: {} sequences cannot attend to {}", batch.n_sequences(),
                   context_batch.n_sequences());
  const Tensor padded =
      (*this)(batch.pad(x), context_batch.pad(context), context_batch.weights(context.dtype()));
  return batch.unpad(padded);
}

}  // namespace filigree::learning
