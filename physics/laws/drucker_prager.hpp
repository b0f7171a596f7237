// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Dry sand: Hencky elasticity with the Drucker-Prager yield cone and volume correction.
//
//   psi = mu eps : eps + lambda/2 tr(eps)^2,  tau = U (2 mu eps + lambda tr(eps) 1) U^T,
//   eps = log of the elastic stretches.
// Return mapping of the trial strain, with e = eps + (q/d - c) 1 and its deviator e':
//   tr(e) >= 0:  stress-free, eps_new = c 1                                 (grains separate)
//   y = |e'| + alpha tr(e) (d lambda + 2 mu)/(2 mu) <= 0:  elastic, eps_new = e + c 1
//   else:        eps_new = e - y e'/|e'| + c 1                              (grains slide)
//   q += tr(eps) - tr(eps_new): volume gained by projection is paid back in later compression.
// alpha = sqrt(2/3) 2 sin(phi)/(3 - sin(phi)) in 3D (triaxial compression).
// In 2D the condition |s'| <= alpha d p means sin(phi) = sqrt(2) alpha, so alpha =
// sin(phi)/sqrt(2): phi is then the angle of repose. (With the 3D formula, 25 deg would act as 22.3
// deg.) Under pure compression (|e'| = 0, tr e < 0) the material is elastic; some published codes
// project this case to the tip or divide 0/0. Source: klar2016sand, section 7; tampubolon2017sand,
// section 5.3 (volume correction).
#pragma once

#include "physics/laws/law.hpp"

namespace filigree::laws {

struct DruckerPrager {
  static constexpr const char* kName = "drucker_prager";
  static constexpr const char* kDoc = "dry granular material with internal friction";

  double density = 1600;
  double young_modulus = 1.0e6;
  double poisson_ratio = 0.3;
  double friction_angle = 30;
  double cohesion_strain = 0;
  bool volume_correction = true;

  template <class V>
  void reflect(V& v) {
    v("density", density, About{.doc = "initial bulk density", .unit = "kg/m^3", .above = 0});
    v("young_modulus", young_modulus, About{.doc = "axial stiffness", .unit = "Pa", .above = 0});
    v("poisson_ratio", poisson_ratio,
      About{.doc = "lateral contraction", .above = -1, .below = 0.5});
    v("friction_angle", friction_angle,
      About{.doc = "angle of internal friction", .unit = "deg", .min = 0, .below = 90});
    v("cohesion_strain", cohesion_strain,
      About{.doc = "logarithmic strain that the material bears in tension", .min = 0, .max = 0.1});
    v("volume_correction", volume_correction,
      About{.doc = "pay back volume gained in separation, so that sand does not bloat"});
  }

  FILIGREE_FUNCTION Real mu() const {
    return shear_modulus(static_cast<Real>(young_modulus), static_cast<Real>(poisson_ratio));
  }
  FILIGREE_FUNCTION Real lambda() const {
    return lame_lambda(static_cast<Real>(young_modulus), static_cast<Real>(poisson_ratio));
  }
  FILIGREE_FUNCTION Real wave_modulus() const { return lambda() + 2 * mu(); }
  FILIGREE_FUNCTION Real dynamic_viscosity() const { return 0; }
  FILIGREE_FUNCTION Real initial_history() const { return 0; }

  /// Slope of the cone; see the file comment for D = 2.
  template <int D>
  FILIGREE_FUNCTION Real alpha() const {
    const double sine = Kokkos::sin(friction_angle * 3.14159265358979323846 / 180);
    const double slope =
        D == 2 ? sine / Kokkos::sqrt(2.0) : Kokkos::sqrt(2.0 / 3.0) * 2 * sine / (3 - sine);
    return static_cast<Real>(slope);
  }
  template <int D>
  FILIGREE_FUNCTION Real volume_ratio(const Mat<D>& F, Real) const {
    return det(F);
  }
  template <int D>
  FILIGREE_FUNCTION Real energy(const Mat<D>& F, Real) const {
    return hencky_energy(hencky_strain(F).eps, mu(), lambda());
  }
  template <int D>
  FILIGREE_FUNCTION Mat<D> kirchhoff(const Mat<D>& F, Real, const Mat<D>&) const {
    const HenckyStrain<D> strain = hencky_strain(F);
    return from_principal(strain.U, hencky_stress(strain.eps, mu(), lambda()));
  }

  /// Value of the yield function y for principal strains (positive: outside the cone), and its
  /// parts.
  template <int D>
  struct Yield {
    Vec<D> deviator;
    Real deviator_norm;
    Real trace;
    Real value;
  };
  template <int D>
  FILIGREE_FUNCTION Yield<D> yield(const Vec<D>& e) const {
    Yield<D> y{};
    for (int a = 0; a < D; ++a) y.trace += e[a];
    y.deviator = e - Vec<D>::filled(y.trace / D);
    y.deviator_norm = norm(y.deviator);
    y.value = y.deviator_norm + alpha<D>() * y.trace * (D * lambda() + 2 * mu()) / (2 * mu());
    return y;
  }

  /// The return mapping in principal strains; updates the volume correction q.
  template <int D>
  FILIGREE_FUNCTION Vec<D> mapped(const Vec<D>& eps, Real& q) const {
    const Vec<D> tip = Vec<D>::filled(static_cast<Real>(cohesion_strain));
    const Vec<D> e = eps + Vec<D>::filled(q / D) - tip;
    const Yield<D> y = yield(e);
    Vec<D> eps_new = tip;
    if (y.trace < 0) {
      eps_new += e;
      if (y.value > 0 && y.deviator_norm > 0) eps_new -= (y.value / y.deviator_norm) * y.deviator;
    }
    if (volume_correction) {
      for (int a = 0; a < D; ++a) q += eps[a] - eps_new[a];
    }
    return eps_new;
  }

  /// F_new = U exp(eps_new) Sigma^-1 U^T F, which needs no right singular vectors.
  template <int D>
  FILIGREE_FUNCTION Mat<D> advance(Mat<D>& F, Real& q, const Mat<D>& L, Real dt) const {
    F = moved(F, L, dt);
    const HenckyStrain<D> strain = hencky_strain(F);
    const Vec<D> eps_new = mapped(strain.eps, q);
    Vec<D> ratio{};
    for (int a = 0; a < D; ++a) ratio[a] = Kokkos::exp(eps_new[a] - strain.eps[a]);
    F = from_principal(strain.U, ratio) * F;
    return from_principal(strain.U, hencky_stress(eps_new, mu(), lambda()));
  }
};

}  // namespace filigree::laws
