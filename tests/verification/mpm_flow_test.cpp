// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Fluids and pastes against exact results. References: docs/validation/mpm.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "physics/mpm/front.hpp"
#include "tests/verification/mpm_support.hpp"

namespace filigree::mpm {
namespace {

constexpr double kPi = std::numbers::pi;

Model<2> slip_box(double width, double height, double h, const Law& law) {
  Model<2> model;
  model.grid = make_grid<2>({0, 0}, {width, height}, h);
  for (int face = 0; face < 4; ++face) model.walls[face] = Wall{WallKind::kSlip, 0};
  model.laws = {law};
  return model;
}

void run_until(const Model<2>& model, State<2>& state, Scratch<2>& scratch, double end) {
  while (state.time < end * (1 - 1e-9)) {
    const double left = end - state.time;
    const double dt = left / std::ceil(left / step_limit(model, state, scratch).dt);
    ASSERT_EQ(step(model, state, scratch, dt), -1);
  }
}

// --- Taylor-Green: one vortex in a slip box, u = U sin(k x) cos(k y), decays as exp(-2 nu k^2 t)

/// sum m v . w / sum m w . w of the vortex field w.
double vortex_strength(const State<2>& state) {
  const auto x = to_host(state.particles.get<Position<2>>());
  const auto v = to_host(state.particles.get<Velocity<2>>());
  double projected = 0, square = 0;
  for (Index p = 0; p < x.size(); ++p) {
    const double wx = std::sin(kPi * x(p)[0]) * std::cos(kPi * x(p)[1]);
    const double wy = -std::cos(kPi * x(p)[0]) * std::sin(kPi * x(p)[1]);
    projected += v(p)[0] * wx + v(p)[1] * wy;
    square += wx * wx + wy * wy;
  }
  return projected / square;
}

/// Rate of decay (1/s) of the vortex for a kinematic viscosity.
double vortex_decay(double nu) {
  constexpr double h = 1.0 / 32, U = 1, end = 0.3;
  laws::WeaklyCompressibleFluid fluid;
  fluid.density = 1;
  fluid.bulk_modulus = 400 * U * U;  // Mach 0.05
  fluid.viscosity = nu;
  fluid.allow_tension = true;
  Model<2> model = slip_box(1, 1, h, fluid);
  auto seeds = filled_box<2>({0, 0}, {1, 1}, h);
  for (auto& seed : seeds) {
    const auto [x, y] = std::pair(kPi * seed.position[0], kPi * seed.position[1]);
    seed.velocity = {U * std::sin(x) * std::cos(y), -U * std::cos(x) * std::sin(y)};
    const double c = kPi * U * std::cos(x) * std::cos(y);
    const double s = kPi * U * std::sin(x) * std::sin(y);
    seed.velocity_gradient = {c, -s, s, -c};
  }
  State<2> state = seed_state(model, seeds);
  Scratch<2> scratch;
  const double before = vortex_strength(state);
  run_until(model, state, scratch, end);
  return -std::log(vortex_strength(state) / before) / end;
}

TEST(MpmFlow, ATaylorGreenVortexDecaysWithItsViscosity) {
  const double without = vortex_decay(0);
  const double nu = 0.1;
  const double viscous = vortex_decay(nu) - without;
  RecordProperty("damping_without_viscosity", std::to_string(without));
  EXPECT_NEAR(viscous / (2 * nu * kPi * kPi), 1, 0.05);
  EXPECT_NEAR(without / (2 * nu * kPi * kPi), 0, 0.05) << "APIC's own damping";
}

// --- flow between plates, driven by gravity along them

/// Mean velocity along y per column of cells of width h, in the middle third of the layer.
std::vector<double> profile_of(const State<2>& state, double h, int columns, double low,
                               double high) {
  const auto x = to_host(state.particles.get<Position<2>>());
  const auto v = to_host(state.particles.get<Velocity<2>>());
  std::vector<double> sums(static_cast<std::size_t>(columns)), counts(sums.size());
  for (Index p = 0; p < x.size(); ++p) {
    if (x(p)[1] < low || x(p)[1] > high) continue;
    const double place = std::clamp(double(x(p)[0]) / h, 0.0, columns - 0.5);
    const auto column = static_cast<std::size_t>(place);
    sums[column] += v(p)[1];
    counts[column] += 1;
  }
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] /= counts[i];
  return sums;
}

/// A free column between two sticking plates at x = 0 and H: v(x) = rho g x (H - x)/(2 eta).
/// It moves by 2 % of H until the flow is steady (after H^2/nu) and is so long that its ends do not
/// matter in the middle.
TEST(MpmFlow, APlanePoiseuilleFlowIsParabolic) {
  constexpr int columns = 16;
  constexpr double H = 1, h = H / columns, nu = 1, g = 0.1;
  laws::WeaklyCompressibleFluid fluid;
  fluid.density = 1;
  fluid.bulk_modulus = 100;
  fluid.viscosity = nu;
  fluid.allow_tension = true;
  Model<2> model = slip_box(H, 6 * H, h, fluid);
  model.walls[0] = model.walls[1] = Wall{WallKind::kStick, 0};
  model.gravity = {0, Real(g)};
  State<2> state = seed_state(model, filled_box<2>({0, 1}, {H, 5 * H}, h));
  Scratch<2> scratch;
  run_until(model, state, scratch, H * H / nu);
  const std::vector<double> profile = profile_of(state, h, columns, 2.5, 3.5);
  const double top = g * H * H / (8 * nu);
  for (int i = 0; i < columns; ++i) {
    // Mean of the parabola over the column.
    const double x = (i + 0.5) * h;
    const double expected = g / (2 * nu) * (x * (H - x) - h * h / 12);
    EXPECT_NEAR(profile[static_cast<std::size_t>(i)] / top, expected / top, 0.02) << "x = " << x;
  }
}

// --- Herschel-Bulkley: a layer on a slope, sheared by gravity along it

/// The layer 0 < x < H sticks to x = 0 and is free at x = H; f = rho g sin(theta) pulls along y.
/// Velocity profile after `end`. Gravity along the layer only: the paste does not feel pressure.
std::vector<double> layer_profile(const laws::HerschelBulkley& paste, double f, double end, int n) {
  const double H = 1, h = H / n;
  Model<2> model = slip_box(1.5 * H, 20 * H, h, paste);
  model.walls[0] = Wall{WallKind::kStick, 0};
  model.gravity = {0, static_cast<Real>(f / paste.density)};
  // So long that the ends, which shear less, change the middle by less than 2 %.
  State<2> state = seed_state(model, filled_box<2>({0, 2 * H}, {H, 18 * H}, h));
  Scratch<2> scratch;
  run_until(model, state, scratch, end);
  return profile_of(state, h, n, 9.5, 10.5);
}

laws::HerschelBulkley paste_of(double flow_index) {
  laws::HerschelBulkley paste;
  paste.density = 1;
  paste.young_modulus = 250;
  paste.poisson_ratio = 0.3;
  paste.yield_stress = 0.4;
  paste.consistency = 1;
  paste.flow_index = flow_index;
  return paste;
}

/// Below h_s = H - tau_y/f the layer shears, above it moves as a plug with the speed
/// n/(n + 1) (f/k)^(1/n) h_s^((n + 1)/n).
TEST(MpmFlow, ABinghamLayerOnASlopeHasItsPlug) {
  for (const double n : {1.0, 0.5}) {
    const laws::HerschelBulkley paste = paste_of(n);
    const double f = 1, sheared = 1 - paste.yield_stress / f;
    const double plug =
        n / (n + 1) * std::pow(f / paste.consistency, 1 / n) * std::pow(sheared, (n + 1) / n);
    const std::vector<double> profile = layer_profile(paste, f, 2.5, 12);
    for (int i = 8; i < 12; ++i) {
      EXPECT_NEAR(profile[static_cast<std::size_t>(i)] / plug, 1, 0.05) << "n = " << n << ", " << i;
    }
    // In the sheared part v = plug (1 - (1 - x/h_s)^((n + 1)/n)).
    for (int i = 1; i < 7; ++i) {
      const double x = (i + 0.5) / 12;
      const double expected = 1 - std::pow(1 - x / sheared, (n + 1) / n);
      EXPECT_NEAR(profile[static_cast<std::size_t>(i)] / plug, expected, 0.05) << "n = " << n;
    }
  }
}

/// f H < tau_y: an elastic solid. It swings about its elastic deflection and does not flow: after
/// the swing has been averaged out its mean velocity vanishes.
TEST(MpmFlow, ABinghamLayerBelowItsYieldStressDoesNotFlow) {
  const laws::HerschelBulkley paste = paste_of(1);
  const double H = 1, h = H / 16, f = 0.15;  // the swing doubles the static stress
  Model<2> model = slip_box(1.5 * H, 10 * H, h, paste);
  model.walls[0] = Wall{WallKind::kStick, 0};
  model.gravity = {0, static_cast<Real>(f / paste.density)};
  State<2> state = seed_state(model, filled_box<2>({0, 2 * H}, {H, 8 * H}, h));
  Scratch<2> scratch;
  const double period = 4 * H / std::sqrt(paste.mu() / paste.density);
  const double start = budget(model, state, scratch, -1).center[1];
  run_until(model, state, scratch, 4 * period);
  // Whole periods: back near the start. A flow would have moved it by f H^2/(3 k) * 4 periods.
  const double flow = f / (3 * paste.consistency) * 4 * period;
  EXPECT_NEAR((budget(model, state, scratch, -1).center[1] - start) / flow, 0, 0.02);
}

// --- sloshing: omega^2 = g k tanh(k H)

TEST(MpmFlow, SloshingHasTheFrequencyOfGravityWaves) {
  constexpr double h = 1.0 / 32, L = 1, H = 0.5, g = 10;
  laws::WeaklyCompressibleFluid water;
  water.density = 1;
  water.bulk_modulus = 200 * g * H;
  Model<2> model = slip_box(L, 1, h, water);
  model.gravity = {0, Real(-g)};
  const double k = kPi / L, omega = std::sqrt(g * k * std::tanh(k * H));
  auto seeds = filled_box<2>({0, 0}, {L, H}, h);
  const auto mode = [&](double x, double y) {  // gradient of cos(k x) cosh(k y), 1 at the surface
    return Vec<2, double>{-std::sin(k * x) * std::cosh(k * y) / std::sinh(k * H),
                          std::cos(k * x) * std::sinh(k * y) / std::sinh(k * H)};
  };
  const double speed = 0.02 * H * omega;
  for (auto& seed : seeds) seed.velocity = speed * mode(seed.position[0], seed.position[1]);
  State<2> state = seed_state(model, seeds);
  {  // start in hydrostatic balance: p = K (1 - J) = rho g (H - y)
    const auto ids = to_host(state.particles.get<Id>());
    const auto J = to_host(state.particles.get<History>());
    for (Index p = 0; p < ids.size(); ++p) {
      const double depth = H - seeds[static_cast<std::size_t>(ids(p))].position[1];
      J(p) = Real(1 - water.density * g * depth / water.bulk_modulus);
    }
    copy(state.particles.get<History>(), to_device(J));
    advance_material<2>(model.laws[0], 0, state.particles, 0);
  }
  Scratch<2> scratch;
  const auto amplitude = [&] {
    const auto x = to_host(state.particles.get<Position<2>>());
    const auto v = to_host(state.particles.get<Velocity<2>>());
    double sum = 0;
    for (Index p = 0; p < x.size(); ++p) {
      const Vec<2, double> w = mode(x(p)[0], x(p)[1]);
      sum += v(p)[0] * w[0] + v(p)[1] * w[1];
    }
    return sum;
  };
  std::vector<double> crossings;
  double before = amplitude();
  while (crossings.size() < 3) {
    const double dt = step_limit(model, state, scratch).dt;
    ASSERT_EQ(step(model, state, scratch, dt), -1);
    ASSERT_LT(state.time, 10 / omega * 2 * kPi);
    const double now = amplitude();
    if (before * now < 0) crossings.push_back(state.time - dt * now / (now - before));
    before = now;
  }
  const double measured = 2 * kPi / (crossings[2] - crossings[0]);
  EXPECT_NEAR(measured / omega, 1, 0.03);
}

// --- dam break: the front of a column twice as high as wide on a dry floor

/// Measured fronts Z = x/a at the times T = t sqrt(2 g/a) (martin1952).
constexpr double kFronts[5][2] = {
    {0.84, 1.22}, {1.43, 1.67}, {1.98, 2.33}, {2.51, 3.00}, {3.11, 3.89}};

/// Value at x of the line through the points (from[i], to[i]), from ascending.
double interpolated(const std::vector<double>& from, const std::vector<double>& to, double x) {
  std::size_t i = 1;
  while (i + 1 < from.size() && from[i] < x) ++i;
  return to[i - 1] + (x - from[i - 1]) / (from[i] - from[i - 1]) * (to[i] - to[i - 1]);
}

/// The computed front is ahead by about the same time everywhere, 0.15 to 0.3 of T, with finer
/// cells too: here the whole wall is gone at once. So its positions are up to a fifth ahead, and
/// its speed, on which a delay of the start has no influence, is the measured one. No time is
/// fitted.
TEST(MpmFlow, ADamBreakRunsAsFastAsMeasured) {
  constexpr int n = 16;
  constexpr double a = 1, h = a / n, g = 1, H = 2 * a;
  laws::WeaklyCompressibleFluid water;
  water.density = 1;
  water.bulk_modulus = 200 * g * H;  // sound ten times faster than sqrt(2 g H)
  Model<2> model = slip_box(6 * a, 3 * a, h, water);
  for (int face = 0; face < 4; ++face) model.walls[face] = Wall{WallKind::kSeparate, 0};
  model.gravity = {0, Real(-g)};
  State<2> state = seed_state(model, filled_box<2>({0, 0}, {a, H}, h));
  Scratch<2> scratch;
  std::vector<double> times{0}, fronts{1};
  const double unit = std::sqrt(a / (2 * g));
  for (int i = 1; i <= 32; ++i) {
    run_until(model, state, scratch, 0.1 * i * unit);
    times.push_back(0.1 * i);
    fronts.push_back(connected_front<2>(model.grid, state, -1, 0) / a);
    // Ritter: no front is faster than 2 sqrt(g H), which is 2 a per unit of T. A front that moves
    // by particles is known to half a cell.
    EXPECT_LT(fronts.back() - fronts[fronts.size() - 2], 2 * 0.1 + 0.5 * h);
  }
  for (const auto& [T, Z] : kFronts) {
    const double ratio = interpolated(times, fronts, T) / Z;
    EXPECT_GT(ratio, 1) << "T = " << T;
    EXPECT_LT(ratio, 1.2) << "T = " << T;
  }
  const double measured = (kFronts[4][1] - kFronts[1][1]) / (kFronts[4][0] - kFronts[1][0]);
  const double computed =
      (kFronts[4][1] - kFronts[1][1]) /
      (interpolated(fronts, times, kFronts[4][1]) - interpolated(fronts, times, kFronts[1][1]));
  EXPECT_NEAR(computed / measured, 1, 0.1);
}

}  // namespace
}  // namespace filigree::mpm
