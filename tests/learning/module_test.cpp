// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Parameters from stored arrays, and the order in which training visits samples.
#include "learning/nn/module.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "learning/autodiff/ops.hpp"
#include "learning/nn/linear.hpp"
#include "learning/train/trainer.hpp"
#include "tests/learning/testing.hpp"

namespace filigree::learning {
namespace {

using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;

Mlp filled_mlp(std::uint64_t seed) {
  Mlp mlp({3, 4, 2}, Activation::kTanh);
  initialize(parameters(mlp), seed);
  return mlp;
}

/// Arrays that fit, but for one.
NamedArrays spoiled(const std::string& name, std::vector<std::int64_t> shape) {
  Mlp other = filled_mlp(2);
  NamedArrays result;
  for (const NamedArray& array : to_arrays(parameters(other))) {
    if (array.name != name) {
      result.add(array);
    } else if (!shape.empty()) {
      result.add(make_array(name, DType::kF32, shape));
    }
  }
  return result;
}

struct Failure {
  const char* name;
  NamedArrays arrays;
  std::vector<std::string> parts;
};

// The last parameter is the one that does not fit: those before it could have been written.
std::vector<Failure> failures() {
  NamedArrays surplus = spoiled("", {});
  surplus.add(make_array("layers.2.bias", DType::kF32, {2}));
  return {
      {"missing", spoiled("layers.1.bias", {}), {"'layers.1.bias'"}},
      {"shape", spoiled("layers.1.bias", {3}), {"'layers.1.bias'", "[3]", "[2]"}},
      {"axes", spoiled("layers.1.bias", {1, 2}), {"'layers.1.bias'", "[1, 2]", "[2]"}},
      {"many_axes", spoiled("layers.1.bias", {1, 1, 1, 1, 2}), {"'layers.1.bias'", "5 axes"}},
      {"surplus", surplus, {"'layers.2.bias'", "no parameter"}},
  };
}

TEST(FromArrays, ChangesNothingWhenAnArrayDoesNotFit) {
  for (const Failure& failure : failures()) {
    Mlp mlp = filled_mlp(1);
    const Parameters all = parameters(mlp);
    const NamedArrays before = to_arrays(all);
    const Tensor handle = all[0].parameter->value;
    const std::string message = error_of<InputError>([&] { from_arrays(all, failure.arrays); });
    for (const std::string& part : failure.parts) {
      EXPECT_THAT(message, HasSubstr(part)) << failure.name;
    }
    EXPECT_EQ(to_arrays(all), before) << failure.name;
    EXPECT_EQ(to_vector(handle).size(), 12u) << failure.name;  // old handles are still good
  }
}

TEST(FromArrays, ReplacesAllValuesWhenTheyFit) {
  Mlp mlp = filled_mlp(1);
  Mlp other = filled_mlp(2);
  const NamedArrays arrays = to_arrays(parameters(other));
  ASSERT_NE(to_arrays(parameters(mlp)), arrays);
  from_arrays(parameters(mlp), arrays);
  EXPECT_EQ(to_arrays(parameters(mlp)), arrays);
}

TEST(ReflectState, ChangesNothingWhenStateIsMissingOrHasAnotherShape) {
  for (const bool is_missing : {true, false}) {
    NamedArrays stored;
    for (const NamedArray& array : spoiled("layers.1.bias", {})) {
      NamedArray copy = array;
      copy.name = "model." + array.name;
      stored.add(copy);
    }
    if (!is_missing) stored.add(make_array("model.layers.1.bias", DType::kF32, {5}));
    Mlp mlp = filled_mlp(1);
    const Parameters all = parameters(mlp);
    const NamedArrays before = to_arrays(all);
    StateLoader loader(stored);
    const std::string message = error_of<InputError>([&] { reflect_state(all, "model.", loader); });
    EXPECT_THAT(message, HasSubstr("layers.1.bias"));
    EXPECT_EQ(to_arrays(all), before);
  }
}

TEST(EpochOrder, IsAPermutationOfTheSamples) {
  for (const Index n : {0, 1, 2, 17, 1000}) {
    for (const std::int64_t epoch : {0, 1, 99}) {
      std::vector<Index> order = epoch_order(n, 5, epoch);
      std::sort(order.begin(), order.end());
      std::vector<Index> all(static_cast<std::size_t>(n));
      std::iota(all.begin(), all.end(), 0);
      EXPECT_EQ(order, all);
    }
  }
}

// Two random orders of 50 samples are the same with a chance of 1 in 50!.
TEST(EpochOrder, DependsOnSeedAndEpochAlone) {
  std::vector<std::vector<Index>> orders;
  for (const std::uint64_t seed : {0, 1, 7}) {
    for (const std::int64_t epoch : {0, 1, 2, 1000}) {
      const auto order = epoch_order(50, seed, epoch);
      EXPECT_EQ(epoch_order(50, seed, epoch), order);
      EXPECT_THAT(orders, ::testing::Not(::testing::Contains(order)))
          << "seed " << seed << ", epoch " << epoch;
      orders.push_back(order);
    }
  }
}

}  // namespace
}  // namespace filigree::learning
