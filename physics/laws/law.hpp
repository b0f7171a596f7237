// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What every constitutive law offers to the particle solvers, and the pieces they share.
//
// A law is a trivially copyable struct with options (reflect) and, for D = 2 (plane strain) and 3:
//
//   Real initial_history()             the value of the law's own scalar at rest
//   Mat<D> kirchhoff(F, history, L)    tau = J sigma, Pa; L is the velocity gradient, 1/s
//   Real energy(F, history)            stored energy per initial volume, J/m^3
//   Mat<D> advance(F, history, L, dt)  moves F and history over dt, returns the new tau
//   Real volume_ratio(F, history)      J = current over initial volume
//   Real wave_modulus()                M of the speed of sound sqrt(M / density), Pa
//   Real dynamic_viscosity()           Pa s, for the viscous step limit
//
// F is the elastic deformation gradient. Contract tests: tests/contracts/laws_test.cpp.
#pragma once

#include "core/mat3.hpp"
#include "core/reflect.hpp"

namespace filigree::laws {

/// Lame's first parameter from Young's modulus (Pa) and Poisson's ratio.
FILIGREE_FUNCTION Real lame_lambda(Real young, Real poisson) {
  return young * poisson / ((1 + poisson) * (1 - 2 * poisson));
}
/// Shear modulus.
FILIGREE_FUNCTION Real shear_modulus(Real young, Real poisson) {
  return young / (2 * (1 + poisson));
}

/// (I + dt L) F: the deformation after moving with the velocity gradient L.
template <int D>
FILIGREE_FUNCTION Mat<D> moved(const Mat<D>& F, const Mat<D>& L, Real dt) {
  return F + dt * (L * F);
}

/// U diag(values) U^T.
template <int D>
FILIGREE_FUNCTION Mat<D> from_principal(const Mat<D>& U, const Vec<D>& values) {
  return U * diagonal(values) * transpose(U);
}

/// Left principal directions and logarithmic (Hencky) strains: F F^T = U diag(exp(2 eps)) U^T.
template <int D>
struct HenckyStrain {
  Mat<D> U;
  Vec<D> eps;
};

/// Stretches are clamped at 0.05 and 20 so that a crushed particle gives a large stress and not a
/// NaN.
template <int D>
FILIGREE_FUNCTION HenckyStrain<D> hencky_strain(const Mat<D>& F) {
  const auto eigen = symmetric_eigen(F * transpose(F));
  HenckyStrain<D> result{};
  result.U = eigen.vectors;
  for (int a = 0; a < D; ++a) {
    const Real clamped = Kokkos::fmin(Kokkos::fmax(eigen.values[a], Real(0.0025)), Real(400));
    result.eps[a] = Real(0.5) * Kokkos::log(clamped);
  }
  return result;
}

/// 2 mu eps + lambda tr(eps) 1: principal Kirchhoff stresses of Hencky's law.
template <int D>
FILIGREE_FUNCTION Vec<D> hencky_stress(const Vec<D>& eps, Real mu, Real lambda) {
  Real trace = 0;
  for (int a = 0; a < D; ++a) trace += eps[a];
  return 2 * mu * eps + Vec<D>::filled(lambda * trace);
}

/// mu eps : eps + lambda/2 tr(eps)^2.
template <int D>
FILIGREE_FUNCTION Real hencky_energy(const Vec<D>& eps, Real mu, Real lambda) {
  Real trace = 0;
  for (int a = 0; a < D; ++a) trace += eps[a];
  return mu * squared_norm(eps) + Real(0.5) * lambda * trace * trace;
}

}  // namespace filigree::laws
