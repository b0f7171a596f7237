// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/box.hpp"

#include "graph/bounds.hpp"
#include "tests/graph/testing.hpp"

namespace filigree {
namespace {

using testing::error_of;

constexpr Real kInfinity = std::numeric_limits<Real>::infinity();

Box<2> half_periodic() {
  Box<2> box;
  box.lower = {-1, 0};
  box.upper = {3, 1};
  box.periodic = {true, false};
  return box;
}

TEST(Box, DefaultIsAllOfSpace) {
  const Box<3> box;
  EXPECT_FALSE(box.any_periodic());
  EXPECT_TRUE(box.contains({Real(1e30), Real(-1e30), 0}));
  EXPECT_EQ(box.displacement({5, 6, 7}, {1, 1, 1}), (Vec<3>{4, 5, 6}));
  EXPECT_NO_THROW(validate(box));
}

TEST(Box, WrapsPeriodicAxesOnly) {
  const Box<2> box = half_periodic();
  EXPECT_EQ(box.wrap({Real(3.5), 7}), (Vec<2>{Real(-0.5), 7}));
  EXPECT_EQ(box.wrap({-9, -7}), (Vec<2>{-1, -7}));
  EXPECT_EQ(box.wrap({3, 0}), (Vec<2>{-1, 0}));
}

TEST(Box, WrappingLeavesWhatIsInsideAndStaysInside) {
  const Box<2> box = half_periodic();
  const Real below_upper = std::nextafter(Real(3), Real(0));
  EXPECT_EQ(box.wrap({below_upper, 0})[0], below_upper);
  const Real below_lower = std::nextafter(Real(-1), Real(-2));
  const Real wrapped = box.wrap({below_lower, 0})[0];
  EXPECT_GE(wrapped, Real(-1));
  EXPECT_LT(wrapped, Real(3));
  for (const Real x : {Real(1e6), Real(-1e6), Real(1e30), Real(0.1), Real(12345.678)}) {
    const Real once = box.wrap({x, 0})[0];
    EXPECT_GE(once, Real(-1)) << x;
    EXPECT_LT(once, Real(3)) << x;
    EXPECT_EQ(box.wrap({once, 0})[0], once) << x;
  }
}

TEST(Box, DisplacementTakesTheShortWayAndIsAntisymmetric) {
  const Box<2> box = half_periodic();
  EXPECT_EQ(box.displacement({Real(-0.75), 0}, {Real(2.75), 1}), (Vec<2>{Real(0.5), -1}));
  const auto points = testing::uniform_points<2>(50, -8, 16, 3);
  for (const auto& a : points) {
    for (const auto& b : points) {
      const Vec<2> d = box.displacement(a, b);
      EXPECT_EQ(d, -box.displacement(b, a));
      EXPECT_LE(std::abs(d[0]), Real(2));
    }
  }
}

TEST(Box, RefusesWrongBounds) {
  Box<2> box;
  box.lower = {0, 1};
  box.upper = {1, 1};
  EXPECT_EQ(
      error_of([&] { validate(box); }),
      "axis 1 of the box goes from 1 to 1: the lower bound must be less than the upper bound");
  box.upper = {1, kInfinity};
  EXPECT_NO_THROW(validate(box));
  box.periodic = {false, true};
  EXPECT_EQ(
      error_of([&] { validate(box); }),
      "axis 1 of the box is periodic but goes from 1 to inf: periodic axes need finite bounds");
}

TEST(Bounds, EnclosesThePoints) {
  auto points = testing::uniform_points<3>(5000, -1, 2, 4);
  points[4321] = {-5, 6, 7};
  points[77] = {Real(0.5), -8, -9};
  const Bounds<3> bounds = bounds_of(to_device("x", points), "position");
  EXPECT_EQ(bounds.lower[0], -5);
  EXPECT_EQ(bounds.lower[1], -8);
  EXPECT_EQ(bounds.lower[2], -9);
  EXPECT_EQ(bounds.upper[1], 6);
  EXPECT_EQ(bounds.upper[2], 7);
  EXPECT_LE(bounds.upper[0], 1);
}

TEST(Bounds, OfNothingIsZero) {
  const Bounds<2> bounds = bounds_of(Array<Vec<2>>("x", 0), "position");
  EXPECT_EQ(bounds.lower[0], 0);
  EXPECT_EQ(bounds.upper[1], 0);
}

TEST(Bounds, NamesTheFirstPointThatIsNotFinite) {
  auto points = testing::uniform_points<2>(1000, 0, 1, 5);
  points[900][0] = kInfinity;
  points[812][1] = std::numeric_limits<Real>::quiet_NaN();
  const std::string rest =
      " is not finite: coordinates must be ordinary numbers, look for a division by zero or a "
      "blow-up where they come from";
  EXPECT_EQ(error_of([&] { bounds_of(to_device("x", points), "query"); }), "query 812" + rest);
  points[0][0] = -kInfinity;
  EXPECT_EQ(error_of([&] { bounds_of(to_device("x", points), "query"); }), "query 0" + rest);
}

TEST(Bounds, RefusesCloudsWhoseDistancesOverflow) {
  if (sizeof(Real) == 4) GTEST_SKIP() << "squares of float do not overflow double";
  const std::vector<Vec<2>> points = {{0, 0}, {Real(1e200), 0}};
  EXPECT_EQ(error_of([&] { bounds_of(to_device("x", points), "position"); }),
            "the positions are spread over more than 1e150 m, so squared distances overflow: use "
            "other units");
}

}  // namespace
}  // namespace filigree
