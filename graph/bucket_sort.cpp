// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/bucket_sort.hpp"

#include "core/parallel.hpp"
#include "graph/small_sort.hpp"

namespace filigree {

Buckets sort_into_buckets(const char* label, const Array<Index>& keys, Index n_buckets) {
  const Index n = keys.size();
  const Array<Index> starts("graph/bucket_starts", n_buckets + 1);
  const Array<Index> items("graph/bucket_items", n);
  const Array<Index> places("graph/bucket_places", n);
  fill(starts, Index(0));
  // The order of arrival depends on the threads; the sort at the end makes it not matter.
  for_each(
      label, n, FILIGREE_LAMBDA(Index i) {
        places(i) = Kokkos::atomic_fetch_add(&starts(keys(i)), Index(1));
      });
  exclusive_scan(label, starts);
  for_each(
      label, n, FILIGREE_LAMBDA(Index i) { items(starts(keys(i)) + places(i)) = i; });
  for_each(
      label, n_buckets, FILIGREE_LAMBDA(Index b) {
        sort_ascending(items.data() + starts(b), starts(b + 1) - starts(b));
      });
  return {starts, items};
}

}  // namespace filigree
