// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Optimizers, schedules, clipping and averages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/random.hpp"
#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/ops.hpp"
#include "learning/optim/average.hpp"
#include "learning/optim/clip.hpp"
#include "learning/optim/lbfgs_parameters.hpp"
#include "learning/optim/optimizer.hpp"
#include "learning/optim/schedule.hpp"

namespace filigree::optim {
namespace {

using learning::Init;
using learning::Parameter;
using learning::scalar;
using learning::Tape;
using learning::tensor;
using learning::to_vector;
using testing::HasSubstr;

struct Pair {
  Parameter weight;
  Parameter bias;

  explicit Pair(DType dtype = DType::kF64)
      : weight({3, 2}, Init::normal(1), dtype), bias({2}, Init::uniform(1), dtype) {
    initialize(all(), 5);
  }
  template <class V>
  void reflect(V& v) {
    v("weight", weight);
    v("bias", bias);
  }
  Parameters all() { return learning::parameters(*this); }
};

/// Numbers in [-1, 1] that differ from step to step.
std::vector<Tensor> some_gradients(const Parameters& parameters, int step) {
  std::vector<Tensor> gradients;
  for (const learning::NamedParameter& named : parameters) {
    const RandomStream random(static_cast<std::uint64_t>(step), "test/" + named.name);
    const Tensor& value = named.parameter->value;
    std::vector<double> g(static_cast<std::size_t>(value.size()));
    for (std::size_t i = 0; i < g.size(); ++i) g[i] = random.between(-1.0, 1.0, i);
    gradients.push_back(tensor(value.shape(), g, value.dtype()));
  }
  return gradients;
}

// --- The rules, written once more for one value. -------------------------------------------------

struct OneValue {
  double x, m = 0, v = 0;
};
void reference(const Adam& o, double g, double t, OneValue& s) {
  g += o.weight_decay * s.x;
  s.m = o.beta1 * s.m + (1 - o.beta1) * g;
  s.v = o.beta2 * s.v + (1 - o.beta2) * g * g;
  const double first = s.m / (1 - std::pow(o.beta1, t));
  const double second = s.v / (1 - std::pow(o.beta2, t));
  s.x -= o.learning_rate * first / (std::sqrt(second) + o.epsilon);
}
void reference(const AdamW& o, double g, double t, OneValue& s) {
  s.x -= o.learning_rate * o.weight_decay * s.x;
  reference(Adam{o.learning_rate, o.beta1, o.beta2, o.epsilon, 0}, g, t, s);
}
void reference(const Adamax& o, double g, double t, OneValue& s) {
  g += o.weight_decay * s.x;
  s.m = o.beta1 * s.m + (1 - o.beta1) * g;
  s.v = std::max(o.beta2 * s.v, std::abs(g) + o.epsilon);
  s.x -= o.learning_rate / (1 - std::pow(o.beta1, t)) * s.m / s.v;
}
void reference(const Sgd& o, double g, double, OneValue& s) {
  g += o.weight_decay * s.x;
  s.m = o.momentum * s.m + g;
  s.x -= o.learning_rate * (o.nesterov ? g + o.momentum * s.m : s.m);
}

struct Rule {
  const char* name;
  OptimizerOptions options;
};
class OptimizerRules : public testing::TestWithParam<Rule> {
 protected:
  const OptimizerOptions& options() const { return GetParam().options; }
};

TEST_P(OptimizerRules, AgreeWithTheFormulas) {
  for (const DType dtype : {DType::kF64, DType::kF32}) {
    // A few roundings per step on values around 1.
    const double tolerance = dtype == DType::kF64 ? 1e-14 : 2e-6;
    Pair pair(dtype);
    const Parameters parameters = pair.all();
    std::vector<OneValue> expected;
    for (const double x : flat_values(parameters)) expected.push_back({x});
    Optimizer optimizer(options(), parameters);
    for (int step = 1; step <= 5; ++step) {
      const auto gradients = some_gradients(parameters, step);
      std::size_t i = 0;
      for (const Tensor& gradient : gradients) {
        for (const double g : to_vector(gradient)) {
          std::visit([&](const auto& o) { reference(o, g, step, expected[i]); }, options());
          ++i;
        }
      }
      optimizer.step(parameters, gradients);
      const auto found = flat_values(parameters);
      for (i = 0; i < found.size(); ++i) {
        ASSERT_NEAR(found[i], expected[i].x, tolerance) << name_of(dtype) << " step " << step;
      }
    }
    EXPECT_EQ(optimizer.steps(), 5);
  }
}

TEST_P(OptimizerRules, GoOnFromSavedStateWithTheSameBits) {
  for (const DType dtype : {DType::kF64, DType::kF32}) {
    Pair pair(dtype);
    const Parameters parameters = pair.all();
    Optimizer optimizer(options(), parameters);
    for (int step = 0; step < 3; ++step) {
      optimizer.step(parameters, some_gradients(parameters, step));
    }
    StateSaver saver;
    learning::reflect_state(parameters, "model.", saver);
    optimizer.reflect_state(saver);
    optimizer.step(parameters, some_gradients(parameters, 3));

    Pair other(dtype);
    const Parameters restored = other.all();
    Optimizer resumed(options(), restored);
    StateLoader loader(saver.arrays);
    learning::reflect_state(restored, "model.", loader);
    resumed.reflect_state(loader);
    resumed.step(restored, some_gradients(restored, 3));
    EXPECT_EQ(flat_values(restored), flat_values(parameters));
    EXPECT_EQ(resumed.steps(), 4);
  }
}

TEST_P(OptimizerRules, AllocateNothing) {
  Pair pair;
  const Parameters parameters = pair.all();
  Optimizer optimizer(options(), parameters);
  const auto gradients = some_gradients(parameters, 0);
  const Offset before = array_allocations();
  for (int step = 0; step < 3; ++step) optimizer.step(parameters, gradients);
  EXPECT_EQ(array_allocations(), before);
}

/// sum_i k_i (x_i - i)^2 / 2 with k from 1 to 10.
TEST_P(OptimizerRules, FindTheLowestPointOfAParabola) {
  Parameter x({4}, Init::constant(0), DType::kF64);
  const Parameters parameters{{"x", &x}};
  const Tensor stiffness = tensor({4}, {1, 2, 5, 10}, DType::kF64);
  const Tensor goal = tensor({4}, {0, 1, 2, 3}, DType::kF64);
  OptimizerOptions without_decay = options();
  std::visit([](auto& o) { o.weight_decay = 0; }, without_decay);
  Optimizer optimizer(without_decay, parameters);
  Tape tape;
  constexpr int kSteps = 3000;
  const Schedule schedule{.shape = Cosine{.duration = kSteps}};
  for (int step = 0; step < kSteps; ++step) {
    {
      const Tape::Scope on(tape);
      const Tensor distance = x.value - goal;
      const Tensor loss = 0.5 * sum(stiffness * distance * distance);
      const auto gradients = learning::grad(loss, values(parameters));
      optimizer.step(parameters, gradients, 0.05 * factor(schedule, {.steps = double(step)}));
    }
    tape.reset();
  }
  // The rate falls to 1e-8 at the end, and with it the ripple of the rules that scale steps.
  const auto found = to_vector(x.value);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(found[i], static_cast<double>(i), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, OptimizerRules,
    testing::Values(
        Rule{"adam", Adam{.learning_rate = 0.05, .weight_decay = 0.1}},
        Rule{"adamw", AdamW{.learning_rate = 0.05, .weight_decay = 0.1}},
        Rule{"adamax", Adamax{.learning_rate = 0.05, .weight_decay = 0.1}},
        Rule{"sgd", Sgd{.learning_rate = 0.05, .weight_decay = 0.1}},
        Rule{"momentum", Sgd{.learning_rate = 0.05, .momentum = 0.8}},
        Rule{"nesterov",
             Sgd{.learning_rate = 0.05, .momentum = 0.8, .nesterov = true, .weight_decay = 0.1}}),
    [](const auto& row) { return row.param.name; });

// The first step of Adam is the learning rate against the sign of the gradient, whatever its size.
TEST(Optimizer, FirstStepOfAdamIsTheLearningRate) {
  Parameter x({3}, Init::constant(0), DType::kF64);
  const Parameters parameters{{"x", &x}};
  Optimizer optimizer(Adam{.learning_rate = 0.1}, parameters);
  optimizer.step(parameters, {tensor({3}, {1e-3, -7, 1e3}, DType::kF64)});
  // epsilon = 1e-8 against a gradient of 1e-3 takes away a share of 1e-5.
  const auto moved = to_vector(x.value);
  EXPECT_NEAR(moved[0], -0.1, 1.1e-6);
  EXPECT_NEAR(moved[1], 0.1, 1e-9);
  EXPECT_NEAR(moved[2], -0.1, 1e-9);
}

TEST(Optimizer, FollowsRosenbrocksValley) {
  Parameter x({2}, Init::constant(0), DType::kF64);
  assign(x, tensor({2}, {-1.2, 1}, DType::kF64));
  const Parameters parameters{{"x", &x}};
  Optimizer optimizer(Adam{}, parameters);
  Tape tape;
  for (int step = 0; step < 10000; ++step) {
    {
      const Tape::Scope on(tape);
      const Tensor a = slice(x.value, 0, 0, 1);
      const Tensor b = slice(x.value, 0, 1, 2);
      const Tensor loss = sum(pow(1 - a, 2) + 100 * pow(b - a * a, 2));
      optimizer.step(parameters, learning::grad(loss, values(parameters)), 0.01);
    }
    tape.reset();
  }
  for (const double value : to_vector(x.value)) EXPECT_NEAR(value, 1, 1e-3);
}

TEST(Optimizer, RefusesGradientsAndParametersThatDoNotFit) {
  Pair pair;
  const Parameters parameters = pair.all();
  Optimizer optimizer(Sgd{}, parameters);
  auto gradients = some_gradients(parameters, 0);
  const auto message_of = [&](const Parameters& p, const std::vector<Tensor>& g) -> std::string {
    try {
      optimizer.step(p, g);
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(message_of(parameters, {gradients[0]}), HasSubstr("1 gradients for 2 parameters"));
  EXPECT_THAT(message_of({parameters[1], parameters[0]}, gradients),
              HasSubstr("parameter 0 is 'bias': this optimizer was made for 'weight' there"));
  EXPECT_THAT(message_of(parameters, {gradients[1], gradients[0]}),
              HasSubstr("the gradient [2] f64 of parameter 'weight' [3, 2] f64"));
  gradients[1] = cast(gradients[1], DType::kF32);
  EXPECT_THAT(message_of(parameters, gradients), HasSubstr("the gradient [2] f32 of parameter"));
  EXPECT_EQ(optimizer.steps(), 0);
}

TEST(Optimizer, KeepsTensorsOfOldValuesFromBeingUsed) {
  Pair pair;
  const Parameters parameters = pair.all();
  const Tensor old = pair.weight.value;
  Optimizer optimizer(Sgd{}, parameters);
  optimizer.step(parameters, some_gradients(parameters, 0));
  EXPECT_THROW(to_vector(old), InternalError);
}

TEST(LbfgsOnParameters, FindsTheLeastSquares) {
  // Two outputs of a line through three points each: the residual is zero.
  Pair pair;
  const Parameters parameters = pair.all();
  const Tensor inputs = tensor({4, 3}, {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1}, DType::kF64);
  const Tensor outputs = tensor({4, 2}, {1, 2, 3, 4, 5, 6, 6, 8}, DType::kF64);
  const auto loss = [&] {
    const Tensor error = matmul(inputs, pair.weight.value) + pair.bias.value - outputs;
    return sum(error * error);
  };
  const LbfgsState end = minimize(parameters, loss, {.value_tolerance = 0});
  EXPECT_EQ(end.end, LbfgsEnd::kGradient);
  EXPECT_LT(item(loss()), 1e-12);
  EXPECT_EQ(flat_values(parameters), end.x);
}

TEST(LbfgsOnParameters, GoesOnFromSavedStateWithTheSameBits) {
  Pair pair;
  const Parameters parameters = pair.all();
  const auto loss = [&] { return sum(exp(pair.weight.value)) + sum(exp(-pair.weight.value)); };
  const Objective function = objective({parameters[0]}, loss);
  LbfgsState state = start_lbfgs(function, to_vector(pair.weight.value));
  for (int k = 0; k < 3; ++k) iterate(function, {}, state);
  StateSaver saver;
  reflect_state(state, saver);
  iterate(function, {}, state);

  LbfgsState restored;
  StateLoader loader(saver.arrays);
  reflect_state(restored, loader);
  iterate(function, {}, restored);
  EXPECT_EQ(restored.x, state.x);
  EXPECT_EQ(restored.value, state.value);
  EXPECT_EQ(restored.iterations, state.iterations);
}

TEST(Schedule, FollowsItsFormulas) {
  const auto at = [](const RateShape& shape, double t) {
    return factor({.shape = shape}, {.steps = t});
  };
  EXPECT_EQ(at(ConstantRate{}, 17), 1);
  EXPECT_EQ(at(StepDecay{.every = 10, .factor = 0.5}, 9), 1);
  EXPECT_EQ(at(StepDecay{.every = 10, .factor = 0.5}, 25), 0.25);
  EXPECT_DOUBLE_EQ(at(ExponentialDecay{.factor = 0.9}, 2), 0.81);
  const Cosine cosine{.duration = 8, .lowest = 0.1};
  EXPECT_EQ(at(cosine, 0), 1);
  EXPECT_DOUBLE_EQ(at(cosine, 4), 0.55);
  EXPECT_DOUBLE_EQ(at(cosine, 8), 0.1);
  EXPECT_DOUBLE_EQ(at(cosine, 80), 0.1);
  const CosineRestarts restarts{.period = 4, .growth = 2};
  EXPECT_DOUBLE_EQ(at(restarts, 2), 0.5);
  EXPECT_EQ(at(restarts, 4), 1);                                             // of a period of 8
  EXPECT_DOUBLE_EQ(at(restarts, 6), (1 + std::cos(std::acos(-1) / 4)) / 2);  // a quarter of it
  EXPECT_EQ(at(restarts, 12), 1);
  EXPECT_EQ(at(CosineRestarts{.period = 4}, 40), 1);
  EXPECT_DOUBLE_EQ(at(CosineRestarts{.period = 4}, 42), 0.5);
}

TEST(Schedule, WarmsUpLinearlyAndThenCountsFromThere) {
  const Schedule schedule{.shape = Cosine{.duration = 8}, .warm_up = 4, .warm_up_start = 0.2};
  EXPECT_DOUBLE_EQ(factor(schedule, {.steps = 0}), 0.2);
  EXPECT_DOUBLE_EQ(factor(schedule, {.steps = 2}), 0.6);
  EXPECT_DOUBLE_EQ(factor(schedule, {.steps = 4}), 1);
  EXPECT_DOUBLE_EQ(factor(schedule, {.steps = 8}), 0.5);
}

TEST(Schedule, CountsByItsClock) {
  const TrainingTime time{.steps = 70, .epochs = 3.5};
  Schedule schedule{.shape = ExponentialDecay{.factor = 0.5}};
  EXPECT_DOUBLE_EQ(factor(schedule, time), std::pow(0.5, 70));
  schedule.clock = Clock::kEpoch;
  EXPECT_DOUBLE_EQ(factor(schedule, time), 0.125);
  schedule.clock = Clock::kEpochFraction;
  EXPECT_DOUBLE_EQ(factor(schedule, time), std::pow(0.5, 3.5));
}

TEST(Clip, KeepsTheDirectionAndShortensToTheNorm) {
  const std::vector<Tensor> gradients{tensor({2}, {3, 0}, DType::kF64),
                                      tensor({1, 1}, {-4}, DType::kF64)};
  EXPECT_DOUBLE_EQ(global_norm(gradients), 5);
  const ClippedGradients clipped = clip_by_norm(gradients, 0.5);
  EXPECT_DOUBLE_EQ(clipped.norm, 5);
  const double share = 0.5 / (5 + 1e-6);
  EXPECT_THAT(to_vector(clipped.gradients[0]), testing::ElementsAre(3 * share, 0));
  EXPECT_THAT(to_vector(clipped.gradients[1]), testing::ElementsAre(-4 * share));
  const ClippedGradients untouched = clip_by_norm(gradients, 6);
  EXPECT_EQ(to_vector(untouched.gradients[0]), to_vector(gradients[0]));
  EXPECT_EQ(global_norm({}), 0);
  EXPECT_TRUE(std::isnan(clip_by_norm({tensor({1}, {NAN})}, 1).norm));
  EXPECT_THROW(clip_by_norm(gradients, 0), InputError);
}

TEST(Clip, CutsValuesOff) {
  const auto clipped = clip_by_value({tensor({3}, {-4, 0.5, 2})}, 1);
  EXPECT_THAT(to_vector(clipped[0]), testing::ElementsAre(-1, 0.5, 1));
  EXPECT_THROW(clip_by_value(clipped, -1), InputError);
}

TEST(Clip, RecordsNothing) {
  Tape tape;
  const Tape::Scope on(tape);
  const std::vector<Tensor> gradients{tensor({1}, {2})};
  clip_by_norm(gradients, 1);
  clip_by_value(gradients, 1);
  EXPECT_EQ(tape.n_records(), 0u);
}

TEST(Average, FollowsItsFormulaAndSwaps) {
  Parameter x({1}, Init::constant(0), DType::kF64);
  assign(x, tensor({1}, {1}, DType::kF64));
  const Parameters parameters{{"x", &x}};
  Average average({.decay = 0.9, .warm_up = false}, parameters);
  assign(x, tensor({1}, {2}, DType::kF64));
  const Offset before = array_allocations();
  average.update(parameters);
  average.update(parameters);
  average.swap(parameters);
  EXPECT_EQ(array_allocations(), before);
  // 1 + 0.1 (2 - 1) = 1.1, then 1.1 + 0.1 (2 - 1.1) = 1.19.
  EXPECT_DOUBLE_EQ(item(x.value), 1.19);
  EXPECT_THROW(average.update(parameters), InputError);
  average.swap(parameters);
  EXPECT_EQ(item(x.value), 2);
}

TEST(Average, FollowsTheValuesCloselyWhileWarmingUp) {
  Parameter x({1}, Init::constant(0), DType::kF64);
  const Parameters parameters{{"x", &x}};
  Average average({.decay = 0.999, .warm_up = true}, parameters);
  assign(x, tensor({1}, {1}, DType::kF64));
  average.update(parameters);
  average.swap(parameters);
  EXPECT_DOUBLE_EQ(item(x.value), 1 - 2.0 / 11);
}

TEST(Average, GoesOnFromSavedStateWithTheSameBits) {
  Pair pair(DType::kF32);
  const Parameters parameters = pair.all();
  Average average({}, parameters);
  Optimizer optimizer(Sgd{}, parameters);
  optimizer.step(parameters, some_gradients(parameters, 0));
  average.update(parameters);
  StateSaver saver;
  average.reflect_state(saver);
  average.update(parameters);

  Average restored({}, parameters);
  StateLoader loader(saver.arrays);
  restored.reflect_state(loader);
  restored.update(parameters);
  restored.swap(parameters);
  const auto found = flat_values(parameters);
  restored.swap(parameters);
  average.swap(parameters);
  EXPECT_EQ(found, flat_values(parameters));
}

}  // namespace
}  // namespace filigree::optim
