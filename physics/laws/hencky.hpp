// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Hencky solid: Hooke's law in logarithmic strains.
//
//   psi = mu eps : eps + lambda/2 tr(eps)^2                       [J/m^3]
//   tau = U (2 mu eps + lambda tr(eps) 1) U^T                     [Pa]
//
// F F^T = U diag(exp(2 eps)) U^T. Plane strain in 2D. Source: hencky1928; klar2016sand, section
// 6.3.
#pragma once

#include "physics/laws/law.hpp"

namespace filigree::laws {

struct Hencky : HenckySolid {
  static constexpr const char* kName = "hencky";
  static constexpr const char* kDoc = "elastic solid, Hooke's law in logarithmic strains";

  template <class V>
  void reflect(V& v) {
    reflect_solid(v);
  }
  template <int D>
  FILIGREE_FUNCTION Mat<D> advance(Mat<D>& F, Real& history, const Mat<D>& L, Real dt) const {
    F = moved(F, L, dt);
    return kirchhoff(F, history, L);
  }
};

}  // namespace filigree::laws
