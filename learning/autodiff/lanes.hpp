// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Reductions over few values inside of kernels, in lanes that are joined pairwise: compilers turn
// them into vector instructions, and the order is always the same.
#pragma once

#include "core/types.hpp"

namespace filigree::learning {

/// join(start, value(i), ...) over i in [0, n); `start` must change nothing.
template <class T, class Value, class Join>
FILIGREE_FUNCTION T lane_reduce(Index n, T start, const Value& value, const Join& join) {
  constexpr Index kLanes = 16;
  T lanes[kLanes];
  for (Index l = 0; l < kLanes; ++l) lanes[l] = start;
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (Index l = 0; l < kLanes; ++l) lanes[l] = join(lanes[l], value(i + l));
  }
  for (Index l = 0; i + l < n; ++l) lanes[l] = join(lanes[l], value(i + l));
  for (Index half = kLanes / 2; half > 0; half /= 2) {
    for (Index l = 0; l < half; ++l) lanes[l] = join(lanes[l], lanes[l + half]);
  }
  return lanes[0];
}

/// Sum of value(i) over i in [0, n).
template <class T, class Value>
FILIGREE_FUNCTION T lane_sum(Index n, const Value& value) {
  return lane_reduce(n, T(0), value, [](T a, T b) { return a + b; });
}

/// Largest of start and value(i), i in [0, n). A value that is NaN is passed over.
template <class T, class Value>
FILIGREE_FUNCTION T lane_max(Index n, T start, const Value& value) {
  return lane_reduce(n, start, value, [](T a, T b) { return b > a ? b : a; });
}

}  // namespace filigree::learning
