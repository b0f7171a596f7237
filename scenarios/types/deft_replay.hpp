// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The published branched-rod program (physics/rods/deft_parity.hpp) on recorded cables: its model
// from a set's folder and a file of learned parameters, its predictions, its measures of error.
#pragma once

#include <cstdint>
#include <vector>

#include "core/named_arrays.hpp"
#include "core/state_visitor.hpp"
#include "physics/rods/deft_parity.hpp"
#include "scenarios/types/cable_data.hpp"

namespace filigree {

/// The published model of a set. Beside the topology meta.json gives bend_stiffness_init (N m^2,
/// per branch), twist_stiffness_init (N m^2) and the scales parent_mass_scale, child_mass_scale,
/// parent_moment_scale, child_moment_scale, radius_over_length; optional are constraint_sweeps and
/// stretch_tolerance. `parameters` holds undeformed_vert, mass_diagonal, damping, gravity,
/// integration_ratio, DEFT_func.twist_stiffness, and for the model with a network learning_weight
/// and GNN_tree.gcn1 ... gcn5. InputError names what is missing or does not fit.
rods::deft::Model deft_parity_model(const CableSet& set, const NamedArrays& parameters);

/// The state of the model at the start of a recording, from its frames 0 and 1.
rods::deft::State start_of(const CableSet& set, const rods::deft::Model& model,
                           const CableRecordings& recordings, Index recording);
/// Measured positions of the grasped vertices.
std::vector<rods::deft::Vec3> commanded(const CableSet& set, const CableRecordings& recordings,
                                        Index recording, Index frame);
/// From [branch, slot] to flat vertices; junctions are where their hosts have them.
std::vector<rods::deft::Vec3> to_flat(const CableSet& set,
                                      const std::vector<rods::deft::Vec3>& slots);
/// The other way round: a child's root is where its junction is.
std::vector<rods::deft::Vec3> to_slots(const CableSet& set,
                                       const std::vector<rods::deft::Vec3>& flat);

/// Errors of a prediction, m.
struct PublishedError {
  double mean = 0;  ///< distance to the measured position, mean over frames and free vertices
  double end = 0;   ///< the same in the last frame
  /// The published measure, sqrt(1/frames sum_t mean over all slots and x, y, z of (x - x_meas)^2).
  /// `frames` counts the two measured ones; slots that a branch does not use and grasped vertices
  /// count as exact, junctions count for every branch that meets there.
  double rmse = 0;
};

/// What PublishedError is made of; frames are added one by one.
struct ErrorSums {
  std::int64_t frames = 0;
  double distance = 0;  ///< sum over frames of the mean over free vertices, m
  double last = 0;      ///< the last of these, m
  double square = 0;    ///< sum over frames of the mean over slots and axes, m^2

  /// `slots` is the prediction for a frame of the recording.
  void add(const CableSet& set, const std::vector<rods::deft::Vec3>& slots,
           const CableRecordings& recordings, Index recording, Index frame);
  PublishedError error() const;  ///< NaN without frames
  void reflect_state(StateVisitor& visitor, const std::string& prefix);
};

/// Positions of the flat vertices in frames 2, 3, ... of a recording.
struct Prediction {
  Index frames = 0, vertices = 0;
  std::vector<rods::deft::Vec3> positions;  ///< [frames, vertices] m
  PublishedError error;
  double seconds = 0;  ///< of computing

  const rods::deft::Vec3& at(Index frame, Index vertex) const {
    return positions[static_cast<std::size_t>(frame) * static_cast<std::size_t>(vertices) +
                     static_cast<std::size_t>(vertex)];
  }
};

/// Starts from the recording's frames 0 and 1 and commands the grasped vertices with the measured
/// positions of the frames that follow, to the end of the recording.
Prediction replay_published(const CableSet& set, const rods::deft::Model& model,
                            const CableRecordings& recordings, Index recording);
/// The same from the file of parameters.
Prediction replay_published(const CableSet& set, const NamedArrays& parameters,
                            const CableRecordings& recordings, Index recording);

/// Over recordings of equal length: means, and the root of the mean square.
PublishedError pooled(const std::vector<PublishedError>& errors);

}  // namespace filigree
