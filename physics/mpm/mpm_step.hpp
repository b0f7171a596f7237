// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// One explicit step of MLS-MPM with APIC transfers and symplectic Euler.
//
//   1. v_p += dt b of bodies with a force of their own; particles to grid: mass and momentum,
//      stress forces included
//   2. grid: v_i += dt g, obstacles, walls
//   3. grid to particles: v_p, C_p; x_p += dt v_p; what is inside its source keeps its velocity
//   4. F_p <- (I + dt C_p) F_p, return mapping, new stress
// Source: hu2018mls; jiang2015apic; stability limits derived in docs/numerics.md.
#pragma once

#include <string>

#include "physics/mpm/mpm_model.hpp"

namespace filigree::mpm {

/// The step that the current state allows, and why.
struct StepLimit {
  double dt = 0;         ///< s: smallest of the three below
  double sound = 0;      ///< cfl h / (c + |v|max)
  double advection = 0;  ///< h / (2 |v|max): a stencil moves by less than a cell
  double viscous = 0;    ///< h^2 density / (2 D viscosity)
  double max_speed = 0;  ///< |v|max of particles and obstacles, m/s
  std::string reason;    ///< "sound speed 21.3 m/s"
};
template <int D>
StepLimit step_limit(const Model<D>& model, const State<D>& state, Scratch<D>& scratch);
/// The limit while nothing is faster than max_speed (m/s).
template <int D>
StepLimit step_limit_at(const Model<D>& model, double max_speed);

/// Bodies' stresses from F and history at rest velocity: once, before the first step.
template <int D>
void initialize_stress(const Model<D>& model, State<D>& state);

/// Advances by dt; exchange() follows where there are sources or sinks. Returns the lowest id of a
/// particle that left the grid or is not finite, else -1; the state must not be used further when
/// it is not -1.
template <int D>
Index step(const Model<D>& model, State<D>& state, Scratch<D>& scratch, double dt);

/// Sums over the particles of one body (or all, body = -1). SI units; 2D: per metre of thickness.
template <int D>
struct Budget {
  double mass = 0;
  Vec<D, double> center{};    ///< centre of mass; zero, as the extent, without particles
  Vec<D, double> momentum{};  ///< kg m/s
  /// About the origin, with APIC's share: m (x x v) + m h^2/4 axial(C). 2D: only [2] is not zero.
  Vec<3, double> angular_momentum{};
  double kinetic = 0;      ///< 1/2 m |v|^2 + 1/2 m h^2/4 |C|^2
  double potential = 0;    ///< -m (g + b) . x, b the force of the body
  double strain = 0;       ///< stored energy of the laws
  Vec<D, double> lower{};  ///< smallest and largest coordinates
  Vec<D, double> upper{};
  double max_speed = 0;
};
template <int D>
Budget<D> budget(const Model<D>& model, const State<D>& state, Scratch<D>& scratch, Index body);

/// Bytes held by the particles and the scratch.
template <int D>
std::uint64_t memory(const State<D>& state, const Scratch<D>& scratch);

/// The first particle (by id) with a value that is not finite: {id, field name}; id -1 when all is
/// well.
template <int D>
std::pair<Index, std::string> find_invalid(const State<D>& state);

}  // namespace filigree::mpm
