// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "graph/batch.hpp"
#include "graph/cell_list.hpp"
#include "graph/edge_list.hpp"
#include "graph/generators.hpp"
#include "graph/knn_graph.hpp"
#include "graph/radius_graph.hpp"
#include "graph/sampling.hpp"
#include "graph/segment.hpp"
#include "tests/graph/testing.hpp"
#include "tests/support/thread_runs.hpp"

namespace filigree {
namespace {

using testing_support::Report;

void add_graph(Report& report, const std::string& name, const Graph& graph) {
  report.add(name + " offsets", graph.row_offsets());
  report.add(name + " senders", graph.senders());
  report.add(name + " receivers", graph.receivers());
  report.add(name + " transpose", graph.transpose().edges);
}

template <class T>
void add_segments(Report& report, const Graph& graph) {
  constexpr Index kChannels = 19;
  const auto n_edges = static_cast<Index>(graph.edge_count());
  std::vector<T> host(static_cast<std::size_t>(n_edges * kChannels));
  for (std::size_t i = 0; i < host.size(); ++i) host[i] = std::sin(static_cast<T>(i));
  const Array<T, 2> values = testing::matrix(n_edges, kChannels, host);
  const Array<T, 2> nodes("nodes", graph.n_receivers(), kChannels);
  const Array<T, 2> weights("weights", n_edges, kChannels);
  segment_sum(graph, values, nodes);
  report.add("segment sum", testing::values_of(nodes));
  segment_sum_by_sender(graph, values, nodes);
  report.add("segment sum by sender", testing::values_of(nodes));
  segment_mean(graph, values, nodes);
  report.add("segment mean", testing::values_of(nodes));
  segment_max(graph, values, nodes);
  report.add("segment max", testing::values_of(nodes));
  segment_softmax(graph, values, weights);
  report.add("segment softmax", testing::values_of(weights));
}

template <int D>
void add_searches(Report& report) {
  Box<D> box;
  for (int k = 0; k < D; ++k) {
    box.lower[k] = 0;
    box.upper[k] = 1;
  }
  const Array<Vec<D>> x = random_points(6000, box, 11);
  const Real radius = static_cast<Real>(D == 2 ? 0.03 : 0.09);
  const CellList<D> cells(x, radius);
  report.add("cell starts", cells.view().starts);
  report.add("cell points", cells.view().points);
  const auto open = radius_graph(x, {.radius = radius});
  add_graph(report, "open radius graph", *open);
  box.periodic[0] = true;
  add_graph(report, "periodic radius graph", *radius_graph(x, {.radius = radius, .box = box}));
  add_graph(report, "two clouds",
            *radius_graph(x, random_points(3000, box, 12), {.radius = radius}));
  add_graph(report, "nearest by tree", *knn_graph(x, {.k = 9, .method = KnnMethod::kTree}));
  add_graph(report, "nearest by brute force",
            *knn_graph(random_points(700, box, 13), {.k = 9, .method = KnnMethod::kBruteForce}));
  report.add("farthest points", farthest_points(x, 50));
  const EdgeListGraph again = graph_from_edges(edges_of(*reversed(*open)));
  add_graph(report, "edge list", *again.graph);
  report.add("graph edges", again.graph_edge);
  add_graph(report, "batch", *batch_graphs({open, again.graph}).graph);
  add_segments<float>(report, *open);
  add_segments<double>(report, *open);
}

std::string digests() {
  Report report;
  add_searches<2>(report);
  add_searches<3>(report);
  add_graph(report, "lattice", *lattice_graph<3>({.extents = {9, 10, 11}}).graph);
  add_graph(report, "stochastic block",
            *stochastic_block_graph({300, 400}, {0.1, 0.05, 0.05, 0.1}, 1));
  return report.text();
}

TEST(GraphThreads, ResultsHaveTheSameBitsForAnyNumberOfThreads) {
  testing_support::expect_same_for_any_threads("GraphThreads.*", digests);
}

}  // namespace
}  // namespace filigree
