// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Model, state and scratch of the material point method.
#pragma once

#include <vector>

#include "core/particles.hpp"
#include "core/reduce.hpp"
#include "physics/laws/laws.hpp"
#include "physics/mpm/fields.hpp"
#include "physics/mpm/sources.hpp"
#include "physics/mpm/transfer.hpp"

namespace filigree::mpm {

/// Constant after construction.
template <int D>
struct Model {
  Grid<D> grid;
  Walls<D> walls{};
  std::vector<ObstaclePath<D>> obstacles;
  Array<Real> obstacle_samples;  ///< distances of sampled surfaces, m; those of sinks too
  Vec<D> gravity{};
  std::vector<Law> laws;            ///< one per body
  std::vector<Vec<D>> body_forces;  ///< m/s^2, one per body; empty when none has one
  std::vector<Source<D>> sources;   ///< the particles have Inlet and Release when there are any
  std::vector<Sink<D>> sinks;       ///< their samples follow those of the obstacles
  TransferKind transfer = TransferKind::kApic;
  double cfl = 0.4;     ///< fraction of the stable step that automatic steps use
  double fixed_dt = 0;  ///< s; 0 chooses the step automatically
};

/// What sources and sinks have done since time 0.
template <int D>
struct Exchanged {
  std::int64_t next_id = 0;       ///< of the next particle that a source makes
  double until = 0;               ///< s, time up to which the sources have made theirs
  double mass_in = 0;             ///< kg
  double mass_out = 0;            ///< kg
  Vec<D, double> momentum_in{};   ///< kg m/s, of new particles and of keeping their velocity
  Vec<D, double> momentum_out{};  ///< kg m/s
};

/// Everything that changes and that a restart needs. Bodies are independent in everything but the
/// grid.
template <int D>
struct State {
  ParticleSystem particles;
  double time = 0;         ///< s
  std::int64_t steps = 0;  ///< done since time 0
  Exchanged<D> exchanged;
};

/// Buffers with no memory between steps.
template <int D>
struct Scratch {
  CellBins bins;
  Surroundings<D> surroundings;
  HostArray<Obstacle<D>> obstacles;
  TransferScratch transfer;
  Reducer reducer;
  Array<Index> keep;  ///< [n_particles] 0 for what a sink takes
};

/// A state with n particles at rest at the origin, all fields present.
template <int D>
State<D> make_state(Index n);

/// Walls, gravity, and the obstacles at a time, in the scratch.
template <int D>
const Surroundings<D>& surroundings_at(const Model<D>& model, double time, Scratch<D>& scratch);

/// The transfers' view of the particles.
template <int D>
ParticleArrays<D> arrays_of(const ParticleSystem& particles);

}  // namespace filigree::mpm
