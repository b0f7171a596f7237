// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/parallel.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace filigree {
namespace {

/// Sizes around the serial threshold and the chunks of threads.
const std::vector<Index> kSizes{0, 1, 2, 255, 256, 257, 1000, 100003};

std::vector<Index> visits(Index n, bool uneven) {
  const Array<Index> count("count", n);
  fill(count, 0);
  if (uneven) {
    for_each_uneven(
        "test/visit", n, 7, FILIGREE_LAMBDA(Index i) { count(i) += i + 1; });
  } else {
    for_each(
        "test/visit", n, FILIGREE_LAMBDA(Index i) { count(i) += i + 1; });
  }
  return to_vector(count);
}

TEST(Parallel, EveryIndexIsVisitedOnce) {
  for (const bool uneven : {false, true}) {
    for (const Index n : kSizes) {
      std::vector<Index> expected(static_cast<std::size_t>(n));
      std::iota(expected.begin(), expected.end(), 1);
      EXPECT_EQ(visits(n, uneven), expected) << n << " items";
    }
  }
}

bool visits_anything(Index n) {
  const Array<Index> count("count", 1);
  fill(count, 0);
  for_each(
      "test/visit", n, FILIGREE_LAMBDA(Index) { count(0) = 1; });
  for_each_uneven(
      "test/visit", n, 4, FILIGREE_LAMBDA(Index) { count(0) = 1; });
  return to_vector(count)[0] != 0;
}

TEST(Parallel, LoopsOverNothingDoNothing) {
  EXPECT_FALSE(visits_anything(0));
  EXPECT_FALSE(visits_anything(-5));
  EXPECT_TRUE(visits_anything(1));
}

/// Counts 0 ... 6 in a fixed irregular order.
std::vector<Index> sample_counts(Index n) {
  std::vector<Index> counts;
  for (Index i = 0; i < n; ++i) counts.push_back((i * 31 + i / 7) % 7);
  return counts;
}

TEST(Parallel, ExclusiveScanIsTheSumOfAllBefore) {
  for (const Index n : kSizes) {
    const std::vector<Index> counts = sample_counts(n);
    std::vector<Index> expected(counts.size());
    std::exclusive_scan(counts.begin(), counts.end(), expected.begin(), 0);
    const Array<Index> scanned = to_device("counts", counts);
    EXPECT_EQ(exclusive_scan("test/scan", scanned), std::reduce(counts.begin(), counts.end()));
    EXPECT_EQ(to_vector(scanned), expected) << n << " items";
  }
}

TEST(Parallel, OffsetsEndWithTheTotal) {
  for (const Index n : kSizes) {
    const std::vector<Index> counts = sample_counts(n);
    std::vector<Offset> expected{0};
    for (const Index count : counts) expected.push_back(expected.back() + count);
    const Array<Offset> offsets("offsets", n + 1);
    EXPECT_EQ(offsets_from_counts("test/offsets", to_device("counts", counts), offsets),
              expected.back());
    EXPECT_EQ(to_vector(offsets), expected) << n << " items";
  }
}

TEST(Parallel, OffsetsGoBeyondThirtyTwoBits) {
  const Index huge = 2000000000;
  const Array<Offset> offsets("offsets", 4);
  const Array<Index> counts = to_device("counts", std::vector<Index>{huge, huge, huge});
  EXPECT_EQ(offsets_from_counts("test/offsets", counts, offsets), Offset{6000000000});
  EXPECT_EQ(to_vector(offsets)[3], Offset{6000000000});
}

TEST(Parallel, TheBackEndHasANameAndThreads) {
  EXPECT_FALSE(backend_name().empty());
  EXPECT_GE(thread_count(), 1);
  EXPECT_EQ(kokkos_version().find_first_not_of("0123456789."), std::string::npos);
}

}  // namespace
}  // namespace filigree
