// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Steps of branched rods: a cable with two branches whose ends are moved, 10 ms per step; cost
// against the number of vertices and the size of the batch.
#include <benchmark/benchmark.h>

#include <cmath>

#include "core/kokkos.hpp"
#include "core/parallel.hpp"
#include "physics/rods/rod_step.hpp"

namespace filigree::rods {
namespace {

struct Cable {
  RodTopology topology;
  RodModel model;
  RodState state;
  RodControls controls;
  RodScratch scratch;
};

/// A parent of `vertices` vertices, 4 cm apart, held at both ends, that hangs through; two branches
/// of 4 and 3 vertices.
Cable make_cable(Index vertices, Index batch) {
  Cable cable;
  cable.topology = make_topology({{-1, vertices}, {vertices / 3, 4}, {2 * vertices / 3, 3}});
  RodShape shape;
  const auto x = [](Index i) { return 0.04 * static_cast<double>(i); };
  for (Index i = 0; i < vertices; ++i) shape.positions.push_back({x(i), 0, 0});
  for (Index i = 1; i <= 4; ++i) shape.positions.push_back({x(vertices / 3), x(i), 0});
  for (Index i = 1; i <= 3; ++i) shape.positions.push_back({x(2 * vertices / 3), -x(i), 0});
  cable.model =
      make_rod_model(cable.topology, shape,
                     std::vector<EdgeProperties>(static_cast<std::size_t>(cable.topology.n_edges()),
                                                 EdgeProperties{1e3, {4e-3, 4e-3}, 2e-3, 0.1}));
  cable.model.gravity = {0, 0, Real(-9.81)};
  cable.state = make_rod_state(cable.topology, cable.model, shape, batch);
  cable.controls = make_controls(cable.model, cable.state);
  auto held = to_host(cable.controls.held);
  for (Index b = 0; b < batch; ++b) {
    held(b, 0) = held(b, vertices - 2) = 1;
    held(b, 1) = held(b, vertices - 1) = 3;
  }
  cable.controls.held = to_device(held);
  return cable;
}

/// Targets of the right end: a circle in the vertical plane, 0.2 m/s.
void move_end(const Cable& cable, Index vertices, Index batch, double time) {
  const Array<Vec<3>, 2> target = cable.controls.target;
  const Vec<3> offset{static_cast<Real>(0.05 * (std::cos(4 * time) - 1)), 0,
                      static_cast<Real>(0.05 * std::sin(4 * time))};
  const auto start = static_cast<Real>(0.04);
  for_each(
      "benchmark/move_end", batch, FILIGREE_LAMBDA(Index b) {
        for (Index v = vertices - 2; v < vertices; ++v) {
          target(b, v) = offset + Vec<3>{start * static_cast<Real>(v), 0, 0};
        }
      });
}

void rod_step(benchmark::State& bench) {
  const auto vertices = static_cast<Index>(bench.range(0));
  const auto batch = static_cast<Index>(bench.range(1));
  Cable cable = make_cable(vertices, batch);
  Index iterations = 0;
  const auto advance = [&] {
    move_end(cable, vertices, batch, cable.state.time);
    const RodStepReport report = implicit_step(cable.model, cable.controls, 0.01,
                                               {.tolerance = 1e-6}, cable.state, cable.scratch);
    iterations += report.iterations;
    if (report.failed > 0) bench.SkipWithError("Newton's method failed");
  };
  for (int i = 0; i < 20; ++i) advance();
  iterations = 0;
  for (auto _ : bench) advance();
  bench.counters["vertices"] = cable.model.n_vertices;
  bench.counters["newton"] =
      static_cast<double>(iterations) / static_cast<double>(bench.iterations());
  bench.counters["cable steps/s"] = {static_cast<double>(bench.iterations() * batch),
                                     benchmark::Counter::kIsRate};
}
BENCHMARK(rod_step)
    ->ArgNames({"vertices", "batch"})
    ->Args({13, 1})
    ->Args({100, 1})
    ->Args({1000, 1})
    ->Args({13, 64})
    ->Args({13, 1024})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

}  // namespace
}  // namespace filigree::rods

int main(int argc, char** argv) {
  const filigree::KokkosScope kokkos;
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
