// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Accelerations that act on the particles of one body alone.
#pragma once

#include "physics/mpm/mpm_model.hpp"

namespace filigree::mpm {

/// v_p += dt b for the particles of every body with a force b (m/s^2). Before the transfer to the
/// grid, which is linear in v_p, this is the same as a force m_p b in the transfer.
template <int D>
void kick_bodies(const Model<D>& model, const ParticleSystem& particles, double dt);

/// -sum m b . x over the particles of one body (all bodies: -1), J.
template <int D>
double body_force_potential(const Model<D>& model, const ParticleSystem& particles, Index body,
                            Reducer& reducer);

}  // namespace filigree::mpm
