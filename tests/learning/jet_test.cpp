// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/jet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/gradcheck.hpp"
#include "learning/autodiff/ops.hpp"
#include "tests/learning/testing.hpp"

namespace filigree::learning {
namespace {

using testing::error_of;
using testing::random_tensor;

/// A network with 70 hidden units, more than are handled together, or few.
Mlp network(Activation f, Index inputs, Index hidden, DType dtype = DType::kF64) {
  Mlp mlp({inputs, hidden, 5, 2}, f, Activation::kIdentity, dtype);
  initialize(parameters(mlp), 3);
  return mlp;
}

/// The derivative of the sum over the points of output k of y with respect to x.
Tensor slopes(const Tensor& y, Index k, const Tensor& x) {
  return grad(sum(slice(y, 1, k, k + 1)), {x}, {.create_graph = true})[0];
}

class JetOf : public ::testing::TestWithParam<Activation> {};

TEST_P(JetOf, AgreesWithReverseOverReverse) {
  for (const Index d : {1, 2, 3}) {
    const Mlp mlp = network(GetParam(), d, 70);
    const Tensor x = random_tensor({4, d}, "x");
    Tape tape;
    Tape::Scope on(tape);
    const Jet u = jet(mlp, x);
    const Tensor y = mlp(x);
    EXPECT_LT(testing::distance(u.value(), y), 1e-14);
    for (Index k = 0; k < 2; ++k) {
      const Tensor first = slopes(y, k, x);
      for (int i = 0; i < d; ++i) {
        const Tensor gi = slice(first, 1, i, i + 1);
        EXPECT_LT(testing::distance(slice(u.first(i), 1, k, k + 1), gi), 1e-14);
        const Tensor hessian = slopes(gi, 0, x);
        for (int j = 0; j < d; ++j) {
          const Tensor hij = slice(hessian, 1, j, j + 1);
          EXPECT_LT(testing::distance(slice(u.second(i, j), 1, k, k + 1), hij), 1e-13);
        }
      }
    }
  }
}

TEST_P(JetOf, AgreesWithDifferences) {
  const Mlp mlp = network(GetParam(), 2, 8);
  const Tensor x = random_tensor({3, 2}, "x");
  const Jet u = jet(mlp, x);
  const double h = 1e-4;  // errors of h^2 = 1e-8, and of round-off over h^2 = 1e-8
  const auto at = [&](double s, double t) { return mlp(x + tensor({2}, {s, t}, DType::kF64)); };
  EXPECT_LT(testing::distance(u.first(1), (at(0, h) - at(0, -h)) / (2 * h)), 1e-7);
  EXPECT_LT(testing::distance(u.second(0, 1),
                              (at(h, h) - at(h, -h) - at(-h, h) + at(-h, -h)) / (4 * h * h)),
            2e-7);
  EXPECT_LT(
      testing::distance(u.laplacian(),
                        (at(h, 0) + at(-h, 0) + at(0, h) + at(0, -h) - 4.0 * at(0, 0)) / (h * h)),
      4e-7);
}

TEST_P(JetOf, HasFirstAndSecondDerivatives) {
  const Activation f = GetParam();
  const auto function = [f](const std::vector<Tensor>& in) {
    const Jet hidden = jet_dense(jet_of_inputs(in[0]), in[1], in[2], f);
    return jet_dense(hidden, in[3], Tensor(), f).channels;
  };
  const auto report = gradcheck(function, {random_tensor({2, 2}, "x"), random_tensor({3, 2}, "w"),
                                           random_tensor({3}, "b"), random_tensor({2, 3}, "v")});
  EXPECT_TRUE(report.passed) << report.text;
}

TEST_P(JetOf, OfFloatAgreesWithDouble) {
  const Tensor x = random_tensor({5, 2}, "x", DType::kF32);
  const Jet in_float = jet(network(GetParam(), 2, 20, DType::kF32), x);
  // The weights of both types are equal up to rounding; so are sums of 20 terms of size 1.
  const Jet in_double = jet(network(GetParam(), 2, 20), cast(x, DType::kF64));
  EXPECT_LT(testing::distance(cast(in_float.channels, DType::kF64), in_double.channels), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Activations, JetOf,
                         ::testing::Values(Activation::kTanh, Activation::kSigmoid,
                                           Activation::kSilu, Activation::kGelu,
                                           Activation::kSoftplus, Activation::kSin,
                                           Activation::kIdentity, Activation::kLeakyRelu));

TEST(Jet, OfAPolynomialByHand) {
  // y = sin(2 x + 3 t) at one point.
  const Tensor x = tensor({1, 2}, {0.4, -0.1}, DType::kF64);
  const Jet y =
      jet_dense(jet_of_inputs(x), tensor({1, 2}, {2, 3}, DType::kF64), Tensor(), Activation::kSin);
  const double s = std::sin(0.5), c = std::cos(0.5);
  EXPECT_NEAR(item(y.value()), s, 1e-15);
  EXPECT_NEAR(item(y.first(0)), 2 * c, 1e-15);
  EXPECT_NEAR(item(y.first(1)), 3 * c, 1e-15);
  EXPECT_NEAR(item(y.second(0, 0)), -4 * s, 1e-15);
  EXPECT_NEAR(item(y.second(1, 0)), -6 * s, 1e-15);
  EXPECT_NEAR(item(y.second(1, 1)), -9 * s, 1e-15);
}

TEST(Jet, OfFirstOrderHasNoSecondDerivatives) {
  const Mlp mlp = network(Activation::kTanh, 3, 70);
  const Tensor x = random_tensor({4, 3}, "x");
  const Jet full = jet(mlp, x), first = jet(mlp, x, 1);
  EXPECT_EQ(first.channels.extent(0), 4);
  for (int i = 0; i < 3; ++i) EXPECT_LT(testing::distance(full.first(i), first.first(i)), 1e-15);
  EXPECT_EQ(error_of<InputError>([&] { first.second(0, 0); }),
            "a second derivative of a jet of order 1 was asked for");
}

TEST(Jet, TrainsAnEquationByReverseMode) {
  // The gradient of mean (u_xx + u_yy - 1)^2 with respect to a weight, against differences.
  Mlp mlp = network(Activation::kTanh, 2, 8);
  const Tensor x = random_tensor({6, 2}, "x");
  const auto loss = [&] {
    const Tensor residual = jet(mlp, x).laplacian() - 1;
    return mean(residual * residual);
  };
  Parameter& weight = mlp.layers[0].weight;
  std::vector<double> gradient;
  {
    Tape tape;
    Tape::Scope on(tape);
    gradient = to_vector(grad(loss(), {weight.value})[0]);
  }
  const auto values = to_vector(weight.value);
  for (std::size_t i = 0; i < values.size(); i += 5) {
    const double h = 1e-5;
    const auto moved = [&](double step) {
      auto changed = values;
      changed[i] += step;
      assign(weight, tensor(weight.value.shape(), changed, DType::kF64));
      return item(loss());
    };
    EXPECT_NEAR(gradient[i], (moved(h) - moved(-h)) / (2 * h), 1e-8);
  }
}

TEST(Jet, ExplainsWrongArguments) {
  const Tensor x = zeros({3, 2});
  EXPECT_EQ(error_of<InputError>([] {
              jet_of_inputs(zeros({3, 5}));
            }),
            "jet: inputs [3, 5] must be [N, d] with d in [1, 4]");
  EXPECT_EQ(error_of<InputError>([&] { jet_of_inputs(x, 3); }), "jet: order 3 must be 1 or 2");
  const Jet jet = jet_of_inputs(x);
  EXPECT_EQ(error_of<InputError>([&] { jet.first(2); }),
            "a derivative along axis 2 of a jet of 2 inputs was asked for");
  EXPECT_EQ(error_of<InputError>([&] {
              jet_dense(jet, zeros({4, 3}), Tensor(), Activation::kTanh);
            }),
            "jet_dense: channels [6, 3, 2] and weights [4, 3] do not fit together: the weights "
            "must have 2 columns");
}

}  // namespace
}  // namespace filigree::learning
