// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/gradcheck.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learning/autodiff/ops.hpp"
#include "learning/autodiff/tape.hpp"
#include "tests/learning/testing.hpp"

namespace filigree::learning {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// x^2 whose adjoint says `factor` x g, and is written with operations if `is_recorded`.
TensorFunction square_with_adjoint(double factor, bool is_recorded = true) {
  return [=](const std::vector<Tensor>& in) {
    const Tensor x = in[1];
    Tensor y;
    {
      Unrecorded unrecorded;
      y = x * x;
    }
    return in[0] + record("square", {x}, y, [=](Adjoint& a) {
             const Tensor slope = is_recorded ? x : stop_gradient(x);
             a.give(0, slope * a.gradient() * factor);
           });
  };
}

std::vector<Tensor> two_inputs() {
  return {testing::random_tensor({3}, "first"), tensor({3}, {0.1, 0.9, 0.2}, DType::kF64)};
}

TEST(Gradcheck, PassesWhatIsRight) {
  const GradcheckReport report = gradcheck(square_with_adjoint(2), two_inputs());
  EXPECT_TRUE(report.passed) << report.text;
  EXPECT_LT(report.worst, 1e-9);
}

TEST(Gradcheck, NamesTheWorstEntryOfAWrongAdjoint) {
  const GradcheckReport report = gradcheck(square_with_adjoint(2.1), two_inputs());
  EXPECT_FALSE(report.passed);
  EXPECT_GT(report.worst, 0.04);
  EXPECT_THAT(report.text, HasSubstr("input 1 [3], entry 1:"));
  EXPECT_THAT(report.text, HasSubstr("by differences"));
  EXPECT_THAT(report.text, HasSubstr("by the tape"));
}

TEST(Gradcheck, FindsWrongSecondDerivatives) {
  const auto function = square_with_adjoint(2, false);
  EXPECT_TRUE(gradcheck(function, two_inputs(), {.second_order = false}).passed);
  const GradcheckReport report = gradcheck(function, two_inputs());
  EXPECT_FALSE(report.passed);
  EXPECT_THAT(report.text, StartsWith("second order, input 1 [3]"));
}

TEST(Gradcheck, LeavesOutWhatIsNotAsked) {
  EXPECT_TRUE(
      gradcheck(square_with_adjoint(2.1), two_inputs(), {.is_asked = {true, false}}).passed);
}

TEST(Gradcheck, FailsOnNaN) {
  const auto function = [](const std::vector<Tensor>& x) { return sqrt(x[0] * 0.0 - 1); };
  const GradcheckReport report = gradcheck(function, {ones({1}, DType::kF64)});
  EXPECT_FALSE(report.passed);
}

TEST(Gradcheck, NeedsDouble) {
  EXPECT_EQ(testing::error_of<InputError>([] { gradcheck(square_with_adjoint(2), {ones({3})}); }),
            "gradcheck: input 0 is f32; differences need f64");
}

}  // namespace
}  // namespace filigree::learning
