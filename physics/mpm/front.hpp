// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// How far a body reaches: the front of its connected part.
#pragma once

#include "physics/mpm/mpm_model.hpp"

namespace filigree::mpm {

/// Largest coordinate along an axis (m) of the particles in the body's largest connected part, in
/// which cells at least a quarter full of initial volume (one of the four particles that a cell has
/// in 2D) touch by their faces. Grains and drops beyond a gap of a cell do not count. For output
/// and tests: runs on one thread of the host. The greatest negative number when there is no such
/// cell.
template <int D>
double connected_front(const Grid<D>& grid, const State<D>& state, Index body, int axis);

}  // namespace filigree::mpm
