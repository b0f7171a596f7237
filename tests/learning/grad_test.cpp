// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/grad.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "learning/autodiff/ops.hpp"
#include "learning/nn/module.hpp"
#include "tests/learning/testing.hpp"

namespace filigree::learning {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::random_tensor;

class Grad : public ::testing::Test {
 protected:
  Tape tape_;
  Tape::Scope on_{tape_};
  const Tensor x_ = tensor({3}, {0.5, -1, 2}, DType::kF64);
};

TEST_F(Grad, SumsTheContributionsOfAllUses) {
  const Tensor loss = sum(x_ * x_ * x_ + 2.0 * x_);
  EXPECT_THAT(to_vector(grad(loss, {x_})[0]), ElementsAre(2.75, 5, 14));
}

TEST_F(Grad, IsAskedForAnyTensorAndTwice) {
  const Tensor h = exp(x_);
  const Tensor loss = sum(h * h);
  const auto gradients = grad(loss, {h, x_, h, loss});
  EXPECT_EQ(testing::distance(gradients[0], 2.0 * h), 0);
  EXPECT_EQ(testing::distance(gradients[2], 2.0 * h), 0);
  EXPECT_EQ(testing::distance(gradients[1], 2.0 * h * h), 0);
  EXPECT_EQ(item(gradients[3]), 1);
  EXPECT_EQ(to_vector(grad(loss, {x_})[0]), to_vector(gradients[1]));  // the tape is not used up
}

TEST_F(Grad, IsZeroWhereTheLossDoesNotDepend) {
  const Tensor other = ones({2, 2});
  const auto gradients = grad(sum(x_ * x_), {other});
  EXPECT_EQ(gradients[0].shape(), (Shape{2, 2}));
  EXPECT_EQ(gradients[0].dtype(), DType::kF32);
  EXPECT_THAT(to_vector(gradients[0]), ElementsAre(0, 0, 0, 0));
}

TEST_F(Grad, DoesNotPassStopGradientOrUnrecorded) {
  Tensor inside;
  {
    Unrecorded unrecorded;
    inside = exp(x_);
  }
  const Tensor loss = sum(x_ * stop_gradient(x_) + inside * x_);
  const Tensor expected = x_ + inside;
  EXPECT_EQ(testing::distance(grad(loss, {x_})[0], expected), 0);
}

TEST_F(Grad, ThreeOrdersOfASine) {
  Tensor y = sin(x_);
  const double signs[] = {1, -1, -1};
  for (int order = 1; order <= 3; ++order) {
    y = grad(sum(y), {x_}, {.create_graph = true})[0];
    const Tensor exact = (order == 2 ? sin(x_) : cos(x_)) * signs[order - 1];
    // The same functions of the same numbers, up to one product.
    EXPECT_LT(testing::distance(y, exact), 1e-15) << "order " << order;
  }
}

TEST_F(Grad, ThreeOrdersOfAComposition) {
  // y = tanh(x^3): the exact derivatives by hand, with t = tanh(x^3), s = 1 - t^2.
  Tensor y = tanh(x_ * x_ * x_);
  std::vector<std::vector<double>> orders;
  for (int order = 1; order <= 3; ++order) {
    y = grad(sum(y), {x_}, {.create_graph = true})[0];
    orders.push_back(to_vector(y));
  }
  const auto values = to_vector(x_);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = values[i], t = std::tanh(x * x * x), s = 1 - t * t;
    // u = x^3: y' = s u', y'' = s u'' - 2 t s u'^2,
    // y''' = s u''' - 6 t s u' u'' - 2 s (s - 2 t^2) u'^3.
    const double u1 = 3 * x * x, u2 = 6 * x, u3 = 6;
    const double d1 = s * u1;
    const double d2 = s * u2 - 2 * t * s * u1 * u1;
    const double d3 = s * u3 - 6 * t * s * u1 * u2 - 2 * s * (s - 2 * t * t) * u1 * u1 * u1;
    // Round-off of 1 - t^2, amplified by up to u1^3 = 1728.
    EXPECT_NEAR(orders[0][i], d1, 1e-14 * 12);
    EXPECT_NEAR(orders[1][i], d2, 1e-13 * 144);
    EXPECT_NEAR(orders[2][i], d3, 1e-13 * 1728);
  }
}

TEST_F(Grad, JvpIsTheTransposeOfVjp) {
  const Tensor a = random_tensor({3, 4}, "a");
  const Tensor b = random_tensor({4, 2}, "b");
  const Tensor y = tanh(matmul(exp(a), b));
  const Tensor da = random_tensor({3, 4}, "da");
  const Tensor db = random_tensor({4, 2}, "db");
  const Tensor g = random_tensor({3, 2}, "g");
  const Tensor forward = jvp(y, {a, b}, {da, db});
  const auto backward = vjp(y, g, {a, b});
  const double along_outputs = item(sum(g * forward));
  const double along_inputs = item(sum(backward[0] * da) + sum(backward[1] * db));
  EXPECT_NEAR(along_outputs, along_inputs, 1e-13);
  // And against differences, whose error is h^2 times the third derivative.
  const double h = 1e-4;
  const auto moved = [&](double s) { return tanh(matmul(exp(a + s * da), b + s * db)); };
  EXPECT_LT(testing::distance(forward, (moved(h) - moved(-h)) / (2 * h)), 1e-6);
}

TEST_F(Grad, SeveralOutputsAddUpOntoGivenSums) {
  const Tensor u = exp(x_);
  const Tensor v = x_ * x_;
  const Tensor g = ones({3}, DType::kF64);
  const Tensor before = full({3}, 10, DType::kF64);
  const auto together = vjp(std::vector<Tensor>{u, v}, {g, g}, {x_}, {}, {before});
  EXPECT_LT(testing::distance(together[0], before + u + 2.0 * x_), 1e-14);
}

TEST_F(Grad, TakesTensorsAsIndependentOnDemand) {
  const Tensor h = exp(x_);
  const Tensor y = sum(h * x_);
  EXPECT_EQ(testing::distance(grad(y, {x_, h}, {.partial = true})[0], h), 0);
  EXPECT_EQ(testing::distance(grad(y, {x_, h})[0], h + h * x_), 0);
}

TEST_F(Grad, ExplainsWhatItCannotDo) {
  const Tensor y = exp(x_);
  EXPECT_EQ(error_of<InputError>([&] { grad(y, {x_}); }),
            "the gradient of a tensor [3]: a loss has one value");
  EXPECT_EQ(error_of<InputError>([&] { vjp(y, ones({2}), {x_}); }),
            "the cotangent [2] f32 does not fit the output [3] f64");
  EXPECT_EQ(error_of<InputError>([&] { grad(sum(y), {Tensor()}); }),
            "a gradient was asked for with respect to tensor 0, which has no values");
  Tape other;
  Tape::Scope on(other);
  EXPECT_EQ(error_of<InputError>([&] { grad(scalar(1, DType::kF64), {x_}); }),
            "the tape that is on has not recorded how a tensor [] came about");
  const Tensor loss = sum(exp(x_));
  EXPECT_EQ(error_of<InputError>([&] { jvp(loss, {x_}, {ones({1}, DType::kF64)}); }),
            "the tangent [1] does not fit the tensor [3]");
  Unrecorded unrecorded;
  EXPECT_EQ(error_of<InputError>([&] { jvp(loss, {x_}, {x_}); }),
            "a jvp was asked for while no tape was recording");
}

TEST(GradWithoutTape, IsRefused) {
  EXPECT_EQ(error_of<InputError>([] { grad(scalar(1), {scalar(1)}); }),
            "gradients were asked for while no tape was on");
}

TEST_F(Grad, RefusesToUseWhatWasReset) {
  const Tensor loss = sum(x_ * x_);
  tape_.reset();
  EXPECT_THAT(error_of<InputError>([&] { grad(loss, {x_}); }), HasSubstr("has not recorded"));
}

TEST_F(Grad, RefusesParametersThatChangedAfterTheirUse) {
  Parameter weight({3}, Init::constant(2), DType::kF64);
  Parameter bias({3}, Init::constant(2), DType::kF64);
  const Tensor loss = sum(weight.value * x_ + bias.value);
  assign(bias, ones({3}, DType::kF64));
  // The adjoint of a sum does not read the bias, but its gradient would belong to the old value.
  EXPECT_THAT(error_of<InternalError>([&] { grad(loss, {bias.value}); }),
              HasSubstr("take gradients before the optimizer's step"));
  EXPECT_EQ(testing::distance(grad(loss, {weight.value})[0], x_), 0);  // that is still right
  assign(weight, ones({3}, DType::kF64));
  EXPECT_THAT(error_of<InternalError>([&] { grad(loss, {x_}); }),
              HasSubstr("after its owner had changed the values"));
}

}  // namespace
}  // namespace filigree::learning
