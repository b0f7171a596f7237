// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "app/program.hpp"
#include "core/kokkos.hpp"

int main(int argc, char** argv) {
  using namespace filigree;
  std::optional<KokkosScope> kokkos;
  app::Program program{.arguments = {argv, argv + argc},
                       .types = scenario_types(),
                       .start_kokkos = [&kokkos](int threads) { kokkos.emplace(threads); }};
  return static_cast<int>(app::run_program(program));
}
