// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// From the options of scenario type `mpm` to a model and its initial particles.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "physics/mpm/seeding.hpp"
#include "scenarios/types/mpm_options.hpp"

namespace filigree {

/// Grid, walls, forces, laws, obstacles, sources, sinks and solver options.
template <int D>
mpm::Model<D> make_model(const MpmOptions& options);

/// Name of the random stream that displaces the particles of a body.
std::string jitter_stream(const BodyOptions& body);

/// The particles of all bodies, in the order of the bodies.
template <int D>
std::vector<mpm::Seed<D>> make_seeds(const MpmOptions& options, std::uint64_t seed);

}  // namespace filigree
