// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Same bits for any number of threads. Kokkos takes its threads when the program starts, so the
// test runs this program again with other numbers of threads and compares digests.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <sstream>

#include "core/hash.hpp"
#include "graph/batch.hpp"
#include "graph/cell_list.hpp"
#include "graph/edge_list.hpp"
#include "graph/generators.hpp"
#include "graph/knn_graph.hpp"
#include "graph/radius_graph.hpp"
#include "graph/sampling.hpp"
#include "graph/segment.hpp"
#include "tests/graph/testing.hpp"

namespace filigree {
namespace {

constexpr const char* kReportVariable = "FILIGREE_GRAPH_DIGESTS";

/// "name digest" lines.
class Report {
 public:
  template <class T>
  void add(const std::string& name, const std::vector<T>& values) {
    text_ << name << ' ' << values.size() << ' '
          << hex_text(digest(std::as_bytes(std::span(values)))) << '\n';
  }
  template <class T>
  void add(const std::string& name, const Array<T>& values) {
    add(name, to_vector(values));
  }
  void add(const std::string& name, const Graph& graph) {
    add(name + " offsets", graph.row_offsets());
    add(name + " senders", graph.senders());
    add(name + " receivers", graph.receivers());
    add(name + " transpose", graph.transpose().edges);
  }
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
};

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
  report.add("open radius graph", *open);
  box.periodic[0] = true;
  report.add("periodic radius graph", *radius_graph(x, {.radius = radius, .box = box}));
  report.add("two clouds", *radius_graph(x, random_points(3000, box, 12), {.radius = radius}));
  report.add("nearest by tree", *knn_graph(x, {.k = 9, .method = KnnMethod::kTree}));
  report.add("nearest by brute force",
             *knn_graph(random_points(700, box, 13), {.k = 9, .method = KnnMethod::kBruteForce}));
  report.add("farthest points", farthest_points(x, 50));
  const EdgeListGraph again = graph_from_edges(edges_of(*reversed(*open)));
  report.add("edge list", *again.graph);
  report.add("graph edges", again.graph_edge);
  report.add("batch", *batch_graphs({open, again.graph}).graph);
  add_segments<float>(report, *open);
  add_segments<double>(report, *open);
}

std::string digests() {
  Report report;
  add_searches<2>(report);
  add_searches<3>(report);
  report.add("lattice", *lattice_graph<3>({.extents = {9, 10, 11}}).graph);
  report.add("stochastic block", *stochastic_block_graph({300, 400}, {0.1, 0.05, 0.05, 0.1}, 1));
  return report.text();
}

std::string text_of(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(GraphThreads, ResultsHaveTheSameBitsForAnyNumberOfThreads) {
  if (const char* path = std::getenv(kReportVariable)) {  // the run with other threads
    std::ofstream(path) << "threads " << thread_count() << '\n' << digests();
    return;
  }
  const std::string expected = digests();
  const auto folder = std::filesystem::path(::testing::TempDir()) /
                      ("filigree_graph_threads_" + std::to_string(std::random_device{}()));
  std::filesystem::create_directories(folder);
  const auto program = std::filesystem::read_symlink("/proc/self/exe");
  for (const int threads : {1, 2}) {
    const auto path = folder / std::to_string(threads);
    const std::string command = format(
        "OMP_WAIT_POLICY=passive OMP_NUM_THREADS={} KOKKOS_NUM_THREADS={} {}='{}' '{}' "
        "--gtest_filter=GraphThreads.* > /dev/null",
        threads, threads, kReportVariable, path.string(), program.string());
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
    const std::string text = text_of(path);
    const std::size_t first_line = text.find('\n');
    if (backend_name() == "OpenMP") {
      EXPECT_EQ(text.substr(0, first_line), format("threads {}", threads));
    }
    EXPECT_EQ(text.substr(first_line + 1), expected) << threads << " threads";
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace filigree
