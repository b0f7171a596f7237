// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/mpm/sources.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace filigree::mpm {
namespace {

TEST(Sources, ABoxEnteredAtRightAnglesIsFilledExactly) {
  const Shape shape = BoxShape{{0.1, 0.2}, {0.5, 0.314}};
  const Source<2> source = make_source<2>(shape, {49, 0}, 0.02);  // 49 (1/49) is not 1
  ASSERT_EQ(source.lines.size(), 6U);                             // 0.114 m in 0.02 m
  EXPECT_NEAR(source.volume, 0.02 * 0.114 / 6, 1e-15);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_NEAR(source.lines[i].entry[0], 0.1, 1e-12);
    EXPECT_NEAR(source.lines[i].entry[1], 0.2 + (static_cast<double>(i) + 0.5) * 0.114 / 6, 1e-12);
    EXPECT_NEAR(source.lines[i].offset, 0, 1e-12);
    EXPECT_NEAR(source.lines[i].length, 0.4, 1e-12);
  }
  const Source<2> back = make_source<2>(shape, {0, -2}, 0.02);
  ASSERT_EQ(back.lines.size(), 20U);
  EXPECT_NEAR(back.lines[0].entry[1], 0.314, 1e-12);
}

TEST(Sources, AnObliqueBoxHasTheWidthOfItsShadow) {
  const Source<2> source = make_source<2>(BoxShape{{0, 0}, {1, 1}}, {3, 4}, 0.05);
  const double shadow = 0.6 + 0.8;  // |n_y| 1 + |n_x| 1
  EXPECT_NEAR(static_cast<double>(source.lines.size()) * source.volume, shadow * 0.05, 1e-12);
  double area = 0;  // of all chords
  for (const auto& line : source.lines) area += line.length * source.volume / source.spacing;
  EXPECT_NEAR(area, 1, 0.01);
}

TEST(Sources, ABallHasRoundLayersThatBulge) {
  const double r = 0.5;
  const Source<3> source = make_source<3>(SphereShape{{1, 2, 3}, r}, {1, 1, -1}, 0.025);
  const double layer = static_cast<double>(source.lines.size()) * source.volume / source.spacing;
  EXPECT_NEAR(layer / (std::numbers::pi * r * r), 1, 0.01);
  for (const auto& line : source.lines) {
    const Vec<3, double> from_center = line.entry - Vec<3, double>{1, 2, 3};
    EXPECT_NEAR(norm(from_center), r, 1e-9);
    const double behind = r - line.length / 2;  // of the entry, behind the foremost one
    const double planes = (behind - line.offset) / source.spacing;
    EXPECT_NEAR(planes, std::round(planes), 0.05);  // no line runs through the middle
    EXPECT_LE(std::abs(line.offset), source.spacing / 2);
  }
}

TEST(Sources, LinesMakeOneParticlePerSpacingAndStop) {
  Source<2> source = make_source<2>(BoxShape{{0, 0}, {1, 0.4}}, {2, 0}, 0.1);
  source.from = 1;
  source.until = 2;
  ASSERT_EQ(source.lines.size(), 4U);
  EXPECT_EQ(made_until(source, 0.0), 0);
  EXPECT_EQ(made_until(source, 1.0), 0);
  EXPECT_EQ(made_until(source, 1.024), 0);
  EXPECT_EQ(made_until(source, 1.026), 4);  // half a layer has entered
  EXPECT_EQ(made_until(source, 1.5), 4 * 10);
  EXPECT_EQ(made_until(source, 2.0), 4 * 20);
  EXPECT_EQ(made_until(source, 99.0), 4 * 20);
}

}  // namespace
}  // namespace filigree::mpm
