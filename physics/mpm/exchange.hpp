// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Particles that come and go: what sources and sinks do to a state.
#pragma once

#include "physics/mpm/mpm_model.hpp"

namespace filigree::mpm {

/// Part of step(), after the transfer to the particles: those that are still inside their source at
/// the end of the step go on with its velocity, undeformed: x_p += dt (v - v_p), v_p = v, C_p = 0.
/// The momentum this takes is added to momentum_in.
template <int D>
void carry_inflow(const Model<D>& model, State<D>& state, Scratch<D>& scratch, double dt);

/// After every step: sinks take what is inside them at state.time, then sources make what has
/// entered them since the last call. Allocates nothing when nothing comes or goes.
template <int D>
void exchange(const Model<D>& model, State<D>& state, Scratch<D>& scratch);

/// Particles that the sources would make in exchange() at a time.
template <int D>
std::int64_t due_until(const Model<D>& model, const State<D>& state, double time);

}  // namespace filigree::mpm
