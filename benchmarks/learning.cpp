// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Speed of the operations on tensors, forward and with their adjoint, beside a copy of memory in
// the same run: bench_learning --benchmark_format=json
//
// "GB/s" counts what an operation must read and write at least, each value once: inputs and result,
// and for the adjoint the incoming gradient and what it gives, on top. "of_copy" is that rate over
// the rate of a copy of the same number of bytes; it may exceed 1 where fewer bytes are written
// than read. Everything is f32, in the memory of a tape that is reset after each step. With one
// thread, rates are those of processor time, so that other programs disturb them less.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cmath>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "graph/generators.hpp"
#include "graph/radius_graph.hpp"
#include "learning/autodiff/checkpointed.hpp"
#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/implicit.hpp"
#include "learning/autodiff/loops.hpp"
#include "learning/autodiff/ops.hpp"
#include "learning/autodiff/ops_grid.hpp"
#include "learning/nn/conv2d.hpp"
#include "learning/nn/fourier_layer.hpp"
#include "learning/nn/jet.hpp"
#include "learning/nn/linear.hpp"

namespace filigree::learning {
namespace {

Tensor waves(const Shape& shape, double low = -1, double high = 1) {
  std::vector<double> values(static_cast<std::size_t>(shape.size()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = low + (high - low) * (0.5 + 0.5 * std::sin(1.7 * double(i)));
  }
  return tensor(shape, values);
}

/// Seconds from some time on: of the processor for one thread, else of the clock.
double now() {
  if (thread_count() == 1) return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  const auto time = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(time).count();
}

/// y = x for n floats: bytes per second, best of some tries.
double copy_rate(Index n) {
  const Array<float> x("x", n), y("y", n);
  fill(x, 1.0f);
  fill(y, 0.0f);
  const float* from = x.data();
  float* to = y.data();
  const int repeats = std::max(1, int(50'000'000 / n));
  double best = 0;
  for (int attempt = 0; attempt < 5; ++attempt) {
    const double start = now();
    for (int k = 0; k < repeats; ++k) {
      for_items(
          "bench/copy", items_for(n), n, FILIGREE_LAMBDA(Index item) {
            const Index begin = item * kItemValues;
            const Index end = begin + kItemValues < n ? begin + kItemValues : n;
            for (Index i = begin; i < end; ++i) to[i] = from[i];
          });
      benchmark::ClobberMemory();
    }
    best = std::max(best, 8.0 * n * repeats / (now() - start));
  }
  return best;
}

void copy(benchmark::State& state) {
  const auto n = static_cast<Index>(state.range(0));
  double rate = 0;
  for (auto _ : state) rate = copy_rate(n);
  state.counters["GB/s"] = rate * 1e-9;
}

using Inputs = std::vector<Tensor>;
using Call = std::function<Tensor(const Inputs&)>;

double bytes_of(const Inputs& tensors) {
  double bytes = 0;
  for (const Tensor& x : tensors) bytes += 4.0 * x.size();
  return bytes;
}

/// Seconds of one run of the benchmark's loop.
template <class Work>
double seconds_per_step(benchmark::State& state, const Work& work) {
  work();  // memory grows here
  const double start = now();
  for (auto _ : state) work();
  return (now() - start) / static_cast<double>(state.iterations());
}

void report(benchmark::State& state, double seconds, double bytes, double flops) {
  if (flops > 0) {
    state.counters["GF/s"] = flops / seconds * 1e-9;
    return;
  }
  state.counters["GB/s"] = bytes / seconds * 1e-9;
  state.counters["of_copy"] = bytes / seconds / copy_rate(static_cast<Index>(bytes / 8) + 1);
}

void forward(benchmark::State& state, const Call& call, const Inputs& inputs, double flops) {
  Tape tape;
  double bytes = 0;
  const double seconds = seconds_per_step(state, [&] {
    const Tape::Scope on(tape);
    const Tensor y = call(inputs);
    bytes = bytes_of(inputs) + bytes_of({y});
    tape.reset();
  });
  report(state, seconds, bytes, flops);
}

void with_adjoint(benchmark::State& state, const Call& call, const Inputs& inputs, double flops) {
  Tape tape;
  double bytes = 0;
  Tensor cotangent;
  const double seconds = seconds_per_step(state, [&] {
    const Tape::Scope on(tape);
    const Tensor y = call(inputs);
    if (!cotangent.is_defined()) cotangent = keep(ones(y.shape()));
    vjp(y, cotangent, inputs);
    bytes = 2 * (bytes_of(inputs) + bytes_of({y}));
    tape.reset();
  });
  report(state, seconds, bytes, 3 * flops);
}

void add(const std::string& name, const Call& call, const Inputs& inputs, double flops = 0) {
  const auto measure = [&](const char* kind, auto function) {
    benchmark::RegisterBenchmark((name + kind).c_str(), [=](benchmark::State& state) {
      function(state, call, inputs, flops);
    })->Unit(benchmark::kMicrosecond);
  };
  measure("/forward", forward);
  measure("/with_adjoint", with_adjoint);
}

void add_elementwise(Index rows) {
  const std::string size = "[" + std::to_string(rows) + ",64]";
  const Tensor x = waves({rows, 64}, 0.1, 2), y = waves({rows, 64}), row = waves({64});
  add("add" + size, [](const Inputs& in) { return in[0] + in[1]; }, {x, y});
  add("add_row" + size, [](const Inputs& in) { return in[0] + in[1]; }, {x, row});
  add("mul" + size, [](const Inputs& in) { return in[0] * in[1]; }, {x, y});
  add("div" + size, [](const Inputs& in) { return in[1] / in[0]; }, {x, y});
  add("exp" + size, [](const Inputs& in) { return exp(in[0]); }, {x});
  add("log" + size, [](const Inputs& in) { return log(in[0]); }, {x});
  add("tanh" + size, [](const Inputs& in) { return tanh(in[0]); }, {y});
  add("relu" + size, [](const Inputs& in) { return relu(in[0]); }, {y});
  add("gelu" + size, [](const Inputs& in) { return gelu(in[0]); }, {y});
  add("silu" + size, [](const Inputs& in) { return silu(in[0]); }, {y});
  add("softplus" + size, [](const Inputs& in) { return softplus(in[0]); }, {y});
  add("sin" + size, [](const Inputs& in) { return sin(in[0]); }, {y});
  add("sum" + size, [](const Inputs& in) { return sum(in[0]); }, {x});
  add("sum_rows" + size, [](const Inputs& in) { return sum(in[0], 0); }, {x});
  add("sum_columns" + size, [](const Inputs& in) { return sum(in[0], 1); }, {x});
  add("max_columns" + size, [](const Inputs& in) { return max(in[0], 1); }, {x});
  add("logsumexp" + size, [](const Inputs& in) { return logsumexp(in[0], 1); }, {x});
  add("transpose" + size, [](const Inputs& in) { return transpose(in[0]); }, {x});
  add("concat" + size, [](const Inputs& in) { return concat({in[0], in[1]}, 1); }, {x, y});
  add("slice" + size, [](const Inputs& in) { return slice(in[0], 1, 0, 32); }, {x});
  add(
      "matmul" + size, [](const Inputs& in) { return matmul(in[0], in[1]); }, {x, waves({64, 64})},
      2.0 * rows * 64 * 64);
}

void add_graph() {
  Box<3> box;
  for (int k = 0; k < 3; ++k) {
    box.lower[k] = 0;
    box.upper[k] = 1;
  }
  constexpr Index kNodes = 20000;
  const GraphPtr graph =
      radius_graph(random_points(kNodes, box, 3), {.radius = static_cast<Real>(0.055)});
  const auto n_edges = static_cast<Index>(graph->edge_count());
  const std::string size = "[" + std::to_string(n_edges) + " edges,64]";
  const Tensor nodes = waves({kNodes, 64}), edges = waves({n_edges, 64});
  const Tensor weights = waves({n_edges, 1});
  add("gather_senders" + size, [=](const Inputs& in) { return gather_senders(in[0], graph); },
      {nodes});
  add("segment_sum" + size, [=](const Inputs& in) { return segment_sum(in[0], graph); }, {edges});
  add("segment_mean" + size, [=](const Inputs& in) { return segment_mean(in[0], graph); }, {edges});
  add("segment_max" + size, [=](const Inputs& in) { return segment_max(in[0], graph); }, {edges});
  add("segment_softmax" + size, [=](const Inputs& in) { return segment_softmax(in[0], graph); },
      {edges});
  add("spmm" + size, [=](const Inputs& in) { return spmm(in[0], in[1], graph); }, {weights, nodes});
}

void add_grid() {
  const Tensor x = waves({100000, 2}, 0.01, 126.9), values = waves({100000, 32});
  const GridPoints points = locate(x, {.dimensions = 2, .extents = {128, 128, 1}});
  add("sample[100000 points,32]", [=](const Inputs& in) { return sample(in[0], in[1], points); },
      {waves({128 * 128, 32}), x});
  add("splat[100000 points,32]", [=](const Inputs& in) { return splat(in[0], in[1], points); },
      {values, x});
  add(
      "conv2d[8,32,32,32]x3x3",
      [](const Inputs& in) { return conv2d(in[0], in[1], Tensor(), {.size = 3, .padding = 1}); },
      {waves({8, 32, 32, 32}), waves({32, 32, 3, 3})}, 2.0 * 8 * 32 * 32 * 32 * 32 * 9);
  for (const Index modes : {8, 12, 16}) {
    const auto plan = std::make_shared<const SpectralPlan>(
        SpectralOptions{.dimensions = 2, .extents = {64, 64, 1}, .modes = {modes, modes, 1}});
    const Shape weight{plan->n_modes(), 32, 32};
    const std::string size = "[8,64x64,32]," + std::to_string(modes) + " modes";
    add("dft_and_back" + size,
        [plan](const Inputs& in) { return plan->inverse(plan->forward(in[0]), 32); },
        {waves({8, 4096, 32})});
    add("spectral_convolution" + size,
        [plan](const Inputs& in) { return spectral_convolution(in[0], in[1], in[2], *plan); },
        {waves({8, 4096, 32}), waves(weight), waves(weight)});
  }
}

Mlp network(const std::vector<Index>& widths, Activation f) {
  Mlp mlp(widths, f);
  initialize(parameters(mlp), 1);
  return mlp;
}

/// 10 layers of 64 and a loss, with the gradients of all weights.
void mlp_step(benchmark::State& state) {
  const auto batch = static_cast<Index>(state.range(0));
  Mlp mlp = network(std::vector<Index>(11, 64), Activation::kTanh);
  const std::vector<Tensor> weights = values(parameters(mlp));
  const Tensor x = waves({batch, 64});
  Tape tape;
  std::size_t records = 0;
  const double seconds = seconds_per_step(state, [&] {
    const Tape::Scope on(tape);
    const Tensor y = mlp(x);
    grad(mean(y * y), weights);
    records = tape.n_records();
    tape.reset();
  });
  state.counters["records"] = static_cast<double>(records);
  state.counters["GF/s"] = 3 * 10 * 2.0 * batch * 64 * 64 / seconds * 1e-9;
}

enum class Derivatives { kPlain, kFirst, kSecond };

/// A network 2-64-64-1 at 500 points: its values, and with derivatives.
template <Derivatives derivatives, bool trains>
void small_network(benchmark::State& state) {
  const Mlp mlp = network({2, 64, 64, 1}, Activation::kTanh);
  Mlp copy = mlp;
  const std::vector<Tensor> weights = values(parameters(copy));
  const Tensor x = waves({500, 2});
  Tape tape;
  seconds_per_step(state, [&] {
    const Tape::Scope on(tape);
    const Tensor y = derivatives == Derivatives::kPlain
                         ? copy(x)
                         : jet(copy, x, derivatives == Derivatives::kFirst ? 1 : 2).channels;
    if (trains) grad(mean(y * y), weights);
    tape.reset();
  });
}

/// z = tanh(z W + x) for 200 rows of 64.
void fixed_point_step(benchmark::State& state) {
  const Tensor w = waves({64, 64}, -0.02, 0.02), x = waves({200, 64});
  FixedPointOptions options;
  options.report = std::make_shared<ImplicitReport>();
  Tape tape;
  seconds_per_step(state, [&] {
    const Tape::Scope on(tape);
    const Tensor z =
        fixed_point([=](const Tensor& v) { return tanh(matmul(v, w) + x); }, x, options);
    grad(mean(z * z), {w});
    tape.reset();
  });
  state.counters["forward"] = options.report->forward.iterations;
  state.counters["adjoint"] = options.report->adjoint.iterations;
}

/// 400 steps of z <- tanh(z W) for 200 rows of 64; 0 segments: without checkpoints.
void long_horizon(benchmark::State& state) {
  const auto segments = static_cast<Index>(state.range(0));
  const Tensor w = waves({64, 64}, -0.02, 0.02), x = waves({200, 64});
  const Step step = [=](const std::vector<Tensor>& z, Index) {
    return std::vector<Tensor>{tanh(matmul(z[0], w))};
  };
  Tape tape;
  seconds_per_step(state, [&] {
    const Tape::Scope on(tape);
    std::vector<Tensor> z{x};
    if (segments > 0) z = checkpointed_steps(step, z, 400, segments);
    for (Index k = 0; segments == 0 && k < 400; ++k) z = step(z, k);
    grad(mean(z[0] * z[0]), {w});
    tape.reset();
  });
  state.counters["MB"] = static_cast<double>(tape.high_water()) * 1e-6;
}

BENCHMARK(copy)->Arg(1 << 15)->Arg(1 << 17)->Arg(1 << 20)->Arg(1 << 24)->Iterations(1);
BENCHMARK(mlp_step)->Arg(20)->Arg(1000)->Unit(benchmark::kMicrosecond);
BENCHMARK(small_network<Derivatives::kPlain, false>)
    ->Name("network")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(small_network<Derivatives::kFirst, false>)
    ->Name("network_jet1")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(small_network<Derivatives::kSecond, false>)
    ->Name("network_jet2")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(small_network<Derivatives::kPlain, true>)
    ->Name("network_trained")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(small_network<Derivatives::kSecond, true>)
    ->Name("network_jet2_trained")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(fixed_point_step)->Unit(benchmark::kMicrosecond);
BENCHMARK(long_horizon)->Arg(0)->Arg(20)->Arg(5)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace filigree::learning

int main(int argc, char** argv) {
  const filigree::KokkosScope kokkos;
  filigree::learning::add_elementwise(1000);
  filigree::learning::add_elementwise(65536);
  filigree::learning::add_graph();
  filigree::learning::add_grid();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::ClearRegisteredBenchmarks();  // they hold arrays, which must go before Kokkos does
  return 0;
}
