// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Sums and checks over all particles: energies, momenta, extents, values that are not finite.
#include <cmath>
#include <limits>

#include "physics/mpm/body_force.hpp"
#include "physics/mpm/material.hpp"
#include "physics/mpm/mpm_step.hpp"

namespace filigree::mpm {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Lanes of the one-pass sum: mass, kinetic, then m x, m v (D each), then angular momentum (3).
template <int D>
using Sums = Vec<2 + 2 * D + 3, double>;

template <int D>
FILIGREE_FUNCTION Vec<3, double> angular_momentum_of(double m, double inertia, const Vec<D>& x,
                                                     const Vec<D>& v, const Mat<D>& C) {
  Vec<3, double> L{};
  if constexpr (D == 2) {
    L[2] = m * (double(x[0]) * v[1] - double(x[1]) * v[0]) + inertia * (C(1, 0) - C(0, 1));
  } else {
    for (int k = 0; k < 3; ++k) {
      const int i = (k + 1) % 3;
      const int j = (k + 2) % 3;
      L[k] = m * (double(x[i]) * v[j] - double(x[j]) * v[i]) + inertia * (C(j, i) - C(i, j));
    }
  }
  return L;
}

template <int D>
Sums<D> particle_sums(const ParticleSystem& particles, Real h, Index body, Reducer& reducer) {
  const auto of = arrays_of<D>(particles);
  const auto bodies = particles.get<Body>();
  const double second_moment = double(h) * h / 4;
  return reducer.sum(
      "mpm/budget", particles.n_owned(), Sums<D>::zero(), FILIGREE_LAMBDA(Index p) {
        Sums<D> sums{};
        if (body >= 0 && bodies(p) != body) return sums;
        const double m = of.mass(p);
        const Vec<D> x = of.position(p);
        const Vec<D> v = of.velocity(p);
        const Mat<D> C = of.velocity_gradient(p);
        const double inertia = m * second_moment;
        sums[0] = m;
        sums[1] = 0.5 * m * double(squared_norm(v)) + 0.5 * inertia * double(squared_norm(C));
        for (int a = 0; a < D; ++a) {
          sums[2 + a] = m * double(x[a]);
          sums[2 + D + a] = m * double(v[a]);
        }
        const Vec<3, double> L = angular_momentum_of<D>(m, inertia, x, v, C);
        for (int k = 0; k < 3; ++k) sums[2 + 2 * D + k] = L[k];
        return sums;
      });
}

/// Largest sign * x[axis] over the body.
template <int D>
double extreme(const ParticleSystem& particles, Index body, int axis, double sign,
               Reducer& reducer) {
  const auto positions = particles.get<Position<D>>();
  const auto bodies = particles.get<Body>();
  return reducer.max(
      "mpm/extreme", particles.n_owned(), -kInfinity, FILIGREE_LAMBDA(Index p) {
        if (body >= 0 && bodies(p) != body) return -kInfinity;
        return sign * double(positions(p)[axis]);
      });
}

template <int D>
double speed_of(const ParticleSystem& particles, Index body, Reducer& reducer) {
  const auto velocities = particles.get<Velocity<D>>();
  const auto bodies = particles.get<Body>();
  return std::sqrt(reducer.max(
      "mpm/speed", particles.n_owned(), 0.0, FILIGREE_LAMBDA(Index p) {
        if (body >= 0 && bodies(p) != body) return 0.0;
        return double(squared_norm(velocities(p)));
      }));
}

/// Lowest id with a component of `values` that is not finite, or the largest Index.
template <class T>
Index lowest_invalid(const Array<T>& values, const Array<Index>& ids) {
  constexpr Index kComponents = detail::RowOf<T>::components;
  using Scalar = typename detail::RowOf<T>::scalar;
  constexpr double kNobody = std::numeric_limits<Index>::max();
  const double lowest = -max(
      "mpm/find_invalid", ids.size(), -kNobody, FILIGREE_LAMBDA(Index p) {
        const T row = values(p);
        const Scalar* scalars = reinterpret_cast<const Scalar*>(&row);
        bool finite = true;
        for (Index c = 0; c < kComponents; ++c) finite = finite && Kokkos::isfinite(scalars[c]);
        return finite ? -kNobody : -double(ids(p));
      });
  return static_cast<Index>(lowest);
}

}  // namespace

template <int D>
Budget<D> budget(const Model<D>& model, const State<D>& state, Scratch<D>& scratch, Index body) {
  const ParticleSystem& particles = state.particles;
  Reducer& reducer = scratch.reducer;
  const Sums<D> sums = particle_sums<D>(particles, model.grid.h, body, reducer);
  Budget<D> b;
  b.mass = sums[0];
  b.kinetic = sums[1];
  for (int a = 0; a < D && b.mass > 0; ++a) {
    b.center[a] = sums[2 + a] / b.mass;
    b.momentum[a] = sums[2 + D + a];
    b.potential -= sums[2 + a] * double(model.gravity[a]);
    b.lower[a] = -extreme<D>(particles, body, a, -1, reducer);
    b.upper[a] = extreme<D>(particles, body, a, 1, reducer);
  }
  for (int k = 0; k < 3; ++k) b.angular_momentum[k] = sums[2 + 2 * D + k];
  b.potential += body_force_potential(model, particles, body, reducer);
  for (std::size_t i = 0; i < model.laws.size(); ++i) {
    if (body >= 0 && body != static_cast<Index>(i)) continue;
    b.strain += stored_energy<D>(model.laws[i], static_cast<Index>(i), particles, reducer);
  }
  b.max_speed = speed_of<D>(particles, body, reducer);
  return b;
}

template <int D>
std::pair<Index, std::string> find_invalid(const State<D>& state) {
  const ParticleSystem& particles = state.particles;
  const auto ids = particles.get<Id>();
  const Index nobody = std::numeric_limits<Index>::max();
  const std::pair<Index, const char*> found[] = {
      {lowest_invalid(particles.get<Position<D>>(), ids), Position<D>::kName},
      {lowest_invalid(particles.get<Velocity<D>>(), ids), Velocity<D>::kName},
      {lowest_invalid(particles.get<Deformation<D>>(), ids), Deformation<D>::kName},
      {lowest_invalid(particles.get<History>(), ids), History::kName},
      {lowest_invalid(particles.get<Stress<D>>(), ids), Stress<D>::kName}};
  for (const auto& [id, field] : found) {
    if (id != nobody) return {id, field};
  }
  return {-1, ""};
}

template <int D>
std::uint64_t memory(const State<D>& state, const Scratch<D>& scratch) {
  const CellBins& b = scratch.bins;
  const Offset indices = Offset(b.order.size()) + b.cells.size() + b.cell_begin.size() +
                         b.strips.size() + b.strip_begin.size() + b.slot_of.size() +
                         b.node_strips.size() + b.cell_of.size() + b.cursor.size();
  const Offset reals = Offset(scratch.transfer.partials.size()) + scratch.transfer.nodes.size();
  return state.particles.bytes() + static_cast<std::uint64_t>(indices) * sizeof(Index) +
         static_cast<std::uint64_t>(reals) * sizeof(Real);
}

template std::uint64_t memory<2>(const State<2>&, const Scratch<2>&);
template std::uint64_t memory<3>(const State<3>&, const Scratch<3>&);
template Budget<2> budget<2>(const Model<2>&, const State<2>&, Scratch<2>&, Index);
template Budget<3> budget<3>(const Model<3>&, const State<3>&, Scratch<3>&, Index);
template std::pair<Index, std::string> find_invalid<2>(const State<2>&);
template std::pair<Index, std::string> find_invalid<3>(const State<3>&);

}  // namespace filigree::mpm
