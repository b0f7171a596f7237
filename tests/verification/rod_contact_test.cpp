// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Rods that lie on, slide along and cross things, against Coulomb's law, the capstan equation and
// the laws of conservation. Tables: docs/validation/rods.md.
#include "physics/rods/rod_contact.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "physics/surface_generators.hpp"
#include "tests/support/straight_rods.hpp"

namespace filigree::rods {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr double kGravity = 9.81;
constexpr double kRadius = 0.003;
using Vec3d = Vec<3, double>;

/// Cables 6 mm thick: EA = 500 N, EI = GJ = 4e-4 N m^2, 0.05 kg/m.
const EdgeProperties kCable{500, {4e-4, 4e-4}, 4e-4, 0.05};

class RodContactCases : public ::testing::Test {
 protected:
  void SetUp() override {
    if (sizeof(Real) == 4) GTEST_SKIP() << "gaps of 1e-4 m at 1 m keep three digits only";
  }
};

struct TouchingRod : Rod {
  RodContact contact;
  RodContactScratch touching;
  RodStepReport step(double dt) {
    return implicit_step(model, controls, contact, dt, {}, state, scratch, touching);
  }
};

/// Cables along lines of points, each a tree of its own.
TouchingRod make_cables(const std::vector<std::vector<Vec3d>>& lines,
                        const RodContactOptions& options, const std::vector<RodObstacle>& obstacles,
                        const EdgeProperties& of = kCable, const std::vector<Real>& samples = {}) {
  TouchingRod rod;
  std::vector<Branch> branches;
  RodShape shape;
  for (const auto& line : lines) {
    branches.push_back({-1, static_cast<Index>(line.size())});
    shape.positions.insert(shape.positions.end(), line.begin(), line.end());
  }
  rod.topology = make_topology(branches);
  const auto n = static_cast<std::size_t>(rod.topology.n_edges());
  rod.model = make_rod_model(rod.topology, shape, std::vector<EdgeProperties>(n, of));
  rod.model.gravity = {0, 0, static_cast<Real>(-kGravity)};
  rod.state = make_rod_state(rod.topology, rod.model, shape);
  rod.controls = make_controls(rod.model, rod.state);
  std::vector<RodObstaclePath> paths;
  for (const RodObstacle& o : obstacles) paths.push_back(at_rest(o));
  rod.contact = make_rod_contact(rod.topology, shape, std::vector<double>(n, kRadius), options,
                                 paths, samples);
  return rod;
}

std::vector<Vec3d> line(const Vec3d& from, const Vec3d& to, int edges) {
  std::vector<Vec3d> points;
  for (int i = 0; i <= edges; ++i) points.push_back(from + (double(i) / edges) * (to - from));
  return points;
}

double mass_of(const Rod& rod) {
  const auto mass = to_host(rod.model.mass);
  double sum = 0;
  for (Index v = 0; v < rod.model.n_vertices; ++v) sum += mass(0, v);
  return sum;
}

Vec3d mean_velocity(const Rod& rod) {
  const auto mass = to_host(rod.model.mass);
  const auto v = to_host(rod.state.velocity);
  Vec3d sum{};
  for (Index i = 0; i < rod.model.n_vertices; ++i) {
    for (int a = 0; a < 3; ++a) sum[a] += mass(0, i) * v(0, i)[a];
  }
  return sum / mass_of(rod);
}

void set_velocity(Rod& rod, Index first, Index last, const Vec3d& velocity) {
  auto v = to_host(rod.state.velocity);
  for (Index i = first; i < last; ++i) {
    for (int a = 0; a < 3; ++a) v(0, i)[a] = static_cast<Real>(velocity[a]);
  }
  rod.state.velocity = to_device(v);
}

Vec3d contact_force(const TouchingRod& rod) {
  const auto f = to_host(rod.touching.force);
  Vec3d sum{};
  for (Index i = 0; i < rod.model.n_vertices; ++i) {
    for (int a = 0; a < 3; ++a) sum[a] += f(0, i)[a];
  }
  return sum;
}

TEST_F(RodContactCases, APlaneCarriesTheWeight) {
  TouchingRod rod = make_cables({line({0, 0, 0.0035}, {0.4, 0, 0.0035}, 20)}, {.friction = 0.3},
                                {make_plane({0, 0, 0}, {0, 0, 1})});
  const RodStepReport report =
      settle(rod.model, rod.controls, rod.contact, {}, rod.state, rod.scratch, rod.touching);
  EXPECT_EQ(report.failed, 0);
  const double weight = mass_of(rod) * kGravity;
  const Vec3d force = contact_force(rod);
  EXPECT_NEAR(force[2], weight, 1e-6 * weight);
  EXPECT_NEAR(norm(Vec3d{force[0], force[1], 0}), 0, 1e-6 * weight);
  EXPECT_GT(contact_report(rod.touching).gap, 0);
  EXPECT_EQ(contact_report(rod.touching).contacts, 20);
}

/// On an incline of angle a a cable stays where tan a < mu and slides with g (sin a - mu cos a)
/// where tan a > mu.
TEST_F(RodContactCases, SlipsAboveTheAngleOfFriction) {
  constexpr double kFriction = 0.5;
  for (const double angle : {0.4, std::atan(kFriction) - 0.02, std::atan(kFriction) + 0.02, 0.6}) {
    const Vec3d out{std::sin(angle), 0, std::cos(angle)};
    const Vec3d across{0, 1, 0};
    const Vec3d start = 0.0036 * out;
    RodObstacle plane = make_plane({0, 0, 0}, out);
    plane.friction = kFriction;
    TouchingRod rod = make_cables({line(start, start + 0.2 * across, 10)}, {}, {plane});
    for (int i = 0; i < 100; ++i) ASSERT_EQ(rod.step(0.01).failed, 0);  // comes to lie
    const Vec3d before = mean_velocity(rod);
    for (int i = 0; i < 50; ++i) ASSERT_EQ(rod.step(0.01).failed, 0);
    const Vec3d after = mean_velocity(rod);
    const double slope = kGravity * (std::sin(angle) - kFriction * std::cos(angle));
    if (slope < 0) {
      EXPECT_LT(norm(after), 1e-3) << angle;  // creeps by less than the slip speed
    } else {
      const Vec3d down{std::cos(angle), 0, -std::sin(angle)};
      EXPECT_NEAR(dot(after - before, down) / 0.5, slope, 1e-3 * kGravity) << angle;
    }
  }
}

/// A cable that slides along itself on a plane slows down by mu g until it stands.
TEST_F(RodContactCases, FrictionSlowsDownByMuG) {
  RodObstacle plane = make_plane({0, 0, 0}, {0, 0, 1});
  plane.friction = 0.4;
  TouchingRod rod = make_cables({line({0, 0, 0.0036}, {0.2, 0, 0.0036}, 10)}, {}, {plane});
  settle(rod.model, rod.controls, rod.contact, {}, rod.state, rod.scratch, rod.touching);
  set_velocity(rod, 0, 11, {1, 0, 0});
  double work = 0;
  double speed = 1;
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(rod.step(0.005).failed, 0);
    speed -= 0.005 * 0.4 * kGravity;
    if (speed < 0.01) break;
    EXPECT_NEAR(mean_velocity(rod)[0], speed, 1e-6);
    EXPECT_LE(contact_report(rod.touching).friction, 0);
    work += contact_report(rod.touching).friction;
  }
  for (int i = 0; i < 70; ++i) rod.step(0.005);
  EXPECT_LT(norm(mean_velocity(rod)), 1e-6);
  EXPECT_LT(work, -0.3 * mass_of(rod));
}

/// Leaves the cable, pulled over a fixed round bar, with the pull over the load behind it.
double capstan_ratio(double friction, double angle, int edges_around) {
  constexpr double kBar = 0.03;
  constexpr double kLoad = 1;  // N
  const double r = kBar + kRadius + 3e-4;
  const double h = r * angle / edges_around;
  std::vector<Vec3d> points;
  for (int i = 12; i > 0; --i) points.push_back({-i * h, r, 0});
  for (int i = 0; i <= edges_around; ++i) {
    const double a = angle * i / edges_around;
    points.push_back({r * std::sin(a), r * std::cos(a), 0});
  }
  const Vec3d end = points.back();
  const Vec3d out{std::cos(angle), -std::sin(angle), 0};
  for (int i = 1; i <= 12; ++i) points.push_back(end + (i * h) * out);
  RodObstacle bar = make_capsule({0, 0, -0.1}, {0, 0, 0.1}, kBar);
  bar.friction = friction;
  TouchingRod rod = make_cables({points}, {.activation = 6e-4, .slip_speed = 1e-4}, {bar},
                                {500, {1e-8, 1e-8}, 1e-8, 0.01});
  rod.model.gravity = Vec<3>::zero();
  const Index last = rod.model.n_vertices - 1;
  set_force(rod, 0, {-kLoad, 0, 0});
  auto held = to_host(rod.controls.held);
  held(0, last) = 1;
  Kokkos::deep_copy(rod.controls.held.view(), held.view());
  auto target = to_host(rod.controls.target);
  constexpr double kStep = 0.005;
  constexpr double kSpeed = 0.02;
  for (int i = 0; i < 100; ++i) {
    for (int a = 0; a < 3; ++a) target(0, last)[a] += static_cast<Real>(kStep * kSpeed * out[a]);
    Kokkos::deep_copy(rod.controls.target.view(), target.view());
    EXPECT_EQ(rod.step(kStep).failed, 0);
    EXPECT_GT(contact_report(rod.touching).gap, 0);
  }
  const auto reaction = to_host(rod.scratch.reaction);
  return norm(Vec3d{reaction(0, last)[0], reaction(0, last)[1], reaction(0, last)[2]}) / kLoad;
}

/// Tension grows by e^(mu phi) around a bar (Euler, Eytelwein).
TEST_F(RodContactCases, PullOverABarIsTheCapstanEquation) {
  for (const double angle : {kPi / 2, kPi}) {
    for (const double friction : {0.0, 0.2, 0.4}) {
      const int n = static_cast<int>(std::lround(angle / kPi * 32));
      const double ratio = capstan_ratio(friction, angle, n);
      EXPECT_NEAR(ratio, std::exp(friction * angle), 0.02 * std::exp(friction * angle));
    }
  }
}

/// Two crossed cables meet at a speed in free space. Momentum stays, and they do not pass, whatever
/// the speed and the step. (Angular momentum: tests/physics/rod_contact_test.cpp; implicit Euler
/// loses some of that of a bent rod that turns, with and without contact.)
TEST_F(RodContactCases, CrossedCablesDoNotPassAndKeepMomentum) {
  for (const double speed : {0.5, 1.0, 2.0, 20.0}) {
    for (const double friction : {0.0, 0.5}) {
      TouchingRod rod = make_cables(
          {line({-0.1, 0, 0}, {0.1, 0.004, 0}, 9), line({0.003, -0.1, 0.018}, {0, 0.1, 0.018}, 9)},
          {.friction = friction}, {});
      rod.model.gravity = Vec<3>::zero();
      set_velocity(rod, 10, 20, {0.1, 0.05, -speed});
      const Vec3d before = mean_velocity(rod);
      double energy = 1e300;
      double least = 1;
      for (int i = 0; i < 40; ++i) {
        ASSERT_EQ(rod.step(0.01).failed, 0) << speed << " " << i;
        least = std::min(least, contact_report(rod.touching).gap);
        EXPECT_LE(contact_report(rod.touching).friction, 0);
        const double now = rod_energies(rod.model, rod.state).at(0).total() +
                           contact_report(rod.touching).energy * (friction > 0 ? 0 : 1);
        if (friction == 0) {
          EXPECT_LE(now, energy * (1 + 1e-9));
        }
        energy = now;
      }
      EXPECT_LT(norm(mean_velocity(rod) - before), 1e-9 * speed);
      EXPECT_GT(least, 0);
      // The one that stood has been carried along, and its middle is still below the other's.
      const auto x = to_host(rod.state.position);
      EXPECT_LT(x(0, 5)[2], 0);
      EXPECT_LT(x(0, 4)[2] + x(0, 5)[2], x(0, 14)[2] + x(0, 15)[2]);
    }
  }
}

/// A cable falls onto a floor, a ball, a box and a bar at a speed, in steps of 10 ms in which it
/// moves by several times its thickness.
TEST_F(RodContactCases, NothingIsPassedThrough) {
  const std::vector<RodObstacle> obstacles{
      make_ball({-0.15, 0, -0.05}, 0.02), make_ball({0.15, 0, -0.05}, 0.02),
      make_capsule({0, -0.1, -0.05}, {0, 0.1, -0.05}, 0.002), make_plane({0, 0, -0.2}, {0, 0, 1})};
  for (const double speed : {1.0, 2.0, 10.0}) {
    TouchingRod rod =
        make_cables({line({-0.2, 0.001, 0}, {0.2, 0, 0}, 20)}, {.friction = 0.2}, obstacles);
    set_velocity(rod, 0, 21, {0, 0, -speed});
    double least = 1;
    for (int i = 0; i < 15; ++i) {
      ASSERT_EQ(rod.step(0.01).failed, 0) << speed << " " << i;
      least = std::min(least, contact_report(rod.touching).gap);
      const auto x = to_host(rod.state.position);
      EXPECT_GT(x(0, 10)[2], -0.05) << "through the bar";
    }
    EXPECT_GT(least, 0) << speed;
  }
}

/// One cable lies on the floor, another falls across it. In the end the floor carries both, and
/// what the lower one carries more is what rests on it.
TEST_F(RodContactCases, ACableRestsAcrossAnother) {
  RodObstacle floor = make_plane({0, 0, 0}, {0, 0, 1});
  floor.friction = 0.4;
  TouchingRod rod = make_cables({line({-0.15, 0, 0.0035}, {0.15, 0, 0.0035}, 12),
                                 line({0, -0.15, 0.02}, {0.02, 0.15, 0.02}, 12)},
                                {.friction = 0.4}, {floor});
  Kokkos::deep_copy(rod.model.damping.view(), Real(2));
  double least = 1;
  for (int i = 0; i < 300; ++i) {
    ASSERT_EQ(rod.step(0.01).failed, 0) << i;
    least = std::min(least, contact_report(rod.touching).gap);
  }
  EXPECT_GT(least, 0);
  const double weight = mass_of(rod) * kGravity;
  EXPECT_NEAR(contact_force(rod)[2], weight, 1e-3 * weight);
  const auto x = to_host(rod.state.position);
  EXPECT_GT(x(0, 19)[2], 3 * kRadius);  // held up in the middle
  const auto f = to_host(rod.touching.force);
  double upper = 0;
  for (Index v = 13; v < 26; ++v) upper += f(0, v)[2];
  EXPECT_NEAR(upper, weight / 2, 1e-3 * weight);
}

/// The same weight on a ring that is a mesh of triangles.
TEST_F(RodContactCases, AMeshCarriesTheWeight) {
  SurfaceShape ring;
  place_surface(ring, torus_surface(0.1, 0.02, 48, 24));
  std::vector<Real> samples;
  RodObstacle mesh = make_obstacle(ring, Mat<3>::identity(), 0.003, 0.006, samples);
  mesh.friction = 0.3;
  TouchingRod rod =
      make_cables({line({-0.15, 0, 0.0236}, {0.15, 0, 0.0236}, 30)}, {}, {mesh}, kCable, samples);
  const RodStepReport report =
      settle(rod.model, rod.controls, rod.contact, {}, rod.state, rod.scratch, rod.touching);
  EXPECT_EQ(report.failed, 0);
  const double weight = mass_of(rod) * kGravity;
  EXPECT_NEAR(contact_force(rod)[2], weight, 1e-6 * weight);
  EXPECT_GT(contact_report(rod.touching).gap, 0);
}

/// A gripper that moves a cable by three times its thickness in each step does not get through
/// another one that lies in its way.
TEST_F(RodContactCases, ClampsDoNotGoThroughOtherCables) {
  TouchingRod rod = make_cables(
      {line({-0.1, 0, 0}, {0.1, 0, 0}, 10), line({0, -0.1, 0.03}, {0, 0.1, 0.03}, 10)}, {}, {});
  rod.model.gravity = Vec<3>::zero();
  auto held = to_host(rod.controls.held);
  held(0, 11) = held(0, 21) = 1;
  Kokkos::deep_copy(rod.controls.held.view(), held.view());
  auto target = to_host(rod.controls.target);
  for (int i = 0; i < 10; ++i) {
    for (const Index v : {11, 21}) target(0, v)[2] -= Real(0.018);
    Kokkos::deep_copy(rod.controls.target.view(), target.view());
    ASSERT_EQ(rod.step(0.01).failed, 0) << i;
    EXPECT_GT(contact_report(rod.touching).gap, 0) << i;
  }
  const auto x = to_host(rod.state.position);
  EXPECT_LT(x(0, 5)[2], -0.09);
}

/// A clamp that is moved into the floor still gets an answer: penetration, and a large force.
TEST_F(RodContactCases, AClampInTheFloorIsReported) {
  TouchingRod rod = make_cables({line({-0.1, 0, 0.004}, {0.1, 0, 0.004}, 10)}, {.friction = 0.3},
                                {make_plane({0, 0, 0}, {0, 0, 1})});
  auto held = to_host(rod.controls.held);
  held(0, 5) = 1;
  Kokkos::deep_copy(rod.controls.held.view(), held.view());
  auto target = to_host(rod.controls.target);
  for (int i = 0; i < 5; ++i) {
    target(0, 5)[2] -= Real(0.001);
    Kokkos::deep_copy(rod.controls.target.view(), target.view());
    ASSERT_EQ(rod.step(0.01).failed, 0) << i;
  }
  EXPECT_LT(contact_report(rod.touching).gap, -1e-3);
  EXPECT_LT(to_host(rod.scratch.reaction)(0, 5)[2], -0.1);
}

/// Cables that are drawn into each other and into the floor come apart.
TEST_F(RodContactCases, OverlapsAtTheStartAreResolved) {
  TouchingRod rod = make_cables({line({-0.1, 0, 0.001}, {0.1, 0, 0.001}, 10),
                                 line({0, -0.1, 0.005}, {0.003, 0.1, 0.005}, 10)},
                                {.friction = 0.3}, {make_plane({0, 0, 0}, {0, 0, 1})});
  for (int i = 0; i < 5; ++i) ASSERT_EQ(rod.step(0.01).failed, 0) << i;
  EXPECT_GT(contact_report(rod.touching).gap, 0);
}

/// A belt takes a cable along: mu g until it has the speed of the belt.
TEST_F(RodContactCases, AMovingFloorTakesACableAlong) {
  constexpr double kBelt = 0.5;
  RodObstacle floor = make_plane({0, 0, 0}, {0, 0, 1});
  floor.friction = 0.4;
  TouchingRod rod = make_cables({line({0, 0, 0.0036}, {0, 0.2, 0.0036}, 10)}, {}, {floor});
  settle(rod.model, rod.controls, rod.contact, {}, rod.state, rod.scratch, rod.touching);
  rod.contact.paths[0].path.velocity = {kBelt, 0, 0};
  double speed = 0;
  for (int i = 1; i <= 40; ++i) {
    move_obstacles(rod.contact, 0.005 * i);
    ASSERT_EQ(rod.step(0.005).failed, 0);
    speed += 0.005 * 0.4 * kGravity;
    if (speed < kBelt - 0.01) {
      EXPECT_NEAR(mean_velocity(rod)[0], speed, 1e-6) << i;
    }
  }
  EXPECT_NEAR(mean_velocity(rod)[0], kBelt, 1e-6);
}

}  // namespace
}  // namespace filigree::rods
