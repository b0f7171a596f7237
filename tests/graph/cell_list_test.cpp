// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/cell_list.hpp"

#include <array>
#include <numeric>

#include "core/parallel.hpp"
#include "graph/bucket_sort.hpp"
#include "tests/graph/testing.hpp"

namespace filigree {
namespace {

using testing::error_of;
using testing::Points;

TEST(BucketSort, GroupsByKeyThenByNumber) {
  std::mt19937 generator(1);
  std::vector<Index> keys(5000);
  for (auto& key : keys) key = static_cast<Index>(generator() % 37);
  const Buckets buckets = sort_into_buckets("test", to_device("keys", keys), 40);

  std::vector<Index> expected(keys.size());
  std::iota(expected.begin(), expected.end(), 0);
  std::stable_sort(expected.begin(), expected.end(), [&](Index a, Index b) {
    return keys[static_cast<std::size_t>(a)] < keys[static_cast<std::size_t>(b)];
  });
  EXPECT_EQ(to_vector(buckets.items), expected);
  const std::vector<Index> starts = to_vector(buckets.starts);
  ASSERT_EQ(starts.size(), 41u);
  EXPECT_EQ(starts[37], 5000);
  EXPECT_EQ(starts[40], 5000);
  for (Index b = 0; b < 40; ++b) {
    const auto n = std::count(keys.begin(), keys.end(), b);
    EXPECT_EQ(starts[static_cast<std::size_t>(b) + 1] - starts[static_cast<std::size_t>(b)], n);
  }
}

TEST(BucketSort, SortsOneFullBucketAndNone) {
  const std::vector<Index> keys(3000, 1);
  const Buckets one = sort_into_buckets("test", to_device("keys", keys), 3);
  std::vector<Index> expected(3000);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(to_vector(one.items), expected);
  EXPECT_EQ(to_vector(one.starts), (std::vector<Index>{0, 0, 3000, 3000}));
  const Buckets none = sort_into_buckets("test", Array<Index>("keys", 0), 2);
  EXPECT_EQ(to_vector(none.starts), (std::vector<Index>{0, 0, 0}));
}

/// Every slot holds another point, bins are filled by their own points, numbers rise within a bin.
template <int D>
void expect_sound(const CellList<D>& cells, const Points<D>& points) {
  const CellGrid<D> grid = cells.grid();
  const std::vector<Index> starts = to_vector(cells.view().starts);
  const std::vector<Index> slots = to_vector(cells.view().points);
  const Points<D> positions = to_vector(cells.view().positions);
  ASSERT_EQ(starts.size(), static_cast<std::size_t>(grid.n_cells()) + 1);
  ASSERT_EQ(slots.size(), points.size());
  EXPECT_EQ(starts.front(), 0);
  EXPECT_EQ(starts.back(), static_cast<Index>(points.size()));
  std::vector<int> seen(points.size(), 0);
  for (Index c = 0; c < grid.n_cells(); ++c) {
    const Index begin = starts[static_cast<std::size_t>(c)];
    for (Index s = begin; s < starts[static_cast<std::size_t>(c) + 1]; ++s) {
      const auto slot = static_cast<std::size_t>(s);
      const auto point = static_cast<std::size_t>(slots[slot]);
      ++seen[point];
      EXPECT_EQ(positions[slot], cells.box().wrap(points[point]));
      EXPECT_EQ(grid.number(grid.cell_of(positions[slot])), c);
      EXPECT_TRUE(s == begin || slots[slot - 1] < slots[slot]);
    }
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), static_cast<std::ptrdiff_t>(points.size()));
}

template <int D>
void expect_sound_for_all_clouds() {
  for (const auto& cloud : testing::clouds<D>()) {
    SCOPED_TRACE(cloud.name);
    const CellList<D> cells(to_device("x", cloud.points), cloud.radius);
    expect_sound(cells, cloud.points);
    EXPECT_EQ(cells.n_outside(), 0);
    EXPECT_LE(cells.grid().n_cells(), 4096 + 2 * cells.n_points());
  }
}

TEST(CellList, HoldsEveryPointOnceIn2D) {
  expect_sound_for_all_clouds<2>();
}
TEST(CellList, HoldsEveryPointOnceIn3D) {
  expect_sound_for_all_clouds<3>();
}

TEST(CellList, BinsAreAtLeastAsWideAsAskedFor) {
  const CellList<2> cells(to_device("x", testing::uniform_points<2>(3000, 0, 1, 2)), Real(0.03));
  for (int k = 0; k < 2; ++k) {
    EXPECT_GT(1 / cells.grid().inverse_width[k], 0.03);
    EXPECT_LT(1 / cells.grid().inverse_width[k], 0.04);
  }
}

TEST(CellList, PointsOnFacesBelongToTheUpperBin) {
  // Bins of one metre: faces at whole numbers, the last point on the upper face of the box.
  Box<2> box;
  box.lower = {0, 0};
  box.upper = {4, 4};
  box.periodic = {true, true};
  const Points<2> points = {{0, 0}, {1, 0}, {2, 3}, {4, 4}, {Real(0.5), 4}};
  const CellList<2> cells(to_device("x", points), Real(0.99), box);
  EXPECT_EQ(cells.grid().extents, (Vec<2, Index>{4, 4}));
  expect_sound(cells, points);
  EXPECT_EQ(to_vector(cells.view().points), (std::vector<Index>{0, 3, 4, 1, 2}));
}

TEST(CellList, CountsAndKeepsPointsOutsideAnOpenBox) {
  Box<2> box;
  box.lower = {0, 0};
  box.upper = {1, std::numeric_limits<Real>::infinity()};
  Points<2> points = testing::uniform_points<2>(500, 0, 1, 3);
  points[10] = {-3, Real(0.5)};
  points[20] = {Real(1e9), Real(0.5)};
  points[30] = {Real(0.5), 17};
  const CellList<2> cells(to_device("x", points), Real(0.1), box);
  EXPECT_EQ(cells.n_outside(), 2);
  expect_sound(cells, points);
  EXPECT_NEAR(cells.grid().extents[0], 9, 1);
}

TEST(CellList, AFewEscapedPointsDoNotWidenTheBins) {
  Points<3> points = testing::uniform_points<3>(4000, 0, 1, 4);
  points[17] = {Real(1e9), 0, 0};
  const CellList<3> cells(to_device("x", points), Real(0.1));
  expect_sound(cells, points);
  EXPECT_LT(1 / cells.grid().inverse_width[0], 0.3);
}

/// [i, s]: how often slot s is met in the ranges around point i.
HostArray<Index, 2> meetings(const CellList<3>& cells, const Points<3>& points) {
  const CellListView<3> view = cells.view();
  const Array<Index, 2> met("test/met", cells.n_points(), cells.n_points());
  fill(met, Index(0));
  const Array<Vec<3>> x = to_device("x", points);
  for_each(
      "test/meet", cells.n_points(), FILIGREE_LAMBDA(Index i) {
        SlotRange ranges[CellListView<3>::kMaxRanges];
        const int n_ranges = view.ranges_around(x(i), ranges);
        for (int r = 0; r < n_ranges; ++r) {
          for (Index s = ranges[r].begin; s < ranges[r].end; ++s) ++met(i, s);
        }
      });
  return to_host(met);
}

TEST(CellList, RangesHoldEachNearbySlotOnce) {
  for (const bool periodic : {false, true}) {
    for (const double width : {0.1, 0.3, 0.5, 0.7}) {  // 9, 3, 1 and 1 bins on an axis
      Box<3> box;
      box.lower = {0, 0, 0};
      box.upper = {1, 1, 1};
      box.periodic = {periodic, false, periodic};
      const Points<3> points = testing::uniform_points<3>(400, 0, 1, 5);
      const CellList<3> cells(to_device("x", points), Real(width), box);
      const Index n = cells.n_points();
      const HostArray<Index, 2> met_host = meetings(cells, points);
      const Points<3> slots = to_vector(cells.view().positions);
      for (Index i = 0; i < n; ++i) {
        for (Index s = 0; s < n; ++s) {
          const double squared = testing::squared_distance(box, points[static_cast<std::size_t>(i)],
                                                           slots[static_cast<std::size_t>(s)]);
          const Index least = squared <= width * width ? 1 : 0;
          EXPECT_GE(met_host(i, s), least) << width;
          EXPECT_LE(met_host(i, s), 1) << width;
        }
      }
    }
  }
}

TEST(CellList, RefusesWidthsThatAreNotPositive) {
  const Array<Vec<2>> x = to_device("x", Points<2>{{0, 0}});
  EXPECT_EQ(error_of([&] { CellList<2>(x, Real(0)); }),
            "the width of cells is 0 m: it must be positive and finite");
  EXPECT_EQ(error_of([&] { CellList<2>(x, std::numeric_limits<Real>::infinity()); }),
            "the width of cells is inf m: it must be positive and finite");
  EXPECT_EQ(error_of([&] { CellList<2>(x, std::numeric_limits<Real>::quiet_NaN()); }),
            "the width of cells is nan m: it must be positive and finite");
}

TEST(CellList, TakesWidthsOfAnySize) {
  const Points<2> points = testing::uniform_points<2>(300, 0, 1, 6);
  for (const Real width : {std::numeric_limits<Real>::denorm_min(),
                           std::numeric_limits<Real>::min(), std::numeric_limits<Real>::max()}) {
    expect_sound(CellList<2>(to_device("x", points), width), points);
  }
}

}  // namespace
}  // namespace filigree
