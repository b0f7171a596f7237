// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/parallel.hpp"

namespace filigree {

Index exclusive_scan(const char* label, const Array<Index>& counts) {
  Index total = 0;
  const auto values = counts.view();
  Kokkos::parallel_scan(
      label, Kokkos::RangePolicy<ExecSpace, Kokkos::IndexType<Index>>(0, counts.size()),
      KOKKOS_LAMBDA(Index i, Index & sum, bool last) {
        const Index count = values(i);
        if (last) values(i) = sum;
        sum += count;
      },
      total);
  return total;
}

Offset offsets_from_counts(const char* label, const Array<Index>& counts,
                           const Array<Offset>& offsets) {
  FILIGREE_ASSERT(offsets.size() == counts.size() + 1, "offsets need one entry more than counts");
  Offset total = 0;
  const Index n = counts.size();
  const auto from = counts.view();
  const auto to = offsets.view();
  Kokkos::parallel_scan(
      label, Kokkos::RangePolicy<ExecSpace, Kokkos::IndexType<Index>>(0, n + 1),
      KOKKOS_LAMBDA(Index i, Offset & sum, bool last) {
        if (last) to(i) = sum;
        if (i < n) sum += from(i);
      },
      total);
  return total;
}

}  // namespace filigree
