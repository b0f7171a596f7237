// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Starts Kokkos once for all tests of an executable.
#include <gtest/gtest.h>

#include "core/kokkos.hpp"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  const filigree::KokkosScope kokkos;
  return RUN_ALL_TESTS();
}
