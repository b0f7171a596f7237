// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/watchdog.hpp"

#include <gmock/gmock.h>

#include <limits>

#include "core/error.hpp"
#include "tests/scenarios/chain_simulation.hpp"

namespace filigree::testing_support {
namespace {
using testing::HasSubstr;

Recorder energies(double kinetic, double elastic) {
  Recorder row;
  row.add("kinetic_energy", kinetic, "J");
  row.add("elastic_energy", elastic, "J");
  row.add("speed", 1e9, "m/s");
  return row;
}

class WatchdogTest : public testing::Test {
 protected:
  void SetUp() override { simulation_.initialize({}); }
  ChainSimulation simulation_{ChainOptions{}};
  Watchdog watchdog_{{.inspect_every = 10, .energy_growth = 100}};
};

TEST_F(WatchdogTest, GrowthCountsFromTheLastFrame) {
  EXPECT_FALSE(watchdog_.check_row(energies(0, 0), simulation_));
  EXPECT_FALSE(watchdog_.check_row(energies(1e-9, 1), simulation_));
  watchdog_.set_reference();
  EXPECT_FALSE(watchdog_.check_row(energies(-100, 1), simulation_));
  EXPECT_EQ(watchdog_.energies().largest, 100);
  const auto trouble = watchdog_.check_row(energies(1, 101), simulation_);
  ASSERT_TRUE(trouble);
  EXPECT_EQ(trouble->what,
            "blow-up: elastic_energy is 101 J, 101 times the largest energy up to the last frame");
  watchdog_.set_reference();
  EXPECT_FALSE(watchdog_.check_row(energies(1, 101), simulation_));
}

TEST_F(WatchdogTest, GrowthFromNothingIsNoBlowUp) {
  watchdog_.set_reference();
  EXPECT_FALSE(watchdog_.check_row(energies(1e12, 0), simulation_));
}

TEST_F(WatchdogTest, LimitCanBeSwitchedOff) {
  Watchdog calm({.inspect_every = 10, .energy_growth = 0});
  calm.set_energies({.largest = 1, .reference = 1});
  EXPECT_FALSE(calm.check_row(energies(1e300, 0), simulation_));
}

TEST_F(WatchdogTest, ValueThatIsNotFiniteIsNamedWhenTheStateIsFine) {
  const auto trouble =
      watchdog_.check_row(energies(1, std::numeric_limits<double>::infinity()), simulation_);
  ASSERT_TRUE(trouble);
  EXPECT_EQ(trouble->what, "elastic_energy is inf");
}

TEST_F(WatchdogTest, StepThatReportsTroubleIsBelieved) {
  StepReport report;
  report.dt = 0.1;
  report.trouble = Trouble{"a", "b", "c", "d"};
  EXPECT_EQ(watchdog_.check_step(report, 0, 0.1, 1)->what, "a");
}

TEST_F(WatchdogTest, StepLengthThatIsNotFiniteIsTrouble) {
  StepReport report;
  report.dt = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(watchdog_.check_step(report, 0, 0.1, 1)->what, "the step length is not finite");
}

TEST_F(WatchdogTest, StepPastItsLimitIsABugOfOurs) {
  StepReport report;
  report.dt = 2;
  EXPECT_THROW(watchdog_.check_step(report, 0, 2, 1), InternalError);
}

TEST_F(WatchdogTest, InspectionsComeAtTheirSteps) {
  EXPECT_FALSE(watchdog_.inspection_due(9));
  EXPECT_TRUE(watchdog_.inspection_due(10));
}

TEST(TroubleText, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(trouble_text({"it broke", "", "", "mend it"}, 0.5, 7, ""),
            "numerical failure at t = 0.5 s, step 7\n  what:   it broke\n  advice: mend it");
}

}  // namespace
}  // namespace filigree::testing_support
