// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Model, state and scratch of the material point method.
#pragma once

#include <vector>

#include "core/particles.hpp"
#include "core/reduce.hpp"
#include "physics/laws/laws.hpp"
#include "physics/mpm/fields.hpp"
#include "physics/mpm/transfer.hpp"

namespace filigree::mpm {

/// Constant after construction.
template <int D>
struct Model {
  Grid<D> grid;
  Walls<D> walls{};
  std::vector<ObstaclePath<D>> obstacles;
  Array<Real> obstacle_samples;  ///< distances of sampled surfaces, m
  Vec<D> gravity{};
  std::vector<Law> laws;  ///< one per body
  TransferKind transfer = TransferKind::kApic;
  double cfl = 0.4;     ///< fraction of the stable step that automatic steps use
  double fixed_dt = 0;  ///< s; 0 chooses the step automatically
};

/// Everything that changes and that a restart needs. Bodies are independent in everything but the
/// grid.
template <int D>
struct State {
  ParticleSystem particles;
  double time = 0;         ///< s
  std::int64_t steps = 0;  ///< done since time 0
};

/// Buffers with no memory between steps.
template <int D>
struct Scratch {
  CellBins bins;
  Surroundings<D> surroundings;
  HostArray<Obstacle<D>> obstacles;
  TransferScratch transfer;
  Reducer reducer;
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
