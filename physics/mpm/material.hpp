// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Constitutive laws applied to the particles of one body: the host picks the law, the kernel is
// compiled once per law.
#pragma once

#include "physics/mpm/mpm_model.hpp"

namespace filigree::mpm {

/// Moves F and history of the body's particles over dt with their velocity gradients, and stores
/// the new Kirchhoff stress.
template <int D>
void advance_material(const Law& law, Index body, const ParticleSystem& particles, double dt);

/// Sets F to the identity, the history to its value at rest, and the stress that follows.
template <int D>
void reset_material(const Law& law, Index body, const ParticleSystem& particles);

/// Stored energy of the body, J.
template <int D>
double stored_energy(const Law& law, Index body, const ParticleSystem& particles, Reducer& reducer);

/// Volume ratio J of every particle of the body, written to `ratios` [n_particles].
template <int D>
void volume_ratios(const Law& law, Index body, const ParticleSystem& particles,
                   const Array<Real>& ratios);

}  // namespace filigree::mpm
