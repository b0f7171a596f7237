// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Fixed corotated solid: linear elasticity that turns with the material, for large deformations.
//
//   psi = mu |F - R|^2 + lambda/2 (J - 1)^2                       [J/m^3]
//   tau = 2 mu (F - R) F^T + lambda J (J - 1) 1                   [Pa]
//
// F = R S is the polar decomposition, J = det F. Plane strain in 2D (the out-of-plane stretch is
// 1). Source: stomakhin2012corotated, eq. (10).
#pragma once

#include "physics/laws/law.hpp"

namespace filigree::laws {

struct FixedCorotated : IsotropicSolid {
  static constexpr const char* kName = "fixed_corotated";
  static constexpr const char* kDoc = "elastic solid for large rotations and strains";

  template <class V>
  void reflect(V& v) {
    reflect_solid(v);
  }
  template <int D, class T>
  FILIGREE_FUNCTION T energy(const Mat<D, D, T>& F, const T&) const {
    const T stretch = det(F) - T(1);
    return mu() * squared_norm(F - rotation_part(F)) + Real(0.5) * lambda() * (stretch * stretch);
  }
  template <int D>
  FILIGREE_FUNCTION Mat<D> kirchhoff(const Mat<D>& F, Real, const Mat<D>&) const {
    const Real J = det(F);
    Mat<D> tau = (2 * mu()) * ((F - rotation_part(F)) * transpose(F));
    for (int a = 0; a < D; ++a) tau(a, a) += lambda() * J * (J - 1);
    return tau;
  }
  template <int D>
  FILIGREE_FUNCTION Mat<D> advance(Mat<D>& F, Real& history, const Mat<D>& L, Real dt) const {
    F = moved(F, L, dt);
    return kirchhoff(F, history, L);
  }
};

}  // namespace filigree::laws
