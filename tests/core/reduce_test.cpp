// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/reduce.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "core/random.hpp"

namespace filigree {
namespace {

/// Sizes around one block, several blocks, and enough blocks for all threads.
const std::vector<Index> kSizes{1, 2, 511, 512, 513, 1024, 1025, 5000, 200001};

double device_sum(Reducer& reducer, const Array<double>& x) {
  return reducer.sum(
      "test/sum", x.size(), 0.0, FILIGREE_LAMBDA(Index i) { return x(i); });
}
double device_max(const Array<double>& x, double lowest) {
  return max(
      "test/max", x.size(), lowest, FILIGREE_LAMBDA(Index i) { return x(i); });
}
Vec<2, double> device_moments(const Array<double>& x) {
  return sum_vec<2>(
      "test/moments", x.size(), FILIGREE_LAMBDA(Index i) {
        return Vec<2, double>{x(i), x(i) * x(i)};
      });
}
double device_count(Index n) {
  return sum(
      "test/count", n, FILIGREE_LAMBDA(Index) { return 1.0; });
}

std::vector<double> sample(Index n) {
  const RandomStream stream(1, "reduce");
  std::vector<double> values;
  for (Index i = 0; i < n; ++i) {
    const auto index = static_cast<std::uint64_t>(i);
    values.push_back(stream.between(-1.0, 1.0, index) * std::pow(10.0, 8 * stream.uniform(index)));
  }
  return values;
}

/// The documented order, evaluated by one loop: blocks of 512 in order, then neighbours in pairs.
double sum_by_definition(const std::vector<double>& values) {
  std::vector<double> level;
  for (std::size_t begin = 0; begin < values.size(); begin += 512) {
    const std::size_t end = std::min(begin + 512, values.size());
    level.push_back(std::accumulate(values.begin() + std::ptrdiff_t(begin) + 1,
                                    values.begin() + std::ptrdiff_t(end), values[begin]));
  }
  while (level.size() > 1) {
    std::vector<double> next;
    for (std::size_t i = 0; i < level.size(); i += 2) {
      next.push_back(i + 1 < level.size() ? level[i] + level[i + 1] : level[i]);
    }
    level = next;
  }
  return 0.0 + level[0];
}

TEST(Reduce, SumsHaveTheBitsOfTheirDefinition) {
  Reducer reducer;
  for (const Index n : kSizes) {
    const std::vector<double> values = sample(n);
    EXPECT_EQ(device_sum(reducer, to_device("x", values)), sum_by_definition(values))
        << n << " items";
  }
}

TEST(Reduce, SumOfNothingIsZero) {
  Reducer reducer;
  EXPECT_EQ(device_sum(reducer, Array<double>("x", 0)), 0);
  EXPECT_EQ(device_moments(Array<double>("x", 0)), (Vec<2, double>{0, 0}));
  EXPECT_EQ(device_count(0), 0);
}

TEST(Reduce, EveryItemCountsOnce) {
  for (const Index n : kSizes) EXPECT_EQ(device_count(n), n);
}

TEST(Reduce, VectorSumsEqualTheSumsOfTheirComponents) {
  Reducer reducer;
  for (const Index n : {1, 513, 20000}) {
    const auto x = to_device("x", sample(n));
    EXPECT_EQ(device_moments(x)[0], device_sum(reducer, x));
  }
}

TEST(Reduce, MaximumIsFoundWhereverItIs) {
  for (const Index n : kSizes) {
    for (const Index place : {Index{0}, n / 2, n - 1}) {
      std::vector<double> values(static_cast<std::size_t>(n), -3.0);
      values[static_cast<std::size_t>(place)] = 5;
      EXPECT_EQ(device_max(to_device("x", values), -10), 5) << n << " items, place " << place;
    }
  }
}

TEST(Reduce, MaximumIsAtLeastTheLowest) {
  EXPECT_EQ(device_max(Array<double>("x", 0), -7), -7);
  EXPECT_EQ(device_max(to_device("x", std::vector<double>{-9, -8}), -7), -7);
}

TEST(Reduce, OneNotANumberMakesTheMaximumNotANumber) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const Index n : kSizes) {
    for (const Index place : {Index{0}, n / 2, n - 1}) {
      std::vector<double> values = sample(n);
      values[static_cast<std::size_t>(place)] = nan;
      EXPECT_TRUE(std::isnan(device_max(to_device("x", values), 0)))
          << n << " items, place " << place;
    }
  }
  EXPECT_EQ(
      device_max(to_device("x", std::vector<double>{1, std::numeric_limits<double>::infinity(), 2}),
                 0),
      std::numeric_limits<double>::infinity());
}

TEST(Reduce, RepeatedReductionsAllocateNothing) {
  Reducer reducer;
  const auto large = to_device("x", sample(100000));
  const auto small = to_device("x", sample(700));
  device_sum(reducer, large);
  const Offset before = array_allocations();
  for (int k = 0; k < 10; ++k) {
    device_sum(reducer, large);
    device_sum(reducer, small);
  }
  EXPECT_EQ(array_allocations(), before);
}

TEST(Reduce, TreeErrorsGrowSlowlyWithTheNumberOfItems) {
  const Index n = 1000000;
  const Array<double> x("x", n);
  fill(x, 0.1);
  Reducer reducer;
  // A plain loop over a million tenths is off by 1.3e-6.
  EXPECT_NEAR(device_sum(reducer, x), 100000, 100000 * tol<double>(512));
}

}  // namespace
}  // namespace filigree
