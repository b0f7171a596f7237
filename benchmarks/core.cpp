// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Costs of what runs per particle and per step: decompositions, random numbers, loops, reductions.
#include <benchmark/benchmark.h>

#include <vector>

#include "core/arena.hpp"
#include "core/kokkos.hpp"
#include "core/mat3.hpp"
#include "core/random.hpp"
#include "core/reduce.hpp"

namespace filigree {
namespace {

constexpr Index kMatrices = 4096;

/// identity * I + spread * normal entries.
template <int N, class T>
std::vector<Mat<N, N, T>> matrices(T identity, T spread) {
  const RandomStream stream(1, "benchmark/matrices");
  std::vector<Mat<N, N, T>> result;
  for (std::uint64_t i = 0; i < kMatrices; ++i) {
    Mat<N, N, T> a = identity * Mat<N, N, T>::identity();
    for (std::uint32_t k = 0; k < N * N; ++k) a.data[k] += spread * stream.normal<T>(i, k);
    result.push_back(a);
  }
  return result;
}

/// Reports the time per matrix of call(matrix).
template <int N, class T, class Call>
void per_matrix(benchmark::State& state, T identity, T spread, const Call& call) {
  const auto input = matrices<N, T>(identity, spread);
  for (auto _ : state) {
    for (const auto& a : input) {
      auto result = call(a);
      benchmark::DoNotOptimize(result);
    }
  }
  state.counters["seconds_per_matrix"] = benchmark::Counter(
      kMatrices, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

constexpr auto kSvd = [](const auto& a) { return svd(a); };
constexpr auto kEigen = [](const auto& a) { return symmetric_eigen(a); };
constexpr auto kRotation = [](const auto& a) { return rotation_part(a); };
constexpr auto kPolar = [](const auto& a) { return polar(a); };
constexpr auto kInverse = [](const auto& a) { return inverse(a); };

void svd3_double_random(benchmark::State& s) {
  per_matrix<3, double>(s, 0, 1, kSvd);
}
void svd3_double_solid(benchmark::State& s) {
  per_matrix<3, double>(s, 1, 0.1, kSvd);
}
void svd3_float_solid(benchmark::State& s) {
  per_matrix<3, float>(s, 1, 0.1f, kSvd);
}
void svd2_double_solid(benchmark::State& s) {
  per_matrix<2, double>(s, 1, 0.1, kSvd);
}
void eigen3_double(benchmark::State& s) {
  per_matrix<3, double>(s, 0, 1, kEigen);
}
void rotation3_double_solid(benchmark::State& s) {
  per_matrix<3, double>(s, 1, 0.1, kRotation);
}
void rotation3_double_random(benchmark::State& s) {
  per_matrix<3, double>(s, 0, 1, kRotation);
}
void polar3_double_solid(benchmark::State& s) {
  per_matrix<3, double>(s, 1, 0.1, kPolar);
}
void polar2_double_solid(benchmark::State& s) {
  per_matrix<2, double>(s, 1, 0.1, kPolar);
}
void inverse3_double(benchmark::State& s) {
  per_matrix<3, double>(s, 1, 0.1, kInverse);
}
BENCHMARK(svd3_double_random);
BENCHMARK(svd3_double_solid);
BENCHMARK(svd3_float_solid);
BENCHMARK(svd2_double_solid);
BENCHMARK(eigen3_double);
BENCHMARK(rotation3_double_solid);
BENCHMARK(rotation3_double_random);
BENCHMARK(polar3_double_solid);
BENCHMARK(polar2_double_solid);
BENCHMARK(inverse3_double);

void random_uniform(benchmark::State& state) {
  const RandomStream stream(1, "benchmark");
  std::uint64_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(stream.uniform<double>(i++));
}
void random_normal(benchmark::State& state) {
  const RandomStream stream(1, "benchmark");
  std::uint64_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(stream.normal<double>(i++));
}
BENCHMARK(random_uniform);
BENCHMARK(random_normal);

/// Sizes of loops and sums: in the first cache, in the last cache, in memory.
void sizes(benchmark::internal::Benchmark* b) {
  for (const int n : {100, 10000, 1000000, 10000000}) b->Arg(n);
  b->UseRealTime();
}

double sum_all(Reducer& reducer, const Array<double>& x) {
  return reducer.sum(
      "benchmark/sum", x.size(), 0.0, FILIGREE_LAMBDA(Index i) { return x(i); });
}

void set_bytes(benchmark::State& state, std::int64_t bytes_per_item) {
  state.SetBytesProcessed(state.iterations() * state.range(0) * bytes_per_item);
}

void fixed_tree_sum(benchmark::State& state) {
  const Array<double> x("x", static_cast<Index>(state.range(0)));
  fill(x, 1.0);
  Reducer reducer;
  for (auto _ : state) benchmark::DoNotOptimize(sum_all(reducer, x));
  set_bytes(state, 8);
}
void plain_loop_sum(benchmark::State& state) {
  const std::vector<double> x(static_cast<std::size_t>(state.range(0)), 1.0);
  for (auto _ : state) {
    double sum = 0;
    for (const double value : x) sum += value;
    benchmark::DoNotOptimize(sum);
  }
  set_bytes(state, 8);
}
BENCHMARK(fixed_tree_sum)->Apply(sizes);
BENCHMARK(plain_loop_sum)->Apply(sizes);

void add_scaled(const Array<double>& x, const Array<double>& y) {
  for_each(
      "benchmark/axpy", x.size(), FILIGREE_LAMBDA(Index i) { y(i) += 0.5 * x(i); });
}
void loop_axpy(benchmark::State& state) {
  const Array<double> x("x", static_cast<Index>(state.range(0)));
  const Array<double> y("y", static_cast<Index>(state.range(0)));
  fill(x, 1.0);
  fill(y, 0.0);
  for (auto _ : state) add_scaled(x, y);
  set_bytes(state, 24);
}
BENCHMARK(loop_axpy)->Apply(sizes);

void scratch_of_a_step(benchmark::State& state) {
  Arena arena("benchmark");
  for (auto _ : state) {
    Scratch scratch(arena);
    for (int k = 0; k < 8; ++k) benchmark::DoNotOptimize(scratch.take<double>(1000).data());
  }
}
BENCHMARK(scratch_of_a_step);

}  // namespace
}  // namespace filigree

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  const filigree::KokkosScope kokkos;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
