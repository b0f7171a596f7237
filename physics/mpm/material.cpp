// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/mpm/material.hpp"

#include <variant>

namespace filigree::mpm {

namespace {

template <int D, class L>
void advance(const L law, Index body, const ParticleSystem& particles, Real dt) {
  const auto bodies = particles.get<Body>();
  const auto gradients = particles.get<VelocityGradient<D>>();
  const auto deformations = particles.get<Deformation<D>>();
  const auto histories = particles.get<History>();
  const auto stresses = particles.get<Stress<D>>();
  for_each(
      "mpm/advance_material", particles.n_owned(), FILIGREE_LAMBDA(Index p) {
        if (bodies(p) != body) return;
        Mat<D> F = deformations(p);
        Real history = histories(p);
        stresses(p) = law.advance(F, history, gradients(p), dt);
        deformations(p) = F;
        histories(p) = history;
      });
}

template <int D, class L>
void reset(const L law, Index body, const ParticleSystem& particles) {
  const auto bodies = particles.get<Body>();
  const auto gradients = particles.get<VelocityGradient<D>>();
  const auto deformations = particles.get<Deformation<D>>();
  const auto histories = particles.get<History>();
  const auto stresses = particles.get<Stress<D>>();
  for_each(
      "mpm/reset_material", particles.n_owned(), FILIGREE_LAMBDA(Index p) {
        if (bodies(p) != body) return;
        deformations(p) = Mat<D>::identity();
        histories(p) = law.initial_history();
        stresses(p) = law.kirchhoff(deformations(p), histories(p), gradients(p));
      });
}

template <int D, class L>
double energy(const L law, Index body, const ParticleSystem& particles, Reducer& reducer) {
  const auto bodies = particles.get<Body>();
  const auto volumes = particles.get<Volume>();
  const auto deformations = particles.get<Deformation<D>>();
  const auto histories = particles.get<History>();
  return reducer.sum(
      "mpm/stored_energy", particles.n_owned(), 0.0, FILIGREE_LAMBDA(Index p) {
        if (bodies(p) != body) return 0.0;
        return static_cast<double>(volumes(p) * law.energy(deformations(p), histories(p)));
      });
}

template <int D, class L>
void ratios_of(const L law, Index body, const ParticleSystem& particles,
               const Array<Real>& ratios) {
  const auto bodies = particles.get<Body>();
  const auto deformations = particles.get<Deformation<D>>();
  const auto histories = particles.get<History>();
  for_each(
      "mpm/volume_ratios", particles.n_owned(), FILIGREE_LAMBDA(Index p) {
        if (bodies(p) == body) ratios(p) = law.volume_ratio(deformations(p), histories(p));
      });
}

}  // namespace

template <int D>
void advance_material(const Law& law, Index body, const ParticleSystem& particles, double dt) {
  std::visit([&](const auto& l) { advance<D>(l, body, particles, static_cast<Real>(dt)); }, law);
}
template <int D>
void reset_material(const Law& law, Index body, const ParticleSystem& particles) {
  std::visit([&](const auto& l) { reset<D>(l, body, particles); }, law);
}
template <int D>
double stored_energy(const Law& law, Index body, const ParticleSystem& particles,
                     Reducer& reducer) {
  return std::visit([&](const auto& l) { return energy<D>(l, body, particles, reducer); }, law);
}
template <int D>
void volume_ratios(const Law& law, Index body, const ParticleSystem& particles,
                   const Array<Real>& ratios) {
  std::visit([&](const auto& l) { ratios_of<D>(l, body, particles, ratios); }, law);
}

#define FILIGREE_INSTANTIATE(D)                                                         \
  template void advance_material<D>(const Law&, Index, const ParticleSystem&, double);  \
  template void reset_material<D>(const Law&, Index, const ParticleSystem&);            \
  template double stored_energy<D>(const Law&, Index, const ParticleSystem&, Reducer&); \
  template void volume_ratios<D>(const Law&, Index, const ParticleSystem&, const Array<Real>&);
FILIGREE_INSTANTIATE(2)
FILIGREE_INSTANTIATE(3)
#undef FILIGREE_INSTANTIATE

}  // namespace filigree::mpm
