// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/conv2d.hpp"

#include <gtest/gtest.h>

#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/gradcheck.hpp"
#include "learning/autodiff/ops.hpp"
#include "tests/learning/testing.hpp"

namespace filigree::learning {
namespace {

using testing::error_of;
using testing::random_tensor;

/// The sums of the definition, one by one.
std::vector<double> by_loops(const Tensor& x, const Tensor& weight, const Tensor& bias, Window w) {
  const auto xs = to_vector(x), ws = to_vector(weight), bs = to_vector(bias);
  const Index h = x.extent(1), width = x.extent(2), in = x.extent(3), out = weight.extent(0);
  std::vector<double> y;
  for (Index b = 0; b < x.extent(0); ++b) {
    for (Index i = -w.padding; i + w.size <= h + w.padding; i += w.stride) {
      for (Index j = -w.padding; j + w.size <= width + w.padding; j += w.stride) {
        for (Index o = 0; o < out; ++o) {
          double total = bs[static_cast<std::size_t>(o)];
          for (Index c = 0; c < in; ++c) {
            for (Index p = 0; p < w.size; ++p) {
              for (Index q = 0; q < w.size; ++q) {
                if (i + p < 0 || i + p >= h || j + q < 0 || j + q >= width) continue;
                const Index from = ((b * h + i + p) * width + j + q) * in + c;
                const Index by = ((o * in + c) * w.size + p) * w.size + q;
                total += xs[static_cast<std::size_t>(from)] * ws[static_cast<std::size_t>(by)];
              }
            }
          }
          y.push_back(total);
        }
      }
    }
  }
  return y;
}

class Conv2dOf : public ::testing::TestWithParam<Window> {};

TEST_P(Conv2dOf, AgreesWithTheDefinition) {
  const Window window = GetParam();
  const Tensor x = random_tensor({2, 7, 6, 3}, "x");
  const Tensor weight = random_tensor({4, 3, window.size, window.size}, "weight");
  const Tensor bias = random_tensor({4}, "bias");
  const auto expected = by_loops(x, weight, bias, window);
  const auto found = to_vector(conv2d(x, weight, bias, window));
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-13);
}

TEST_P(Conv2dOf, HasFirstAndSecondDerivatives) {
  const Window window = GetParam();
  const auto function = [window](const std::vector<Tensor>& in) {
    return conv2d(in[0], in[1], in[2], window);
  };
  const auto report =
      gradcheck(function, {random_tensor({1, 5, 4, 2}, "x"),
                           random_tensor({2, 2, window.size, window.size}, "weight"),
                           random_tensor({2}, "bias")});
  EXPECT_TRUE(report.passed) << report.text;
}

TEST_P(Conv2dOf, FoldIsTheAdjointOfUnfold) {
  const Window window = GetParam();
  const Tensor x = random_tensor({2, 7, 6, 3}, "x");
  const Tensor rows = unfold(x, window);
  const Tensor y = random_tensor(rows.shape(), "y");
  EXPECT_NEAR(item(sum(rows * y)), item(sum(x * fold(y, x.shape(), window))), 1e-12);
}

INSTANTIATE_TEST_SUITE_P(Windows, Conv2dOf,
                         ::testing::Values(Window{1, 1, 0}, Window{3, 1, 1}, Window{3, 2, 1},
                                           Window{2, 2, 0}, Window{3, 3, 2}, Window{4, 1, 2}));

TEST(Conv2d, IsAModule) {
  Conv2d layer(3, 5, {.size = 3, .stride = 2, .padding = 1});
  const Parameters all = parameters(layer);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].name, "weight");
  EXPECT_EQ(count(all), 5 * 3 * 3 * 3 + 5);
  initialize(all, 1);
  EXPECT_EQ(layer(ones({1, 8, 8, 3})).shape(), (Shape{1, 4, 4, 5}));
}

TEST(Conv2d, ExplainsWrongArguments) {
  const Tensor x = zeros({1, 4, 4, 2});
  EXPECT_EQ(error_of<InputError>([&] {
              conv2d(x, zeros({1, 3, 3, 3}), Tensor(), {});
            }),
            "conv2d: images [1, 4, 4, 2] and weights [1, 3, 3, 3] do not fit together: the "
            "weights must be [out, 2, 3, 3]");
  EXPECT_EQ(error_of<InputError>([&] { unfold(x, {.size = 5}); }),
            "unfold: an image [1, 4, 4, 2] is smaller than the window of 5 pixels with padding 0");
  EXPECT_EQ(error_of<InputError>([&] {
              unfold(zeros({4, 4}), {});
            }),
            "unfold: an image [4, 4] must be [batch, height, width, channels]");
  EXPECT_EQ(error_of<InputError>([&] {
              fold(zeros({4, 9}), {1, 4, 4, 1}, {.stride = 3});
            }),
            "fold: rows [4, 9] for an image [1, 4, 4, 1]: they must be [1, 9]");
}

}  // namespace
}  // namespace filigree::learning
