// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/tape.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/ops.hpp"
#include "tests/learning/testing.hpp"

namespace filigree::learning {
namespace {

using ::testing::ElementsAre;
using testing::random_tensor;

TEST(Tape, RecordsOnlyWhileAScopeIsOn) {
  const Tensor x = ones({3});
  Tape tape;
  exp(x);
  EXPECT_EQ(tape.n_records(), 0u);
  {
    Tape::Scope on(tape);
    exp(x);
    EXPECT_TRUE(Tape::is_recording());
  }
  EXPECT_FALSE(Tape::is_recording());
  exp(x);
  EXPECT_EQ(tape.n_records(), 1u);
}

TEST(Tape, TheInnermostScopeCounts) {
  const Tensor x = ones({3});
  Tape outer, inner;
  Tape::Scope on_outer(outer);
  {
    Tape::Scope on_inner(inner);
    exp(x);
    EXPECT_EQ(Tape::current(), &inner);
  }
  EXPECT_EQ(Tape::current(), &outer);
  EXPECT_EQ(outer.n_records(), 0u);
  EXPECT_EQ(inner.n_records(), 1u);
}

TEST(Tape, AScopeWithinUnrecordedRecordsAndGoesBack) {
  Tape outer, inner;
  Tape::Scope on_outer(outer);
  Unrecorded unrecorded;
  {
    Tape::Scope on_inner(inner);
    EXPECT_TRUE(Tape::is_recording());
  }
  EXPECT_FALSE(Tape::is_recording());
}

TEST(Tape, UnrecordedLendsMemoryButRecordsNothing) {
  const Tensor x = ones({100});
  Tape tape;
  Tape::Scope on(tape);
  {
    Unrecorded unrecorded;
    exp(x);
  }
  EXPECT_EQ(tape.n_records(), 0u);
  EXPECT_GE(tape.bytes_in_use(), 400u);
  EXPECT_TRUE(Tape::is_recording());
}

TEST(Tape, GoesBackAfterAnException) {
  Tape tape;
  try {
    Tape::Scope on(tape);
    Unrecorded unrecorded;
    zeros({2}) + zeros({3});
  } catch (const InputError&) {
  }
  EXPECT_EQ(Tape::current(), nullptr);
  EXPECT_FALSE(Tape::is_recording());
}

TEST(Tape, IsOnForOneThreadOnly) {
  Tape tape;
  Tape::Scope on(tape);
  bool is_on_there = true;
  std::thread([&] { is_on_there = Tape::current() != nullptr; }).join();
  EXPECT_FALSE(is_on_there);
}

TEST(Tape, ResetGivesAllMemoryBackAndKeepsItForTheNextStep) {
  const Tensor x = random_tensor({64, 8}, "x", DType::kF32);
  const Tensor w = random_tensor({8, 8}, "w", DType::kF32);
  Tape tape;
  Offset allocations = 0;
  std::size_t used = 0;
  for (int step = 0; step < 3; ++step) {
    Tape::Scope on(tape);
    Tensor h = x;
    for (int layer = 0; layer < 4; ++layer) h = tanh(matmul(h, w));
    grad(mean(h * h), {w});
    if (step > 0) {
      EXPECT_EQ(array_allocations(), allocations);
      EXPECT_EQ(tape.bytes_in_use(), used);
    }
    allocations = array_allocations();
    used = tape.bytes_in_use();
    tape.reset();
    EXPECT_EQ(tape.bytes_in_use(), 0u);
    EXPECT_EQ(tape.n_records(), 0u);
  }
  EXPECT_EQ(tape.high_water(), used);
}

TEST(Tape, CustomOperationsAreRecordedWithTheirAdjoints) {
  const Tensor x = tensor({2}, {3, 4}, DType::kF64);
  Tape tape;
  Tape::Scope on(tape);
  // Three times the truth, to see that it is this adjoint which is used.
  const Tensor y =
      record("custom", {x}, stop_gradient(x), [](Adjoint& a) { a.give(0, a.gradient() * 3.0); });
  EXPECT_THAT(to_vector(grad(sum(y), {x})[0]), ElementsAre(3, 3));
}

TEST(Tape, NamesAnAdjointThatGivesAWrongShape) {
  const Tensor x = ones({2});
  Tape tape;
  Tape::Scope on(tape);
  const Tensor y =
      record("custom", {x}, stop_gradient(x), [](Adjoint& a) { a.give(0, sum(a.gradient())); });
  EXPECT_EQ(testing::error_of<InternalError>([&] { grad(sum(y), {x}); }),
            "the adjoint of custom gives a gradient [] f32 to its input 0 [2] f32");
}

TEST(Tape, KnowsWhatItsRecordsCaptured) {
  const Tensor x = ones({2});
  const Tensor w = ones({2});
  Tape outer, tape;
  Tape::Scope on_outer(outer);
  const Tensor h = exp(x);
  Tape::Scope on(tape);
  const Tensor y = (h * w + full({2}, 3)) * h;
  const auto captured = tape.captured();
  ASSERT_EQ(captured.size(), 2u);  // not the constant, and h once
  EXPECT_EQ(captured[0].id(), h.id());
  EXPECT_EQ(captured[1].id(), w.id());
}

TEST(NestedScope, LendsMemoryThatEndsWithIt) {
  Tape tape;
  Tape::Scope on(tape);
  Tensor inside, copy;
  {
    NestedScope nested;
    EXPECT_EQ(Tape::current(), &tape.nested());
    inside = ones({1000});
    NestedScope deeper;
    EXPECT_EQ(Tape::current(), &tape.nested().nested());
  }
  EXPECT_EQ(Tape::current(), &tape);
  EXPECT_EQ(tape.bytes_in_use(), 0u);
  EXPECT_EQ(tape.nested().bytes_in_use(), 0u);
  EXPECT_GE(tape.high_water(), 4000u);
  EXPECT_THROW(to_vector(inside), InternalError);
}

TEST(NestedScope, WorksWithoutATape) {
  NestedScope nested;
  EXPECT_EQ(Tape::current(), &nested.tape());
  EXPECT_EQ(item(sum(ones({3}))), 3);
}

}  // namespace
}  // namespace filigree::learning
