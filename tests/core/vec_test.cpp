// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/vec.hpp"

#include <gtest/gtest.h>

#include <type_traits>

namespace filigree {
namespace {

using V2 = Vec<2, double>;
using V3 = Vec<3, double>;
using M2 = Mat<2, 2, double>;
using M3 = Mat<3, 3, double>;
using M23 = Mat<2, 3, double>;

static_assert(std::is_trivially_copyable_v<V3> && std::is_aggregate_v<V3>);
static_assert(std::is_trivially_copyable_v<M3> && std::is_aggregate_v<M3>);
static_assert(sizeof(V3) == 3 * sizeof(double) && sizeof(M23) == 6 * sizeof(double));
static_assert(std::is_same_v<Vec<3>::value_type, Real> && std::is_same_v<Mat<3>::value_type, Real>);
static_assert(dot(V3{1, 2, 3}, V3{4, 5, 6}) == 32, "usable in constant expressions");

TEST(Vec, ArithmeticActsOnEveryComponent) {
  const V3 a{1, 2, 3};
  const V3 b{4, 6, 8};
  EXPECT_EQ(a + b, (V3{5, 8, 11}));
  EXPECT_EQ(b - a, (V3{3, 4, 5}));
  EXPECT_EQ(-a, (V3{-1, -2, -3}));
  EXPECT_EQ(2.0 * a, (V3{2, 4, 6}));
  EXPECT_EQ(a * 2.0, (V3{2, 4, 6}));
  EXPECT_EQ(b / 2.0, (V3{2, 3, 4}));
  EXPECT_EQ(cwise_product(a, b), (V3{4, 12, 24}));
  EXPECT_EQ(V3::zero(), (V3{0, 0, 0}));
  EXPECT_EQ(V3::filled(7), (V3{7, 7, 7}));
  V3 c = a;
  c += b;
  c -= a;
  c *= 0.5;
  EXPECT_EQ(c, (V3{2, 3, 4}));
  EXPECT_FALSE(c == a);
}

TEST(Vec, ProductsAreTheUsualOnes) {
  const V3 a{1, 2, 3};
  const V3 b{4, 6, 8};
  EXPECT_EQ(dot(a, b), 40);
  EXPECT_EQ(squared_norm(a), 14);
  EXPECT_EQ(norm(V2{3, 4}), 5);
  EXPECT_EQ(cross(a, b), (V3{-2, 4, -2}));
  EXPECT_EQ(dot(cross(a, b), a), 0);
  EXPECT_EQ(cross(V2{1, 2}, V2{3, 4}), -2);
  EXPECT_EQ(outer(V2{1, 2}, V3{3, 4, 5}), (M23{3, 4, 5, 6, 8, 10}));
}

TEST(Mat, IsRowMajor) {
  const M23 a{1, 2, 3, 4, 5, 6};
  EXPECT_EQ(a(0, 2), 3);
  EXPECT_EQ(a(1, 0), 4);
  EXPECT_EQ(transpose(a), (Mat<3, 2, double>{1, 4, 2, 5, 3, 6}));
}

TEST(Mat, ProductsAreTheUsualOnes) {
  const M23 a{1, 2, 3, 4, 5, 6};
  EXPECT_EQ(a * V3({1, 0, -1}), (V2{-2, -2}));
  EXPECT_EQ(a * transpose(a), (M2{14, 32, 32, 77}));
  EXPECT_EQ(a * M3::identity(), a);
  EXPECT_EQ(contract(a, a), 91);
  EXPECT_EQ(squared_norm(a), 91);
}

TEST(Mat, ArithmeticActsOnEveryEntry) {
  const M2 a{1, 2, 3, 4};
  EXPECT_EQ(a + a, 2.0 * a);
  EXPECT_EQ(a - a, M2::zero());
  EXPECT_EQ(-a, a * -1.0);
  M2 b = a;
  b += a;
  b -= M2::identity();
  b *= 2.0;
  EXPECT_EQ(b, (M2{2, 8, 12, 14}));
}

TEST(Mat, DeterminantTraceAndDiagonal) {
  EXPECT_EQ(det(M2{1, 2, 3, 4}), -2);
  EXPECT_EQ(det(M3{2, 0, 1, 1, 3, 2, 1, 1, 4}), 18);
  EXPECT_EQ(det(M3{1, 2, 3, 4, 5, 6, 7, 8, 9}), 0);
  EXPECT_EQ(trace(M3{1, 2, 3, 4, 5, 6, 7, 8, 9}), 15);
  EXPECT_EQ(diagonal(V2{3, 4}), (M2{3, 0, 0, 4}));
  EXPECT_EQ(M2::identity(), (M2{1, 0, 0, 1}));
}

}  // namespace
}  // namespace filigree
