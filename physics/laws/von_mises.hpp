// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Von Mises plasticity: metals and modelling clay, which flow at a constant shear stress.
//
// Hencky elasticity with the return mapping
//   y = |dev eps| - s_y/(2 mu);  y > 0:  eps <- eps - y dev eps/|dev eps|,
// that is, |dev tau| <= s_y = sqrt(2/3) sigma_Y, so that a bar yields at sigma_Y under uniaxial
// tension and simple shear at s_y/sqrt(2) = sigma_Y/sqrt(3). In 2D the deviator has two principal
// values: the shear strength is the same, the uniaxial strength is not (plastic flow stays in the
// plane). Some published codes take s_y = sigma_Y.
// Source: simo1998, section 3.3, in logarithmic strains.
#pragma once

#include "physics/laws/law.hpp"

namespace filigree::laws {

struct VonMises : HenckySolid {
  static constexpr const char* kName = "von_mises";
  static constexpr const char* kDoc = "ductile solid that yields at a constant stress";

  double yield_stress = 5.0e3;

  template <class V>
  void reflect(V& v) {
    reflect_solid(v);
    v("yield_stress", yield_stress,
      About{.doc = "stress at which a bar yields in tension", .unit = "Pa", .above = 0});
  }
  /// Largest |dev tau|.
  FILIGREE_FUNCTION Real strength() const {
    return static_cast<Real>(Kokkos::sqrt(2.0 / 3.0) * yield_stress);
  }
  template <int D>
  FILIGREE_FUNCTION Vec<D> mapped(const Vec<D>& eps) const {
    const Deviator<D> dev = deviator(eps);
    const Real excess = dev.norm - strength() / (2 * mu());
    return excess > 0 ? eps - (excess / dev.norm) * dev.value : eps;
  }
  template <int D>
  FILIGREE_FUNCTION Mat<D> advance(Mat<D>& F, Real&, const Mat<D>& L, Real dt) const {
    F = moved(F, L, dt);
    const HenckyStrain<D> strain = hencky_strain(F);
    return this->returned(F, strain, mapped(strain.eps));
  }
};

}  // namespace filigree::laws
