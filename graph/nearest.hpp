// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The k nearest candidates seen so far, nearest first, ties by number.
#pragma once

#include "core/kokkos.hpp"
#include "core/scalar.hpp"

namespace filigree {

/// Keeps the k smallest pairs (squared distance, number) in storage that the caller owns.
struct NearestSet {
  double* squared_distances;  ///< [k]
  Index* numbers;             ///< [k]
  Index k;
  Index count = 0;

  FILIGREE_FUNCTION bool is_full() const { return count == k; }

  FILIGREE_FUNCTION void offer(double squared_distance, Index number) {
    Index slot = count;
    if (is_full()) {
      if (!comes_before(squared_distance, number, k - 1)) return;
      slot = k - 1;
    } else {
      ++count;
    }
    for (; slot > 0 && comes_before(squared_distance, number, slot - 1); --slot) {
      squared_distances[slot] = squared_distances[slot - 1];
      numbers[slot] = numbers[slot - 1];
    }
    squared_distances[slot] = squared_distance;
    numbers[slot] = number;
  }

 private:
  FILIGREE_FUNCTION bool comes_before(double squared_distance, Index number, Index slot) const {
    return squared_distance < squared_distances[slot] ||
           (squared_distance == squared_distances[slot] && number < numbers[slot]);
  }
};

}  // namespace filigree
