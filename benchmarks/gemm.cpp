// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Speed of products of matrices at the sizes that networks on graphs use, beside what the processor
// can do: bench_gemm --benchmark_format=json
//
// "peak" runs independent multiply-adds in registers on all threads at once and counts 2 flops
// each; no product can be faster. The sizes are those of the layers of a graph encoder: `rows` are
// nodes or edges of a batch, W is [out, in]. "forward" is Y = X W^T, "input_gradient" dX = dY W and
// "weight_gradient" dW = dY^T X, whose sums are as long as there are rows. A layer with out = 1
// reads as much as it computes, so that memory bounds it and not the peak.
#include <benchmark/benchmark.h>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12 in its own AVX-512 header
#endif
#include <Eigen/Core>
#include <array>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "core/gemm.hpp"
#include "core/parallel.hpp"

namespace filigree {
namespace {

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#elif defined(__AVX__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif

/// `n` rounds of 10 independent multiply-adds on whole vectors; returns their sum.
template <class T>
[[gnu::noinline]] T multiply_add(int n, T factor, T term) {
  typedef T Vector __attribute__((vector_size(kVectorBytes)));
  constexpr int kChains = 10;  // latency 4 times 2 units, and some spare
  Vector x[kChains];
  for (int i = 0; i < kChains; ++i) x[i] = Vector{} + T(i);
  const Vector f = Vector{} + factor, t = Vector{} + term;
  for (int round = 0; round < n; ++round) {
#pragma GCC unroll 10
    for (int i = 0; i < kChains; ++i) x[i] = x[i] * f + t;
  }
  Vector sum{};
  for (int i = 0; i < kChains; ++i) sum += x[i];
  T total = 0;
  for (std::size_t lane = 0; lane < kVectorBytes / sizeof(T); ++lane) total += sum[lane];
  return total;
}

/// Flops per second of all threads together, best of some tries.
template <class T>
double peak() {
  static const double found = [] {
    constexpr int kRounds = 2'000'000;
    const Index threads = thread_count();
    std::vector<T> sums(static_cast<std::size_t>(threads));
    double best = 0;
    for (int attempt = 0; attempt < 10; ++attempt) {
      const auto start = std::chrono::steady_clock::now();
      for_each_uneven("bench/peak", threads, 1, [&](Index i) {
        sums[static_cast<std::size_t>(i)] = multiply_add<T>(kRounds, T(0.5), T(i));
      });
      const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
      benchmark::DoNotOptimize(sums.data());
      const double flops = 2.0 * 10 * (kVectorBytes / sizeof(T)) * kRounds * threads;
      best = std::max(best, flops / elapsed.count());
    }
    return best;
  }();
  return found;
}

template <class T>
void show_peak(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(peak<T>());
  state.counters["GF/s"] = peak<T>() * 1e-9;
  state.counters["threads"] = thread_count();
}

template <class T>
Array<T> filled(const char* label, Index n) {
  std::vector<T> values(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) values[static_cast<std::size_t>(i)] = static_cast<T>(std::sin(i));
  return to_device(label, values);
}

/// Runs work() in the benchmark's loop and reports its rate.
template <class T, class Work>
void rate(benchmark::State& state, double flops, const Work& work) {
  work();
  const auto start = std::chrono::steady_clock::now();
  for (auto _ : state) work();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  const double per_second = flops * static_cast<double>(state.iterations()) / elapsed.count();
  state.counters["GF/s"] = per_second * 1e-9;
  state.counters["of_peak"] = per_second / peak<T>();
}

enum class Form { kForward, kInputGradient, kWeightGradient };

template <class T, Form form>
void layer(benchmark::State& state) {
  const auto rows = static_cast<Index>(state.range(0));
  const auto in = static_cast<Index>(state.range(1));
  const auto out = static_cast<Index>(state.range(2));
  const Array<T> x = filled<T>("x", rows * in);
  const Array<T> w = filled<T>("w", out * in);
  const Array<T> y = filled<T>("y", rows * out);
  GemmWorkspace workspace;
  Gemm<T> product;
  if (form == Form::kForward) {
    product = {.m = rows, .n = out, .k = in, .c = y.data(), .ldc = out};
    product.a = {x.data(), in};
    product.b = {w.data(), in, true};
  } else if (form == Form::kInputGradient) {
    product = {.m = rows, .n = in, .k = out, .c = x.data(), .ldc = in};
    product.a = {y.data(), out};
    product.b = {w.data(), in};
  } else {
    product = {.m = out, .n = in, .k = rows, .c = w.data(), .ldc = in};
    product.a = {y.data(), out, true};
    product.b = {x.data(), in};
  }
  rate<T>(state, 2.0 * rows * in * out, [&] { gemm(workspace, product); });
}

/// Eigen's product of two square matrices on one thread: a second opinion on what is fast.
void eigen_square(benchmark::State& state) {
  const auto n = static_cast<Eigen::Index>(state.range(0));
  const Eigen::MatrixXf a = Eigen::MatrixXf::Random(n, n), b = Eigen::MatrixXf::Random(n, n);
  Eigen::MatrixXf c(n, n);
  rate<float>(state, 2.0 * double(n) * double(n) * double(n), [&] { c.noalias() = a * b; });
}

void square(benchmark::State& state) {
  const auto n = static_cast<Index>(state.range(0));
  const Array<float> a = filled<float>("a", n * n), b = filled<float>("b", n * n);
  const Array<float> c("c", n * n);
  GemmWorkspace workspace;
  rate<float>(state, 2.0 * n * n * n, [&] {
    gemm(workspace, Gemm<float>{.m = n,
                                .n = n,
                                .k = n,
                                .a = {a.data(), n},
                                .b = {b.data(), n},
                                .c = c.data(),
                                .ldc = n});
  });
}

void encoder_sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"rows", "in", "out"})->Unit(benchmark::kMicrosecond)->UseRealTime();
  benchmark->ArgsProduct({{2048, 16384}, {192, 128, 64}, {256, 128, 64, 65, 1}});
}

BENCHMARK(show_peak<float>)->Name("peak<float>")->Iterations(1);
BENCHMARK(show_peak<double>)->Name("peak<double>")->Iterations(1);
BENCHMARK(eigen_square)->Arg(1024)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(square)->Arg(1024)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(layer<float, Form::kForward>)->Name("forward<float>")->Apply(encoder_sizes);
BENCHMARK(layer<float, Form::kInputGradient>)->Name("input_gradient<float>")->Apply(encoder_sizes);
BENCHMARK(layer<float, Form::kWeightGradient>)
    ->Name("weight_gradient<float>")
    ->Apply(encoder_sizes);
BENCHMARK(layer<double, Form::kForward>)->Name("forward<double>")->Args({16384, 192, 128});

}  // namespace
}  // namespace filigree

int main(int argc, char** argv) {
  const filigree::KokkosScope kokkos;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::AddCustomContext("product", filigree::gemm_name());
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
