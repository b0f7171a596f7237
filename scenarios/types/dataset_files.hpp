// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What a data set looks like on disk.
//
//   RUN/metadata.json                    bounds, frame interval, statistics, list of the files
//   RUN/train/trajectory_000000.npz      one file per trajectory; also validation/, test/
//
// Arrays of a trajectory of N particles and T frames after the initial one, D = 2 or 3:
//   time [T + 1] s; position, velocity [T + 1, N, D] m, m/s; deformation [T + 1, N, D, D], the
//   elastic F, J^(1/D) 1 for fluids; body [N], type [N] (number of the material), bounds [D, 2] m.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/named_arrays.hpp"
#include "core/state_visitor.hpp"
#include "scenarios/types/dataset_options.hpp"

namespace filigree {

/// The recorded frames of one trajectory, frame after frame, particles in the order of their ids.
struct Trajectory {
  std::int64_t n_particles = 0;
  std::vector<std::int32_t> bodies;  ///< [N]
  std::vector<double> times;         ///< [T + 1]
  std::vector<float> positions, velocities, deformations;
};

/// Sums over the frames of the training trajectories, per coordinate: displacement per frame
/// d_t = x_{t+1} - x_t and its change d_t - d_{t-1}, both in m.
struct DatasetSums {
  std::vector<double> count, displacement, displacement_squared, change_count, change,
      change_squared;
  double least_particles = 0, most_particles = 0;  ///< of all trajectories

  explicit DatasetSums(std::size_t dim = 0);
  void add(const Trajectory& trajectory);
  void count_particles(const Trajectory& trajectory);
  void reflect_state(StateVisitor& visitor);
};

/// "train/trajectory_000012.npz".
std::string trajectory_file(const SplitOptions& splits, std::int64_t trajectory);

void write_trajectory(const std::filesystem::path& file, const Trajectory& trajectory,
                      const DomainOptions& domain);

/// Atomic, like every file.
void write_metadata(const std::filesystem::path& file, const DatasetOptions& options,
                    std::uint64_t seed, std::int64_t substeps, const DatasetSums& sums);

}  // namespace filigree
