// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Solids against exact results: rotation, waves, convergence of the step, obstacles.
// References: docs/validation/mpm.md.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/verification/mpm_support.hpp"

namespace filigree::mpm {
namespace {

constexpr bool kFloat = std::is_same_v<Real, float>;
constexpr double kPi = std::numbers::pi;

// --- a stiff disc turns once

TEST(MpmSolid, ASpinningDiscKeepsItsAngleAndEnergy) {
  constexpr double h = 1.0 / 48;
  constexpr double radius = 16 * h;
  const Vec<2, double> middle{0.5, 0.5};
  laws::FixedCorotated law;
  law.young_modulus = 1e6;
  Model<2> model = box_model<2>(1, h, WallKind::kOpen, law);
  const FilledShape filled = fill_shape(SphereShape{{0.5, 0.5}, radius}, h / 2);
  const double omega = 0.02 * wave_speed(law) / radius;  // centrifugal strain about 1e-4
  std::vector<Seed<2>> seeds(filled.points.size() / 2);
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    seeds[i].position = {filled.points[2 * i], filled.points[2 * i + 1]};
    const Vec<2, double> r = seeds[i].position - middle;
    seeds[i].velocity = {-omega * r[1], omega * r[0]};
    seeds[i].velocity_gradient = {0, -omega, omega, 0};
    seeds[i].volume = filled.point_volume;
  }
  State<2> state = seed_state(model, seeds);
  Scratch<2> scratch;
  const double before = budget(model, state, scratch, -1).kinetic;
  const double turn = 2 * kPi / omega;
  const int steps = static_cast<int>(std::ceil(turn / step_limit(model, state, scratch).dt));
  for (int i = 0; i < steps; ++i) ASSERT_EQ(step(model, state, scratch, turn / steps), -1);
  EXPECT_NEAR(budget(model, state, scratch, -1).kinetic / before, 1, 0.02);
  // After one revolution each particle is where it started: the mean angle of r against r_0.
  const auto ids = to_host(state.particles.get<Id>());
  const auto positions = to_host(state.particles.get<Position<2>>());
  double sine = 0, cosine = 0;
  for (Index p = 0; p < ids.size(); ++p) {
    const Vec<2, double> from = seeds[static_cast<std::size_t>(ids(p))].position - middle;
    const Vec<2, double> to{positions(p)[0] - middle[0], positions(p)[1] - middle[1]};
    sine += cross(from, to);
    cosine += dot(from, to);
  }
  EXPECT_NEAR(std::atan2(sine, cosine) / (2 * kPi), 0, 0.01);
}

// --- a plane wave packet

/// Sets F of every particle from its place at the start.
template <class Strain>
void set_axial_strain(State<2>& state, const std::vector<Seed<2>>& seeds, const Strain& strain) {
  const auto ids = to_host(state.particles.get<Id>());
  const auto F = to_host(state.particles.get<Deformation<2>>());
  for (Index p = 0; p < ids.size(); ++p) {
    F(p)(0, 0) = Real(1 + strain(seeds[static_cast<std::size_t>(ids(p))].position[0]));
  }
  copy(state.particles.get<Deformation<2>>(), to_device(F));
}

/// sum m v^2 x / sum m v^2 around a guess: where the packet is.
double packet_place(const State<2>& state, double guess, double reach) {
  const auto x = to_host(state.particles.get<Position<2>>());
  const auto v = to_host(state.particles.get<Velocity<2>>());
  double weight = 0, place = 0;
  for (Index p = 0; p < x.size(); ++p) {
    if (std::abs(x(p)[0] - guess) > reach) continue;
    const double w = double(v(p)[0]) * v(p)[0];
    weight += w;
    place += w * x(p)[0];
  }
  return place / weight;
}

/// Speed of a packet over the speed of sound, minus 1.
double packet_error(int cells) {
  const double h = 1.0 / cells;
  const laws::NeoHookean law;
  const double c = wave_speed(law);
  Model<2> model;
  model.grid = make_grid<2>({0, 0}, {1, 4 * h}, h);
  for (int face = 0; face < 4; ++face) model.walls[face] = Wall{WallKind::kSlip, 0};
  model.laws = {law};
  // u = A exp(-((x - x0)/w)^2) moving to the right: v = -c du/dx.
  const double w = 0.09, A = 1e-3 * w, x0 = 0.3;
  const auto slope = [&](double x) {
    const double s = (x - x0) / w;
    return -2 * s / w * A * std::exp(-s * s);
  };
  auto seeds = filled_box<2>({0, 0}, {1, 4 * h}, h);
  for (auto& seed : seeds) {
    const double x = seed.position[0], d = 1e-4 * w;
    seed.velocity[0] = -c * slope(x);
    seed.velocity_gradient(0, 0) = -c * (slope(x + d) - slope(x - d)) / (2 * d);
  }
  State<2> state = seed_state(model, seeds);
  set_axial_strain(state, seeds, slope);
  Scratch<2> scratch;
  advance_material<2>(model.laws[0], 0, state.particles, 0);  // the stress of that strain
  const double start = packet_place(state, x0, 4 * w);
  const int steps = 4 * cells;
  const double dt = 0.4 / c / steps;
  for (int i = 0; i < steps; ++i) EXPECT_EQ(step(model, state, scratch, dt), -1);
  return (packet_place(state, x0 + 0.4, 4 * w) - start) / 0.4 - 1;
}

/// The grid slows short waves down: with the phase error 0.1 (k h)^2 of the oscillating bar, a
/// packet with the mean square wave number 3/w^2 lags by 0.9 (h/w)^2, 0.7 % at h = 1/128.
TEST(MpmSolid, AWavePacketTravelsAtTheSpeedOfSound) {
  const double fine = packet_error(128);
  EXPECT_NEAR(fine, 0, kFloat ? 0.02 : 0.01);
  if (kFloat) return;  // the displacement, 1e-4 of the length, leaves single precision no digits
  EXPECT_GE(std::log2(packet_error(64) / fine), 1.8);
}

// --- convergence in the step length

/// Momentum of a swinging bar after an eighth of its period.
double bar_momentum(int steps) {
  constexpr double h = 1.0 / 16;
  const laws::FixedCorotated law;
  const double c = wave_speed(law);
  Model<2> model;
  model.grid = make_grid<2>({0, 0}, {1.25, 4 * h}, h);
  model.walls[0] = Wall{WallKind::kStick, 0};
  for (int face = 1; face < 4; ++face) model.walls[face] = Wall{WallKind::kSlip, 0};
  model.laws = {law};
  auto seeds = filled_box<2>({0, 0}, {1, 4 * h}, h);
  for (auto& seed : seeds) {
    const double phase = kPi * seed.position[0] / 2;
    seed.velocity[0] = 1e-2 * c * std::sin(phase);
    seed.velocity_gradient(0, 0) = 1e-2 * c * kPi / 2 * std::cos(phase);
  }
  State<2> state = seed_state(model, seeds);
  Scratch<2> scratch;
  for (int i = 0; i < steps; ++i) step(model, state, scratch, 0.5 / c / steps);
  return budget(model, state, scratch, -1).momentum[0];
}

TEST(MpmSolid, TheStepConvergesAtFirstOrderInItsLength) {
  const double coarse = bar_momentum(16), middle = bar_momentum(32), fine = bar_momentum(64),
               finest = bar_momentum(128);
  EXPECT_GE(std::log2((coarse - middle) / (middle - fine)), 0.9);
  EXPECT_GE(std::log2((middle - fine) / (fine - finest)), 0.9);
}

// --- obstacles

/// A block on a ramp at angle theta with friction mu moves with a = g (sin - mu cos) theta, or
/// stays when mu > tan(theta). Gravity is straight down and the ramp is a turned box.
double ramp_acceleration(double mu) {
  constexpr double h = 1.0 / 32, theta = kPi / 6, g = 10;
  laws::FixedCorotated law;
  law.young_modulus = 1e6;
  Model<2> model = box_model<2>(2, h, WallKind::kOpen, law);
  model.gravity = {0, Real(-g)};
  const Mat<2> turned = rotation_matrix(Vec<1, double>{-theta});
  Obstacle<2> ramp = make_obstacle<2>(BoxShape{{-1.5, -0.2}, {1.5, 0.2}}, turned, false,
                                      {WallKind::kSeparate, mu});
  ramp.center = {1, Real(0.6)};
  model.obstacles.push_back({ramp});
  // A block of 8 x 6 cells that lies on the ramp's face, in the ramp's frame.
  const FilledShape filled = fill_shape(BoxShape{{-0.6, 0.2}, {-0.35, 0.3875}}, h / 2);
  std::vector<Seed<2>> seeds(filled.points.size() / 2);
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    const Vec<2> own{Real(filled.points[2 * i]), Real(filled.points[2 * i + 1])};
    const Vec<2> x = ramp.center + turned * own;
    seeds[i].position = {x[0], x[1]};
    seeds[i].volume = filled.point_volume;
  }
  State<2> state = seed_state(model, seeds);
  Scratch<2> scratch;
  const double dt = step_limit(model, state, scratch).dt;
  const auto along = [&] {
    const Budget<2> b = budget(model, state, scratch, -1);
    return (std::cos(theta) * b.momentum[0] - std::sin(theta) * b.momentum[1]) / b.mass;
  };
  // The first moments settle the block; then the mean acceleration over 0.2 s.
  double settled = 0;
  while (state.time < 0.3) {
    EXPECT_EQ(step(model, state, scratch, dt), -1);
    if (state.time < 0.1) settled = along();
  }
  return (along() - settled) / 0.2;
}

TEST(MpmSolid, ABlockSlidesDownARampAgainstFriction) {
  const double sine = 0.5, cosine = std::sqrt(3.0) / 2, g = 10;
  EXPECT_NEAR(ramp_acceleration(0) / (g * sine), 1, 0.02);
  EXPECT_NEAR(ramp_acceleration(0.3) / (g * (sine - 0.3 * cosine)), 1, 0.06);
  EXPECT_NEAR(ramp_acceleration(0.8) / (g * sine), 0, 0.05) << "tan(30 deg) = 0.58: it sticks";
}

/// A piston presses a column of fluid in a slip box to J = 0.9: p = K (1 - J).
TEST(MpmSolid, APistonCompressesAFluidColumn) {
  constexpr double h = 1.0 / 32;
  laws::WeaklyCompressibleFluid fluid;
  fluid.viscosity = 20;  // damps the sound waves of the start
  Model<2> model;
  model.grid = make_grid<2>({0, 0}, {8 * h, 1.5}, h);
  for (int face = 0; face < 4; ++face) model.walls[face] = Wall{WallKind::kSlip, 0};
  model.laws = {fluid};
  ObstaclePath<2> piston;
  piston.start = make_obstacle<2>(BoxShape{{-1, 1}, {1, 1.3}}, Mat<2>::identity(), false,
                                  {WallKind::kSlip, 0});
  piston.velocity = {0, -0.2};
  piston.until = 0.5;
  model.obstacles.push_back(piston);
  State<2> state = seed_state(model, filled_box<2>({0, 0}, {8 * h, 1}, h));
  Scratch<2> scratch;
  while (state.time < 2) {
    ASSERT_EQ(step(model, state, scratch, step_limit(model, state, scratch).dt), -1);
  }
  const auto J = to_host(state.particles.get<History>());
  double mean = 0;
  for (Index p = 0; p < J.size(); ++p) mean += fluid.pressure(J(p)) / J.size();
  // The piston's face acts on the nodes inside it, that is, with an uncertainty of half a cell:
  // 0.5 h in a column of 0.9.
  EXPECT_NEAR(mean / (0.1 * fluid.bulk_modulus), 1, 0.5 * h / 0.9 / 0.1);
}

}  // namespace
}  // namespace filigree::mpm
