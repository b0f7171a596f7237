// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/checkpointed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/gradcheck.hpp"
#include "learning/autodiff/ops.hpp"
#include "tests/learning/testing.hpp"

namespace filigree::learning {
namespace {

using testing::random_tensor;

/// A network with the memory of its last state, stepped with the same weights each time, and with
/// noise that depends on the step alone.
struct Recurrence {
  Tensor w, v, drift;

  explicit Recurrence(DType dtype)
      : w(random_tensor({16, 16}, "w", dtype, -0.3, 0.3)),
        v(random_tensor({16, 16}, "v", dtype, -0.3, 0.3)),
        drift(random_tensor({16}, "drift", dtype)) {}

  std::vector<Tensor> step(const std::vector<Tensor>& state, Index k) const {
    const RandomStream random(1, "noise");
    std::vector<double> keep(16);
    for (std::size_t i = 0; i < 16; ++i) {
      keep[i] = random.uniform<double>(i, static_cast<std::uint32_t>(k)) < 0.9 ? 1 : 0;
    }
    const Tensor mask = tensor({16}, keep, w.dtype());
    const Tensor x = tanh(matmul(state[0], w) + matmul(state[1], v) + drift) * mask;
    return {x, state[0]};
  }
};

struct Result {
  std::vector<double> value;
  std::vector<std::vector<double>> gradients;
  std::size_t high_water = 0;
};

/// `n_segments` of 0: no checkpoints.
Result run(DType dtype, Index n_steps, Index n_segments) {
  const Recurrence model(dtype);
  const Tensor first = random_tensor({8, 16}, "first", dtype);
  const Tensor second = random_tensor({8, 16}, "second", dtype);
  Tape tape(std::size_t{1} << 16);
  Tape::Scope on(tape);
  std::vector<Tensor> state{first, second};
  const auto step = [model](const std::vector<Tensor>& x, Index k) { return model.step(x, k); };
  if (n_segments > 0) {
    state = checkpointed_steps(step, state, n_steps, n_segments);
  } else {
    for (Index k = 0; k < n_steps; ++k) state = step(state, k);
  }
  const Tensor loss = sum(state[0] * state[0]) + sum(state[1]);
  Result result{to_vector(state[0]), {}, 0};
  for (const Tensor& g : grad(loss, {model.w, model.v, model.drift, first, second})) {
    result.gradients.push_back(to_vector(g));
  }
  result.high_water = tape.high_water();
  return result;
}

TEST(Checkpointed, HasTheBitsOfThePlainComputation) {
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    const Result plain = run(dtype, 23, 0);
    for (const Index n_segments : {1, 5, 23}) {
      const Result result = run(dtype, 23, n_segments);
      EXPECT_EQ(result.value, plain.value);
      EXPECT_EQ(result.gradients, plain.gradients) << n_segments << " segments";
    }
  }
}

TEST(Checkpointed, MemoryGrowsWithTheRootOfTheSteps) {
  const double plain = static_cast<double>(run(DType::kF32, 900, 0).high_water);
  const double checked = static_cast<double>(run(DType::kF32, 900, 30).high_water);
  const double longer = static_cast<double>(run(DType::kF32, 3600, 60).high_water);
  // A step keeps about 16 tensors of [8, 16] and three gradients of weights, a segment its state
  // and three sums of gradients: with 30 segments of 30 steps, a fifteenth and more is expected.
  EXPECT_LT(checked, plain / 10);
  EXPECT_LT(longer, 2.2 * checked);  // four times the steps, twice the memory
}

TEST(Checkpointed, GivesAllMemoryBack) {
  const Recurrence model(DType::kF32);
  Tape tape;
  Offset allocations = 0;
  for (int round = 0; round < 3; ++round) {
    Tape::Scope on(tape);
    const auto end = checkpointed_steps(
        [model](const std::vector<Tensor>& x, Index k) { return model.step(x, k); },
        {zeros({8, 16}), zeros({8, 16})}, 10);
    grad(sum(end[0]), {model.w});
    tape.reset();
    EXPECT_EQ(tape.bytes_in_use(), 0u);
    EXPECT_EQ(tape.nested().bytes_in_use(), 0u);
    if (round > 1) {
      EXPECT_EQ(array_allocations(), allocations);
    }
    allocations = array_allocations();
  }
}

TEST(Checkpointed, FindsTheTensorsThatAreCapturedAndNotPassed) {
  const Tensor w = random_tensor({3, 3}, "w");
  const Tensor x = random_tensor({2, 3}, "x");
  Tape tape;
  Tape::Scope on(tape);
  const Tensor h = exp(w);  // recorded, captured, and itself a function of a captured tensor
  const auto segment = [=](const std::vector<Tensor>& in) {
    return std::vector<Tensor>{matmul(in[0], h) * sum(w)};
  };
  const auto plain = grad(sum(tanh(segment({x})[0])), {w, x, h});
  const auto checked = grad(sum(tanh(checkpointed(segment, {x})[0])), {w, x, h});
  for (std::size_t k = 0; k < 3; ++k) EXPECT_LT(testing::distance(plain[k], checked[k]), 1e-14);
}

TEST(Checkpointed, HasFirstAndSecondDerivatives) {
  const auto function = [](const std::vector<Tensor>& in) {
    const Tensor w = in[1];
    const auto segment = [w](const std::vector<Tensor>& x) {
      const Tensor y = tanh(matmul(x[0], w));
      return std::vector<Tensor>{y, sum(y * x[0], 1)};
    };
    const auto first = checkpointed(segment, {in[0]});
    const auto second = checkpointed(segment, {first[0]});
    return second[0] + reshape(first[1] * second[1], {2, 1});
  };
  const auto report = gradcheck(function, {random_tensor({2, 3}, "x"), random_tensor({3, 3}, "w")});
  EXPECT_TRUE(report.passed) << report.text;
}

TEST(Checkpointed, NestsAndPassesInputsThrough) {
  const Tensor x = random_tensor({3}, "x");
  const auto inner = [](const std::vector<Tensor>& in) {
    return std::vector<Tensor>{in[0], sin(in[0])};
  };
  const auto outer = [inner](const std::vector<Tensor>& in) {
    const auto parts = checkpointed(inner, in);
    return std::vector<Tensor>{exp(parts[0]) * parts[1]};
  };
  Tape tape;
  Tape::Scope on(tape);
  const auto plain = grad(sum(exp(x) * sin(x)), {x});
  const auto checked = grad(sum(checkpointed(outer, {x})[0]), {x});
  EXPECT_LT(testing::distance(plain[0], checked[0]), 1e-15);
}

TEST(Checkpointed, JustComputesWithoutATape) {
  const auto segment = [](const std::vector<Tensor>& x) { return std::vector<Tensor>{exp(x[0])}; };
  EXPECT_EQ(item(checkpointed(segment, {scalar(0)})[0]), 1);
  EXPECT_TRUE(
      checkpointed_steps([](const std::vector<Tensor>& x, Index) { return x; }, {}, 0).empty());
}

TEST(Checkpointed, ExplainsWrongArguments) {
  EXPECT_EQ(testing::error_of<InputError>([] {
              checkpointed_steps([](const std::vector<Tensor>& x, Index) { return x; }, {}, -1);
            }),
            "checkpointed_steps: -1 steps in 0 segments: neither may be negative");
  Tape tape;
  Tape::Scope on(tape);
  EXPECT_EQ(testing::error_of<InputError>([] {
              checkpointed([](const std::vector<Tensor>&) { return std::vector<Tensor>{}; }, {});
            }),
            "checkpointed: the segment returned nothing");
  EXPECT_EQ(Tape::current(), &tape);  // the nested tape is off again
}

}  // namespace
}  // namespace filigree::learning
