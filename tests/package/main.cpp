// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Uses the installed headers and libraries the way a stranger's program would: a kernel, a graph,
// an error, a hash, and the scenario types, which pull every layer in.
#include <algorithm>
#include <iostream>

#include "core/parallel.hpp"
#include "core/reduce.hpp"
#include "graph/generators.hpp"
#include "graph/radius_graph.hpp"
#include "io/sha256.hpp"
#include "scenarios/registry.hpp"

using namespace filigree;

namespace {

bool graph_works() {
  const Box<2> box{.lower = {0, 0}, .upper = {1, 1}, .periodic = {true, true}};
  const Array<Vec<2>> positions = random_points(500, box, /*seed=*/1);
  const auto graph = radius_graph(positions, {.radius = Real(0.1), .box = box});
  const GraphView rows = graph->view();
  const double ends = sum(
      "consumer/degrees", graph->n_nodes(),
      FILIGREE_LAMBDA(Index i) { return static_cast<double>(rows.degree(i)); });
  return graph->edge_count() > 0 && ends == static_cast<double>(graph->edge_count());
}

bool errors_work() {
  try {
    FILIGREE_REQUIRE(1 > 2, "{} is not more than {}", 1, 2);
  } catch (const InputError& error) {
    return std::string(error.what()) == "1 is not more than 2";
  }
  return false;
}

bool hashes_work() {
  return sha256_text("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
}

bool scenarios_work() {
  const auto names = scenario_types().names();
  return std::find(names.begin(), names.end(), "mpm") != names.end();
}

}  // namespace

int main() {
  const KokkosScope kokkos;
  const bool works = graph_works() && errors_work() && hashes_work() && scenarios_work();
  std::cout << "filigree " << FILIGREE_VERSION << (works ? " works\n" : " does not work\n");
  return works ? 0 : 1;
}
