// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Herschel-Bulkley paste: mud, fresh concrete, toothpaste. Solid below its yield stress; above it
// flows, in simple shear at the rate g with
//   tau = tau_y + k g^n,     n = 1: a Bingham fluid of viscosity k.
//
// Hencky elasticity with a viscoplastic return mapping (backward Euler, stable for any dt):
//   s_tr = 2 mu |dev eps|,  s_y = sqrt(2) tau_y,  K = 2^((1 + n)/2) k
//   s_tr > s_y:  s + 2 mu dt ((s - s_y)/K)^(1/n) = s_tr,   dev eps <- (s/s_tr) dev eps
// s is |dev tau|; the factors follow from |dev tau| = sqrt(2) tau and |dev D| = g/sqrt(2) in simple
// shear. No regularisation: below the yield stress it is an elastic solid, so flow really stops.
// Source: yue2015foam, section 5 (for n), simo1998, section 1.7 (Perzyna's form).
#pragma once

#include <limits>

#include "physics/laws/law.hpp"

namespace filigree::laws {

struct HerschelBulkley : HenckySolid {
  static constexpr const char* kName = "herschel_bulkley";
  static constexpr const char* kDoc = "paste with a yield stress; a Bingham fluid when n = 1";

  double yield_stress = 100;
  double consistency = 10;
  double flow_index = 1;

  template <class V>
  void reflect(V& v) {
    reflect_solid(v);
    v("yield_stress", yield_stress,
      About{.doc = "shear stress below which it does not flow", .unit = "Pa", .min = 0});
    v("consistency", consistency,
      About{.doc = "k in tau = tau_y + k g^n, Pa s^n (n = 1: the plastic viscosity)", .above = 0});
    v("flow_index", flow_index,
      About{.doc = "n; below 1 the paste thins with the rate of shear, above 1 it thickens",
            .min = 0.1,
            .max = 3});
  }

  /// |dev tau| after dt from its trial value: the root s of s + 2 mu dt ((s - s_y)/K)^(1/n) = s_tr.
  /// With x = s - s_y (n <= 1) or y = (x/K)^(1/n) (n > 1) as unknown the equation is convex and
  /// increasing, so Newton's method from above falls monotonically onto the root.
  FILIGREE_FUNCTION Real flow_stress(Real trial, Real dt) const {
    const Real s_y = static_cast<Real>(Kokkos::sqrt(2.0) * yield_stress);
    if (trial <= s_y || dt <= 0) return trial;
    const Real n = static_cast<Real>(flow_index);
    const Real K = static_cast<Real>(consistency) * Kokkos::pow(Real(2), (1 + n) / 2);
    const Real excess = trial - s_y;
    const Real stiffness = 2 * mu() * dt;
    if (flow_index == 1) return s_y + excess / (1 + stiffness / K);
    const bool thinning = n < 1;
    const Real power = thinning ? 1 / n : n;
    // a z + b z^power = excess, with z = x/K (thinning) or y.
    const Real a = thinning ? K : stiffness;
    const Real b = thinning ? stiffness : K;
    Real z = Kokkos::fmin(excess / a, Kokkos::pow(excess / b, 1 / power));
    for (int i = 0; i < 30; ++i) {
      const Real curved = b * Kokkos::pow(z, power);
      const Real change = (a * z + curved - excess) / (a + power * curved / z);
      z -= change;
      if (!(Kokkos::fabs(change) > 4 * kEpsilon * z)) break;
    }
    return s_y + (thinning ? K * z : K * Kokkos::pow(z, n));
  }
  template <int D>
  FILIGREE_FUNCTION Vec<D> mapped(const Vec<D>& eps, Real dt) const {
    const Deviator<D> dev = deviator(eps);
    const Real trial = 2 * mu() * dev.norm;
    const Real kept = flow_stress(trial, dt);
    return kept < trial ? eps - (1 - kept / trial) * dev.value : eps;
  }
  template <int D>
  FILIGREE_FUNCTION Mat<D> advance(Mat<D>& F, Real&, const Mat<D>& L, Real dt) const {
    F = moved(F, L, dt);
    const HenckyStrain<D> strain = hencky_strain(F);
    return this->returned(F, strain, mapped(strain.eps, dt));
  }

 private:
  static constexpr Real kEpsilon = std::numeric_limits<Real>::epsilon();
};

}  // namespace filigree::laws
