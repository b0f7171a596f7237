// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Sand against published and exact results. References: docs/validation/mpm.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "physics/mpm/front.hpp"
#include "tests/verification/mpm_support.hpp"

namespace filigree::mpm {
namespace {

constexpr double kDegree = std::numbers::pi / 180;

// --- a layer on a slope slides when the slope is steeper than the friction angle

/// Acceleration over g of the middle of a long layer of sand on a rough slope.
double slope_acceleration(double slope, double friction_angle) {
  constexpr double H = 0.5, h = H / 8, g = 10, length = 16 * H;
  laws::DruckerPrager sand;
  sand.friction_angle = friction_angle;
  sand.density = 1;
  sand.young_modulus = 2000 * g * H;
  Model<2> model;
  model.grid = make_grid<2>({0, 0}, {length + 8 * H, 2 * H}, h);
  for (int face = 0; face < 4; ++face) model.walls[face] = Wall{WallKind::kSlip, 0};
  model.walls[2] = Wall{WallKind::kStick, 0};
  model.laws = {sand};
  const double down = g * std::cos(slope * kDegree), along = g * std::sin(slope * kDegree);
  const auto seeds = filled_box<2>({2 * H, 0}, {2 * H + length, H}, h);
  State<2> state = seed_state(model, seeds);
  {  // starts under its own weight, sides held: eps_yy = -rho g (H - y)/M
    const auto ids = to_host(state.particles.get<Id>());
    const auto F = to_host(state.particles.get<Deformation<2>>());
    for (Index p = 0; p < ids.size(); ++p) {
      const double depth = H - seeds[static_cast<std::size_t>(ids(p))].position[1];
      F(p)(1, 1) = static_cast<Real>(std::exp(-sand.density * down * depth / sand.wave_modulus()));
    }
    copy(state.particles.get<Deformation<2>>(), to_device(F));
    advance_material<2>(model.laws[0], 0, state.particles, 0);
  }
  Scratch<2> scratch;
  // The pull along the slope grows slowly, so that the layer does not swing.
  const double period = 4 * H / std::sqrt(sand.mu() / sand.density);
  const double ramp = 10 * period, end = 14 * period;
  const auto middle_velocity = [&] {
    const auto x = to_host(state.particles.get<Position<2>>());
    const auto v = to_host(state.particles.get<Velocity<2>>());
    double sum = 0, count = 0;
    for (Index p = 0; p < x.size(); ++p) {
      if (std::abs(double(x(p)[0]) - (2 * H + length / 2)) > H || x(p)[1] < H / 2) continue;
      sum += v(p)[0];
      count += 1;
    }
    return sum / count;
  };
  double at_ramp_end = 0, ramp_end = 0;
  while (state.time < end) {
    const double share = std::min(1.0, state.time / ramp);
    model.gravity = {static_cast<Real>(share * along), static_cast<Real>(-down)};
    EXPECT_EQ(step(model, state, scratch, step_limit(model, state, scratch).dt), -1);
    if (state.time < ramp) {
      at_ramp_end = middle_velocity();
      ramp_end = state.time;
    }
  }
  return (middle_velocity() - at_ramp_end) / (state.time - ramp_end) / g;
}

/// The flow keeps the volume and follows the directions of the stress, so in a layer that shears
/// along its base the principal stresses stand at 45 degrees to the base: the normal stresses along
/// and across are equal, the shear stress is p sin(phi), and the layer slides when tan(slope) >
/// sin(phi), at 22.9 degrees for phi = 25 degrees, with a = g cos(slope) (tan(slope) - sin(phi)).
/// (tan(phi) would need stresses that only dilating sand has.)
TEST(MpmGranular, ALayerSlidesAboveItsFrictionAngle) {
  const double phi = 25, friction = std::sin(phi * kDegree);
  const double threshold = std::atan(friction) / kDegree;
  const double above = (threshold + 2) * kDegree;
  const double expected = std::cos(above) * (std::tan(above) - friction);
  EXPECT_NEAR(slope_acceleration(threshold - 2, phi) / expected, 0, 0.2);
  EXPECT_NEAR(slope_acceleration(threshold + 2, phi) / expected, 1, 0.5);
}

// --- sand that has been apart takes its first volume again

/// Height of a column of sand in a slip box after it was stretched in flight and fell back, over
/// its height at the start.
double regained_height(bool volume_correction) {
  constexpr double h = 1.0 / 32, H = 0.5, g = 10;
  laws::DruckerPrager sand;
  sand.density = 1;
  sand.young_modulus = 2000 * g * H;
  sand.volume_correction = volume_correction;
  Model<2> model;
  model.grid = make_grid<2>({0, 0}, {8 * h, 1.5}, h);
  for (int face = 0; face < 4; ++face) model.walls[face] = Wall{WallKind::kSlip, 0};
  model.walls[2] = Wall{WallKind::kSeparate, 0};
  model.laws = {sand};
  model.gravity = {0, Real(-g)};
  auto seeds = filled_box<2>({0, 0}, {8 * h, H}, h);
  for (auto& seed : seeds) seed.velocity[1] = 4 * seed.position[1];
  State<2> state = seed_state(model, seeds);
  Scratch<2> scratch;
  while (state.time < 1.5) {
    EXPECT_EQ(step(model, state, scratch, step_limit(model, state, scratch).dt), -1);
  }
  return 2 * budget(model, state, scratch, -1).center[1] / H;
}

TEST(MpmGranular, VolumeCorrectionGivesBackTheVolumeOfTheFlight) {
  EXPECT_NEAR(regained_height(true), 1, 0.02);
  EXPECT_GT(regained_height(false), 1.02);
}

// --- runout of columns: (L - L0)/L0 ~ a for low columns, ~ a^(2/3) for tall ones (lube2005,
// lajeunesse2005)

/// Runout of half a column of `wide` by `high` cells beside a slip wall, on a rough floor, when it
/// has come to rest.
double column_runout(int wide, int high) {
  constexpr double H = 1, g = 1;
  const double h = H / high, L = wide * h;
  laws::DruckerPrager sand;
  sand.density = 1;
  sand.young_modulus = 100 * g * H;
  Model<2> model;
  const double aspect = H / L;
  const int reach =
      static_cast<int>(wide * (1.5 + 3.5 * std::min(aspect, std::cbrt(aspect * aspect))));
  model.grid = make_grid<2>({0, 0}, {reach * h, (high + 4) * h}, h);
  model.walls[0] = Wall{WallKind::kSlip, 0};
  model.walls[2] = Wall{WallKind::kStick, 0};
  model.laws = {sand};
  model.gravity = {0, Real(-g)};
  model.cfl = 0.5;
  State<2> state = seed_state(model, filled_box<2>({0, 0}, {L, H}, h));
  Scratch<2> scratch;
  while (state.time < 4.5 * std::sqrt(H / g)) {
    EXPECT_EQ(step(model, state, scratch, step_limit(model, state, scratch).dt), -1);
  }
  const Budget<2> end = budget(model, state, scratch, -1);
  EXPECT_LT(end.kinetic, 5e-4 * end.mass * g * H);
  return connected_front<2>(model.grid, state, -1, 0) / L - 1;
}

/// Exponent of y ~ x^e by least squares.
double exponent(const std::vector<double>& x, const std::vector<double>& y) {
  double sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double a = std::log(x[i]), b = std::log(y[i]);
    sx += a, sy += b, sxx += a * a, sxy += a * b;
  }
  const auto n = static_cast<double>(x.size());
  return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

/// The top of a low column stays where it is, and its flank does not know how wide the column is:
/// L - L0 depends on H0 alone, which is exponent 1. The toe of the heap gets thinner and longer
/// with finer cells, so columns are compared at the same number of cells along H0.
TEST(MpmGranularSlow, TheRunoutOfLowColumnsGrowsWithTheirHeight) {
  std::vector<double> aspects, runouts;
  for (const int wide : {48, 24, 12}) {
    aspects.push_back(24.0 / wide);
    runouts.push_back(column_runout(wide, 24));
    RecordProperty("runout_" + std::to_string(wide), std::to_string(runouts.back()));
  }
  EXPECT_NEAR(exponent(aspects, runouts), 1, 0.1);
}

/// Tall columns fall freely, and the part that is thrown sideways grows with the aspect ratio.
TEST(MpmGranularSlow, TheRunoutOfTallColumnsGrowsWithThePowerTwoThirds) {
  std::vector<double> aspects, runouts;
  for (const int aspect : {4, 8, 16}) {
    aspects.push_back(aspect);
    runouts.push_back(column_runout(12, 12 * aspect));
    RecordProperty("runout_" + std::to_string(aspect), std::to_string(runouts.back()));
  }
  EXPECT_NEAR(exponent(aspects, runouts), 2.0 / 3, 0.1);
}

}  // namespace
}  // namespace filigree::mpm
