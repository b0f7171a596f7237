// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The front of a body's connected part.
#include <gtest/gtest.h>

#include "physics/mpm/front.hpp"
#include "physics/mpm/seeding.hpp"

namespace filigree::mpm {
namespace {

/// A grid of cells of 1 m over [0, 20]^D and points of `volume` m^3 of the given bodies.
template <int D>
struct Cloud {
  Model<D> model;
  std::vector<Seed<D>> seeds;

  Cloud() {
    model.grid = make_grid<D>(Vec<D, double>::zero(), Vec<D, double>::filled(20), 1);
    model.laws = {laws::DruckerPrager{}, laws::DruckerPrager{}};
  }
  void add(const Vec<D, double>& position, double volume, Index body = 0) {
    Seed<D> seed;
    seed.position = position;
    seed.volume = volume;
    seed.body = body;
    seeds.push_back(seed);
  }
  double front(Index body, int axis) const {
    return connected_front<D>(model.grid, seed_state(model, seeds), body, axis);
  }
};

TEST(Front, EndsWhereCellsAreLessThanAQuarterFull) {
  Cloud<2> heap;
  for (int i = 0; i < 5; ++i) heap.add({i + 0.25, 0.25}, 0.25);
  heap.add({5.25, 0.25}, 0.2);  // a small grain next to it
  EXPECT_NEAR(heap.front(0, 0), 4.25, 1e-6);
  EXPECT_NEAR(heap.front(0, 1), 0.25, 1e-6);
  heap.add({5.5, 0.5}, 0.2);
  EXPECT_NEAR(heap.front(0, 0), 5.5, 1e-6);
}

TEST(Front, IgnoresPartsThatAreNotJoined) {
  Cloud<2> heap;
  for (int i = 0; i < 4; ++i) heap.add({i + 0.5, 0.5}, 1);
  for (int i = 5; i < 8; ++i) heap.add({i + 0.5, 0.5}, 1);  // a gap of one cell
  heap.add({4.5, 1.5}, 1);                                  // touches both at a corner only
  EXPECT_NEAR(heap.front(0, 0), 3.5, 1e-6);
  heap.add({4.5, 0.5}, 1);
  EXPECT_NEAR(heap.front(0, 0), 7.5, 1e-6);
}

TEST(Front, IsThatOfOneBody) {
  Cloud<3> two;
  for (int i = 0; i < 4; ++i) two.add({i + 0.5, 0.5, 0.5}, 1, 0);
  for (int i = 4; i < 7; ++i) two.add({i + 0.5, 0.5, 2.5}, 1, 1);
  EXPECT_NEAR(two.front(0, 0), 3.5, 1e-6);
  EXPECT_NEAR(two.front(1, 0), 6.5, 1e-6);
  EXPECT_NEAR(two.front(1, 2), 2.5, 1e-6);
}

TEST(Front, OfSprayIsNowhere) {
  Cloud<2> spray;
  spray.add({3.5, 3.5}, 0.2);
  EXPECT_LT(spray.front(0, 0), -1e300);
}

}  // namespace
}  // namespace filigree::mpm
