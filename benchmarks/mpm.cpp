// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Steps of the material point method: particle-substeps per second at 100 k particles on 64^3
// cells, beside a plain kernel that scatters particle by particle.
//
// What one particle of fluid costs in 3D, counted from the source (r = bytes of a real):
//   particles to cells: set-up 150; 9 rows x 16 lanes x (1 addition + 1 multiply-add)   = 580 flops
//   cells to nodes:     18 blocks x 4 additions per node, one node per 8 particles     =  10 flops
//   nodes to particles: set-up 120; 16 lanes x (9 x 2 + 3 x 3) multiply-adds           = 980 flops
//   law: 60 flops
//   state: x, v, C, tau, F, J, mass, volume, read or written by each of four kernels   =  78 r
//   indices: scene, id, cell, order                                                    =  36 bytes
//   sums of a strip (9 x 11 x 4 r, 64 particles) and nodes (4 r, 8 particles), twice   =  14 r
// Lanes that only fill up a vector are counted: 4 of 16. `flops/s` and `bytes/s` come from these
// figures; vector_peak and memory_triad measure the machine's limits in the same run.
#include <benchmark/benchmark.h>

#include <vector>

#include "core/kokkos.hpp"
#include "core/pack.hpp"
#include "core/parallel.hpp"
#include "physics/mpm/mpm_step.hpp"
#include "physics/mpm/seeding.hpp"
#include "physics/shapes.hpp"

namespace filigree::mpm {
namespace {

struct Scene {
  Model<3> model;
  State<3> state;
  Scratch<3> scratch;
};

constexpr double kFlops = 580 + 10 + 980 + 60;
constexpr double kBytes = (78 + 14) * sizeof(Real) + 36;

benchmark::Counter rate(const benchmark::State& bench, double per_iteration) {
  return {static_cast<double>(bench.iterations()) * per_iteration, benchmark::Counter::kIsRate};
}

/// A block of `cells` x `cells` x (cells - 2) cells, 8 particles in each, in a corner of a box 2.7
/// times as wide: 24 cells make 101 376 particles in 64^3 cells.
Scene make_scene(const Law& law, int cells = 24) {
  Scene scene;
  const int across = cells * 8 / 3;
  const double h = 1.0 / across;
  scene.model.grid = make_grid<3>({0, 0, 0}, {1, 1, 1}, h);
  scene.model.gravity = {0, 0, Real(-9.81)};
  scene.model.laws = {law};
  const FilledShape filled =
      fill_shape(BoxShape{{0, 0, 0}, {cells * h, cells * h, (cells - 2) * h}}, h / 2);
  std::vector<Seed<3>> seeds(filled.points.size() / 3);
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    for (int a = 0; a < 3; ++a) seeds[i].position[a] = filled.points[3 * i + a];
    seeds[i].volume = filled.point_volume;
  }
  scene.state = seed_state(scene.model, seeds);
  return scene;
}

void count(benchmark::State& bench, const Scene& scene) {
  bench.counters["particles"] = scene.state.particles.n_owned();
  bench.counters["substeps/s"] = rate(bench, scene.state.particles.n_owned());
  bench.counters["bytes/particle"] =
      static_cast<double>(memory(scene.state, scene.scratch)) / scene.state.particles.n_owned();
}

template <class L>
void step_of(benchmark::State& bench) {
  Scene scene = make_scene(L{});
  const double dt = step_limit(scene.model, scene.state, scene.scratch).dt;
  for (auto _ : bench) benchmark::DoNotOptimize(step(scene.model, scene.state, scene.scratch, dt));
  count(bench, scene);
}
BENCHMARK(step_of<laws::WeaklyCompressibleFluid>)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(step_of<laws::FixedCorotated>)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(step_of<laws::Hencky>)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(step_of<laws::DruckerPrager>)->Unit(benchmark::kMillisecond)->UseRealTime();

/// The same block of fluid at 8 k to 2 M particles: the cost of a particle should not depend on it.
void fluid_step_of_size(benchmark::State& bench) {
  Scene scene = make_scene(laws::WeaklyCompressibleFluid{}, static_cast<int>(bench.range(0)));
  const double dt = step_limit(scene.model, scene.state, scene.scratch).dt;
  for (auto _ : bench) benchmark::DoNotOptimize(step(scene.model, scene.state, scene.scratch, dt));
  count(bench, scene);
  bench.counters["flops/s"] = rate(bench, kFlops * scene.state.particles.n_owned());
  bench.counters["bytes/s"] = rate(bench, kBytes * scene.state.particles.n_owned());
}
BENCHMARK(fluid_step_of_size)
    ->ArgName("cells")
    ->Arg(12)
    ->Arg(24)
    ->Arg(48)
    ->Arg(63)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

/// Multiply-adds of whole vectors in registers on one thread: the arithmetic limit.
void vector_peak(benchmark::State& bench) {
  using Vector = Pack<Real, kVectorBytes / sizeof(Real)>;
  constexpr int kChains = 12;
  constexpr int kRounds = 1000;
  Vector sums[kChains]{};
  Vector factor = Vector::filled(Real(0.999));
  const Vector term = Vector::filled(Real(0.001));
  for (auto _ : bench) {
    benchmark::DoNotOptimize(factor);
    for (int round = 0; round < kRounds; ++round) {
      for (Vector& sum : sums) sum = sum * factor + term;
    }
    benchmark::DoNotOptimize(sums);
  }
  bench.counters["flops/s"] =
      rate(bench, 2.0 * kRounds * kChains * kVectorBytes / double(sizeof(Real)));
}
BENCHMARK(vector_peak)->UseRealTime();

/// a <- b + s c over 3 x 64 MB: the limit of the memory.
void memory_triad(benchmark::State& bench) {
  constexpr Index n = 64 * 1024 * 1024 / sizeof(Real);
  const Array<Real> a("a", n);
  const Array<Real> b("b", n);
  const Array<Real> c("c", n);
  fill(b, Real(1));
  fill(c, Real(2));
  for (auto _ : bench) {
    for_each(
        "benchmark/triad", n, FILIGREE_LAMBDA(Index i) { a(i) = b(i) + Real(0.5) * c(i); });
  }
  bench.counters["bytes/s"] = rate(bench, 3.0 * n * sizeof(Real));
}
BENCHMARK(memory_triad)->UseRealTime();

/// The textbook fluid step on one thread: scatter, grid, gather, no sorting, no lanes.
void plain_fluid_step(benchmark::State& bench) {
  const laws::WeaklyCompressibleFluid water;
  Scene scene = make_scene(water);
  const Grid<3>& grid = scene.model.grid;
  const ParticleSystem& particles = scene.state.particles;
  auto x = to_host(particles.get<Position<3>>());
  auto v = to_host(particles.get<Velocity<3>>());
  auto C = to_host(particles.get<VelocityGradient<3>>());
  auto J = to_host(particles.get<History>());
  auto tau = to_host(particles.get<Stress<3>>());
  const auto mass = to_host(particles.get<Mass>());
  const auto volume = to_host(particles.get<Volume>());
  std::vector<Vec<4>> nodes(static_cast<std::size_t>(grid.node_count()));
  const auto dt = static_cast<Real>(step_limit(scene.model, scene.state, scene.scratch).dt);
  const Real scale = 4 / (grid.h * grid.h);
  for (auto _ : bench) {
    std::fill(nodes.begin(), nodes.end(), Vec<4>{});
    for (Index p = 0; p < x.size(); ++p) {
      const Vec<3> cells = grid.to_cells(x(p));
      const auto spline = quadratic_bspline<3>(cells, stencil_base<3>(cells));
      const Mat<3> A = mass(p) * C(p) - (dt * volume(p) * scale) * tau(p);
      for (int k = 0; k < 27; ++k) {
        const Vec<3, Index> o = stencil_offset<3>(k);
        Vec<3> d{};
        for (int a = 0; a < 3; ++a) d[a] = grid.h * (static_cast<Real>(o[a]) - spline.local[a]);
        const Real w = spline.weight[0][o[0]] * spline.weight[1][o[1]] * spline.weight[2][o[2]];
        const Vec<3> q = w * (mass(p) * v(p) + A * d);
        Vec<4>& node = nodes[static_cast<std::size_t>(grid.index(spline.base + o))];
        node += Vec<4>{w * mass(p), q[0], q[1], q[2]};
      }
    }
    for (Vec<4>& node : nodes) {
      if (node[0] > 0) {
        for (int a = 0; a < 3; ++a) {
          node[a + 1] = node[a + 1] / node[0] + dt * scene.model.gravity[a];
        }
      }
    }
    for (Index p = 0; p < x.size(); ++p) {
      const Vec<3> cells = grid.to_cells(x(p));
      const auto spline = quadratic_bspline<3>(cells, stencil_base<3>(cells));
      Vec<3> velocity{};
      Mat<3> B{};
      for (int k = 0; k < 27; ++k) {
        const Vec<3, Index> o = stencil_offset<3>(k);
        Vec<3> d{};
        for (int a = 0; a < 3; ++a) d[a] = grid.h * (static_cast<Real>(o[a]) - spline.local[a]);
        const Real w = spline.weight[0][o[0]] * spline.weight[1][o[1]] * spline.weight[2][o[2]];
        const Vec<4>& node = nodes[static_cast<std::size_t>(grid.index(spline.base + o))];
        const Vec<3> u{node[1], node[2], node[3]};
        velocity += w * u;
        B += outer(w * u, d);
      }
      v(p) = velocity;
      C(p) = scale * B;
      x(p) += dt * velocity;
      Mat<3> F = Mat<3>::identity();
      tau(p) = water.advance(F, J(p), C(p), dt);
    }
  }
  count(bench, scene);
}
BENCHMARK(plain_fluid_step)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace filigree::mpm

int main(int argc, char** argv) {
  const filigree::KokkosScope kokkos;
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
