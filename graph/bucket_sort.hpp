// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Sorting of items by a small integer key: the primitive under cell lists, transposes and edge
// lists.
#pragma once

#include "core/array.hpp"

namespace filigree {

/// Items 0 .. n - 1 grouped by key, and by item number within a key.
struct Buckets {
  Array<Index> starts;  ///< [n_buckets + 1]: bucket b holds items(starts(b) .. starts(b + 1))
  Array<Index> items;   ///< [n]
};

/// Counting sort of `keys` [n], each in [0, n_buckets), which is the caller's promise. Stable,
/// hence the same for any number of threads: O(n), and O(m log m) for a bucket of m items.
Buckets sort_into_buckets(const char* label, const Array<Index>& keys, Index n_buckets);

}  // namespace filigree
