// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Bending and twist between two edges: derivatives, invariances, known values.
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "core/random.hpp"
#include "physics/rods/bend_twist.hpp"

namespace filigree::rods {
namespace {

using First = Dual<Real, 8>;
using Second = Dual<First, 8>;

struct Draws {
  RandomStream stream{3, "test/rods"};
  std::uint64_t next = 0;
  Real between(double low, double high) {
    return static_cast<Real>(stream.between(low, high, next++));
  }
  Vec<3> vector() { return {between(-1, 1), between(-1, 1), between(-1, 1)}; }
};

Vec<3> director(const Vec<3>& e, const Vec<3>& hint) {
  const Vec<3> d = cross(cross(e, hint), e);
  return d * (1 / norm(d));
}

FramedEdge<Real> random_edge(Draws& draws) {
  const Vec<3> e = draws.vector() + Vec<3>{Real(1.5), 0, 0};
  return {e, director(e, draws.vector())};
}

/// The edge after e += de, its frame carried along and then turned by theta.
template <class T>
FramedEdge<T> moved(const FramedEdge<Real>& edge, const Vec<3, T>& de, const T& theta) {
  using Kokkos::cos;
  using Kokkos::sin;
  Vec<3, T> e{}, d{}, t_old{};
  const Real length = norm(edge.e);
  for (int i = 0; i < 3; ++i) {
    e[i] = T(edge.e[i]) + de[i];
    d[i] = T(edge.d1[i]);
    t_old[i] = T(edge.e[i] / length);
  }
  const Vec<3, T> t = e * (T(1) / norm(e));
  d = transported(t_old, t, d);
  return {e, cos(theta) * d + sin(theta) * cross(t, d)};
}

Second variable(int i) {
  Second x(First::variable(0, i));
  x.gradient[i] = First(1);
  return x;
}

Vec<3, Second> with_derivatives(const FramedEdge<Real>& a, const FramedEdge<Real>& b, Real near) {
  Vec<3, Second> da{variable(0), variable(1), variable(2)};
  Vec<3, Second> db{variable(3), variable(4), variable(5)};
  return bend_twist(moved(a, da, variable(6)), moved(b, db, variable(7)), near);
}

TEST(RodBendTwist, DerivativesEqualDualNumbers) {
  Draws draws;
  for (int sample = 0; sample < 50; ++sample) {
    const FramedEdge<Real> a = random_edge(draws);
    const FramedEdge<Real> b = random_edge(draws);
    const Real near = draws.between(-20, 20);
    const Vec<3, Second> expected = with_derivatives(a, b, near);
    const BendTwist s = bend_twist_gradients(a, b, near);
    for (int n = 0; n < 3; ++n) {
      EXPECT_NEAR(s.kappa[n], scalar_value(expected[n]), tol<Real>(50));
      Mat<8> H{};
      s.add_hessian(n, 1, H);
      for (int i = 0; i < 8; ++i) {
        EXPECT_NEAR(s.gradient[n][i], expected[n].gradient[i].value, tol<Real>(1e4)) << n << i;
        for (int j = i; j < 8; ++j) {
          EXPECT_NEAR(H(i, j), expected[n].gradient[i].gradient[j], tol<Real>(1e5))
              << n << " " << i << " " << j;
        }
      }
    }
  }
}

TEST(RodBendTwist, TurnsWithTheRod) {
  Draws draws;
  const FramedEdge<Real> a = random_edge(draws);
  const FramedEdge<Real> b = random_edge(draws);
  const Vec<3> x = director(Vec<3>{1, 0, 0} + Real(0.1) * draws.vector(), draws.vector());
  const Vec<3> y = director(x, draws.vector());
  const Vec<3> z = cross(x, y);
  const Mat<3> R{x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]};
  const Vec<3> before = bend_twist(a, b, Real(0));
  const Vec<3> after =
      bend_twist(FramedEdge<Real>{R * a.e, R * a.d1}, FramedEdge<Real>{R * b.e, R * b.d1}, Real(0));
  for (int n = 0; n < 3; ++n) EXPECT_NEAR(after[n], before[n], tol<Real>(50));
}

/// The edge walked from head to tail: tangent and second director turn around.
FramedEdge<Real> reversed(const FramedEdge<Real>& edge) {
  return {-edge.e, edge.d1};
}

/// Walked the other way, the same joint has the same bending and twist up to signs.
TEST(RodBendTwist, DoesNotDependOnTheDirectionOfWalking) {
  Draws draws;
  for (int sample = 0; sample < 20; ++sample) {
    const FramedEdge<Real> a = random_edge(draws);
    const FramedEdge<Real> b = random_edge(draws);
    const Vec<3> there = bend_twist(a, b, Real(0));
    const Vec<3> back = bend_twist(reversed(b), reversed(a), Real(0));
    EXPECT_NEAR(back[0], -there[0], tol<Real>(100));
    EXPECT_NEAR(back[1], there[1], tol<Real>(100));
    EXPECT_NEAR(back[2], there[2], tol<Real>(100));
  }
}

TEST(RodBendTwist, HasItsKnownValues) {
  const auto angle = static_cast<Real>(0.3);
  const FramedEdge<Real> a{{2, 0, 0}, {0, 0, 1}};
  const Vec<3> e{std::cos(angle), std::sin(angle), 0};  // turned about z, the first director
  const FramedEdge<Real> b{e, {0, 0, 1}};
  const Vec<3> bent = bend_twist(a, b, Real(0));
  EXPECT_NEAR(bent[0], 2 * std::tan(angle / 2), tol<Real>());
  EXPECT_NEAR(bent[1], 0, tol<Real>());
  EXPECT_NEAR(bent[2], 0, tol<Real>());
  const auto twist = static_cast<Real>(0.8);
  const FramedEdge<Real> turned = moved<Real>(b, Vec<3>::zero(), twist);
  EXPECT_NEAR(bend_twist(a, turned, Real(0))[2], twist, tol<Real>());
  const auto full = static_cast<Real>(4 * std::numbers::pi);
  EXPECT_NEAR(bend_twist(a, turned, full)[2], twist + full, tol<Real>(100));
}

}  // namespace
}  // namespace filigree::rods
