// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Random scenes of scenario type `mpm_dataset`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "physics/mpm/seeding.hpp"
#include "scenarios/types/dataset_options.hpp"

namespace filigree {

/// The particles of one trajectory at the start.
template <int D>
struct RandomScene {
  std::vector<mpm::Seed<D>> seeds;   ///< body = 0 (one law), scene = 0
  std::vector<std::int32_t> bodies;  ///< [n_particles] number of the body in the scene
};

/// Name of the random stream of a trajectory.
std::string trajectory_stream(std::int64_t trajectory);

/// A pure function of its arguments. Throws InputError when the bodies do not find room.
template <int D>
RandomScene<D> random_scene(const DatasetOptions& options, std::uint64_t seed,
                            std::int64_t trajectory);

/// Throws InputError when random_scene would for one of the trajectories.
template <int D>
void check_room(const DatasetOptions& options, std::uint64_t seed);

/// A bound of the speed that particles can reach: the fastest start plus the fall through the
/// domain, |v| + omega r + sqrt(2 |g| d).
double largest_speed(const DatasetOptions& options);

}  // namespace filigree
