// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Steps of branched rods: a cable with two branches whose ends are moved, 10 ms per step; cost
// against the number of vertices and the size of the batch; derivatives of rollouts.
//
// Operations per vertex, counted from the source for a chain (roots and trigonometric functions
// count as one):
//   edge with its matrix                                                                    90
//   joint: frames 60, bending and twist with first derivatives 330                         390
//          stiffness times first derivatives 340, second derivatives of strains 850       1190
//          into the matrix of the tree                                                     280
//   factors 800, solve 160                                                                 960
//   frames moved, energy                                                                   310
// An iteration of Newton's method: 3200; around it 1200 (two starts, forces at the end).
// A semi-implicit step: matrix without second derivatives 2300, twist 700 for each of 3 passes,
// lengths and frames 500.
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "core/kokkos.hpp"
#include "core/parallel.hpp"
#include "physics/rods/rod_rollout.hpp"

namespace filigree::rods {
namespace {

constexpr double kNewtonFlops = 3200, kImplicitFlops = 1200, kSemiImplicitFlops = 4900;

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
    const RodStepReport report =
        implicit_step(cable.model, cable.controls, 0.01, options, cable.state, cable.scratch);
    iterations += report.iterations;
    if (report.failed > 0) bench.SkipWithError("Newton's method failed");
  };
  for (int i = 0; i < 20; ++i) advance();
  iterations = 0;
  for (auto _ : bench) advance();
  bench.counters["vertices"] = cable.model.n_vertices;
  bench.counters["newton"] =
      static_cast<double>(iterations) / static_cast<double>(bench.iterations());
  const double steps = static_cast<double>(bench.iterations() * batch);
  bench.counters["cable steps/s"] = {steps, benchmark::Counter::kIsRate};
  const double flops = options.rule == RodRule::kSemiImplicit
                           ? kSemiImplicitFlops * static_cast<double>(bench.iterations())
                           : kNewtonFlops * static_cast<double>(iterations) +
                                 kImplicitFlops * static_cast<double>(bench.iterations());
  bench.counters["flops/s"] = {flops * batch * cable.model.n_vertices, benchmark::Counter::kIsRate};
}
BENCHMARK(rod_step)
    ->ArgNames({"vertices", "batch", "rule"})
    ->ArgsProduct({{13, 100, 1000, 10000}, {1}, {0, 2}})
    ->ArgsProduct({{13}, {16, 128, 1024}, {0, 2}})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

enum class Derivative { kNone, kKeptFrames, kCheckpoints, kForwards };

/// 100 steps of 10 ms of one cable and the derivatives of the last positions with respect to
/// everything, or along one direction.
void rod_rollout(benchmark::State& bench) {
  constexpr Index kSteps = 100;
  constexpr Index kVertices = 13;
  const auto derivative = static_cast<Derivative>(bench.range(0));
  Cable cable = make_cable(kVertices, 1);
  RodProgram program = make_program(cable.model, cable.state, kSteps);
  program.held = cable.controls.held;
  const auto set_controls = play(program);
  for (Index k = 0; k < kSteps; ++k) {
    set_controls(k, cable.controls);
    move_end(cable, kVertices, 1, 0.01 * k);
  }
  const RodRollout rollout{.steps = kSteps,
                           .dt = 0.01,
                           .options = {.tolerance = 1e-6},
                           .set_controls = set_controls,
                           .keep_every = derivative == Derivative::kKeptFrames ? 1 : 0};
  RodRolloutMemory memory;
  RodStateBar bar = make_state_bar(cable.model, 1);
  RodModelBar model_bar = make_model_bar(cable.model, 1);
  const AddCostBar last_positions = [&](Index frame, const RodState&, RodStateBar& own) {
    if (frame == kSteps) fill(own.position, Vec<3>::filled(1));
  };
  const RodState start = copy_of(cable.state);
  for (auto _ : bench) {
    copy(cable.state.position, start.position);
    copy(cable.state.velocity, start.velocity);
    copy(cable.state.director, start.director);
    copy(cable.state.twist, start.twist);
    if (derivative == Derivative::kForwards) {
      fill(bar.position, Vec<3>::filled(1));
      fill(bar.velocity, Vec<3>::zero());
      fill(bar.angle, Real(0));
      rollout_tangent(cable.model, rollout, cable.state, bar, model_bar, memory);
      continue;
    }
    run_rollout(cable.model, rollout, cable.state, memory);
    if (derivative == Derivative::kNone) continue;
    rollout_adjoint(cable.model, rollout, memory, last_positions, bar, model_bar);
  }
}
BENCHMARK(rod_rollout)
    ->ArgName("derivative")
    ->DenseRange(0, 3)
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
