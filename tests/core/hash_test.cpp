// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/hash.hpp"

#include <gtest/gtest.h>

namespace filigree {
namespace {

TEST(Hash, MatchesThePublishedValuesOfXxh3) {
  EXPECT_EQ(digest(std::string_view("")), 0x2d06800538d394c2u);
  const Digest128 empty = digest128({});
  EXPECT_EQ(empty.high, 0x99aa06d3014798d8u);
  EXPECT_EQ(empty.low, 0x6001c324468d497fu);
}

TEST(Hash, TextAndBytesOfTheSameContentAgree) {
  const std::string text(1000, 'x');
  EXPECT_EQ(digest(text), digest(std::as_bytes(std::span(text.data(), text.size()))));
}

TEST(Hash, HexTextHasSixteenDigits) {
  EXPECT_EQ(hex_text(0x1fu), "000000000000001f");
  EXPECT_EQ(hex_text(~std::uint64_t{0}), "ffffffffffffffff");
}

TEST(Hash, EveryPartOfAnArrayCounts) {
  const auto of = [](NamedArray array) {
    NamedArrays arrays;
    arrays.add(std::move(array));
    return digest(arrays);
  };
  const NamedArray base = make_array("a", DType::kF64, {2, 3}, "m");
  NamedArray other = base;
  EXPECT_EQ(of(base), of(other));
  other.name = "b";
  EXPECT_NE(of(base), of(other));
  other = base;
  other.unit = "s";
  EXPECT_NE(of(base), of(other));
  other = base;
  other.dtype = DType::kI64;
  EXPECT_NE(of(base), of(other));
  other = base;
  other.shape = {3, 2};
  EXPECT_NE(of(base), of(other));
  other = base;
  other.as<double>()[5] = -0.0;
  EXPECT_NE(of(base), of(other));
}

TEST(Hash, OrderOfArraysCounts) {
  NamedArrays forward;
  forward.add(make_array("a", DType::kF64, {1}));
  forward.add(make_array("b", DType::kF64, {1}));
  NamedArrays backward;
  backward.add(make_array("b", DType::kF64, {1}));
  backward.add(make_array("a", DType::kF64, {1}));
  EXPECT_NE(digest(forward), digest(backward));
}

}  // namespace
}  // namespace filigree
