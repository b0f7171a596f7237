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

struct DruckerPrager : HenckySolid {
  static constexpr const char* kName = "drucker_prager";
  static constexpr const char* kDoc = "dry granular material with internal friction";

  double friction_angle = 30;
  double cohesion_strain = 0;
  bool volume_correction = true;

  DruckerPrager() {
    density = 1600;
    young_modulus = 1.0e6;
  }

  template <class V>
  void reflect(V& v) {
    reflect_solid(v);
    v("friction_angle", friction_angle,
      About{.doc = "angle of internal friction", .unit = "deg", .min = 0, .below = 90});
    v("cohesion_strain", cohesion_strain,
      About{.doc = "logarithmic strain that the material bears in tension", .min = 0, .max = 0.1});
    v("volume_correction", volume_correction,
      About{.doc = "pay back volume gained in separation, so that sand does not bloat"});
  }

  /// Slope of the cone; see the file comment for D = 2.
  template <int D>
  FILIGREE_FUNCTION Real alpha() const {
    const double sine = Kokkos::sin(friction_angle * 3.14159265358979323846 / 180);
    const double slope =
        D == 2 ? sine / Kokkos::sqrt(2.0) : Kokkos::sqrt(2.0 / 3.0) * 2 * sine / (3 - sine);
    return static_cast<Real>(slope);
  }
  /// The yield function y of principal strains with this deviator; positive: outside the cone.
  template <int D>
  FILIGREE_FUNCTION Real yield(const Deviator<D>& e) const {
    return e.norm + alpha<D>() * e.trace * (D * lambda() + 2 * mu()) / (2 * mu());
  }

  /// The return mapping in principal strains; updates the volume correction q.
  template <int D>
  FILIGREE_FUNCTION Vec<D> mapped(const Vec<D>& eps, Real& q) const {
    const Vec<D> tip = Vec<D>::filled(static_cast<Real>(cohesion_strain));
    const Vec<D> e = eps + Vec<D>::filled(q / D) - tip;
    const Deviator<D> dev = deviator(e);
    Vec<D> eps_new = tip;
    if (dev.trace < 0) {
      eps_new += e;
      const Real y = yield(dev);
      if (y > 0 && dev.norm > 0) eps_new -= (y / dev.norm) * dev.value;
    }
    if (volume_correction) {
      for (int a = 0; a < D; ++a) q += eps[a] - eps_new[a];
    }
    return eps_new;
  }
  template <int D>
  FILIGREE_FUNCTION Mat<D> advance(Mat<D>& F, Real& q, const Mat<D>& L, Real dt) const {
    F = moved(F, L, dt);
    const HenckyStrain<D> strain = hencky_strain(F);
    return this->returned(F, strain, mapped(strain.eps, q));
  }
};

}  // namespace filigree::laws
