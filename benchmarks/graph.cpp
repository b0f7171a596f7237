// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Speed of graph construction and of segment reductions, against a plain use of nanoflann in the
// same run: bench_graph --benchmark_format=json
//
// What to expect of the radius graph in 3D. Bins are one radius wide, so that a query looks at
// 27 r^3 / (4/3 pi r^3) = 6.4 candidates per neighbour, twice: once to count, once to fill. A
// candidate costs 8 flops and a comparison on 28 bytes that come from cache, because the queries
// run in the order of the bins; main memory sees each position a few times and each edge once (4
// bytes, plus the zeroing of fresh pages). So construction is bound by arithmetic and latency, not
// by memory: about 13 tests per edge, and a sort of the row. Segment sums are the opposite: one
// addition per value read, hence memory bandwidth.
//
// "speedup" is the time of the baseline divided by ours; the baseline runs on one thread, finds the
// same neighbours, and neither sorts nor stores them.
#include <benchmark/benchmark.h>

#include <cmath>
#include <map>
#include <nanoflann.hpp>
#include <string>
#include <vector>

#include "core/types.hpp"
#include "graph/generators.hpp"
#include "graph/knn_graph.hpp"
#include "graph/radius_graph.hpp"
#include "graph/segment.hpp"

namespace filigree {
namespace {

constexpr double kNeighbours = 30;  // of a point inside the cloud
constexpr Index kNearest = 16;

const Box<3> kUnitBox{{0, 0, 0}, {1, 1, 1}, {}};

Real radius_for(Index n) {
  return static_cast<Real>(std::cbrt(kNeighbours / n * 3 / (4 * 3.14159265358979)));
}

struct HostCloud {
  std::vector<Vec<3>> x;
  std::size_t kdtree_get_point_count() const { return x.size(); }
  Real kdtree_get_pt(std::size_t i, std::size_t axis) const { return x[i][static_cast<int>(axis)]; }
  template <class BoundingBox>
  bool kdtree_get_bbox(BoundingBox&) const {
    return false;
  }
};
using Tree = nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<Real, HostCloud>,
                                                 HostCloud, 3>;

/// Seconds per iteration of the baselines, by name and size.
std::map<std::string, double>& baseline_seconds() {
  static std::map<std::string, double> seconds;
  return seconds;
}

class Stopwatch {
 public:
  explicit Stopwatch(benchmark::State& state) : state_(state) {}
  /// Rates and, for a named baseline, the speedup.
  void report(double items, const char* unit, double seconds_per_iteration,
              const std::string& baseline) const {
    state_.counters[unit] =
        benchmark::Counter(items, benchmark::Counter::kIsIterationInvariantRate);
    state_.counters["threads"] = thread_count();
    const auto found = baseline_seconds().find(baseline);
    if (found != baseline_seconds().end()) {
      state_.counters["speedup"] = found->second / seconds_per_iteration;
    }
  }

 private:
  benchmark::State& state_;
};

/// Runs work() in the benchmark's loop and returns the mean seconds of one call.
template <class Work>
double timed(benchmark::State& state, const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  for (auto _ : state) work();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return elapsed.count() / static_cast<double>(state.iterations());
}

std::string key(const char* name, benchmark::State& state) {
  return name + std::to_string(state.range(0));
}

void radius_nanoflann(benchmark::State& state) {
  const auto n = static_cast<Index>(state.range(0));
  const HostCloud cloud{to_vector(random_points(n, kUnitBox, 1))};
  const Real radius = radius_for(n);
  std::size_t n_edges = 0;
  const double seconds = timed(state, [&] {
    const Tree tree(3, cloud, nanoflann::KDTreeSingleIndexAdaptorParams(10));
    n_edges = 0;
#if NANOFLANN_VERSION >= 0x150
    std::vector<nanoflann::ResultItem<Tree::IndexType, Real>> found;
    const nanoflann::SearchParameters options(0, false);
#else
    std::vector<std::pair<std::uint32_t, Real>> found;
    const nanoflann::SearchParams options(32, 0, false);
#endif
    for (const auto& x : cloud.x) {
      n_edges += tree.radiusSearch(x.data, radius * radius, found, options) - 1;
    }
  });
  baseline_seconds()[key("radius", state)] = seconds;
  Stopwatch(state).report(static_cast<double>(n_edges), "edges/s", seconds, "");
}

void radius(benchmark::State& state) {
  const auto n = static_cast<Index>(state.range(0));
  const Array<Vec<3>> x = random_points(n, kUnitBox, 1);
  const Real radius = radius_for(n);
  Offset n_edges = 0;
  const double seconds =
      timed(state, [&] { n_edges = radius_graph(x, {.radius = radius})->edge_count(); });
  Stopwatch(state).report(static_cast<double>(n_edges), "edges/s", seconds, key("radius", state));
}

void radius_periodic(benchmark::State& state) {
  const auto n = static_cast<Index>(state.range(0));
  const Array<Vec<3>> x = random_points(n, kUnitBox, 1);
  const Box<3> box{{0, 0, 0}, {1, 1, 1}, {true, true, true}};
  const Real radius = radius_for(n);
  Offset n_edges = 0;
  const double seconds = timed(
      state, [&] { n_edges = radius_graph(x, {.radius = radius, .box = box})->edge_count(); });
  Stopwatch(state).report(static_cast<double>(n_edges), "edges/s", seconds, "");
}

void nearest_nanoflann(benchmark::State& state) {
  const auto n = static_cast<Index>(state.range(0));
  const HostCloud cloud{to_vector(random_points(n, kUnitBox, 2))};
  const double seconds = timed(state, [&] {
    const Tree tree(3, cloud, nanoflann::KDTreeSingleIndexAdaptorParams(10));
    std::uint32_t indices[kNearest + 1];
    Real squared_distances[kNearest + 1];
    for (const auto& x : cloud.x) {
      tree.knnSearch(x.data, kNearest + 1, indices, squared_distances);
      benchmark::DoNotOptimize(indices[0]);
    }
  });
  baseline_seconds()[key("nearest", state)] = seconds;
  Stopwatch(state).report(double(n) * kNearest, "edges/s", seconds, "");
}

void nearest(benchmark::State& state) {
  const auto n = static_cast<Index>(state.range(0));
  const Array<Vec<3>> x = random_points(n, kUnitBox, 2);
  const double seconds =
      timed(state, [&] { benchmark::DoNotOptimize(knn_graph(x, {.k = kNearest})->edge_count()); });
  Stopwatch(state).report(double(n) * kNearest, "edges/s", seconds, key("nearest", state));
}

void cell_list(benchmark::State& state) {
  const auto n = static_cast<Index>(state.range(0));
  const Array<Vec<3>> x = random_points(n, kUnitBox, 3);
  const double seconds =
      timed(state, [&] { benchmark::DoNotOptimize(CellList<3>(x, radius_for(n)).n_points()); });
  Stopwatch(state).report(n, "points/s", seconds, "");
}

void transpose(benchmark::State& state) {
  const auto n = static_cast<Index>(state.range(0));
  const auto graph = random_geometric_graph(n, kUnitBox, radius_for(n), 4).graph;
  const double seconds =
      timed(state, [&] { benchmark::DoNotOptimize(reversed(*reversed(*graph))->edge_count()); });
  Stopwatch(state).report(2 * static_cast<double>(graph->edge_count()), "edges/s", seconds, "");
}

template <class T>
void segment_sums(benchmark::State& state) {
  constexpr Index kNodes = 20000;
  const auto channels = static_cast<Index>(state.range(0));
  const auto graph = random_geometric_graph(kNodes, kUnitBox, radius_for(kNodes), 5).graph;
  const Array<T, 2> values("values", static_cast<Index>(graph->edge_count()), channels);
  const Array<T, 2> sums("sums", kNodes, channels);
  fill(values, T(1));
  const double seconds = timed(state, [&] { segment_sum(*graph, values, sums); });
  const double n_values = static_cast<double>(graph->edge_count()) * channels;
  Stopwatch(state).report(n_values * sizeof(T), "bytes/s", seconds, "");
}

#define FILIGREE_BENCHMARK(function) \
  BENCHMARK(function)->Unit(benchmark::kMillisecond)->UseRealTime()
FILIGREE_BENCHMARK(radius_nanoflann)->Arg(10000)->Arg(100000)->Arg(1000000);
FILIGREE_BENCHMARK(radius)->Arg(10000)->Arg(100000)->Arg(1000000);
FILIGREE_BENCHMARK(radius_periodic)->Arg(100000);
FILIGREE_BENCHMARK(nearest_nanoflann)->Arg(10000)->Arg(100000)->Arg(1000000);
FILIGREE_BENCHMARK(nearest)->Arg(10000)->Arg(100000)->Arg(1000000);
FILIGREE_BENCHMARK(cell_list)->Arg(10000)->Arg(100000)->Arg(1000000);
FILIGREE_BENCHMARK(transpose)->Arg(100000);
FILIGREE_BENCHMARK(segment_sums<float>)->Arg(1)->Arg(16)->Arg(64);
FILIGREE_BENCHMARK(segment_sums<double>)->Arg(1)->Arg(16)->Arg(64);
#undef FILIGREE_BENCHMARK

}  // namespace
}  // namespace filigree

int main(int argc, char** argv) {
  const filigree::KokkosScope kokkos;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
