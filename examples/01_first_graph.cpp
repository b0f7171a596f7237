// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// A first graph: points in a periodic box, their neighbours, and a few sweeps of smoothing.
//
// Build:  cmake --build build --target example_01_first_graph
// Run:    build/example_01_first_graph
//
// You will see how to make arrays, connect points, write a kernel, reduce over the rows of a graph,
// and check a conserved quantity.
#include <cmath>
#include <iostream>

#include "core/parallel.hpp"
#include "core/reduce.hpp"
#include "graph/components.hpp"
#include "graph/generators.hpp"
#include "graph/knn_graph.hpp"
#include "graph/radius_graph.hpp"
#include "graph/segment.hpp"

using namespace filigree;  // short names are fine in a program of one page

namespace {

/// A wave along the first axis, one value per point. Kernels live in free functions.
Array<Real, 2> wave_at(const Array<Vec<2>>& positions) {
  const Array<Real, 2> values("wave", positions.size(), 1);
  const Real two_pi = Real(6.283185307179586);
  for_each(
      "example/wave", positions.size(),
      FILIGREE_LAMBDA(Index i) { values(i, 0) = Kokkos::sin(two_pi * positions(i)[0]); });
  return values;
}

/// x_i += rate * (sum over neighbours j of x_j - x_i): what leaves one point arrives at another,
/// because the graph is symmetric.
void smooth(const Graph& graph, Real rate, const Array<Real, 2>& x) {
  const Array<Real, 2> of_senders("of_senders", static_cast<Index>(graph.edge_count()), 1);
  const Array<Real, 2> sums("sums", graph.n_nodes(), 1);
  gather_senders(graph, x, of_senders);
  segment_sum(graph, of_senders, sums);
  const GraphView rows = graph.view();
  for_each(
      "example/smooth", graph.n_nodes(), FILIGREE_LAMBDA(Index i) {
        x(i, 0) += rate * (sums(i, 0) - static_cast<Real>(rows.degree(i)) * x(i, 0));
      });
}

double total(const Array<Real, 2>& x) {
  return sum(
      "example/total", x.extent(0), FILIGREE_LAMBDA(Index i) { return double(x(i, 0)); });
}

double largest(const Array<Real, 2>& x) {
  return max(
      "example/largest", x.extent(0), 0.0,
      FILIGREE_LAMBDA(Index i) { return Kokkos::abs(double(x(i, 0))); });
}

}  // namespace

int main() {
  // 1. Start Kokkos. Everything below runs on the threads (or the device) it finds.
  const KokkosScope kokkos;
  std::cout << "running on " << backend_name() << " with " << thread_count() << " threads\n";

  // 2. Scatter 5000 points over a unit square whose edges wrap around. The same seed gives the same
  //    points on every machine.
  const Box<2> box{.lower = {0, 0}, .upper = {1, 1}, .periodic = {true, true}};
  const Array<Vec<2>> positions = random_points(5000, box, /*seed=*/7);

  // 3. Connect all pairs closer than 3 cm. Edges go both ways and rows are sorted.
  const auto graph = radius_graph(positions, {.radius = Real(0.03), .box = box});
  std::cout << graph->n_nodes() << " points, " << graph->edge_count() << " edges, "
            << double(graph->edge_count()) / graph->n_nodes() << " neighbours on average\n";

  // 4. Is everything connected? One line for people, and an error that explains for programs.
  const Components components = connected_components(*graph);
  std::cout << components.count() << " connected component(s)\n";
  require_connected(*graph, "example graph");

  // 5. Smooth a wave. Reductions over rows are pulls in a fixed order: the digits do not depend on
  //    the number of threads.
  const Array<Real, 2> x = wave_at(positions);
  const double before = total(x);
  for (int sweep = 0; sweep <= 200; ++sweep) {
    if (sweep % 50 == 0) std::cout << "sweep " << sweep << ": amplitude " << largest(x) << '\n';
    smooth(*graph, Real(0.02), x);
  }

  // 6. What was conserved? The sum, to round-off.
  const double drift = std::abs(total(x) - before);
  std::cout << "the sum changed by " << drift << '\n';

  // 7. Mistakes are told in words.
  try {
    knn_graph(positions, {.k = 5000});
  } catch (const InputError& error) {
    std::cout << "as expected: " << error.what() << '\n';
  }
  return drift < 5000 * tol<Real>() ? 0 : 1;
}
