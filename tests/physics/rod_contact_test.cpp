// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/rod_contact.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"
#include "core/to_real.hpp"
#include "physics/rods/rod_contact_moves.hpp"
#include "physics/surface_generators.hpp"

namespace filigree::rods {
namespace {

using Vec3d = Vec<3, double>;
constexpr bool kDouble = sizeof(Real) == 8;

/// A branched rod and a second one that crosses it closely, near obstacles of every kind.
struct Scene {
  RodTopology topology;
  RodShape shape;
  RodModel model;
  RodState state;
  RodControls controls;
  RodContact contact;
  RodContactScratch touching;
  RodScratch scratch;
};

Mat<3> turned() {
  return mpm::rotation_matrix(Vec3d{0.3, -0.2, 0.5});
}

/// The obstacle moved until its surface is `distance` away from x.
RodObstacle moved_near(RodObstacle o, const std::vector<Real>& samples, const Vec<3>& x,
                       Real distance) {
  const Array<Real> on_device = to_device<Real>("samples", samples);
  const Array<RodSurface> out("out", 1);
  for (int i = 0; i < 20; ++i) {
    const RodObstacle obstacle = o;
    for_each(
        "test/surface", 1,
        FILIGREE_LAMBDA(Index k) { out(k) = surface_at(obstacle, on_device, x); });
    const RodSurface s = to_host(out)(0);
    o.body.center += (s.distance - distance) * s.normal;
  }
  return o;
}

/// One of each kind, each near an edge of the scene.
std::vector<RodObstacle> obstacles(const Scene& s, std::vector<Real>& samples) {
  SurfaceShape torus;
  place_surface(torus, torus_surface(0.2, 0.1, 48, 24));
  std::vector<RodObstacle> all{
      make_plane({0, 0, -0.13}, {0.1, 0.2, 1}),
      make_ball({0.05, -0.25, 0.1}, 0.15),
      make_capsule({-0.3, 0.2, 0}, {0.1, 0.3, 0.05}, 0.12),
      make_obstacle(BoxShape{{0.3, 0, -0.2}, {0.5, 0.2, -0.1}}, turned(), 0, 0, samples),
      make_obstacle(CylinderShape{{0.6, 0, 0.2}, 0.1, 0.2, 1}, turned(), 0, 0, samples),
      make_obstacle(torus, turned(), 0.02, 0.15, samples),
  };
  for (std::size_t o = 0; o < all.size(); ++o) {
    const auto [tail, head] = s.topology.edges[2 * o];
    const Vec3d x = 0.5 * (s.shape.positions[static_cast<std::size_t>(tail)] +
                           s.shape.positions[static_cast<std::size_t>(head)]);
    all[o] = moved_near(all[o], samples, to_real(x), Real(0.04));
    all[o].friction = Real(0.3);
  }
  return all;
}

Scene make_scene(const RodContactOptions& options, bool with_obstacles, Index batch = 1) {
  Scene s;
  s.topology = make_topology({{-1, 7}, {3, 3}, {-1, 6}});
  const RandomStream stream(3, "contact/shape");
  const auto shake = [&](Vec3d x) {
    for (std::uint32_t a = 0; a < 3; ++a) {
      x[static_cast<int>(a)] += stream.between(-0.01, 0.01, s.shape.positions.size(), a);
    }
    s.shape.positions.push_back(x);
  };
  for (int i = 0; i < 7; ++i) shake({0.1 * i, 0, 0.005 * i});
  for (int i = 1; i < 4; ++i) shake({0.3, 0.1 * i, 0.03 * i});
  for (int i = 0; i < 6; ++i) shake({0.15 + 0.05 * i, 0.2 - 0.1 * i, 0.05});
  const auto n = static_cast<std::size_t>(s.topology.n_edges());
  s.model = make_rod_model(s.topology, s.shape,
                           std::vector<EdgeProperties>(n, {50, {1e-2, 1e-2}, 1e-2, 0.5}));
  s.state = make_rod_state(s.topology, s.model, s.shape, batch);
  s.controls = make_controls(s.model, s.state);
  std::vector<Real> samples;
  std::vector<RodObstaclePath> paths;
  if (with_obstacles) {
    for (const RodObstacle& o : obstacles(s, samples)) paths.push_back(at_rest(o));
  }
  s.contact =
      make_rod_contact(s.topology, s.shape, std::vector<double>(n, 0.02), options, paths, samples);
  return s;
}

/// Energy, gradient and the product of the second derivatives with a direction, at positions moved
/// by `moved` since the start of the step.
struct Potential {
  double energy = 0;
  Index contacts = 0, slips = 0;
  HostArray<Vec<4>> gradient, product;
};
Potential potential(Scene& s, const HostArray<Vec<4>>& moved, const HostArray<Vec<4>>& along) {
  detail::prepare_contact(s.model, s.contact.model, {}, s.state.batch, s.touching);
  const RodModel model = s.model;
  const RodContactModel contact = s.contact.model;
  const RodContactScratch scratch = s.touching;
  const RodState state = s.state;
  const RodControls controls = s.controls;
  const Index n = model.n_vertices;
  const Array<Vec<4>> gradient("gradient", n), product("product", n);
  const Array<Vec<4>> move = to_device(moved), direction = to_device(along);
  const Array<Vec<3>> x("x", n);
  const Array<Mat<4>> diagonal("diagonal", n), coupling("coupling", model.pattern.n_blocks);
  const Array<double> sums("sums", 3);
  for_each(
      "test/potential", 1, FILIGREE_LAMBDA(Index b) {
        const detail::StepStart start{detail::row_of(state.position, b),
                                      detail::row_of(state.velocity, b),
                                      detail::row_of(controls.held, b),
                                      detail::row_of(controls.force, b),
                                      1,
                                      0,
                                      1};
        const detail::Touch touch{model, contact, scratch, start, 0, b, Real(0.004), Real(1)};
        for (Index v = 0; v < n; ++v) {
          gradient(v) = product(v) = Vec<4>::zero();
          diagonal(v) = Mat<4>::zero();
          for (int a = 0; a < 3; ++a) x(v)[a] = state.position(b, v)[a] + move(v)[a];
        }
        for (Index k = 0; k < model.pattern.n_blocks; ++k) coupling(k) = Mat<4>::zero();
        for (Index k = 0; k < 4; ++k) scratch.counts(b, k) = 0;
        detail::find_pairs(touch, start.position, move.data(), 1);
        detail::note_slips(touch, start.position, 1);
        const TreeMatrix matrix{diagonal.data(), coupling.data()};
        detail::ContactSum sum{2, true, gradient.data(), matrix};
        detail::add_contact(touch, x.data(), sum);
        add_product(model.pattern, matrix, direction.data(), product.data());
        detail::add_cross_product(touch, direction.data(), product.data());
        sums(0) = sum.energy + sum.friction;
        sums(1) = sum.contacts;
        sums(2) = scratch.counts(b, detail::kSlips);
      });
  const auto host = to_host(sums);
  return {host(0), static_cast<Index>(host(1)), static_cast<Index>(host(2)), to_host(gradient),
          to_host(product)};
}

HostArray<Vec<4>> random_field(Index n, double size, const char* name) {
  const RandomStream stream(5, name);
  HostArray<Vec<4>> field("field", n);
  for (Index v = 0; v < n; ++v) {
    field(v)[3] = 0;
    for (std::uint32_t a = 0; a < 3; ++a) {
      field(v)[static_cast<int>(a)] =
          static_cast<Real>(stream.between(-size, size, static_cast<std::uint64_t>(v), a));
    }
  }
  return field;
}

double largest(const HostArray<Vec<4>>& field) {
  double most = 0;
  for (const Vec<4>& v : field) {
    for (int a = 0; a < 3; ++a) most = std::max(most, std::abs(double(v[a])));
  }
  return most;
}

/// Fourth-order differences of the energy and of the gradient along a direction.
void check_derivatives(const RodContactOptions& options, bool with_obstacles, Index slips) {
  if (!kDouble) GTEST_SKIP() << "differences need double precision";
  Scene s = make_scene(options, with_obstacles);
  const Index n = s.model.n_vertices;
  const HostArray<Vec<4>> moved = random_field(n, 0.005, "contact/moved");
  const HostArray<Vec<4>> along = random_field(n, 1, "contact/along");
  const Potential here = potential(s, moved, along);
  EXPECT_GE(here.contacts, 5);
  EXPECT_EQ(here.slips > 0, slips > 0) << here.slips;
  constexpr double kStep = 2e-6;
  double slope = 0;
  HostArray<Vec<4>> product("product", n);
  fill(product, Vec<4>::zero());
  for (const int k : {-2, -1, 1, 2}) {
    const double weight = (k < 0 ? -1 : 1) * (k == 2 || k == -2 ? -1.0 : 8.0) / (12 * kStep);
    HostArray<Vec<4>> at("at", n);
    for (Index v = 0; v < n; ++v) at(v) = moved(v) + Real(k * kStep) * along(v);
    const Potential there = potential(s, at, along);
    slope += weight * there.energy;
    for (Index v = 0; v < n; ++v) product(v) += Real(weight) * there.gradient(v);
  }
  double expected = 0;
  for (Index v = 0; v < n; ++v) expected += dot(here.gradient(v), along(v));
  EXPECT_NEAR(slope, expected, 1e-8 * largest(here.gradient) * n);
  // Points that come into reach, or where an edge ends, have kinks in the third derivative.
  for (Index v = 0; v < n; ++v) {
    for (int a = 0; a < 3; ++a) {
      EXPECT_NEAR(product(v)[a], here.product(v)[a], 1e-6 * largest(here.product)) << v << a;
    }
  }
}

TEST(RodContact, DerivativesWithObstaclesAreThoseOfTheEnergy) {
  check_derivatives({.activation = 0.03, .stiffness = 100, .between_rods = false}, true, 1);
}

TEST(RodContact, DerivativesBetweenRodsAreThoseOfTheEnergy) {
  check_derivatives({.activation = 0.03, .stiffness = 100}, false, 0);
}

TEST(RodContact, DerivativesWithFrictionAreThoseOfTheEnergy) {
  check_derivatives({.activation = 0.03, .stiffness = 100, .friction = 0.4}, true, 1);
}

/// Each kind of obstacle is touched in the test above.
TEST(RodContact, EveryObstacleIsTouched) {
  Scene s = make_scene({.activation = 0.03, .between_rods = false}, true);
  const std::vector<RodObstaclePath> all = s.contact.paths;
  const HostArray<Vec<4>> none = random_field(s.model.n_vertices, 0, "contact/none");
  s.contact.model.n_obstacles = 1;
  for (std::size_t o = 0; o < all.size(); ++o) {
    s.contact.paths = {all[o]};
    s.contact.now(0) = all[o].start;
    Kokkos::deep_copy(s.contact.model.obstacles.view(), s.contact.now.view());
    EXPECT_GT(potential(s, none, none).contacts, 0) << o;
  }
}

/// Equal and opposite along the line between: no resultant, no moment.
TEST(RodContact, PairsKeepMomentumAndAngularMomentum) {
  Scene s = make_scene({.activation = 0.03, .stiffness = 100}, false);
  const Index n = s.model.n_vertices;
  const HostArray<Vec<4>> none = random_field(n, 0, "contact/none");
  const Potential here = potential(s, none, none);
  ASSERT_GT(here.contacts, 0);
  Vec3d force{}, moment{};
  for (Index v = 0; v < n; ++v) {
    const Vec<4>& g = here.gradient(v);
    const Vec3d f{g[0], g[1], g[2]};
    const auto& x = s.shape.positions[static_cast<std::size_t>(v)];
    force += f;
    moment += cross(x, f);
  }
  const double scale = largest(here.gradient);
  EXPECT_LT(norm(force), tol<Real>(100) * scale);
  EXPECT_LT(norm(moment), tol<Real>(100) * scale);
}

/// The sweep finds what a comparison of all boxes finds, and leaves out neighbours.
TEST(RodContact, NoPairIsMissed) {
  Scene s = make_scene({.activation = 0.03}, false);
  const Index n = s.model.n_vertices;
  const HostArray<Vec<4>> none = random_field(n, 0, "contact/none");
  potential(s, none, none);
  const auto counts = to_host(s.touching.counts);
  const auto pairs = to_host(s.touching.pairs);
  std::set<std::pair<Index, Index>> found;
  for (Index p = 0; p < counts(0, detail::kPairs); ++p) {
    EXPECT_LT(pairs(0, p).e, pairs(0, p).f);
    EXPECT_TRUE(found.insert({pairs(0, p).e, pairs(0, p).f}).second);
  }
  Index expected = 0;
  for (Index e = 0; e < s.topology.n_edges(); ++e) {
    for (Index f = e + 1; f < s.topology.n_edges(); ++f) {
      const auto [a, b] = s.topology.edges[static_cast<std::size_t>(e)];
      const auto [c, d] = s.topology.edges[static_cast<std::size_t>(f)];
      const auto at = [&](Index v) {
        return to_real(s.shape.positions[static_cast<std::size_t>(v)]);
      };
      const double distance = norm(detail::nearest_on_edges(at(a), at(b), at(c), at(d)).apart);
      const bool are_neighbours = a == c || a == d || b == c || b == d;
      if (are_neighbours) {
        EXPECT_FALSE(found.count({e, f}));
      }
      if (are_neighbours || distance > 0.07) continue;
      const bool same_rod = (e < 9) == (f < 9);
      if (same_rod) continue;
      ++expected;
      EXPECT_TRUE(found.count({e, f})) << e << " " << f;
    }
  }
  EXPECT_GT(expected, 0);
}

/// The surface as seen from 20 points 0.02 off a torus of radii 0.2 and 0.1.
HostArray<RodSurface> around_torus(const RodObstacle& o, const std::vector<Real>& samples) {
  const Array<Real> on_device = to_device<Real>("samples", samples);
  const Array<RodSurface> out("out", 20);
  for_each(
      "test/surface", 20, FILIGREE_LAMBDA(Index i) {
        const Real around = Real(0.31) * i;
        const Real tube = Real(0.9) * i;
        const Real r = Real(0.2) + Real(0.12) * Kokkos::cos(tube);
        out(i) = surface_at(
            o, on_device,
            {r * Kokkos::cos(around), r * Kokkos::sin(around), Real(0.12) * Kokkos::sin(tube)});
      });
  return to_host(out);
}

/// Distance, and a gradient of length 1, curvature of the sampled torus as of the
/// true one.
TEST(RodContact, SampledSurfaceIsNearTheTrueOne) {
  SurfaceShape torus;
  place_surface(torus, torus_surface(0.2, 0.1, 96, 48));
  std::vector<Real> samples;
  const RodObstacle o = make_obstacle(torus, Mat<3>::identity(), 0.01, 0.05, samples);
  const auto surface = around_torus(o, samples);
  for (Index i = 0; i < 20; ++i) {
    // h^2/(3 R) of the splines and the flatness of the triangles.
    EXPECT_NEAR(surface(i).distance, 0.02, 1e-3) << i;
    EXPECT_NEAR(norm(surface(i).normal), 1, 0.02) << i;
  }
}

void run(Scene& s, int steps) {
  for (int i = 0; i < steps; ++i) {
    const RodStepReport report =
        implicit_step(s.model, s.controls, s.contact, 0.01, {}, s.state, s.scratch, s.touching);
    EXPECT_EQ(report.failed, 0);
  }
}

/// Each rod of a batch is by itself, and no step after the first allocates.
TEST(RodContact, BatchesGiveEqualBitsAndNothingIsAllocated) {
  const RodContactOptions options{.activation = 0.03, .stiffness = 50, .friction = 0.3};
  Scene one = make_scene(options, false);
  Scene three = make_scene(options, false, 3);
  run(one, 2);
  EXPECT_GT(contact_report(one.touching).contacts, 0);
  run(three, 2);
  const Offset before = array_allocations();
  run(one, 5);
  EXPECT_EQ(array_allocations(), before);
  run(three, 5);
  const auto x = to_host(one.state.position);
  const auto y = to_host(three.state.position);
  for (Index b = 0; b < 3; ++b) {
    for (Index v = 0; v < one.model.n_vertices; ++v) EXPECT_EQ(x(0, v), y(b, v));
  }
}

std::string error_of(const RodContactOptions& options, double radius) {
  const RodTopology topology = make_topology({{-1, 3}});
  const RodShape shape{{{0, 0, 0}, {1, 0, 0}, {2, 0, 0}}, {}};
  try {
    make_rod_contact(topology, shape, {0.1, radius}, options);
  } catch (const InputError& e) {
    return e.what();
  }
  return "";
}

TEST(RodContact, SaysWhatIsWrong) {
  EXPECT_EQ(error_of({}, 0.1), "");
  EXPECT_NE(error_of({}, 0).find("radius of edge 1 is 0"), std::string::npos);
  EXPECT_NE(error_of({.activation = -1}, 0.1).find("activation distance"), std::string::npos);
  EXPECT_NE(error_of({.friction = -0.1}, 0.1).find("friction"), std::string::npos);
  Scene s = make_scene({.activation = 0.03, .max_pairs = 1}, false);
  EXPECT_THROW(run(s, 1), InputError);
  Scene t = make_scene({.activation = 0.03}, false);
  EXPECT_THROW(implicit_step(t.model, t.controls, t.contact, 0.01, {.rule = RodRule::kMidpoint},
                             t.state, t.scratch, t.touching),
               InputError);
}

}  // namespace
}  // namespace filigree::rods
