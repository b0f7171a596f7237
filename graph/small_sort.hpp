// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Sorting of short runs of integers by one thread, inside kernels.
#pragma once

#include "core/kokkos.hpp"
#include "core/scalar.hpp"

namespace filigree {

namespace detail {

template <class T>
FILIGREE_FUNCTION void sift_down(T* values, Index root, Index n) {
  const T value = values[root];
  for (Index child = 2 * root + 1; child < n; child = 2 * root + 1) {
    if (child + 1 < n && values[child + 1] > values[child]) ++child;
    if (values[child] <= value) break;
    values[root] = values[child];
    root = child;
  }
  values[root] = value;
}

template <class T>
FILIGREE_FUNCTION void heap_sort(T* values, Index n) {
  for (Index root = n / 2 - 1; root >= 0; --root) sift_down(values, root, n);
  for (Index last = n - 1; last > 0; --last) {
    const T largest = values[0];
    values[0] = values[last];
    values[last] = largest;
    sift_down(values, 0, last);
  }
}

}  // namespace detail

/// Sorts values[0 .. n) upwards: O(n) when already sorted, O(n log n) at worst.
template <class T>
FILIGREE_FUNCTION void sort_ascending(T* values, Index n) {
  constexpr Index kInsertionLimit = 48;
  bool is_sorted = true;
  for (Index k = 1; k < n; ++k) is_sorted = is_sorted && values[k - 1] <= values[k];
  if (is_sorted) return;
  if (n > kInsertionLimit) return detail::heap_sort(values, n);
  for (Index k = 1; k < n; ++k) {
    const T value = values[k];
    Index slot = k;
    for (; slot > 0 && values[slot - 1] > value; --slot) values[slot] = values[slot - 1];
    values[slot] = value;
  }
}

/// Writes values[0 .. n), all different, to sorted[0 .. n) upwards by counting the smaller ones:
/// n^2 comparisons without a branch, which vector units make the fastest way for n up to about 200.
FILIGREE_FUNCTION void rank_sort(const Index* values, Index n, Index* sorted) {
  for (Index k = 0; k < n; ++k) {
    const Index value = values[k];
    Index rank = 0;
    for (Index j = 0; j < n; ++j) rank += values[j] < value;
    sorted[rank] = value;
  }
}

}  // namespace filigree
