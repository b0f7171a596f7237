// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/losses.hpp"

#include "learning/autodiff/ops.hpp"
#include "learning/nn/softmax.hpp"

namespace filigree::learning {

namespace {

Tensor difference(const char* what, const Tensor& x, const Tensor& target) {
  FILIGREE_REQUIRE(x.shape() == target.shape(), "{}: {} and the target {} differ in shape", what,
                   x.shape().text(), target.shape().text());
  FILIGREE_REQUIRE(x.size() > 0, "{}: a tensor {} has no values", what, x.shape().text());
  return x - target;
}

/// Euclidean norm of each sample. [n_samples]
Tensor norms(const Tensor& x) {
  return sqrt(sum(reshape(x * x, {x.rows(), x.size() / x.rows()}), 1));
}

GraphPtr entries_of(const std::vector<Index>& classes, Index n_classes) {
  const auto n = static_cast<Index>(classes.size());
  FILIGREE_REQUIRE(n > 0, "there are no labels");
  std::vector<Index> entries;
  for (Index i = 0; i < n; ++i) {
    const Index label = classes[static_cast<std::size_t>(i)];
    FILIGREE_REQUIRE(label >= 0 && label < n_classes,
                     "the label {} of sample {} is not one of {} classes", label, i, n_classes);
    entries.push_back(i * n_classes + label);
  }
  return selection(entries, n * n_classes);
}

}  // namespace

Tensor mean_squared_error(const Tensor& x, const Tensor& target) {
  const Tensor error = difference("mean_squared_error", x, target);
  return mean(error * error);
}

Tensor mean_absolute_error(const Tensor& x, const Tensor& target) {
  return mean(abs(difference("mean_absolute_error", x, target)));
}

Tensor relative_l2_error(const Tensor& x, const Tensor& target) {
  FILIGREE_REQUIRE(x.rank() >= 1, "relative_l2_error: a tensor {} has no axis of samples",
                   x.shape().text());
  const Tensor error = difference("relative_l2_error", x, target);
  return mean(norms(error) / norms(target));
}

Labels::Labels(const std::vector<Index>& classes, Index n)
    : n_classes(n), entries(entries_of(classes, n)) {}

Tensor cross_entropy(const Tensor& scores, const Labels& labels) {
  const auto n = static_cast<Index>(labels.entries->edge_count());
  FILIGREE_REQUIRE(scores.shape() == Shape({n, labels.n_classes}),
                   "cross_entropy: scores {} for {} labels of {} classes", scores.shape().text(), n,
                   labels.n_classes);
  const Tensor logs = log_softmax(scores, 1);
  return -mean(gather_senders(reshape(logs, {logs.size()}), labels.entries));
}

}  // namespace filigree::learning
