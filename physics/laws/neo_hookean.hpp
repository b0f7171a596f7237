// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Neo-Hookean solid: rubber; stiffens without bound when it is crushed.
//
//   psi = mu/2 (tr(F F^T) - D) - mu ln J + lambda/2 (ln J)^2      [J/m^3]
//   tau = mu (F F^T - 1) + lambda ln(J) 1                         [Pa]
//
// J = det F. Plane strain in 2D (the out-of-plane stretch is 1). Source: bonet2008, eq. (6.27).
#pragma once

#include "physics/laws/law.hpp"

namespace filigree::laws {

struct NeoHookean : IsotropicSolid {
  static constexpr const char* kName = "neo_hookean";
  static constexpr const char* kDoc = "rubber-like solid that resists being crushed to nothing";

  template <class V>
  void reflect(V& v) {
    reflect_solid(v);
  }
  /// ln J, with J kept at 0.001 or above so that an inverted particle gives a large stress and not
  /// a NaN.
  template <int D, class T>
  FILIGREE_FUNCTION T log_volume(const Mat<D, D, T>& F) const {
    using Kokkos::log;
    const T J = det(F);
    return log(J > Real(1e-3) ? J : T(Real(1e-3)));
  }
  template <int D, class T>
  FILIGREE_FUNCTION T energy(const Mat<D, D, T>& F, const T&) const {
    const T log_J = log_volume(F);
    return Real(0.5) * mu() * (squared_norm(F) - T(D)) - mu() * log_J +
           Real(0.5) * lambda() * (log_J * log_J);
  }
  template <int D>
  FILIGREE_FUNCTION Mat<D> kirchhoff(const Mat<D>& F, Real, const Mat<D>&) const {
    Mat<D> tau = mu() * (F * transpose(F));
    const Real isotropic = lambda() * log_volume(F) - mu();
    for (int a = 0; a < D; ++a) tau(a, a) += isotropic;
    return tau;
  }
  template <int D>
  FILIGREE_FUNCTION Mat<D> advance(Mat<D>& F, Real& history, const Mat<D>& L, Real dt) const {
    F = moved(F, L, dt);
    return kirchhoff(F, history, L);
  }
};

}  // namespace filigree::laws
