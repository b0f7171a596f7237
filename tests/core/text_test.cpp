// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/text.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>

namespace filigree {
namespace {

TEST(Text, FormatTakesFormatStringsBuiltAtRunTime) {
  EXPECT_EQ(format(std::string("{}") + " of {}", 3, "four"), "3 of four");
  EXPECT_THROW(format("{} {}", 1), fmt::format_error);
}

TEST(Text, NumbersReadBackToTheSameBits) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    ASSERT_EQ(std::strtod(number_text(value).c_str(), nullptr), value) << number_text(value);
  }
}

TEST(Text, NumbersAreShort) {
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(1e-5), "1e-05");
  EXPECT_EQ(number_text(3), "3");
  EXPECT_EQ(number_text(100000), "100000");
  EXPECT_EQ(number_text(-0.0), "-0");
  EXPECT_EQ(number_text(std::numeric_limits<double>::infinity()), "inf");
}

TEST(Text, SizesAreForPeople) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(1023), "1023 B");
  EXPECT_EQ(size_text(1024), "1.0 KiB");
  EXPECT_EQ(size_text(3565158), "3.4 MiB");
  EXPECT_EQ(size_text(12ULL << 30), "12 GiB");
  EXPECT_EQ(size_text((1ULL << 20) - 1), "1.0 MiB");
  EXPECT_EQ(size_text(std::numeric_limits<std::uint64_t>::max()), "16 EiB");
}

TEST(Text, DurationsAreForPeople) {
  EXPECT_EQ(duration_text(0.85), "850 ms");
  EXPECT_EQ(duration_text(12.3), "12.3 s");
  EXPECT_EQ(duration_text(59.97), "1 min 00 s");
  EXPECT_EQ(duration_text(245), "4 min 05 s");
  EXPECT_EQ(duration_text(3599.7), "1 h 00 min");
  EXPECT_EQ(duration_text(2 * 3600 + 13 * 60), "2 h 13 min");
  EXPECT_EQ(duration_text(-1), "unknown time");
  EXPECT_EQ(duration_text(std::numeric_limits<double>::quiet_NaN()), "unknown time");
}

TEST(Text, JoinPutsSeparatorsBetweenWords) {
  EXPECT_EQ(join({}), "");
  EXPECT_EQ(join({"a"}), "a");
  EXPECT_EQ(join({"a", "b", "c"}), "a, b, c");
  EXPECT_EQ(join({"a", "b"}, " | "), "a | b");
}

TEST(Text, EditDistanceCountsInsertDeleteReplaceSwap) {
  EXPECT_EQ(edit_distance("", ""), 0);
  EXPECT_EQ(edit_distance("", "abc"), 3);
  EXPECT_EQ(edit_distance("abc", ""), 3);
  EXPECT_EQ(edit_distance("itterations", "iterations"), 1);
  EXPECT_EQ(edit_distance("iteratoins", "iterations"), 1);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3);
  EXPECT_EQ(edit_distance("ca", "abc"),
            3);  // the optimal string alignment, not the unrestricted one
}

TEST(Text, EditDistanceIsSymmetric) {
  std::mt19937 random(11);
  for (int i = 0; i < 200; ++i) {
    std::string a, b;
    for (unsigned k = random() % 8; k > 0; --k) a += static_cast<char>('a' + random() % 3);
    for (unsigned k = random() % 8; k > 0; --k) b += static_cast<char>('a' + random() % 3);
    EXPECT_EQ(edit_distance(a, b), edit_distance(b, a)) << a << " " << b;
  }
}

TEST(Text, NearestFindsOnlyCloseWords) {
  const std::vector<std::string> keys{"iterations", "tolerance", "dt", "end", "ends"};
  EXPECT_EQ(nearest("itterations", keys), "iterations");
  EXPECT_EQ(nearest("tolerence", keys), "tolerance");
  EXPECT_EQ(nearest("dx", keys), "");       // two letters: nothing is near
  EXPECT_EQ(nearest("endz", keys), "end");  // a tie goes to the first
  EXPECT_EQ(nearest("viscosity", keys), "");
  EXPECT_EQ(nearest("", keys), "");
}

}  // namespace
}  // namespace filigree
