// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Speed of the fixed-point solves of contractions, at the sizes of graph value iteration, and of a
// plain copy in the same run: bench_contraction --benchmark_format=json
//
// A batch has graphs of 20 to 49 states with 5 to 9 edges into each, 64 heads, single precision,
// gamma = 0.5 and a tolerance of 1e-6, which takes at most 20 sweeps.
//
// What to expect. A task has one graph and 16 heads (one 64-byte register): 250 weights and 3 x 35
// node values of 64 bytes, 23 KB, which stay in the first-level cache from sweep to sweep. A sweep
// does one load of a weight, one load of a neighbour and one multiply-add per edge. Two 64-byte
// loads per cycle make 250 cycles for the edges, and the rows add a few each. Memory sees the
// weights once: 4 bytes per edge and head for the whole solve. "cache bytes/s" counts 8 bytes per
// edge, head and sweep; "sweeps" is the most of any graph.
#include <benchmark/benchmark.h>

#include <random>
#include <utility>
#include <vector>

#include "core/parallel.hpp"
#include "core/random.hpp"
#include "core/types.hpp"
#include "graph/batch.hpp"
#include "graph/edge_list.hpp"
#include "learning/models/contraction.hpp"

namespace filigree {
namespace {

using contraction::Map;
using contraction::Orientation;
using contraction::Report;
using contraction::Solver;
using contraction::Workspace;

constexpr Index kHeads = 64;

std::shared_ptr<const Graph> decision_graph(std::mt19937& generator) {
  const auto n_states = std::uniform_int_distribution<Index>(20, 49)(generator);
  const auto n_actions = std::uniform_int_distribution<Index>(5, 9)(generator);
  std::uniform_int_distribution<Index> other(1, n_states - 1);
  std::vector<std::pair<Index, Index>> pairs;
  for (Index i = 0; i < n_states; ++i) {
    for (Index a = 0; a < n_actions; ++a) {
      pairs.emplace_back((i + other(generator)) % n_states, i);
    }
  }
  return graph_from_pairs(n_states, pairs, {.duplicates = Duplicates::kKeep});
}

template <class T>
Array<T, 2> uniform(const char* label, Index rows, double low, double high) {
  const Array<T, 2> result(label, rows, kHeads);
  const RandomStream stream(1, label);
  T* values = result.data();
  for_each(
      label, rows, FILIGREE_LAMBDA(Index i) {
        for (Index h = 0; h < kHeads; ++h) {
          const std::ptrdiff_t at = std::ptrdiff_t(i) * kHeads + h;
          values[at] = stream.between<T>(T(low), T(high), static_cast<std::uint64_t>(at));
        }
      });
  return result;
}

/// A batch of decision graphs whose logits are spread over [-1/2, 3/2], so that a half of them is
/// inside the clip.
template <class T>
struct Decisions {
  Map<T> map;
  Array<T, 2> b, z, y, dw;
  Workspace workspace;

  Decisions(Index n_graphs, double gamma) {
    std::mt19937 generator(7);
    std::vector<std::shared_ptr<const Graph>> graphs;
    for (Index g = 0; g < n_graphs; ++g) graphs.push_back(decision_graph(generator));
    map.batch = std::make_shared<const contraction::Batch>(batch_graphs(graphs));
    const Array<T, 2> logits = uniform<T>("logits", map.batch->n_edges(), -0.5, 1.5);
    map.weights = Array<T, 2>("weights", map.batch->n_edges(), kHeads);
    contraction::normalize(map.batch->graph(), map.orientation, contraction::Normalizer::kClip,
                           logits, map.weights);
    map.gamma = gamma;
    b = uniform<T>("b", map.batch->n_nodes(), -1, 1);
    z = Array<T, 2>("z", map.batch->n_nodes(), kHeads);
    y = Array<T, 2>("y", map.batch->n_nodes(), kHeads);
    dw = Array<T, 2>("dw", map.batch->n_edges(), kHeads);
  }
};

void report(benchmark::State& state, const contraction::Batch& batch, const Report& result) {
  const double values = double(batch.n_edges()) * kHeads;
  state.counters["cache bytes/s"] = benchmark::Counter(
      values * 8 * result.iterations(), benchmark::Counter::kIsIterationInvariantRate);
  state.counters["flop/s"] = benchmark::Counter(values * 2 * result.iterations(),
                                                benchmark::Counter::kIsIterationInvariantRate);
  state.counters["sweeps"] = result.iterations();
  state.counters["edges"] = batch.n_edges();
  state.counters["threads"] = thread_count();
}

void forward(benchmark::State& state, Solver solver, double gamma) {
  Decisions<float> decisions(static_cast<Index>(state.range(0)), gamma);
  auto& [map, b, z, y, dw, workspace] = decisions;
  for (auto _ : state) contraction::solve(map, b, {.solver = solver}, workspace, z);
  require_converged(workspace.report, "the benchmark");
  report(state, *map.batch, workspace.report);
}

void adjoint(benchmark::State& state) {
  Decisions<float> decisions(static_cast<Index>(state.range(0)), 0.5);
  auto& [map, b, z, y, dw, workspace] = decisions;
  contraction::solve(map, b, {}, workspace, z);
  for (auto _ : state) contraction::solve_adjoint(map, z, b, {}, workspace, y);
  require_converged(workspace.report, "the benchmark");
  report(state, *map.batch, workspace.report);
}

/// Weight gradients: two reads of node rows and one write of an edge row.
void gradients(benchmark::State& state) {
  Decisions<float> decisions(static_cast<Index>(state.range(0)), 0.5);
  auto& [map, b, z, y, dw, workspace] = decisions;
  contraction::solve(map, b, {}, workspace, z);
  contraction::solve_adjoint(map, z, b, {}, workspace, y);
  for (auto _ : state) contraction::weight_gradient(map, z, y, dw);
  const double bytes = double(map.batch->n_edges()) * kHeads * sizeof(float);
  state.counters["bytes/s"] =
      benchmark::Counter(3 * bytes, benchmark::Counter::kIsIterationInvariantRate);
}

/// One large graph: sweeps over all rows, weights from memory.
void large_graph(benchmark::State& state, Solver solver, double gamma) {
  const auto n_nodes = static_cast<Index>(state.range(0));
  std::mt19937 generator(3);
  std::uniform_int_distribution<Index> other(1, n_nodes - 1);
  std::vector<std::pair<Index, Index>> pairs;
  for (Index i = 0; i < n_nodes; ++i) {
    for (Index a = 0; a < 7; ++a) pairs.emplace_back((i + other(generator)) % n_nodes, i);
  }
  Map<float> map;
  map.batch = std::make_shared<const contraction::Batch>(
      graph_from_pairs(n_nodes, pairs, {.duplicates = Duplicates::kKeep}));
  const Array<float, 2> logits = uniform<float>("logits", map.batch->n_edges(), -0.5, 1.5);
  map.weights = Array<float, 2>("weights", map.batch->n_edges(), kHeads);
  contraction::normalize(map.batch->graph(), map.orientation, contraction::Normalizer::kClip,
                         logits, map.weights);
  map.gamma = gamma;
  const Array<float, 2> b = uniform<float>("b", n_nodes, -1, 1);
  const Array<float, 2> z("z", n_nodes, kHeads);
  Workspace workspace;
  for (auto _ : state) contraction::solve(map, b, {.solver = solver}, workspace, z);
  require_converged(workspace.report, "the benchmark");
  report(state, *map.batch, workspace.report);
}

/// What memory gives: a copy of 64 MB, read and written.
void stream_copy(benchmark::State& state) {
  const Index n = 1 << 24;
  const Array<float> from("from", n);
  const Array<float> to("to", n);
  fill(from, 1.0f);
  fill(to, 0.0f);
  const float* source = from.data();
  float* target = to.data();
  const auto copy_value = FILIGREE_LAMBDA(Index i) {
    target[i] = source[i];
  };
  for (auto _ : state) for_each("bench/copy", n, copy_value);
  state.counters["bytes/s"] =
      benchmark::Counter(2.0 * n * sizeof(float), benchmark::Counter::kIsIterationInvariantRate);
  state.counters["threads"] = thread_count();
}

#define FILIGREE_BENCHMARK(name) name->Unit(benchmark::kMicrosecond)->UseRealTime()
FILIGREE_BENCHMARK(BENCHMARK(stream_copy));
FILIGREE_BENCHMARK(BENCHMARK_CAPTURE(forward, picard, Solver::kPicard, 0.5))->Arg(16)->Arg(64);
FILIGREE_BENCHMARK(BENCHMARK(adjoint))->Arg(16)->Arg(64);
FILIGREE_BENCHMARK(BENCHMARK(gradients))->Arg(16)->Arg(64);
FILIGREE_BENCHMARK(BENCHMARK_CAPTURE(forward, anderson, Solver::kAnderson, 0.5))->Arg(16);
FILIGREE_BENCHMARK(BENCHMARK_CAPTURE(forward, direct, Solver::kDirect, 0.5))->Arg(16);
FILIGREE_BENCHMARK(BENCHMARK_CAPTURE(forward, picard_near_one, Solver::kPicard, 0.99))->Arg(16);
FILIGREE_BENCHMARK(BENCHMARK_CAPTURE(forward, direct_near_one, Solver::kDirect, 0.99))->Arg(16);
FILIGREE_BENCHMARK(BENCHMARK_CAPTURE(large_graph, picard, Solver::kPicard, 0.5))->Arg(50000);
FILIGREE_BENCHMARK(BENCHMARK_CAPTURE(large_graph, picard_near_one, Solver::kPicard, 0.95))
    ->Arg(50000);
FILIGREE_BENCHMARK(BENCHMARK_CAPTURE(large_graph, gmres_near_one, Solver::kGmres, 0.95))
    ->Arg(50000);
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
