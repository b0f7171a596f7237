// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "core/parallel.hpp"

namespace filigree {
namespace {

constexpr std::uint64_t kSamples = 200000;

TEST(Random, PhiloxGivesThePublishedKnownAnswers) {
  using Block = Vec<4, std::uint32_t>;
  EXPECT_EQ(detail::philox({0, 0, 0, 0}, {0, 0}),
            (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const std::uint32_t ones = 0xffffffff;
  EXPECT_EQ(detail::philox({ones, ones, ones, ones}, {ones, ones}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  // Counter and key are the first digits of pi.
  EXPECT_EQ(
      detail::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
      (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, NumbersOfAStreamNeverChangeBetweenVersions) {
  const RandomStream stream(42, "particles/jitter");
  EXPECT_EQ(stream.bits(7, 1),
            (Vec<4, std::uint32_t>{0xdcf352ba, 0x5d706ff9, 0xced55973, 0xde5d8f80}));
  EXPECT_EQ(stream.integer(1000, 3), 930u);
}

TEST(Random, SeedNameIndexAndDrawAllMatter) {
  std::set<double> seen;
  for (const std::uint64_t seed : {0, 1, 2}) {
    for (const char* name : {"", "a", "b", "ab"}) {
      for (const std::uint64_t index :
           {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 40}) {
        for (const std::uint32_t draw : {0u, 1u, 2u}) {
          seen.insert(RandomStream(seed, name).uniform<double>(index, draw));
        }
      }
    }
  }
  EXPECT_EQ(seen.size(), 3u * 4 * 3 * 3);
  EXPECT_EQ(RandomStream(5, "x").bits(9), RandomStream(5, "x").bits(9));
}

template <class T>
void check_uniform_moments() {
  const RandomStream stream(1, "moments");
  double mean = 0;
  double square = 0;
  T smallest = 1;
  T largest = 0;
  for (std::uint64_t i = 0; i < kSamples; ++i) {
    const T x = stream.uniform<T>(i);
    ASSERT_GE(x, 0);
    ASSERT_LT(x, 1);
    mean += x / double(kSamples);
    square += double(x) * x / double(kSamples);
    smallest = std::min(smallest, x);
    largest = std::max(largest, x);
  }
  // Five deviations of the mean of n samples: sqrt(1/12/n), and of the square: sqrt(4/45/n).
  EXPECT_NEAR(mean, 0.5, 5 * std::sqrt(1.0 / 12 / kSamples));
  EXPECT_NEAR(square, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / kSamples));
  EXPECT_LT(smallest, 20.0 / kSamples);
  EXPECT_GT(largest, 1 - 20.0 / kSamples);
}

TEST(Random, UniformNumbersHaveTheMomentsOfTheUniformDistribution) {
  check_uniform_moments<float>();
  check_uniform_moments<double>();
}

/// Sum of (count - expected)^2 / expected.
double chi_square(const std::vector<int>& counts) {
  const double expected =
      double(std::accumulate(counts.begin(), counts.end(), 0)) / double(counts.size());
  double sum = 0;
  for (const int count : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

/// Whether chi-square is within six deviations of its mean, on both sides.
void expect_even(const std::vector<int>& counts) {
  const double freedom = double(counts.size()) - 1;
  EXPECT_NEAR(chi_square(counts), freedom, 6 * std::sqrt(2 * freedom));
}

TEST(Random, UniformNumbersFillAllBinsEvenly) {
  const RandomStream stream(2, "bins");
  std::vector<int> counts(256);
  std::vector<int> pairs(256);
  std::vector<int> draws(256);
  const auto sixteenth = [](double x) { return static_cast<std::size_t>(16 * x); };
  for (std::uint64_t i = 0; i < kSamples; ++i) {
    const double x = stream.uniform<double>(i);
    ++counts[static_cast<std::size_t>(256 * x)];
    ++pairs[16 * sixteenth(x) + sixteenth(stream.uniform<double>(i + 1))];
    ++draws[16 * sixteenth(x) + sixteenth(stream.uniform<double>(i, 1))];
  }
  expect_even(counts);
  expect_even(pairs);
  expect_even(draws);
}

TEST(Random, UniformNumbersUseTheirWholeMantissa) {
  const RandomStream stream(3, "mantissa");
  std::vector<int> set_double(53);
  std::vector<int> set_float(24);
  const int n = 2000;
  for (std::uint64_t i = 0; i < n; ++i) {
    const auto x = static_cast<std::uint64_t>(stream.uniform<double>(i) * 0x1p53);
    EXPECT_EQ(static_cast<double>(x) * 0x1p-53, stream.uniform<double>(i));
    for (std::size_t b = 0; b < 53; ++b) set_double[b] += x >> b & 1;
    const auto y = static_cast<std::uint64_t>(stream.uniform<float>(i) * 0x1p24f);
    for (std::size_t b = 0; b < 24; ++b) set_float[b] += y >> b & 1;
  }
  const double bound = 6 * std::sqrt(0.25 * n);
  for (const int count : set_double) EXPECT_NEAR(count, n / 2, bound);
  for (const int count : set_float) EXPECT_NEAR(count, n / 2, bound);
}

TEST(Random, NumbersOfAnIntervalStayInside) {
  const RandomStream stream(4, "interval");
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const double x = stream.between(-3.0, 2.0, i);
    EXPECT_TRUE(x >= -3 && x < 2);
    const float narrow = stream.between(1.0f, std::nextafter(1.0f, 2.0f), i);
    EXPECT_EQ(narrow, 1.0f);
  }
  EXPECT_EQ(stream.between(2.0, 2.0, 1), 2.0);
}

TEST(Random, NormalNumbersHaveTheMomentsOfTheNormalDistribution) {
  const RandomStream stream(5, "normal");
  double moments[5] = {};
  std::vector<int> quarters(4);
  for (std::uint64_t i = 0; i < kSamples; ++i) {
    const double x = stream.normal<double>(i);
    ASSERT_LT(std::abs(x), 8.6);
    for (int k = 1; k <= 4; ++k) moments[k] += std::pow(x, k) / double(kSamples);
    const double cut = 0.67448975019608174;  // quartile
    ++quarters[x < -cut ? 0 : x < 0 ? 1 : x < cut ? 2 : 3];
  }
  // Five deviations; the k-th powers have variances 1, 2, 15 and 96.
  EXPECT_NEAR(moments[1], 0, 5 * std::sqrt(1.0 / kSamples));
  EXPECT_NEAR(moments[2], 1, 5 * std::sqrt(2.0 / kSamples));
  EXPECT_NEAR(moments[3], 0, 5 * std::sqrt(15.0 / kSamples));
  EXPECT_NEAR(moments[4], 3, 5 * std::sqrt(96.0 / kSamples));
  expect_even(quarters);
}

TEST(Random, IntegersAreEvenAndInRange) {
  const RandomStream stream(6, "integers");
  for (const std::uint64_t n : {1u, 2u, 6u, 7u, 100u}) {
    std::vector<int> counts(n);
    for (std::uint64_t i = 0; i < 20000; ++i) {
      const std::uint64_t k = stream.integer(n, i);
      ASSERT_LT(k, n);
      ++counts[k];
    }
    if (n > 1) expect_even(counts);
  }
}

TEST(Random, IntegersOfAHugeRangeAreNotBiased) {
  // Plain multiplication would give the lower half of {0 ... 3/4 2^64} two thirds of all hits.
  const RandomStream stream(7, "huge");
  const std::uint64_t n = std::uint64_t{3} << 62;
  std::vector<int> thirds(3);
  for (std::uint64_t i = 0; i < 30000; ++i) {
    const std::uint64_t k = stream.integer(n, i);
    ASSERT_LT(k, n);
    ++thirds[k >> 62];
  }
  expect_even(thirds);
  std::vector<int> remainders(3);  // 2^64 values on n = 3 2^62 cells: remainders would be 2:1:1
  for (std::uint64_t i = 0; i < 30000; ++i) ++remainders[stream.integer(n, i) % 3];
  expect_even(remainders);
}

TEST(Random, HighProductIsTheUpperHalfOfTheExactProduct) {
  const RandomStream stream(8, "products");
  __extension__ using Wide = unsigned __int128;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto b = stream.bits(i);
    const std::uint64_t x = std::uint64_t{b[0]} << 32 | b[1];
    const std::uint64_t y = std::uint64_t{b[2]} << 32 | b[3];
    EXPECT_EQ(detail::high_product(x, y), static_cast<std::uint64_t>(Wide{x} * y >> 64));
  }
  const std::uint64_t most = ~std::uint64_t{0};
  EXPECT_EQ(detail::high_product(most, most), most - 1);
}

TEST(Random, PermutationsHoldEveryIndexOnce) {
  const RandomStream stream(9, "permutations");
  EXPECT_TRUE(stream.permutation(0).empty());
  EXPECT_EQ(stream.permutation(1), std::vector<Index>{0});
  std::vector<Index> order = stream.permutation(1000);
  EXPECT_NE(order, stream.permutation(1000, 1));
  EXPECT_EQ(order, stream.permutation(1000));
  std::sort(order.begin(), order.end());
  for (Index i = 0; i < 1000; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(Random, AllOrdersOfThreeAreEquallyLikely) {
  const RandomStream stream(10, "orders");
  std::vector<int> counts(6);
  for (std::uint32_t draw = 0; draw < 6000; ++draw) {
    const auto p = stream.permutation(3, draw);
    ++counts[static_cast<std::size_t>(2 * p[0] + (p[1] > p[2] ? 1 : 0))];
  }
  expect_even(counts);
}

std::vector<double> draw_in_kernel(const RandomStream& stream, Index n) {
  const Array<double> values("values", n);
  for_each(
      "test/random", n, FILIGREE_LAMBDA(Index i) {
        const auto index = static_cast<std::uint64_t>(i);
        values(i) = stream.uniform<double>(index) + double(stream.integer(5, index));
      });
  return to_vector(values);
}

TEST(Random, KernelsDrawTheSameNumbersAsTheHost) {
  const RandomStream stream(11, "kernel");
  const auto values = draw_in_kernel(stream, 1000);
  for (std::uint64_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(values[i], stream.uniform<double>(i) + double(stream.integer(5, i)));
  }
}

}  // namespace
}  // namespace filigree
