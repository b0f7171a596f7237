// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/state_visitor.hpp"

#include <gtest/gtest.h>

namespace filigree {
namespace {

struct State {
  double time = 0;
  std::int64_t step = 0;
  NamedArray positions = make_array("whatever", DType::kF64, {0, 3});

  void reflect_state(StateVisitor& v) {
    v("time", time);
    v("step", step);
    v("positions", positions);
  }
};

TEST(StateVisitor, LoadingRestoresWhatWasSaved) {
  State saved;
  saved.time = 0.1;
  saved.step = std::int64_t{1} << 60;
  saved.positions = make_array("whatever", DType::kF64, {2, 3}, "m");
  saved.positions.as<double>()[5] = 7;
  StateSaver saver;
  saved.reflect_state(saver);
  EXPECT_FALSE(saver.loading());
  EXPECT_EQ(saver.arrays.names(), (std::vector<std::string>{"time", "step", "positions"}));

  State loaded;
  StateLoader loader(saver.arrays);
  EXPECT_TRUE(loader.loading());
  loaded.reflect_state(loader);
  EXPECT_EQ(loaded.time, 0.1);
  EXPECT_EQ(loaded.step, std::int64_t{1} << 60);
  EXPECT_EQ(loaded.positions.shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(loaded.positions.value(5), 7);
}

TEST(StateVisitor, MissingAndIllTypedStateIsNamed) {
  const auto refusal = [](const NamedArrays& arrays) -> std::string {
    State state;
    StateLoader loader(arrays);
    try {
      state.reflect_state(loader);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  };
  NamedArrays arrays;
  arrays.add(make_array("tine", DType::kF64, {1}));
  EXPECT_EQ(refusal(arrays), "there is no array 'time', did you mean 'tine'?; present: tine");
  arrays.add(make_array("time", DType::kF32, {1}));
  EXPECT_EQ(refusal(arrays), "array 'time' holds f32 but f64 was asked for");
}

TEST(StateVisitor, ScalarsMustHoldOneNumber) {
  NamedArrays arrays;
  arrays.add(make_array("a", DType::kF64, {2}));
  arrays.add(make_array("b", DType::kI64, {0}));
  StateLoader loader(arrays);
  const auto refusal = [&](const char* name, auto value) -> std::string {
    try {
      loader(name, value);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(refusal("a", 0.0), "state 'a' should be one number but holds 2");
  EXPECT_EQ(refusal("b", std::int64_t{0}), "state 'b' should be one integer but holds 0");
}

}  // namespace
}  // namespace filigree
