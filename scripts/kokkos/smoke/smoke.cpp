// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// A parallel sum, to see that Kokkos works.
#include <Kokkos_Core.hpp>

int main(int argc, char** argv) {
  const Kokkos::ScopeGuard scope(argc, argv);
  long sum = 0;
  Kokkos::parallel_reduce(
      "smoke", 1000, KOKKOS_LAMBDA(const int i, long& part) { part += i; }, sum);
  return sum == 499500 ? 0 : 1;
}
