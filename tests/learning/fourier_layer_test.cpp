// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/fourier_layer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/gradcheck.hpp"
#include "learning/autodiff/ops.hpp"
#include "tests/learning/testing.hpp"

namespace filigree::learning {
namespace {

using testing::error_of;
using testing::random_tensor;

SpectralOptions options_of(int dimensions) {
  if (dimensions == 1) return {.dimensions = 1, .extents = {9, 1, 1}, .modes = {4, 1, 1}};
  if (dimensions == 2) return {.dimensions = 2, .extents = {6, 8, 1}, .modes = {2, 3, 1}};
  return {.dimensions = 3, .extents = {4, 5, 6}, .modes = {2, 1, 3}};
}

/// A field on the grid: cos(2 pi (k . i / n) + phase).
Tensor wave(const SpectralOptions& options, std::array<int, 3> k, double phase) {
  std::vector<double> values;
  for (Index i = 0; i < options.extents[0]; ++i) {
    for (Index j = 0; j < options.extents[1]; ++j) {
      for (Index l = 0; l < options.extents[2]; ++l) {
        const double turns = double(k[0]) * i / options.extents[0] +
                             double(k[1]) * j / options.extents[1] +
                             double(k[2]) * l / options.extents[2];
        values.push_back(std::cos(2 * std::numbers::pi * turns + phase));
      }
    }
  }
  const auto n = static_cast<Index>(values.size());
  return tensor({1, n, 1}, values, DType::kF64);
}

class SpectralPlanOf : public ::testing::TestWithParam<int> {
 protected:
  SpectralOptions options_ = options_of(GetParam());
  SpectralPlan plan_{options_, DType::kF64};

  Tensor weight(double value) const { return full({plan_.n_modes(), 1, 1}, value, DType::kF64); }
};

TEST_P(SpectralPlanOf, KeepsLowFrequenciesAndDropsHighOnes) {
  // Frequencies along the last axis below its modes, along others within them.
  std::array<int, 3> low{}, high{};
  const auto last = static_cast<std::size_t>(GetParam() - 1);
  for (std::size_t a = 0; a < last; ++a) low[a] = high[a] = -1;
  low[last] = options_.modes[last] - 1;
  high[last] = options_.modes[last];
  const auto filtered = [&](const Tensor& field) {
    return spectral_convolution(field, weight(1), weight(0), plan_);
  };
  const Tensor kept = wave(options_, low, 0.3);
  EXPECT_LT(testing::distance(filtered(kept), kept), 1e-14);
  const Tensor constant = wave(options_, {}, 0.3);
  EXPECT_LT(testing::distance(filtered(constant), constant), 1e-14);
  const Tensor dropped = wave(options_, high, 0.3);
  EXPECT_LT(testing::distance(filtered(dropped), zeros(dropped.shape(), DType::kF64)), 1e-14);
}

TEST_P(SpectralPlanOf, WeightsTurnPhases) {
  // R = e^(i a): cos(t) becomes cos(t + a).
  std::array<int, 3> k{};
  k[static_cast<std::size_t>(GetParam() - 1)] = 1;
  const Tensor turned = spectral_convolution(wave(options_, k, 0.3), weight(std::cos(0.4)),
                                             weight(std::sin(0.4)), plan_);
  EXPECT_LT(testing::distance(turned, wave(options_, k, 0.7)), 1e-14);
}

TEST_P(SpectralPlanOf, TransformsAsTheDefinitionSays) {
  const Tensor values = random_tensor({1, plan_.n_points(), 1}, "values");
  const auto v = to_vector(values);
  const auto found = to_vector(plan_.forward(values));
  const auto d = static_cast<std::size_t>(GetParam());
  for (Index mode = 0; mode < plan_.n_modes(); ++mode) {
    // The first axis runs fastest; frequencies beyond its modes are the negative ones.
    std::array<double, 3> k{};
    Index rest = mode;
    for (std::size_t a = 0; a < d; ++a) {
      const Index m = options_.modes[a] * (a + 1 < d ? 2 : 1);
      const Index f = rest % m;
      rest /= m;
      k[a] = a + 1 < d && f >= options_.modes[a] ? double(f - m) : double(f);
    }
    std::complex<double> total = 0;
    for (std::size_t p = 0; p < v.size(); ++p) {
      double turns = 0;
      auto place = static_cast<Index>(p);
      for (std::size_t a = d; a-- > 0;) {
        turns += k[a] * (place % options_.extents[a]) / options_.extents[a];
        place /= options_.extents[a];
      }
      total += v[p] * std::polar(1.0, -2 * std::numbers::pi * turns);
    }
    EXPECT_NEAR(found[static_cast<std::size_t>(2 * mode)], total.real(), 1e-12);
    EXPECT_NEAR(found[static_cast<std::size_t>(2 * mode + 1)], total.imag(), 1e-12);
  }
}

TEST_P(SpectralPlanOf, ConvolutionsHaveFirstAndSecondDerivatives) {
  const auto function = [this](const std::vector<Tensor>& in) {
    return spectral_convolution(in[0], in[1], in[2], plan_);
  };
  const Shape shape{plan_.n_modes(), 2, 1};
  const auto report = gradcheck(function,
                                {random_tensor({2, plan_.n_points(), 2}, "values"),
                                 random_tensor(shape, "real"), random_tensor(shape, "imaginary")},
                                {.is_asked = {GetParam() == 1, true, true}});
  EXPECT_TRUE(report.passed) << report.text;
}

INSTANTIATE_TEST_SUITE_P(Dimensions, SpectralPlanOf, ::testing::Values(1, 2, 3));

TEST(FourierLayer, CommutesWithShiftsOfThePeriodicGrid) {
  const SpectralOptions options{.dimensions = 2, .extents = {6, 8, 1}, .modes = {2, 3, 1}};
  const SpectralPlan plan(options, DType::kF64);
  FourierLayer layer(3, 4, plan.n_modes(), Activation::kGelu, DType::kF64);
  initialize(parameters(layer), 5);
  const Tensor x = random_tensor({2, 48, 3}, "x");
  const auto shifted = [](const Tensor& field) {  // one row down
    return concat({slice(field, 1, 40, 48), slice(field, 1, 0, 40)}, 1);
  };
  EXPECT_LT(testing::distance(layer(shifted(x), plan), shifted(layer(x, plan))), 1e-13);
}

TEST(FourierLayer, IsAFunctionOfTheFieldAndNotOfTheGrid) {
  // The same weights on a finer grid give the same field at the shared points.
  const SpectralOptions coarse{.dimensions = 1, .extents = {16, 1, 1}, .modes = {4, 1, 1}};
  const SpectralOptions fine{.dimensions = 1, .extents = {64, 1, 1}, .modes = {4, 1, 1}};
  FourierLayer layer(1, 1, 4, Activation::kTanh, DType::kF64);
  initialize(parameters(layer), 5);
  const auto on = [&](const SpectralOptions& options) {
    return to_vector(layer(wave(options, {3, 0, 0}, 0.2), SpectralPlan(options, DType::kF64)));
  };
  const auto on_coarse = on(coarse), on_fine = on(fine);
  for (std::size_t i = 0; i < 16; ++i) EXPECT_NEAR(on_coarse[i], on_fine[4 * i], 1e-14);
}

TEST(FourierLayer, TrainsItsParameters) {
  const SpectralPlan plan({.dimensions = 1, .extents = {8, 1, 1}, .modes = {3, 1, 1}});
  FourierLayer layer(2, 2, 3, Activation::kGelu);
  const Parameters all = parameters(layer);
  EXPECT_EQ(all.size(), 4u);
  initialize(all, 5);
  Tape tape;
  Tape::Scope on(tape);
  const Tensor y = layer(random_tensor({1, 8, 2}, "x", DType::kF32), plan);
  for (const Tensor& g : grad(sum(y * y), values(all))) {
    EXPECT_GT(item(sum(abs(g))), 0);
  }
}

TEST(SpectralPlan, ExplainsWrongArguments) {
  EXPECT_EQ(error_of<InputError>([] {
              SpectralPlan({.dimensions = 2, .extents = {8, 8, 1}, .modes = {5, 4, 1}});
            }),
            "5 modes along axis 0 of a grid need 10 points there; it has 8");
  const SpectralPlan plan({.dimensions = 1, .extents = {8, 1, 1}, .modes = {3, 1, 1}});
  EXPECT_EQ(error_of<InputError>([&] {
              plan.forward(zeros({1, 9, 1}));
            }),
            "a spectral plan for 8 points cannot transform [1, 9, 1]: [batch, points, channels]");
  EXPECT_EQ(error_of<InputError>([&] {
              spectral_convolution(zeros({1, 8, 2}), zeros({3, 1, 2}), zeros({3, 1, 2}), plan);
            }),
            "spectral_convolution: values [1, 8, 2] and weights [3, 1, 2] and [3, 1, 2] do not "
            "fit a plan of 3 modes: [batch, points, in] and [modes, in, out]");
}

}  // namespace
}  // namespace filigree::learning
