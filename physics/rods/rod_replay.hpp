// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Replays recorded motions of a cable: the grippers are moved as they were, and the rest of the
// cable is predicted.
//
// The start of a prediction is the first two recorded frames: positions of frame 1, velocities
// (x_1 - x_0)/dt. Frames of the edges are not recorded. They are found in three stages: the
// rotation that fits the shape at rest onto frame 1 best (Kabsch 1976) carries the directors at
// rest along; they are made perpendicular to the edges; and then, with all vertices held, every
// edge turns until its moments balance. From there on an edge between two grasped vertices keeps
// its roll.
#pragma once

#include <vector>

#include "physics/rods/rod_parameters.hpp"

namespace filigree::rods {

/// Positions of all vertices in all frames of several recordings.
struct CableRecordings {
  Index count = 0, frames = 0, vertices = 0;
  std::vector<double> positions;  ///< [count, frames, vertices, 3], m

  std::size_t place(Index recording, Index frame, Index vertex) const {
    return ((static_cast<std::size_t>(recording) * static_cast<std::size_t>(frames) +
             static_cast<std::size_t>(frame)) *
                static_cast<std::size_t>(vertices) +
            static_cast<std::size_t>(vertex)) *
           3;
  }
  Vec<3, double> at(Index recording, Index frame, Index vertex) const {
    const double* p = positions.data() + place(recording, frame, vertex);
    return {p[0], p[1], p[2]};
  }
};

/// A cable and recordings of it.
struct CableExperiment {
  RodTopology topology;
  RodShape rest;               ///< for the directors at the start
  std::vector<Index> grasped;  ///< vertices that grippers hold, rising
  CableRecordings recordings;
  double dt = 0.01;  ///< between frames, s
  int substeps = 1;  ///< steps per frame; grippers move evenly between frames

  /// Edges between two grasped vertices: their roll is held.
  std::vector<Index> grasped_edges() const;
  bool is_grasped(Index vertex) const;
};

/// Mean length (m) of every edge over the recordings.
std::vector<double> mean_edge_lengths(const CableExperiment& experiment);

/// What the grippers add to the roll that balances moments at the start, rad; one per grasped edge,
/// or empty for none.
using GripperRoll = std::vector<double>;

/// Runs all recordings of an experiment side by side, one per rod of a batch. A start is made in
/// three stages: guessed_start(), then balance() and roll(), each a step with all vertices held.
class CablePlayer {
 public:
  /// `experiment` and `roll` must outlive it.
  CablePlayer(const CableExperiment& experiment, const RodParameters& parameters,
              const GripperRoll& roll, double tolerance);

  const RodModel& model() const { return model_; }
  RodScratch& scratch() { return scratch_; }
  Index batch() const { return experiment_.recordings.count; }
  int steps_per_frame() const { return experiment_.substeps; }
  double step_size() const { return experiment_.dt / experiment_.substeps; }

  RodState guessed_start() const;
  RodStepReport balance(RodState& state);  ///< every edge turns until its moments balance
  RodStepReport roll(RodState& state);     ///< turns grasped edges; sets the velocities recorded
  RodStepReport step(Index frame, int k, RodState& state);  ///< the k-th step towards a frame

  /// What acts in these steps; valid until the next call.
  const RodControls& balance_controls() { return controls(true, false, 1, 1); }
  const RodControls& roll_controls() { return controls(true, true, 1, 1); }
  const RodControls& step_controls(Index frame, int k) {
    return controls(false, true, frame, static_cast<double>(k + 1) / experiment_.substeps);
  }

 private:
  const RodControls& controls(bool all_held, bool edges_held, Index frame, double share);
  RodStepReport advance(const RodControls& controls, RodState& state);

  const CableExperiment& experiment_;
  const GripperRoll& roll_;
  std::vector<Index> held_edges_, held_nodes_;
  RodModel model_;
  RodControls controls_;
  HostArray<Index, 2> held_;
  HostArray<Vec<3>, 2> target_;
  HostArray<Real, 2> turn_;
  RodScratch scratch_;
  RodStepOptions options_;
};

/// The predictions for all recordings: frames 0 and 1 as recorded, frames 2 and on computed, with
/// implicit Euler. Throws InputError when a step does not converge; it names recording and frame.
CableRecordings replay(const CableExperiment& experiment, const RodParameters& parameters,
                       const GripperRoll& roll = {}, double tolerance = 1e-8);

/// How far predictions are off, over frames 2 and on.
struct ReplayErrors {
  double mean = 0;                    ///< mean distance over vertices that are not grasped, m
  std::vector<double> per_recording;  ///< the same for each, m
  std::vector<double> per_frame;      ///< [frames], over all recordings; 0 in frames 0 and 1
  std::vector<double> per_vertex;     ///< [vertices], 0 where grasped
};
ReplayErrors replay_errors(const CableExperiment& experiment, const CableRecordings& predicted);

/// Mean over recordings, frames >= 2 and vertices that are not grasped of sqrt(d^2 + s^2) - s, d
/// the distance between prediction and record (m), s = `smooth` (m): the mean distance, smooth at
/// 0. Sets the derivatives with respect to parameters and roll. Infinite when a step does not
/// converge.
double replay_misfit(const CableExperiment& experiment, const RodParameters& parameters,
                     const GripperRoll& roll, double smooth, double tolerance,
                     RodParameters& parameters_bar, GripperRoll& roll_bar);

}  // namespace filigree::rods
