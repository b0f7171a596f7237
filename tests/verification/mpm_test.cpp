// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The material point method against exact results. References: docs/validation/mpm.md.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "tests/verification/mpm_support.hpp"

namespace filigree::mpm {
namespace {

constexpr bool kFloat = std::is_same_v<Real, float>;

/// Runs test(dimension-tagged model and state) for every law in 2D and 3D.
template <int D, class Test>
void for_all_laws(const Test& test) {
  for (const Law& law : all_laws()) {
    SCOPED_TRACE(std::visit([](const auto& l) { return std::string(l.kName); }, law));
    test.template operator()<D>(law);
  }
}

// --- free fall: exact for symplectic Euler, y_n = y_0 + n dt v_0 - g dt^2 n (n + 1)/2
// -------------

struct FreeFall {
  template <int D>
  void operator()(const Law& law) const {
    constexpr double h = 1.0 / 16;
    Model<D> model = box_model<D>(1, h, WallKind::kOpen, law);
    model.gravity[D - 1] = Real(-9.81);
    auto seeds = filled_box<D>(std::vector<double>(D, 0.375), std::vector<double>(D, 0.625), h);
    for (auto& seed : seeds) seed.velocity[D - 1] = 0.7;
    State<D> state = seed_state(model, seeds);
    Scratch<D> scratch;
    const double dt = 5e-4;
    const int n = 200;
    for (int i = 0; i < n; ++i) ASSERT_EQ(step(model, state, scratch, dt), -1);
    const double fallen = n * dt * 0.7 - 9.81 * dt * dt * n * (n + 1) / 2;
    const auto ids = to_host(state.particles.template get<Id>());
    const auto positions = to_host(state.particles.template get<Position<D>>());
    for (Index p = 0; p < ids.size(); ++p) {
      const auto& start = seeds[static_cast<std::size_t>(ids(p))].position;
      EXPECT_NEAR(positions(p)[D - 1], start[D - 1] + fallen, kFloat ? 1e-5 : 1e-12);
      EXPECT_NEAR(positions(p)[0], start[0], kFloat ? 1e-5 : 1e-12);
    }
  }
};

TEST(Mpm, FreeFallIsExactForEveryLaw) {
  for_all_laws<2>(FreeFall{});
  for_all_laws<3>(FreeFall{});
}

// --- conservation without gravity and walls

struct Momenta {
  double mass;
  Vec<3, double> linear{};
  Vec<3, double> angular;
};

template <int D>
Momenta momenta(const Model<D>& model, const State<D>& state, Scratch<D>& scratch) {
  const Budget<D> b = budget(model, state, scratch, -1);
  Momenta m{b.mass, {}, b.angular_momentum};
  for (int a = 0; a < D; ++a) m.linear[a] = b.momentum[a];
  return m;
}

/// Largest changes of linear and angular momentum over 100 steps of a random, strained cloud,
/// relative to the sum of m |v| (unit length).
template <int D>
std::pair<double, double> momentum_drift(const Law& law, TransferKind transfer) {
  Model<D> model = box_model<D>(1, 1.0 / 16, WallKind::kOpen, law);
  model.transfer = transfer;
  const auto seeds = random_cloud<D>(400, 11);
  State<D> state = seed_state(model, seeds);
  deform(model, state, Real(0.1));
  Scratch<D> scratch;
  double scale = 0;
  for (const auto& seed : seeds) scale += seed.volume * density(law) * norm(seed.velocity);
  const double dt = 0.5 * step_limit(model, state, scratch).dt;
  const Momenta before = momenta(model, state, scratch);
  double linear = 0, angular = 0;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(step(model, state, scratch, dt), -1);
    const Momenta now = momenta(model, state, scratch);
    EXPECT_NEAR(now.mass / before.mass, 1, tol<Real>(4));
    linear = std::max(linear, norm(now.linear - before.linear) / scale);
    angular = std::max(angular, norm(now.angular - before.angular) / scale);
  }
  return {linear, angular};
}

struct Conservation {
  template <int D>
  void operator()(const Law& law) const {
    const auto [linear, angular] = momentum_drift<D>(law, TransferKind::kApic);
    // 100 steps of sums with random round-off.
    EXPECT_LE(linear, tol<Real>(200));
    EXPECT_LE(angular, tol<Real>(200));
  }
};

TEST(Mpm, MassLinearAndAngularMomentumAreConstantForEveryLaw) {
  for_all_laws<2>(Conservation{});
  for_all_laws<3>(Conservation{});
}

TEST(Mpm, PicLosesAngularMomentum) {
  Model<2> model = box_model<2>(1, 1.0 / 16, WallKind::kOpen, laws::FixedCorotated{});
  model.transfer = TransferKind::kPic;
  auto seeds = filled_box<2>({0.375, 0.375}, {0.625, 0.625}, 1.0 / 16);
  for (auto& seed : seeds) {
    seed.velocity = {-(seed.position[1] - 0.5), seed.position[0] - 0.5};
  }
  State<2> state = seed_state(model, seeds);
  Scratch<2> scratch;
  const double before = budget(model, state, scratch, -1).angular_momentum[2];
  for (int i = 0; i < 100; ++i) ASSERT_EQ(step(model, state, scratch, 1e-4), -1);
  EXPECT_LT(budget(model, state, scratch, -1).angular_momentum[2], 0.9 * before);
}

// --- patch test

struct Patch {
  template <int D>
  void operator()(const Law& law) const {
    const Model<D> model = box_model<D>(1, 1.0 / 16, WallKind::kOpen, law);
    auto seeds = random_cloud<D>(300, 12);
    Mat<D, D, double> gradient{};
    for (int c = 0; c < D * D; ++c) gradient.data[c] = 0.3 * (c + 1) - 1;
    for (auto& seed : seeds) {
      seed.velocity = gradient * seed.position + Vec<D, double>::filled(0.2);
      seed.velocity_gradient = gradient;
    }
    State<D> state = seed_state(model, seeds);
    Scratch<D> scratch;
    const double dt = 1e-3;
    ASSERT_EQ(step(model, state, scratch, dt), -1);
    const auto ids = to_host(state.particles.template get<Id>());
    const auto velocities = to_host(state.particles.template get<Velocity<D>>());
    const auto gradients = to_host(state.particles.template get<VelocityGradient<D>>());
    for (Index p = 0; p < ids.size(); ++p) {
      const auto& seed = seeds[static_cast<std::size_t>(ids(p))];
      for (int a = 0; a < D; ++a) EXPECT_NEAR(velocities(p)[a], seed.velocity[a], tol<Real>(200));
      for (int c = 0; c < D * D; ++c) {
        EXPECT_NEAR(gradients(p).data[c], gradient.data[c], tol<Real>(5000));
      }
    }
  }
};

TEST(Mpm, AnAffineVelocityFieldIsReproducedExactly) {
  for_all_laws<2>(Patch{});
  for_all_laws<3>(Patch{});
}

TEST(Mpm, DeformationIsTheProductOfTheStepsOfAnElasticSolid) {
  const Model<3> model = box_model<3>(1, 1.0 / 16, WallKind::kOpen, laws::FixedCorotated{});
  State<3> state = seed_state(model, random_cloud<3>(50, 13));
  Scratch<3> scratch;
  std::vector<Mat<3>> expected(50, Mat<3>::identity());
  const auto dt = Real(1e-4);
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(step(model, state, scratch, dt), -1);
    const auto ids = to_host(state.particles.get<Id>());
    const auto gradients = to_host(state.particles.get<VelocityGradient<3>>());
    for (Index p = 0; p < ids.size(); ++p) {
      Mat<3>& F = expected[static_cast<std::size_t>(ids(p))];
      F = (Mat<3>::identity() + dt * gradients(p)) * F;
    }
  }
  const auto ids = to_host(state.particles.get<Id>());
  const auto deformations = to_host(state.particles.get<Deformation<3>>());
  for (Index p = 0; p < ids.size(); ++p) {
    const Mat<3> difference = deformations(p) - expected[static_cast<std::size_t>(ids(p))];
    EXPECT_LE(std::sqrt(squared_norm(difference)), tol<Real>(400));
  }
}

// --- transfers against the formulas written out

struct Transfers {
  template <int D>
  void operator()(const Law& law) const {
    const Model<D> model = box_model<D>(1, 1.0 / 16, WallKind::kOpen, law);
    State<D> state = seed_state(model, random_cloud<D>(200, 14));
    deform(model, state, Real(0.1));
    const Grid<D>& grid = model.grid;
    Scratch<D> scratch;
    const auto arrays = arrays_of<D>(state.particles);
    const auto dt = Real(1e-4);
    fill_bins<D>(grid, arrays, scratch.bins);
    particles_to_cells(grid, scratch.bins, arrays, dt, scratch.transfer);
    cells_to_nodes(grid, scratch.bins, surroundings_at(model, 0, scratch), dt, scratch.transfer);

    std::vector<double> mass(static_cast<std::size_t>(grid.node_count()));
    std::vector<Vec<D, double>> momentum(mass.size(), Vec<D, double>::zero());
    const auto m = to_host(arrays.mass);
    const auto V = to_host(arrays.volume);
    const auto x = to_host(arrays.position);
    const auto v = to_host(arrays.velocity);
    const auto C = to_host(arrays.velocity_gradient);
    const auto tau = to_host(arrays.stress);
    for (Index i = 0; i < grid.node_count(); ++i) {
      for (Index p = 0; p < m.size(); ++p) {
        double w = 1;
        Vec<D> d{};
        for (int a = 0; a < D; ++a) {
          d[a] = grid.origin[a] + grid.h * grid.node(i)[a] - x(p)[a];
          const double r = std::abs(d[a] / grid.h);
          w *= r < 0.5 ? 0.75 - r * r : r < 1.5 ? 0.5 * (1.5 - r) * (1.5 - r) : 0;
        }
        if (w == 0) continue;
        const Mat<D> A = m(p) * C(p) - (dt * V(p) * 4 / (grid.h * grid.h)) * tau(p);
        const Vec<D> affine = A * d;
        mass[static_cast<std::size_t>(i)] += w * m(p);
        for (int a = 0; a < D; ++a) {
          momentum[static_cast<std::size_t>(i)][a] += w * (double(m(p)) * v(p)[a] + affine[a]);
        }
      }
    }
    const auto nodes = to_host(scratch.transfer.nodes);
    const auto active = to_vector(scratch.bins.node_strips);
    double total = 0;
    for (Index n = 0; n < scratch.bins.n_node_strips; ++n) {
      const Index strip = active[static_cast<std::size_t>(n)];
      const Index first = grid.first_node_of_strip(strip);
      for (Index node = first; node < first + grid.nodes_of_strip(strip); ++node) {
        const auto i = static_cast<std::size_t>(node);
        const Real node_mass = nodes(node * kLanes);
        total += node_mass;
        EXPECT_NEAR(node_mass, mass[i], tol<Real>(100) * 0.5);
        for (int a = 0; a < D; ++a) {
          EXPECT_NEAR(node_mass * nodes(node * kLanes + a + 1), momentum[i][a], tol<Real>(1000));
        }
      }
    }
    double expected_total = 0;
    for (Index p = 0; p < m.size(); ++p) expected_total += m(p);
    EXPECT_NEAR(total, expected_total, tol<Real>(100) * expected_total);
  }
};

TEST(Mpm, TransfersEqualTheirFormulasSummedByBruteForce) {
  for_all_laws<2>(Transfers{});
  for_all_laws<3>(Transfers{});
}

// --- oscillating bar: T = 4 L / c, second order in h

/// |period / (4 L / c) - 1| of a confined, fixed-free bar of unit length in its first mode.
double bar_period_error(int cells) {
  const double h = 1.0 / cells;
  laws::FixedCorotated law;
  const double c = wave_speed(law);
  Model<2> model;
  model.grid = make_grid<2>({0, 0}, {1.2, 4 * h}, h);
  model.walls[0] = Wall{WallKind::kStick, 0};
  for (int face = 1; face < 4; ++face) model.walls[face] = Wall{WallKind::kSlip, 0};
  model.laws = {law};
  auto seeds = filled_box<2>({0, 0}, {1, 4 * h}, h);
  for (auto& seed : seeds) {
    seed.velocity[0] = 1e-3 * c * std::sin(std::numbers::pi * seed.position[0] / 2);
  }
  State<2> state = seed_state(model, seeds);
  Scratch<2> scratch;
  const double dt = 0.2 * h / c;
  std::vector<double> crossings;
  double before = 1;
  while (crossings.size() < 3) {
    if (step(model, state, scratch, dt) >= 0) return 1;
    const Budget<2> b = budget(model, state, scratch, -1);
    if (before * b.momentum[0] < 0) {
      crossings.push_back(state.time - dt * b.momentum[0] / (b.momentum[0] - before));
    }
    before = b.momentum[0];
  }
  const double period = crossings[2] - crossings[0];
  return std::abs(period * c / 4 - 1);
}

TEST(Mpm, OscillatingBarHasItsPeriodAndConvergesAtSecondOrder) {
  const double coarse = bar_period_error(10);
  const double fine = bar_period_error(20);
  EXPECT_LE(fine, 0.01);
  if (kFloat) return;  // the displacement, 1e-3 of the length, leaves single precision no digits
  const double finest = bar_period_error(40);
  EXPECT_GE(std::log2(coarse / fine), 1.8);
  EXPECT_GE(std::log2(fine / finest), 1.8);
}

// --- hydrostatic column in a slip box

/// A column let go from J = 1 swings about its equilibrium with the period 4 H / c; the mean over
/// whole periods is the hydrostatic pressure rho g (H - Y) of the material depth.
TEST(Mpm, HydrostaticPressureIsDensityGravityDepth) {
  laws::WeaklyCompressibleFluid water;
  const double g = 9.81, H = 1, h = 1.0 / 16;
  water.bulk_modulus = 100 * water.density * g * H;  // 1 % compression at the floor
  water.allow_tension = true;
  Model<2> model;
  model.grid = make_grid<2>({0, 0}, {4 * h, 1.25}, h);
  for (int face = 0; face < 4; ++face) model.walls[face] = Wall{WallKind::kSlip, 0};
  model.gravity = {0, static_cast<Real>(-g)};
  model.laws = {water};
  const auto seeds = filled_box<2>({0, 0}, {4 * h, H}, h);
  State<2> state = seed_state(model, seeds);
  Scratch<2> scratch;
  const int steps = 1200;
  const double dt = 2 * (4 * H / wave_speed(water)) / steps;  // two periods
  std::vector<double> mean(seeds.size(), 0.0);
  for (int i = 0; i < steps; ++i) {
    ASSERT_EQ(step(model, state, scratch, dt), -1);
    const auto ids = to_host(state.particles.get<Id>());
    const auto J = to_host(state.particles.get<History>());
    for (Index p = 0; p < ids.size(); ++p) {
      mean[static_cast<std::size_t>(ids(p))] += water.pressure(J(p)) / steps;
    }
  }
  const double floor_pressure = water.density * g * H;
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    const double depth = H - seeds[i].position[1];
    if (depth < 2 * h) continue;
    EXPECT_NEAR(mean[i] / floor_pressure, depth / H, 0.02) << "at depth " << depth;
  }
}

// --- contracts of the step

TEST(Mpm, AStepAllocatesNothingAfterWarmUp) {
  Model<2> model = box_model<2>(1, 1.0 / 16, WallKind::kSeparate, laws::WeaklyCompressibleFluid{});
  model.gravity = {0, Real(-9.81)};
  State<2> state = seed_state(model, filled_box<2>({0, 0}, {0.5, 0.5}, 1.0 / 16));
  Scratch<2> scratch;
  const auto advance = [&] { step(model, state, scratch, step_limit(model, state, scratch).dt); };
  for (int i = 0; i < 70; ++i) advance();
  const Offset before = array_allocations();
  for (int i = 0; i < 70; ++i) advance();
  EXPECT_EQ(array_allocations(), before);
}

TEST(Mpm, TheOrderOfStorageDoesNotChangeTheBits) {
  const Model<3> model = box_model<3>(1, 1.0 / 16, WallKind::kOpen, laws::FixedCorotated{});
  const auto seeds = random_cloud<3>(300, 15);
  State<3> state = seed_state(model, seeds);
  State<3> shuffled = seed_state(model, seeds);
  std::vector<Index> order(300);
  for (Index i = 0; i < 300; ++i) order[static_cast<std::size_t>(i)] = (i * 7 + 3) % 300;
  shuffled.particles.permute(to_device("order", order));
  Scratch<3> scratch;
  for (int i = 0; i < 20; ++i) {
    step(model, state, scratch, 1e-4);
    step(model, shuffled, scratch, 1e-4);
  }
  const auto ids = to_host(state.particles.get<Id>());
  const auto other_ids = to_host(shuffled.particles.get<Id>());
  const auto x = to_host(state.particles.get<Position<3>>());
  const auto y = to_host(shuffled.particles.get<Position<3>>());
  for (Index p = 0; p < 300; ++p) {
    for (Index q = 0; q < 300; ++q) {
      if (ids(p) == other_ids(q)) {
        EXPECT_TRUE(x(p) == y(q)) << "particle " << ids(p);
      }
    }
  }
}

/// Scenes that share a grid do not feel each other: each has the bits it has alone.
template <int D>
void check_scenes() {
  Model<D> model = box_model<D>(1, 1.0 / 16, WallKind::kSlip, laws::FixedCorotated{});
  model.gravity[D - 1] = -10;
  std::vector<std::vector<Seed<D>>> clouds{random_cloud<D>(200, 1), random_cloud<D>(300, 2)};
  std::vector<Seed<D>> together;
  for (std::size_t s = 0; s < clouds.size(); ++s) {
    for (Seed<D> seed : clouds[s]) {
      seed.scene = static_cast<Index>(s);
      together.push_back(seed);
    }
  }
  const auto positions_after = [&](const Model<D>& of, const std::vector<Seed<D>>& seeds) {
    State<D> state = seed_state(of, seeds);
    Scratch<D> scratch;
    for (int i = 0; i < 40; ++i) EXPECT_EQ(step(of, state, scratch, 1e-3), -1);
    const auto ids = to_host(state.particles.template get<Id>());
    const auto x = to_host(state.particles.template get<Position<D>>());
    std::vector<Vec<D>> sorted(seeds.size());
    for (Index p = 0; p < ids.size(); ++p) sorted[static_cast<std::size_t>(ids(p))] = x(p);
    return sorted;
  };
  Model<D> shared = model;
  shared.grid.scenes = 2;
  const auto both = positions_after(shared, together);
  std::size_t row = 0;
  for (const auto& cloud : clouds) {
    for (const Vec<D>& x : positions_after(model, cloud)) EXPECT_EQ(both[row++], x);
  }
}

TEST(Mpm, ScenesOnOneGridDoNotFeelEachOther) {
  check_scenes<2>();
  check_scenes<3>();
}

TEST(Mpm, AParticleThatLeavesTheGridIsNamed) {
  Model<2> model = box_model<2>(1, 1.0 / 8, WallKind::kOpen, laws::FixedCorotated{});
  auto seeds = random_cloud<2>(20, 16);
  for (auto& seed : seeds) {
    seed.velocity = Vec<2, double>::zero();
    seed.velocity_gradient = Mat<2, 2, double>::zero();
  }
  seeds[7].position = {0.9, 0.9};
  seeds[7].velocity = {100, 0};
  State<2> state = seed_state(model, seeds);
  Scratch<2> scratch;
  EXPECT_EQ(step(model, state, scratch, 0.1), 7);
}

TEST(Mpm, ANanIsFoundAndNamed) {
  Model<2> model = box_model<2>(1, 1.0 / 8, WallKind::kOpen, laws::FixedCorotated{});
  State<2> state = seed_state(model, random_cloud<2>(20, 17));
  EXPECT_EQ(find_invalid(state).first, -1);
  auto velocities = to_host(state.particles.get<Velocity<2>>());
  velocities(5)[1] = std::numeric_limits<Real>::quiet_NaN();
  copy(state.particles.get<Velocity<2>>(), to_device(velocities));
  const auto [id, field] = find_invalid(state);
  EXPECT_EQ(id, 5);
  EXPECT_EQ(field, "velocity");
}

TEST(Mpm, TheStepLimitNamesItsReason) {
  laws::WeaklyCompressibleFluid honey;
  honey.viscosity = 1e4;
  Model<2> model = box_model<2>(1, 1.0 / 8, WallKind::kOpen, honey);
  State<2> state = seed_state(model, filled_box<2>({0.25, 0.25}, {0.5, 0.5}, 1.0 / 8));
  Scratch<2> scratch;
  const StepLimit viscous = step_limit(model, state, scratch);
  EXPECT_EQ(viscous.reason, "viscosity");
  EXPECT_NEAR(viscous.dt, 1.0 / 64 * 1000 / (4 * 1e4), 1e-6);
  model.laws = {laws::WeaklyCompressibleFluid{}};
  const StepLimit sound = step_limit(model, state, scratch);
  EXPECT_NE(sound.reason.find("sound speed 10 m/s"), std::string::npos) << sound.reason;
  EXPECT_NEAR(sound.dt, 0.4 / 8 / 10, 1e-6);
}

}  // namespace
}  // namespace filigree::mpm
