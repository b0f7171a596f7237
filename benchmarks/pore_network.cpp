// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Speed of making pore networks and of solving them, beside Eigen's solvers in the same run:
// bench_pore_network --benchmark_filter='lattice' --benchmark_format=json
//
// What to expect. A Voronoi cell is cut by some 40 planes, 16 of which stay; a cut looks at 20 to
// 30 vertices and replaces six: 5 to 10 us per point and thread, from cache. Multigrid reads each
// matrix about five times per iteration (two polynomial steps before and after, one residual), and
// coarser levels add a third: about 7 x 12 bytes per throat end and iteration from memory. A
// sparse Cholesky factor of a network of n pores in space has of the order of n^(4/3) numbers and
// takes n^2 operations: it wins while n is a few thousand, and does not fit for a million.
//
// All solve to a relative residual of 1e-10. `iterations` are those of the iteration, `residual`
// the true one at the end. Setup (coarsening, factorization) is part of the time.
#include <benchmark/benchmark.h>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"  // GCC 12 in its own AVX-512 header
#endif
#include <Eigen/IterativeLinearSolvers>
#include <Eigen/SparseCholesky>
#include <cmath>

#include "physics/network/pore_flow.hpp"
#include "physics/network/voronoi.hpp"

namespace filigree::network {
namespace {

constexpr double kTolerance = 1e-10;

enum Kind : std::int64_t { kLattice = 0, kDelaunay = 1 };

PoreNetwork network_of(benchmark::State& state) {
  const auto n = static_cast<Index>(state.range(1));
  if (state.range(0) == kLattice) {
    LatticeNetwork options;
    const auto side = static_cast<Index>(std::lround(std::cbrt(double(n))));
    options.pores = {side, side, side};
    return lattice_network(options);
  }
  RandomNetwork options;
  options.n_points = n;
  const double side = 1e-3 * std::cbrt(n / 400.0);
  options.size = {side, side, side};
  options.diameters = {1e-5, 0.3, DiameterLimit::kLocal};
  return delaunay_network(options);
}

FlowProblem problem_of(benchmark::State& state) {
  const PoreNetwork network = network_of(state);
  return front_to_back(network, stokes_conductances(network, 1e-5), 101325, 0);
}

void report(benchmark::State& state, double pores) {
  state.counters["pores"] = pores;
  state.counters["threads"] = thread_count();
  state.counters["pores/s"] =
      benchmark::Counter(pores, benchmark::Counter::kIsIterationInvariantRate);
}

void make_facets(benchmark::State& state) {
  const auto n = static_cast<Index>(state.range(0));
  for (auto _ : state) voronoi_facets(random_box_points(n, {1, 1, 1}, 1, 0));
  report(state, n);
}

void make_delaunay(benchmark::State& state) {
  RandomNetwork options;
  options.n_points = static_cast<Index>(state.range(0));
  for (auto _ : state) delaunay_network(options);
  report(state, options.n_points);
}

void make_voronoi(benchmark::State& state) {
  RandomNetwork options;
  options.n_points = static_cast<Index>(state.range(0));
  for (auto _ : state) voronoi_network(options);
  report(state, options.n_points);
}

/// Means over the published networks with exact pressures: made and solved 200 times.
void published(benchmark::State& state) {
  constexpr int kNetworks = 200;
  double pores = 0;
  double throats = 0;
  double boundary = 0;
  double permeability_sum = 0;
  double straight = 0;
  for (auto _ : state) {
    pores = throats = boundary = permeability_sum = straight = 0;
    for (std::uint32_t i = 0; i < kNetworks; ++i) {
      RandomNetwork options;
      options.n_points = static_cast<Index>(state.range(0));
      options.seed = 1;
      options.number = i;
      const PoreNetwork network = delaunay_network(options);
      const FlowProblem problem = front_to_back(network, stokes_conductances(network, 1e-5), 1, 0);
      const Array<double> pressures = solve_flow(problem).pressures;
      const std::vector<double> p = to_vector(pressures);
      const std::vector<Vec<3, double>> x = to_vector(network.positions);
      double fixed = 0;
      for (const Index flag : to_vector(problem.is_fixed)) fixed += flag;
      double squares = 0;
      for (std::size_t k = 0; k < p.size(); ++k) {
        squares += std::pow(p[k] - (1 - x[k][0] / options.size[0]), 2);
      }
      const double n = network.n_pores();
      pores += n / kNetworks;
      throats += double(network.graph->edge_count()) / 2 / kNetworks;
      boundary += fixed / n / kNetworks;
      straight += squares / n / kNetworks;
      permeability_sum +=
          permeability(network, inflow_through(network, problem, pressures, kFront), 1e-5, 1) /
          kNetworks;
    }
  }
  state.counters["networks/s"] =
      benchmark::Counter(kNetworks, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["pores"] = pores;
  state.counters["throats"] = throats;
  state.counters["front_and_back"] = boundary;
  state.counters["permeability"] = permeability_sum;
  state.counters["straight_line_mse"] = straight;
}

void solve_ours(benchmark::State& state, FlowMethod method) {
  const FlowProblem problem = problem_of(state);
  FlowOptions options;
  options.method = method;
  options.tolerance = kTolerance;
  FlowSolution solution;
  for (auto _ : state) solution = solve_flow(problem, options);
  report(state, problem.graph->n_nodes());
  state.counters["iterations"] = solution.iterations;
  state.counters["residual"] = solution.residual;
}

void multigrid(benchmark::State& state) {
  solve_ours(state, FlowMethod::kConjugateGradient);
}

void elimination(benchmark::State& state) {
  solve_ours(state, FlowMethod::kElimination);
}

/// The equations of the free pores, as Eigen takes them.
struct EigenProblem {
  Eigen::SparseMatrix<double> a;
  Eigen::VectorXd b;

  explicit EigenProblem(const FlowProblem& problem) {
    const std::vector<Index> is_fixed = to_vector(problem.is_fixed);
    const std::vector<double> fixed = to_vector(problem.fixed_pressures);
    const std::vector<double> k = to_vector(problem.conductances);
    const std::vector<Offset> offsets = to_vector(problem.graph->row_offsets());
    const std::vector<Index> senders = to_vector(problem.graph->senders());
    std::vector<Index> number(is_fixed.size(), -1);
    Index n = 0;
    for (std::size_t i = 0; i < is_fixed.size(); ++i) {
      if (is_fixed[i] == 0) number[i] = n++;
    }
    a.resize(n, n);
    b = Eigen::VectorXd::Zero(n);
    std::vector<Eigen::Triplet<double>> entries;
    for (std::size_t i = 0; i < is_fixed.size(); ++i) {
      if (is_fixed[i] != 0) continue;
      double sum = 0;
      for (auto e = static_cast<std::size_t>(offsets[i]);
           e < static_cast<std::size_t>(offsets[i + 1]); ++e) {
        const auto j = static_cast<std::size_t>(senders[e]);
        sum += k[e];
        if (is_fixed[j] != 0) {
          b(number[i]) += k[e] * fixed[j];
        } else {
          entries.emplace_back(number[i], number[j], -k[e]);
        }
      }
      entries.emplace_back(number[i], number[i], sum);
    }
    a.setFromTriplets(entries.begin(), entries.end());
  }

  double residual(const Eigen::VectorXd& x) const { return (b - a * x).norm() / b.norm(); }
};

void eigen_ldlt(benchmark::State& state) {
  const FlowProblem problem = problem_of(state);
  const EigenProblem system(problem);
  Eigen::VectorXd x;
  for (auto _ : state) {
    const Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>> solver(system.a);
    x = solver.solve(system.b);
  }
  report(state, problem.graph->n_nodes());
  state.counters["residual"] = system.residual(x);
}

template <class Preconditioner>
void eigen_cg(benchmark::State& state) {
  const FlowProblem problem = problem_of(state);
  const EigenProblem system(problem);
  Eigen::ConjugateGradient<Eigen::SparseMatrix<double>, Eigen::Lower | Eigen::Upper, Preconditioner>
      solver;
  Eigen::VectorXd x;
  for (auto _ : state) {
    solver.setTolerance(kTolerance);
    solver.setMaxIterations(20000);
    solver.compute(system.a);
    x = solver.solve(system.b);
  }
  report(state, problem.graph->n_nodes());
  state.counters["iterations"] = static_cast<double>(solver.iterations());
  state.counters["residual"] = system.residual(x);
}

void eigen_cg_jacobi(benchmark::State& state) {
  eigen_cg<Eigen::DiagonalPreconditioner<double>>(state);
}

void eigen_cg_cholesky(benchmark::State& state) {
  eigen_cg<Eigen::IncompleteCholesky<double>>(state);
}

BENCHMARK(make_facets)
    ->Arg(100)
    ->Arg(10000)
    ->Arg(100000)
    ->Arg(1000000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(make_delaunay)
    ->Arg(100)
    ->Arg(10000)
    ->Arg(100000)
    ->Arg(1000000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK(make_voronoi)
    ->Arg(100)
    ->Arg(10000)
    ->Arg(100000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

BENCHMARK(published)
    ->Arg(13)
    ->Arg(40)
    ->Arg(87)
    ->Arg(200)
    ->Arg(400)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void small_and_large(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"kind", "n"});
  for (const std::int64_t kind : {kLattice, kDelaunay}) {
    for (const std::int64_t n : {100, 1000, 10000, 100000, 1000000}) benchmark->Args({kind, n});
  }
  benchmark->Unit(benchmark::kMillisecond)->UseRealTime();
}

/// As far as fill-in lets them.
void small_only(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"kind", "n"});
  for (const std::int64_t kind : {kLattice, kDelaunay}) {
    for (const std::int64_t n : {100, 1000, 10000}) benchmark->Args({kind, n});
  }
  benchmark->Unit(benchmark::kMillisecond)->UseRealTime();
}

void up_to_middle(benchmark::internal::Benchmark* benchmark) {
  small_only(benchmark);
  benchmark->Args({kLattice, 100000})->Args({kDelaunay, 30000});
}

BENCHMARK(multigrid)->Apply(small_and_large);
BENCHMARK(elimination)->Apply(small_only);
BENCHMARK(eigen_ldlt)->Apply(up_to_middle);
BENCHMARK(eigen_cg_jacobi)->Apply(small_and_large);
BENCHMARK(eigen_cg_cholesky)->Apply(small_and_large);

}  // namespace
}  // namespace filigree::network

int main(int argc, char** argv) {
  const filigree::KokkosScope kokkos;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
