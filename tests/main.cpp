// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Starts Kokkos once for all tests of an executable, on one thread unless the environment asks for
// more: small problems run faster so, and tests of the executable can run side by side.
#include <gtest/gtest.h>

#include <cstdlib>

#include "core/kokkos.hpp"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const filigree::KokkosScope kokkos(std::getenv("OMP_NUM_THREADS") != nullptr ? 0 : 1);
  return RUN_ALL_TESTS();
}
