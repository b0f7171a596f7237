// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/named_arrays.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace filigree {
namespace {

template <class Action>
std::string refusal(Action&& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST(NamedArray, ShapeAndValuesBelongTogether) {
  const float data[] = {1, 2, 3, 4, 5, 6};
  const NamedArray array = make_array("velocity", std::span<const float>(data), {2, 3}, "m/s");
  EXPECT_EQ(array.size(), 6);
  EXPECT_EQ(array.rows(), 2);
  EXPECT_EQ(array.components(), 3);
  EXPECT_EQ(array.unit, "m/s");
  EXPECT_EQ(array.as<float>()[4], 5);
  EXPECT_EQ(array.value(5), 6);
}

TEST(NamedArray, ScalarsHaveOneRowAndEmptyOnesNone) {
  EXPECT_EQ(make_array("a", DType::kF64, {}).size(), 1);
  EXPECT_EQ(make_array("a", DType::kF64, {}).rows(), 1);
  EXPECT_EQ(make_array("a", DType::kF64, {0, 3}).rows(), 0);
  EXPECT_EQ(make_array("a", DType::kF64, {0, 3}).components(), 3);
  EXPECT_TRUE(make_array("a", DType::kF64, {0, 3}).bytes.empty());
}

TEST(NamedArray, ValueConvertsEveryType) {
  const auto value = [](auto one) {
    return make_array("a", std::span<const decltype(one)>(&one, 1)).value(0);
  };
  EXPECT_EQ(value(1.5f), 1.5);
  EXPECT_EQ(value(1e300), 1e300);
  EXPECT_EQ(value(std::int32_t{-7}), -7);
  EXPECT_EQ(value(std::int64_t{-7} << 40), -7.0 * std::pow(2, 40));
  EXPECT_EQ(value(std::uint8_t{200}), 200);
  EXPECT_EQ(value(std::uint32_t{4000000000u}), 4e9);
  EXPECT_EQ(value(std::uint64_t{1} << 63), std::pow(2, 63));
}

TEST(NamedArray, TypesHaveNamesAndSizes) {
  EXPECT_EQ(name_of(DType::kF32), "f32");
  EXPECT_EQ(name_of(DType::kU64), "u64");
  EXPECT_EQ(size_of(DType::kF32), 4u);
  EXPECT_EQ(size_of(DType::kI64), 8u);
  EXPECT_EQ(size_of(DType::kU8), 1u);
}

TEST(NamedArray, RefusesTheWrongTypeAndShape) {
  const NamedArray array = make_array("mass", DType::kF32, {2});
  EXPECT_EQ(refusal([&] { array.as<double>(); }), "array 'mass' holds f32 but f64 was asked for");
  EXPECT_EQ(refusal([&] {
              make_array("a", DType::kF64, {2, -1});
            }),
            "array 'a' has the negative extent -1");
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max() / 2;
  EXPECT_EQ(refusal([&] {
              make_array("a", DType::kF64, {huge, 3});
            }),
            "array 'a' of shape (4611686018427387903, 3) is too large to address");
  EXPECT_EQ(make_array("a", DType::kF64, {huge, huge, 0}).bytes.size(), 0u);
  const double data[] = {1, 2};
  EXPECT_EQ(refusal([&] { make_array("a", std::span<const double>(data), {3}); }),
            "array 'a' has 2 values, which do not fill its shape");
}

TEST(NamedArray, FindsTheFirstValueThatIsNotFinite) {
  NamedArray array = make_array("a", DType::kF64, {5});
  EXPECT_EQ(first_non_finite(array), -1);
  array.as<double>()[4] = std::nan("");
  EXPECT_EQ(first_non_finite(array), 4);
  array.as<double>()[2] = -std::numeric_limits<double>::infinity();
  EXPECT_EQ(first_non_finite(array), 2);
  array.as<double>()[0] = std::numeric_limits<double>::max();
  EXPECT_EQ(first_non_finite(array), 2);
  NamedArray single = make_array("a", DType::kF32, {2});
  single.as<float>()[1] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(first_non_finite(single), 1);
  EXPECT_EQ(first_non_finite(make_array("a", DType::kI64, {3})), -1);
}

TEST(NamedArrays, KeepOrderAndNames) {
  NamedArrays arrays;
  arrays.add(make_array("velocity", DType::kF64, {1}));
  arrays.add(make_array("mass", DType::kF64, {1}));
  EXPECT_EQ(arrays.names(), (std::vector<std::string>{"velocity", "mass"}));
  EXPECT_TRUE(arrays.contains("mass"));
  EXPECT_FALSE(arrays.contains("energy"));
  arrays.at("mass").as<double>()[0] = 3;
  EXPECT_EQ(std::as_const(arrays).at("mass").value(0), 3);
}

TEST(NamedArrays, MissingAndRepeatedNamesAreRefused) {
  NamedArrays arrays;
  arrays.add(make_array("velocity", DType::kF64, {1}));
  arrays.add(make_array("mass", DType::kF64, {1}));
  EXPECT_EQ(refusal([&] { arrays.at("velocty"); }),
            "there is no array 'velocty', did you mean 'velocity'?; present: velocity, mass");
  EXPECT_EQ(refusal([&] { arrays.at("x"); }), "there is no array 'x'; present: velocity, mass");
  EXPECT_EQ(refusal([&] { arrays.add(make_array("mass", DType::kF64, {1})); }),
            "there are two arrays named 'mass'");
  EXPECT_EQ(refusal([&] { arrays.add(make_array("", DType::kF64, {1})); }),
            "an array needs a name");
}

}  // namespace
}  // namespace filigree
