// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Speed of convergent graph solvers in the published configuration for value iteration (64 heads,
// four encoder layers of width 64, hidden width 128, gamma 0.5, f32):
// bench_cgs --benchmark_format=json
//
// What to expect. A hidden encoder layer multiplies matrices of E and N rows: for E = 15900 edges
// and N = 2200 nodes 1.0 Gflop forward (the first linear layer of the edge networks is applied per
// node where it meets node values, which halves it), four layers and the backward pass 10 Gflop.
// "gemm_flops" counts them; "peak" is the product of matrices of the same library at 2048^3 in
// the same run, and "gemm_share" the time that the products would take at that speed divided by the
// measured time. Everything else moves edge values through memory: about 20 passes over [E, 128]
// per layer.
#include <benchmark/benchmark.h>

#include <chrono>

#include "core/gemm.hpp"
#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/ops.hpp"
#include "learning/models/cgs.hpp"
#include "learning/nn/losses.hpp"
#include "learning/train/trainer.hpp"
#include "physics/network/value_iteration.hpp"

namespace filigree {
namespace {

using learning::Tensor;

struct Task {
  learning::CgsInput input;
  Tensor labels;
};

Tensor column(const Array<double>& values) {
  const std::vector<double> host = to_vector(values);
  return learning::tensor({static_cast<Index>(host.size()), 1}, host);
}

/// A batch of the published training set.
Task value_iteration_task(Index n_graphs) {
  std::vector<network::DecisionProcess> processes;
  for (Index i = 0; i < n_graphs; ++i) {
    processes.push_back(
        network::random_decision_process(network::DecisionSizes{}, 1, static_cast<unsigned>(i)));
  }
  const network::DecisionBatch batch = network::batch_processes(processes);
  const auto graphs = std::make_shared<const contraction::Batch>(batch.graphs);
  const Tensor nodes = learning::ones({graphs->n_nodes(), 1});
  const Tensor labels = column(network::iterate_values(batch.process).values);
  return {learning::cgs_input(graphs, nodes, column(batch.process.rewards)), labels};
}

/// Multiplications and additions of the products of one forward pass.
double forward_flops(const learning::CgsOptions& o, double n_nodes, double n_edges) {
  double flops = 0, n = 1, m = 1;
  const double hidden = o.encoder.hidden_width;
  for (int l = 0; l < o.encoder.layers; ++l) {
    const bool is_last = l + 1 == o.encoder.layers;
    const double n_out = is_last ? o.heads : o.encoder.node_width;
    const double m_out = is_last ? o.heads : o.encoder.edge_width;
    flops += 2 * 2 * hidden * (n_edges * m + n_nodes * 2 * n);  // edge and attention, first layer
    flops += 2 * n_edges * hidden * (m_out + 1);
    flops += 2 * n_nodes * hidden * (m_out + n + n_out);
    n = n_out;
    m = m_out;
  }
  return flops + 2 * n_nodes * (o.heads * 64.0 + 64 * 32 + 32);
}

/// Flops per second of a large product.
double peak() {
  static const double flops_per_second = [] {
    const Index n = 2048;
    const Array<float> a("a", n * n), b("b", n * n), c("c", n * n);
    fill(a, 1.0f);
    fill(b, 1.0f);
    GemmWorkspace workspace;
    const Gemm<float> product{
        .m = n, .n = n, .k = n, .a = {a.data(), n}, .b = {b.data(), n}, .c = c.data(), .ldc = n};
    double best = 1e30;
    for (int i = 0; i < 5; ++i) {
      const auto start = std::chrono::steady_clock::now();
      gemm(workspace, product);
      best = std::min(
          best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return 2.0 * n * n * n / best;
  }();
  return flops_per_second;
}

void report(benchmark::State& state, const Task& task, double flops) {
  state.counters["nodes"] = task.input.nodes.rows();
  state.counters["edges"] = task.input.edges.rows();
  state.counters["gemm_flops"] =
      benchmark::Counter(flops, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["gemm_share"] =
      benchmark::Counter(flops / peak(), benchmark::Counter::kIsIterationInvariantRate);
}

void forward(benchmark::State& state) {
  const Task task = value_iteration_task(static_cast<Index>(state.range(0)));
  learning::Cgs model({}, {});
  initialize(parameters(model), 1);
  learning::Tape tape;
  peak();
  for (auto _ : state) {
    const learning::Tape::Scope on(tape);
    const learning::Unrecorded inference;
    benchmark::DoNotOptimize(model(task.input));
    tape.reset();
  }
  report(state, task,
         forward_flops(model.options(), task.input.nodes.rows(), task.input.edges.rows()));
}

void forward_and_backward(benchmark::State& state) {
  const Task task = value_iteration_task(static_cast<Index>(state.range(0)));
  learning::Cgs model({}, {});
  const auto all = parameters(model);
  initialize(all, 1);
  learning::Tape tape;
  peak();
  for (auto _ : state) {
    const learning::Tape::Scope on(tape);
    const Tensor error = model(task.input).y - task.labels;
    benchmark::DoNotOptimize(grad(mean(error * error), values(all)));
    tape.reset();
  }
  report(state, task,
         3 * forward_flops(model.options(), task.input.nodes.rows(), task.input.edges.rows()));
  state.counters["tape_bytes"] = static_cast<double>(tape.high_water());
}

/// A whole update as a run makes it: loss, gradients, their norm and a step of Adam.
void update(benchmark::State& state) {
  const Task task = value_iteration_task(static_cast<Index>(state.range(0)));
  learning::Cgs model({}, {});
  const auto all = parameters(model);
  initialize(all, 1);
  learning::Trainer trainer({}, all);
  peak();
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        trainer.update([&] { return mean_squared_error(model(task.input).y, task.labels); }));
  }
  report(state, task,
         3 * forward_flops(model.options(), task.input.nodes.rows(), task.input.edges.rows()));
  state.counters["sweeps"] = static_cast<double>(model.report().sweeps);
}

BENCHMARK(forward)->Arg(16)->Arg(64)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(forward_and_backward)->Arg(16)->Arg(64)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(update)->Arg(16)->Arg(64)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace filigree

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  const filigree::KokkosScope kokkos;
  benchmark::RunSpecifiedBenchmarks();
}
