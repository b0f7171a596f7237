// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Loops of the tensor operations: over items that each do many values, or few.
#pragma once

#include <algorithm>

#include "core/parallel.hpp"

namespace filigree::learning {

/// Host launches that touch fewer values than this run on the calling thread.
inline constexpr Offset kSerialWork = 16384;

/// Values that one item handles. On a device neighbouring threads read neighbouring values.
inline constexpr Index kItemValues = kKernelsRunOnHost ? 256 : 1;

inline Index items_for(Index n) {
  return (n + kItemValues - 1) / kItemValues;
}

/// Calls body(i) for i in [0, items), in parallel when `work`, the number of values that all items
/// touch together, pays for waking a team.
template <class Body>
void for_items(const char* label, Index items, Offset work, const Body& body) {
  if (items <= 0) return;
  if constexpr (kKernelsRunOnHost) {
    if (work < kSerialWork) {
#if FILIGREE_CHECK_BOUNDS
      const detail::KernelMark mark;
#endif
      detail::run_range(body, 0, items);
      return;
    }
    if (items < detail::kSerialThreshold) {
      for_each_uneven(label, items, 1, body);
      return;
    }
  }
  for_each(label, items, body);
}

}  // namespace filigree::learning
