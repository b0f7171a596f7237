// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Uses the installed headers and libraries the way a stranger's program would.
#include <cstdio>

#include "core/error.hpp"
#include "core/kokkos.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"

int main() {
  const filigree::KokkosScope kokkos;
  try {
    FILIGREE_REQUIRE(filigree::nearest("grpah", {"core", "graph"}) == "core", "as {}", "expected");
  } catch (const filigree::InputError& error) {
    return std::puts(error.what()) < 0;
  }
  return 1;
}
