// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Steps of branched rods: a cable with two branches whose ends are moved, 10 ms per step; cost
// against the number of vertices and the size of the batch.
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "core/kokkos.hpp"
#include "core/parallel.hpp"
#include "physics/rods/rod_adjoint.hpp"

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
  const RodStepOptions options{.rule = static_cast<RodRule>(bench.range(2)), .tolerance = 1e-6};
  Cable cable = make_cable(vertices, batch);
  Index iterations = 0;
  const auto advance = [&] {
    move_end(cable, vertices, batch, cable.state.time);
    const RodStepReport report = implicit_step(cable.model, cable.controls, 0.01, options,
                                               cable.state, cable.scratch);
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
    ->ArgNames({"vertices", "batch", "rule"})
    ->ArgsProduct({{13, 100, 1000, 10000}, {1}, {0, 2}})
    ->ArgsProduct({{13}, {16, 128, 1024}, {0, 2}})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

/// 100 steps of 10 ms, states kept; with range 1 followed by the derivatives of the last positions
/// with respect to everything.
void rod_rollout(benchmark::State& bench) {
  constexpr int kSteps = 100;
  constexpr Index kVertices = 13;
  const bool backwards = bench.range(0) == 1;
  Cable cable = make_cable(kVertices, 1);
  std::vector<RodState> states;
  for (int k = 0; k <= kSteps; ++k) states.push_back(copy_of(cable.state));
  std::vector<RodControls> controls;
  for (int k = 0; k < kSteps; ++k) {
    controls.push_back(make_controls(cable.model, cable.state));
    controls.back().held = cable.controls.held;
    cable.controls.target = controls.back().target;
    move_end(cable, kVertices, 1, 0.01 * k);
  }
  RodStateBar bar = make_state_bar(cable.model, 1);
  RodControlsBar controls_bar = make_controls_bar(cable.model, 1);
  RodModelBar model_bar = make_model_bar(cable.model, 1);
  for (auto _ : bench) {
    for (std::size_t k = 0; k < kSteps; ++k) {
      Kokkos::deep_copy(states[k + 1].position.view(), states[k].position.view());
      Kokkos::deep_copy(states[k + 1].velocity.view(), states[k].velocity.view());
      Kokkos::deep_copy(states[k + 1].director.view(), states[k].director.view());
      Kokkos::deep_copy(states[k + 1].twist.view(), states[k].twist.view());
      implicit_step(cable.model, controls[k], 0.01, {.tolerance = 1e-6}, states[k + 1],
                    cable.scratch);
    }
    if (!backwards) continue;
    Kokkos::deep_copy(bar.position.view(), Vec<3>::filled(1));
    Kokkos::deep_copy(bar.velocity.view(), Vec<3>::zero());
    Kokkos::deep_copy(bar.angle.view(), Real(0));
    for (std::size_t k = kSteps; k-- > 0;) {
      implicit_step_adjoint(cable.model, controls[k], 0.01, states[k], states[k + 1], bar,
                            controls_bar, model_bar, cable.scratch);
    }
  }
}
BENCHMARK(rod_rollout)
    ->ArgName("adjoint")
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace filigree::rods

int main(int argc, char** argv) {
  const filigree::KokkosScope kokkos;
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
