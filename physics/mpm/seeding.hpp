// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Initial states: a grid over a box, and particles from points on the host.
#pragma once

#include <vector>

#include "physics/mpm/mpm_model.hpp"

namespace filigree::mpm {

/// The grid of cells of size h over the box [lower, upper], margins added. The box must be a whole
/// number of cells along each axis (to 1e-6), else InputError with the nearest sizes.
template <int D>
Grid<D> make_grid(const Vec<D, double>& lower, const Vec<D, double>& upper, double h);

/// Makes room for n copies of the domain. Throws InputError when the nodes are too many.
template <int D>
void set_scenes(Grid<D>& grid, std::int64_t n);

/// One particle before it is on the device.
template <int D>
struct Seed {
  Vec<D, double> position;
  Vec<D, double> velocity{};
  Mat<D, D, double> velocity_gradient{};
  double volume = 0;  ///< m^3 (2D: m^2 times 1 m)
  Index body = 0;
  Index scene = 0;
};

/// A state of the seeds in their order (id = position in the list): mass = density of the body's
/// law times volume, F = 1, stresses at rest. Throws InputError when a seed is outside the grid,
/// or when there is neither a seed nor a source.
template <int D>
State<D> seed_state(const Model<D>& model, const std::vector<Seed<D>>& seeds);

}  // namespace filigree::mpm
