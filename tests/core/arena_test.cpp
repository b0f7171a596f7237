// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/arena.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "core/parallel.hpp"
#include "core/vec.hpp"

namespace filigree {
namespace {

constexpr std::size_t kBlock = 4096;

double sum_of_squares(Arena& arena, Index n) {
  Scratch scratch(arena);
  const auto squares = scratch.take<double>(n);
  for_each(
      "test/squares", n, FILIGREE_LAMBDA(Index i) { squares(i) = double(i) * i; });
  double sum = 0;
  for (const double value : to_vector(squares)) sum += value;
  return sum;
}

TEST(Arena, ScratchArraysHoldWhatKernelsWrite) {
  Arena arena("test", kBlock);
  EXPECT_EQ(sum_of_squares(arena, 1000), 999.0 * 1000 * 1999 / 6);
  EXPECT_EQ(arena.bytes_in_use(), 0u);
}

TEST(Arena, AllocatesNothingInSteadyState) {
  Arena arena("test", kBlock);
  const auto step = [&arena] {
    Scratch outer(arena);
    const auto a = outer.take<double>(100);
    {
      Scratch inner(arena);
      const auto b = inner.take<Vec<3, double>>(700);  // larger than a block
      const auto c = inner.take<Index>(30, 4);
    }
    const auto d = outer.take<float>(5, 6, 7);
  };
  step();
  const Offset allocations = array_allocations();
  const std::size_t reserved = arena.bytes_reserved();
  for (int k = 0; k < 100; ++k) step();
  EXPECT_EQ(array_allocations(), allocations);
  EXPECT_EQ(arena.bytes_reserved(), reserved);
}

TEST(Arena, ArraysOfOneScratchDoNotOverlapAndStayInPlace) {
  HostArena arena("test", kBlock);
  HostScratch scratch(arena);
  std::vector<HostArray<std::int32_t>> arrays;
  std::vector<const std::int32_t*> places;
  for (Index k = 0; k < 200; ++k) {
    arrays.push_back(scratch.take<std::int32_t>(k));
    places.push_back(arrays.back().data());
    fill(arrays.back(), k);
  }
  EXPECT_GT(arena.n_blocks(), 10);
  for (Index k = 0; k < 200; ++k) {
    const auto& array = arrays[static_cast<std::size_t>(k)];
    EXPECT_EQ(array.data(), places[static_cast<std::size_t>(k)]);
    EXPECT_EQ(array.size(), k);
    for (const std::int32_t value : array) EXPECT_EQ(value, k);
  }
}

TEST(Arena, EveryArrayIsAligned) {
  HostArena arena("test", kBlock);
  HostScratch scratch(arena);
  for (Index k = 1; k < 40; ++k) {
    const auto address = reinterpret_cast<std::uintptr_t>(scratch.take<char>(k).data());
    EXPECT_EQ(address % 64, 0u);
  }
}

TEST(Arena, NestedScratchGivesBackItsOwnPartOnly) {
  HostArena arena("test", kBlock);
  HostScratch outer(arena);
  const auto kept = outer.take<double>(8);
  fill(kept, 3.0);
  const std::size_t before = arena.bytes_in_use();
  const double* place = nullptr;
  {
    HostScratch inner(arena);
    const auto passing = inner.take<double>(2000);  // needs a block of its own
    fill(passing, 7.0);
    place = passing.data();
    EXPECT_GT(arena.bytes_in_use(), before);
  }
  EXPECT_EQ(arena.bytes_in_use(), before);
  for (const double value : kept) EXPECT_EQ(value, 3.0);
  HostScratch again(arena);
  EXPECT_EQ(again.take<double>(2000).data(), place);
}

TEST(Arena, HighWaterIsTheMostEverInUse) {
  HostArena arena("test", kBlock);
  {
    HostScratch scratch(arena);
    scratch.take<double>(64);
    scratch.take<double>(64);
  }
  {
    HostScratch scratch(arena);
    scratch.take<double>(100);
  }
  EXPECT_EQ(arena.high_water(), 1024u);
  EXPECT_EQ(arena.bytes_in_use(), 0u);
  EXPECT_EQ(arena.bytes_reserved(), kBlock);
}

TEST(Arena, EmptyArraysTakeNoMemory) {
  HostArena arena("test", kBlock);
  HostScratch scratch(arena);
  EXPECT_EQ(scratch.take<double>(0).size(), 0);
  EXPECT_EQ(scratch.take<double>(5, 0).size(), 0);
  EXPECT_EQ(arena.n_blocks(), 0);
}

TEST(Arena, ExtentsOfHigherRanksAreRowMajor) {
  HostArena arena("test", kBlock);
  HostScratch scratch(arena);
  const auto a = scratch.take<int>(2, 3);
  EXPECT_EQ(&a(1, 2) - &a(0, 0), 5);
  const auto b = scratch.take<int>(2, 3, 4);
  EXPECT_EQ(&b(1, 2, 3) - &b(0, 0, 0), 23);
  EXPECT_EQ(b.extent(0), 2);
  EXPECT_EQ(b.extent(2), 4);
}

#if FILIGREE_CHECK_BOUNDS
TEST(Arena, ReleasedAndFreshMemoryIsNotANumber) {
  HostArena arena("test", kBlock);
  {
    HostScratch scratch(arena);
    const auto fresh = scratch.take<double>(10);
    for (const double value : fresh) EXPECT_TRUE(std::isnan(value));
    fill(fresh, 1.0);
  }
  HostScratch scratch(arena);
  for (const double value : scratch.take<double>(10)) EXPECT_TRUE(std::isnan(value));
  for (const float value : scratch.take<float>(10)) EXPECT_TRUE(std::isnan(value));
}

TEST(Arena, TakingFromAnOuterScratchWhileAnInnerOneIsOpenIsAnError) {
  HostArena arena("test", kBlock);
  HostScratch outer(arena);
  const HostScratch inner(arena);
  try {
    outer.take<double>(1);
    FAIL() << "nothing was thrown";
  } catch (const InternalError& error) {
    EXPECT_NE(std::string(error.what()).find("an outer scratch takes while an inner one is open"),
              std::string::npos);
  }
}
#endif

}  // namespace
}  // namespace filigree
