// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/error.hpp"

#include <gtest/gtest.h>

#include <string>

namespace filigree {
namespace {

void set_threads(int n) {
  FILIGREE_REQUIRE(n > 0, "{} threads were asked for; at least {} is needed", n, 1);
}

TEST(Error, RequireThrowsItsTextWhenTheConditionFails) {
  EXPECT_NO_THROW(set_threads(1));
  try {
    set_threads(-2);
    FAIL() << "nothing was thrown";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "-2 threads were asked for; at least 1 is needed");
    EXPECT_EQ(error.code(), ExitCode::kBadInput);
  }
}

TEST(Error, RequireMayStandInABranchWithoutBraces) {
  bool reached = false;
  if (false)
    FILIGREE_REQUIRE(false, "never");
  else
    reached = true;
  EXPECT_TRUE(reached);
}

TEST(Error, EachKindCarriesItsExitCode) {
  EXPECT_EQ(InputError("x").code(), ExitCode::kBadInput);
  EXPECT_EQ(EnvironmentError("x").code(), ExitCode::kFailedToStart);
  EXPECT_EQ(NumericalError("x").code(), ExitCode::kNumerical);
  EXPECT_EQ(InternalError("x").code(), ExitCode::kInternal);
  EXPECT_EQ(static_cast<int>(ExitCode::kDone), 0);
  EXPECT_EQ(static_cast<int>(ExitCode::kInternal), 1);
  EXPECT_EQ(static_cast<int>(ExitCode::kBadInput), 2);
  EXPECT_EQ(static_cast<int>(ExitCode::kFailedToStart), 3);
  EXPECT_EQ(static_cast<int>(ExitCode::kNumerical), 4);
  EXPECT_EQ(static_cast<int>(ExitCode::kInterrupted), 5);
  EXPECT_EQ(static_cast<int>(ExitCode::kExpectationMissed), 6);
}

TEST(Error, EveryKindIsCaughtAsErrorAndAsStandardException) {
  EXPECT_THROW(throw InputError("x"), Error);
  EXPECT_THROW(throw NumericalError("x"), std::runtime_error);
}

TEST(Error, AssertIsActiveInCheckedBuildsOnly) {
  int evaluated = 0;
  const auto broken = [&evaluated] {
    ++evaluated;
    return false;
  };
  std::string text;
  try {
    FILIGREE_ASSERT(broken(), "the list has {} entries", 3);
  } catch (const InternalError& error) {
    text = error.what();
  }
#if FILIGREE_CHECK_BOUNDS
  EXPECT_EQ(evaluated, 1);
  EXPECT_EQ(text.find("internal error: 'broken()' does not hold at "), 0u);
  EXPECT_NE(text.find("error_test.cpp:"), std::string::npos);
  EXPECT_NE(text.find(": the list has 3 entries"), std::string::npos);
#else
  EXPECT_FALSE(broken());
  EXPECT_EQ(evaluated, 1);  // by the line above alone
  EXPECT_EQ(text, "");
#endif
}

}  // namespace
}  // namespace filigree
