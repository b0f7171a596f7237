// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/mpm/body_force.hpp"

#include "core/parallel.hpp"

namespace filigree::mpm {

namespace {

template <int D>
void kick(const ParticleSystem& particles, Index body, const Vec<D> change) {
  const auto bodies = particles.get<Body>();
  const auto velocities = particles.get<Velocity<D>>();
  for_each(
      "mpm/body_force", particles.n_owned(), FILIGREE_LAMBDA(Index p) {
        if (bodies(p) == body) velocities(p) += change;
      });
}

template <int D>
double potential(const ParticleSystem& particles, Index body, const Vec<D> b, Reducer& reducer) {
  const auto bodies = particles.get<Body>();
  const auto masses = particles.get<Mass>();
  const auto positions = particles.get<Position<D>>();
  return reducer.sum(
      "mpm/body_force_potential", particles.n_owned(), 0.0, FILIGREE_LAMBDA(Index p) {
        if (bodies(p) != body) return 0.0;
        double value = 0;
        for (int a = 0; a < D; ++a) value -= double(masses(p)) * b[a] * positions(p)[a];
        return value;
      });
}

}  // namespace

template <int D>
void kick_bodies(const Model<D>& model, const ParticleSystem& particles, double dt) {
  for (std::size_t i = 0; i < model.body_forces.size(); ++i) {
    const Vec<D> b = model.body_forces[i];
    if (b == Vec<D>::zero()) continue;
    kick<D>(particles, static_cast<Index>(i), static_cast<Real>(dt) * b);
  }
}

template <int D>
double body_force_potential(const Model<D>& model, const ParticleSystem& particles, Index body,
                            Reducer& reducer) {
  double total = 0;
  for (std::size_t i = 0; i < model.body_forces.size(); ++i) {
    const auto number = static_cast<Index>(i);
    const Vec<D> b = model.body_forces[i];
    if ((body >= 0 && body != number) || b == Vec<D>::zero()) continue;
    total += potential<D>(particles, number, b, reducer);
  }
  return total;
}

#define FILIGREE_INSTANTIATE(D)                                                 \
  template void kick_bodies<D>(const Model<D>&, const ParticleSystem&, double); \
  template double body_force_potential<D>(const Model<D>&, const ParticleSystem&, Index, Reducer&);
FILIGREE_INSTANTIATE(2)
FILIGREE_INSTANTIATE(3)
#undef FILIGREE_INSTANTIATE

}  // namespace filigree::mpm
