// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/timer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace filigree {
namespace {

/// A clock that tests set forward by hand.
class Timer : public testing::Test {
 protected:
  double now_ = 100;
  Timers timers_{[this] { return now_; }};
};

TEST_F(Timer, NestedRegionsAddUpUnderTheirParents) {
  for (int step = 0; step < 3; ++step) {
    const TimedRegion outer(timers_, "step");
    now_ += 1;
    {
      const TimedRegion inner(timers_, "transfer");
      now_ += 4;
    }
    {
      const TimedRegion inner(timers_, "update");
      now_ += 2;
    }
  }
  {
    const TimedRegion other(timers_, "output");
    const TimedRegion inner(timers_, "transfer");
    now_ += 9;
  }
  const auto rows = timers_.rows();
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows[0].name, "step");
  EXPECT_EQ(rows[0].depth, 0);
  EXPECT_EQ(rows[0].calls, 3);
  EXPECT_EQ(rows[0].seconds, 21);
  EXPECT_EQ(rows[0].self_seconds, 3);
  EXPECT_EQ(rows[1].name, "transfer");
  EXPECT_EQ(rows[1].depth, 1);
  EXPECT_EQ(rows[1].seconds, 12);
  EXPECT_EQ(rows[2].name, "update");
  EXPECT_EQ(rows[2].seconds, 6);
  EXPECT_EQ(rows[3].name, "output");
  EXPECT_EQ(rows[4].name, "transfer");
  EXPECT_EQ(rows[4].seconds, 9);
}

TEST_F(Timer, TableNamesRegionsCallsAndShares) {
  {
    const TimedRegion outer(timers_, "step");
    const TimedRegion inner(timers_, "transfer");
    now_ += 3;
  }
  {
    const TimedRegion outer(timers_, "write");
    now_ += 1;
  }
  EXPECT_EQ(timers_.table(),
            "region         calls       total    per call   share\n"
            "step               1     3.000 s  3000.000 ms    75 %\n"
            "  transfer         1     3.000 s  3000.000 ms    75 %\n"
            "write              1     1.000 s  1000.000 ms    25 %\n");
}

TEST_F(Timer, TableOfNothingIsItsHeader) {
  EXPECT_EQ(timers_.table(), "region     calls       total    per call   share\n");
  EXPECT_TRUE(timers_.rows().empty());
}

TEST_F(Timer, RegionsCloseWhenAnExceptionPasses) {
  try {
    const TimedRegion outer(timers_, "step");
    now_ += 2;
    throw 1;
  } catch (int) {
  }
  const TimedRegion after(timers_, "after");
  ASSERT_EQ(timers_.rows().size(), 2u);
  EXPECT_EQ(timers_.rows()[0].seconds, 2);
  EXPECT_EQ(timers_.rows()[1].depth, 0);
}

TEST(SteadySeconds, NeverGoesBack) {
  double before = steady_seconds();
  for (int k = 0; k < 100; ++k) {
    const double now = steady_seconds();
    EXPECT_GE(now, before);
    before = now;
  }
}

}  // namespace
}  // namespace filigree
