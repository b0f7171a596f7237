// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Scenes whose particles come and go: rows, frames, continuation; rigid motions of bodies.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <csignal>

#include "io/csv_writer.hpp"
#include "io/npz.hpp"
#include "scenarios/registry.hpp"
#include "scenarios/types/mpm_scene.hpp"
#include "tests/scenarios/run_support.hpp"

namespace filigree::testing_support {
namespace {
using testing::HasSubstr;

/// Two jets, one into a pool and one of a body that is not there at the start, and a drain that
/// takes most of the second one again.
const char* const kJets = R"(schema: 1
scenario: { type: mpm, title: jets }
time: { end: 0.3 }
domain: { min: [0, 0], max: [1, 0.6], cell_size: 0.04 }
gravity: [0, -9.81]
bodies:
  - name: water
    shape: { type: box, min: [0, 0], max: [0.4, 0.12] }
    material: { type: weakly_compressible_fluid, bulk_modulus: 0.05 MPa }
  - name: oil
    material: { type: weakly_compressible_fluid, density: 900, bulk_modulus: 0.05 MPa }
sources:
  - { name: tap, body: water, velocity: [0, -1.5], until: 0.2,
      shape: { type: box, min: [0.2, 0.4], max: [0.28, 0.5] } }
  - { name: spray, body: oil, velocity: [2, -1], from: 0.05, until: 0.15, points_per_axis: 3,
      shape: { type: sphere, center: [0.6, 0.4], radius: 0.06 } }
sinks:
  - { name: drain, shape: { type: box, min: [0.6, -1], max: [2, 0.15] } }
output: { every: 0.05, formats: [npz], diagnostics_every: 5 }
checkpoint: { every: 0.1, every_wall: 0 }
)";

class ExchangeTest : public RunTest {
 protected:
  Scenario jets(const std::vector<std::string>& overrides = {}) const {
    return load_scenario({.file = write("jets.yaml", kJets), .overrides = overrides},
                         scenario_types());
  }
};

TEST_F(ExchangeTest, RowsCloseTheBudgetOfMass) {
  EXPECT_EQ(run(jets(), "out").code, ExitCode::kDone);
  const CsvTable table = read_csv(folder_ / "out/diagnostics.csv");
  const auto column = [&](const std::string& name) {
    const auto at = std::find(table.columns.begin(), table.columns.end(), name);
    EXPECT_NE(at, table.columns.end()) << name;
    return static_cast<std::size_t>(at - table.columns.begin());
  };
  const std::size_t mass = column("mass [kg]"), in = column("mass_in [kg]"),
                    out = column("mass_out [kg]");
  const double start = table.rows.front()[mass];
  EXPECT_NEAR(start, 1000 * 0.4 * 0.12, tol<Real>(100) * start);
  for (const auto& row : table.rows) {
    EXPECT_NEAR(row[mass], start + row[in] - row[out], tol<Real>(1000) * start);
  }
  const double tap = 1000 * 1.5 * 0.08 * 0.2;
  const double spray = 900 * std::sqrt(5) * 0.12 * 0.1;
  EXPECT_NEAR(table.rows.back()[in], tap + spray, 0.03 * (tap + spray));
  EXPECT_GT(table.rows.back()[out], 0.5 * spray);
}

TEST_F(ExchangeTest, FramesHoldWhatIsThereByAscendingId) {
  run(jets(), "out");
  std::vector<std::int64_t> water, oil;
  for (int frame = 0; frame <= 6; ++frame) {
    const NamedArrays arrays =
        read_npz(folder_ / "out/frames" / format("scene_00000{}.npz", frame));
    for (const char* body : {"water", "oil"}) {
      const auto ids = arrays.at(std::string(body) + ".id").as<std::int32_t>();
      EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
      EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
      (body[0] == 'w' ? water : oil).push_back(static_cast<std::int64_t>(ids.size()));
    }
  }
  EXPECT_EQ(water.front(), 20 * 6);
  EXPECT_GT(water.back(), 20 * 6 + 4 * 10);
  EXPECT_EQ(oil[0], 0);
  EXPECT_GT(*std::max_element(oil.begin(), oil.end()), 50);
}

TEST_F(ExchangeTest, InterruptedAnywhereAndContinuedEqualsUninterrupted) {
  for (const std::string formats : {"[npz]", "[vtk]"}) {
#if !FILIGREE_WITH_VTK
    if (formats == "[vtk]") continue;
#endif
    const Scenario scenario = jets({"output.formats=" + formats});
    const std::string whole = "whole_" + formats.substr(1, 3);
    const std::int64_t steps = run(scenario, whole).steps;
    for (const std::int64_t step : {std::int64_t{0}, steps / 3, steps / 2, steps - 1}) {
      RunRequest request;
      request.stop_signal = [step, asked = std::int64_t{0}]() mutable {
        return asked++ >= step ? SIGTERM : 0;
      };
      const std::string out = formats.substr(1, 3) + std::to_string(step);
      EXPECT_EQ(run(scenario, out, request).code, ExitCode::kInterrupted);
      EXPECT_EQ(run(scenario, out, {.resume = "latest"}).code, ExitCode::kDone);
      EXPECT_EQ(differing_files(folder_ / whole, folder_ / out), "") << step;
    }
  }
}

TEST_F(ExchangeTest, MoreParticlesThanAllowedStopTheRun) {
  EXPECT_THAT(error_text([&] { run(jets({"max_particles=150"}), "out"); }, ExitCode::kNumerical),
              testing::AllOf(HasSubstr("the sources would bring the particles from 148 to 154, "
                                       "max_particles is 150"),
                             HasSubstr("raise max_particles")));
  EXPECT_THAT(error_text([&] { run(jets({"max_particles=100"}), "out2"); }, ExitCode::kBadInput),
              HasSubstr("the bodies make 120 particles, more than max_particles = 100"));
}

TEST_F(ExchangeTest, SourcesMayFollowEachOtherInOneMouth) {
  const std::string second =
      "sources.2={name: more, body: oil, velocity: [0, -1], shape: {type: box, min: [0.2, 0.4], "
      "max: [0.28, 0.5]}, from: ";
  EXPECT_EQ(jets({second + "0.2}"}).inputs.size(), 1U);
  EXPECT_THAT(error_text([&] { jets({second + "0.19}"}); }, ExitCode::kBadInput),
              HasSubstr("source 'tap' and source 'more' overlap"));
}

// --- rigid motions

template <int D>
MpmOptions box_with_motion(const RigidMotion& motion) {
  MpmOptions options;
  options.domain.min = std::vector<double>(D, 0);
  options.domain.max = std::vector<double>(D, 1);
  options.domain.cell_size = 0.1;
  BodyOptions body;
  body.name = "body";
  body.shape = BoxShape{std::vector<double>(D, 0.2), std::vector<double>(D, 0.8)};
  body.jitter = 0.3;  // the centre of mass is not that of the box
  body.motion = motion;
  options.bodies = {body};
  return options;
}

TEST(RigidMotions, HaveTheVelocityOfTheCentreOfMassAndTurnAboutIt) {
  const RigidMotion motion{{1, 2, 3}, {0.5, -1, 2}, {}};
  const auto seeds = make_seeds<3>(box_with_motion<3>(motion), 1);
  Vec<3, double> center{}, velocity{};
  for (const auto& seed : seeds) {
    center += seed.position / static_cast<double>(seeds.size());
    velocity += seed.velocity / static_cast<double>(seeds.size());
  }
  for (int a = 0; a < 3; ++a) EXPECT_NEAR(velocity[a], motion.velocity[a], 1e-12);
  const Vec<3, double> omega{0.5, -1, 2};
  for (const auto& seed : seeds) {
    const Vec<3, double> r = seed.position - center;
    const Vec<3, double> v = Vec<3, double>{1, 2, 3} + cross(omega, r);
    const Vec<3, double> by_gradient = Vec<3, double>{1, 2, 3} + seed.velocity_gradient * r;
    for (int a = 0; a < 3; ++a) {
      EXPECT_NEAR(seed.velocity[a], v[a], 1e-12);
      EXPECT_NEAR(by_gradient[a], v[a], 1e-12);
    }
  }
}

TEST(RigidMotions, TurnAboutAGivenPoint) {
  const auto seeds = make_seeds<2>(box_with_motion<2>({{}, {2}, {0.2, 0.1}}), 1);
  for (const auto& seed : seeds) {
    EXPECT_NEAR(seed.velocity[0], -2 * (seed.position[1] - 0.1), 1e-12);
    EXPECT_NEAR(seed.velocity[1], 2 * (seed.position[0] - 0.2), 1e-12);
  }
}

}  // namespace
}  // namespace filigree::testing_support
