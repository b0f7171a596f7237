// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// How far a body reaches: the front of its connected part.
#pragma once

#include "physics/mpm/mpm_model.hpp"

namespace filigree::mpm {

/// Largest coordinate along an axis (m) of the particles in the body's largest connected part, in
/// which cells at least half full of initial volume touch by their faces. Grains, drops and
/// films thinner than half a cell do not count: the grid cannot hold them together. For output and
/// tests: runs on one thread of the host. The greatest negative number when no cell is half full.
template <int D>
double connected_front(const Grid<D>& grid, const State<D>& state, Index body, int axis);

}  // namespace filigree::mpm
