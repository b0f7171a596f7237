// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Sums and extrema whose bits do not depend on the number of threads.
//
// The items are cut into blocks of fixed size, each block is summed in order by one thread, and the
// block sums are added pairwise in a fixed tree. Sums are in double whatever Real is.
//
//   const double mass = sum("particles/mass", n, FILIGREE_LAMBDA(Index i) { return double(m(i));
//   });
#pragma once

#include <vector>

#include "core/parallel.hpp"
#include "core/vec.hpp"

namespace filigree {

namespace detail {
inline constexpr Index kReduceBlock = 512;
inline Index reduce_blocks(Index n) {
  return (n + kReduceBlock - 1) / kReduceBlock;
}

/// Pairwise tree over the first n values, in place: neighbours first, then neighbours of
/// neighbours.
template <class T, class Join>
T tree(T* values, Index n, const Join& join) {
  for (Index stride = 1; stride < n; stride *= 2) {
    for (Index i = 0; i + stride < n; i += 2 * stride) {
      values[i] = join(values[i], values[i + stride]);
    }
  }
  return values[0];
}
}  // namespace detail

/// Scratch of repeated reductions: grows once, then allocates nothing.
class Reducer {
 public:
  /// Sum of value(i) over i in [0, n); V is double or Vec<K, double>. `zero` when n is 0.
  template <class V, class Value>
  V sum(const char* label, Index n, const V& zero, const Value& value) {
    return reduce(
        label, n, zero, value, FILIGREE_LAMBDA(const V& a, const V& b) { return a + b; });
  }
  /// Largest value(i), `lowest` when n is 0. A NaN among the values gives NaN.
  template <class Value>
  double max(const char* label, Index n, double lowest, const Value& value) {
    return reduce(
        label, n, lowest, value,
        FILIGREE_LAMBDA(const double& a, const double& b) { return a > b || !(a == a) ? a : b; });
  }

  /// join(... join(start, value(0)) ..., value(n - 1)) in the fixed order of the tree.
  template <class V, class Value, class Join>
  V reduce(const char* label, Index n, const V& start, const Value& value, const Join& join);

 private:
  Array<double> partials_;
  std::vector<double> partials_host_;
};

template <class V, class Value, class Join>
V Reducer::reduce(const char* label, Index n, const V& start, const Value& value,
                  const Join& join) {
  static_assert(sizeof(V) % sizeof(double) == 0);
  const Index blocks = detail::reduce_blocks(n);
  if (blocks == 0) return start;
  const Index words = blocks * static_cast<Index>(sizeof(V) / sizeof(double));
  if (partials_.size() < words) {
    partials_ = Array<double>("reduce/partials", words);
    partials_host_.resize(static_cast<std::size_t>(words));
  }
  V* partials = reinterpret_cast<V*>(partials_.data());
  const auto block_sum = FILIGREE_LAMBDA(Index b) {
    const Index begin = b * detail::kReduceBlock;
    const Index end = begin + detail::kReduceBlock < n ? begin + detail::kReduceBlock : n;
    V total = value(begin);
    for (Index i = begin + 1; i < end; ++i) total = join(total, value(i));
    partials[b] = total;
  };
  for_each(label, blocks, block_sum);
  Kokkos::View<double*, HostSpace, Kokkos::MemoryUnmanaged> host(partials_host_.data(), words);
  Kokkos::deep_copy(host, Kokkos::subview(partials_.view(), std::pair<Index, Index>(0, words)));
  return join(start, detail::tree(reinterpret_cast<V*>(partials_host_.data()), blocks, join));
}

/// One-off forms of the class above.
template <class Value>
double sum(const char* label, Index n, const Value& value) {
  return Reducer().sum(label, n, 0.0, value);
}
template <int K, class Value>
Vec<K, double> sum_vec(const char* label, Index n, const Value& value) {
  return Reducer().sum(label, n, Vec<K, double>::zero(), value);
}
template <class Value>
double max(const char* label, Index n, double lowest, const Value& value) {
  return Reducer().max(label, n, lowest, value);
}

}  // namespace filigree
