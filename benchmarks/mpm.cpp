// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Steps of the material point method: particle-substeps per second at 100 k particles on 64^3
// cells, beside a plain kernel that scatters particle by particle.
//
// What one particle costs in 3D (double), counted from the source:
//   particles to cells: 27 nodes x (4 lanes x 2 + 1), and set-up         ~ 330 flops
//   cells to nodes:     27 x 4 additions per node, one node per 8 particles ~ 14 flops
//   nodes to particles: 9 rows x (3 nodes x 16 + 40), and set-up         ~ 850 flops
//   state, read and written once per kernel: 8 x (3 + 3 + 9 + 9 + 9 + 3) x 2 ~ 580 bytes
//   partial sums, written and read: 27 x 4 x 8 / 8 particles x 2          = 216 bytes
// At 6 M particle-substeps/s that is 7 Gflop/s and 5 GB/s on one core: neither the arithmetic peak
// nor the memory of the machine limits it, but dependent loads and the gathers of 4-lane rows.
#include <benchmark/benchmark.h>

#include <vector>

#include "core/kokkos.hpp"
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

Scene make_scene(const Law& law) {
  Scene scene;
  constexpr double h = 1.0 / 64;
  scene.model.grid = make_grid<3>({0, 0, 0}, {1, 1, 1}, h);
  scene.model.gravity = {0, 0, Real(-9.81)};
  scene.model.laws = {law};
  const FilledShape filled = fill_shape(BoxShape{{0, 0, 0}, {0.375, 0.375, 0.34375}}, h / 2);
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
  bench.counters["substeps/s"] =
      benchmark::Counter(static_cast<double>(bench.iterations()) * scene.state.particles.n_owned(),
                         benchmark::Counter::kIsRate);
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
BENCHMARK(step_of<laws::DruckerPrager>)->Unit(benchmark::kMillisecond)->UseRealTime();

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
