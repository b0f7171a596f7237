// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What every constitutive law offers to the particle solvers, and the pieces they share.
//
// A law is a trivially copyable struct with options (reflect) and, for D = 2 (plane strain) and 3:
//
//   Real initial_history()             the value of the law's own scalar at rest
//   Mat<D> kirchhoff(F, history, L)    tau = J sigma, Pa; L is the velocity gradient, 1/s
//   T energy(F, history)               stored energy per initial volume, J/m^3; T is Real or dual
//   Mat<D> advance(F, history, L, dt)  moves F and history over dt, returns the new tau
//   Real volume_ratio(F, history)      J = current over initial volume
//   Real wave_modulus()                M of the speed of sound sqrt(M / density), Pa
//   Real dynamic_viscosity()           Pa s, for the viscous step limit
//
// F is the elastic deformation gradient. Contract tests: tests/contracts/laws_test.cpp.
#pragma once

#include "core/dual_matrices.hpp"
#include "core/mat3.hpp"
#include "core/reflect.hpp"

namespace filigree::laws {

/// Lame's first parameter from Young's modulus (Pa) and Poisson's ratio.
FILIGREE_FUNCTION double lame_lambda(double young, double poisson) {
  return young * poisson / ((1 + poisson) * (1 - 2 * poisson));
}
/// Shear modulus.
FILIGREE_FUNCTION double shear_modulus(double young, double poisson) {
  return young / (2 * (1 + poisson));
}

/// What isotropic elastic laws, plastic ones included, have in common.
struct IsotropicSolid {
  double density = 1000;
  double young_modulus = 1.0e5;
  double poisson_ratio = 0.3;

  template <class V>
  void reflect_solid(V& v) {
    v("density", density, About{.doc = "initial mass density", .unit = "kg/m^3", .above = 0});
    v("young_modulus", young_modulus, About{.doc = "axial stiffness", .unit = "Pa", .above = 0});
    v("poisson_ratio", poisson_ratio,
      About{.doc = "lateral contraction", .above = -1, .below = 0.5});
  }
  FILIGREE_FUNCTION Real mu() const {
    return static_cast<Real>(shear_modulus(young_modulus, poisson_ratio));
  }
  FILIGREE_FUNCTION Real lambda() const {
    return static_cast<Real>(lame_lambda(young_modulus, poisson_ratio));
  }
  FILIGREE_FUNCTION Real wave_modulus() const { return lambda() + 2 * mu(); }
  FILIGREE_FUNCTION Real dynamic_viscosity() const { return 0; }
  FILIGREE_FUNCTION Real initial_history() const { return 0; }
  template <int D>
  FILIGREE_FUNCTION Real volume_ratio(const Mat<D>& F, Real) const {
    return det(F);
  }
};

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
template <int D, class T = Real>
struct HenckyStrain {
  Mat<D, D, T> U;
  Vec<D, T> eps;
};

/// Stretches are clamped at 0.05 and 20 so that a crushed particle gives a large stress and not a
/// NaN.
template <int D, class T>
FILIGREE_FUNCTION HenckyStrain<D, T> hencky_strain(const Mat<D, D, T>& F) {
  using Kokkos::log;
  const auto eigen = symmetric_eigen(F * transpose(F));
  HenckyStrain<D, T> result{};
  result.U = eigen.vectors;
  for (int a = 0; a < D; ++a) {
    T square = eigen.values[a];
    if (!(square > Real(0.0025))) square = T(Real(0.0025));
    if (square > Real(400)) square = T(Real(400));
    result.eps[a] = Real(0.5) * log(square);
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

/// psi = mu eps : eps + lambda/2 tr(eps)^2.
template <int D, class T>
FILIGREE_FUNCTION T hencky_energy(const Vec<D, T>& eps, Real mu, Real lambda) {
  T trace = eps[0];
  for (int a = 1; a < D; ++a) trace += eps[a];
  return mu * squared_norm(eps) + Real(0.5) * lambda * (trace * trace);
}

/// Hencky's elasticity, the stress of the plastic laws.
struct HenckySolid : IsotropicSolid {
  template <int D, class T>
  FILIGREE_FUNCTION T energy(const Mat<D, D, T>& F, const T&) const {
    return hencky_energy(hencky_strain(F).eps, mu(), lambda());
  }
  template <int D>
  FILIGREE_FUNCTION Mat<D> kirchhoff(const Mat<D>& F, Real, const Mat<D>&) const {
    const HenckyStrain<D> strain = hencky_strain(F);
    return from_principal(strain.U, hencky_stress(strain.eps, mu(), lambda()));
  }
  /// Ends a return mapping: F <- U exp(eps_new - eps) U^T F, which needs no right singular vectors.
  /// Returns the stress.
  template <int D>
  FILIGREE_FUNCTION Mat<D> returned(Mat<D>& F, const HenckyStrain<D>& strain,
                                    const Vec<D>& eps_new) const {
    if (!(eps_new == strain.eps)) {
      Vec<D> ratio{};
      for (int a = 0; a < D; ++a) ratio[a] = Kokkos::exp(eps_new[a] - strain.eps[a]);
      F = from_principal(strain.U, ratio) * F;
    }
    return from_principal(strain.U, hencky_stress(eps_new, mu(), lambda()));
  }
};

/// eps - tr(eps)/D 1 and its Frobenius norm.
template <int D>
struct Deviator {
  Vec<D> value;
  Real norm;
  Real trace;
};
template <int D>
FILIGREE_FUNCTION Deviator<D> deviator(const Vec<D>& eps) {
  Deviator<D> result{};
  for (int a = 0; a < D; ++a) result.trace += eps[a];
  result.value = eps - Vec<D>::filled(result.trace / D);
  result.norm = norm(result.value);
  return result;
}

}  // namespace filigree::laws
