// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Weakly compressible Newtonian fluid. Only the volume ratio J is stored, as the law's history.
//
//   linear:  p = K (1 - J),                psi = K/2 (J - 1)^2
//   tait:    p = K/gamma (J^-gamma - 1),   psi = K/gamma (J^(1-gamma)/(gamma-1) + J) - K/(gamma-1)
//   tau = -J p 1 + J eta (L + L^T - 2/d tr(L) 1)                  [Pa]
//
// The speed of sound at rest is sqrt(K / density); take K so that it is about ten times the fastest
// flow, then the density varies by about 1 %. Source: tampubolon2017sand, section 4 (linear);
// monaghan1994, eq. (4.1) (tait).
#pragma once

#include "physics/laws/law.hpp"

namespace filigree {

namespace laws {
enum class EquationOfState { kLinear, kTait };
}
template <>
struct EnumNames<laws::EquationOfState> {
  static constexpr std::array names{"linear", "tait"};
};

namespace laws {

struct WeaklyCompressibleFluid {
  static constexpr const char* kName = "weakly_compressible_fluid";
  static constexpr const char* kDoc =
      "liquid with a stiff equation of state and constant viscosity";

  double density = 1000;
  double bulk_modulus = 1.0e5;
  double viscosity = 0;
  EquationOfState equation_of_state = EquationOfState::kLinear;
  double tait_exponent = 7;
  bool allow_tension = false;

  template <class V>
  void reflect(V& v) {
    v("density", density, About{.doc = "density at rest", .unit = "kg/m^3", .above = 0});
    v("bulk_modulus", bulk_modulus,
      About{.doc = "stiffness K against compression; the speed of sound is sqrt(K / density)",
            .unit = "Pa",
            .above = 0});
    v("viscosity", viscosity, About{.doc = "dynamic viscosity", .unit = "Pa s", .min = 0});
    v("equation_of_state", equation_of_state, About{.doc = "pressure from the volume ratio"});
    v("tait_exponent", tait_exponent, About{.doc = "gamma of the tait equation", .above = 1});
    v("allow_tension", allow_tension,
      About{.doc = "false: the fluid separates instead of pulling (J is kept at 1 or below)"});
  }

  FILIGREE_FUNCTION Real bulk() const { return static_cast<Real>(bulk_modulus); }
  FILIGREE_FUNCTION Real wave_modulus() const { return bulk(); }
  FILIGREE_FUNCTION Real dynamic_viscosity() const { return static_cast<Real>(viscosity); }
  FILIGREE_FUNCTION Real initial_history() const { return 1; }

  FILIGREE_FUNCTION Real pressure(Real J) const {
    if (equation_of_state == EquationOfState::kLinear) return bulk() * (1 - J);
    const Real gamma = static_cast<Real>(tait_exponent);
    return bulk() / gamma * (Kokkos::pow(J, -gamma) - 1);
  }
  template <int D>
  FILIGREE_FUNCTION Real volume_ratio(const Mat<D>&, Real J) const {
    return J;
  }
  template <int D, class T>
  FILIGREE_FUNCTION T energy(const Mat<D, D, T>&, const T& J) const {
    using Kokkos::pow;
    const T grown = J - T(1);
    if (equation_of_state == EquationOfState::kLinear) {
      return Real(0.5) * bulk() * (grown * grown);
    }
    const Real gamma = static_cast<Real>(tait_exponent);
    return bulk() / gamma * (pow(J, 1 - gamma) * (1 / (gamma - 1)) + J) - T(bulk() / (gamma - 1));
  }
  template <int D>
  FILIGREE_FUNCTION Mat<D> kirchhoff(const Mat<D>&, Real J, const Mat<D>& L) const {
    const Real eta_J = J * dynamic_viscosity();
    Mat<D> tau = eta_J * (L + transpose(L));
    const Real isotropic = -J * pressure(J) - eta_J * 2 / Real(D) * trace(L);
    for (int a = 0; a < D; ++a) tau(a, a) += isotropic;
    return tau;
  }
  /// J is kept within [0.1, 10]: beyond it the run is lost anyway, and the watchdog can still name
  /// it.
  template <int D>
  FILIGREE_FUNCTION Mat<D> advance(Mat<D>& F, Real& J, const Mat<D>& L, Real dt) const {
    J *= 1 + dt * trace(L);
    J = Kokkos::fmin(Kokkos::fmax(J, Real(0.1)), allow_tension ? Real(10) : Real(1));
    return kirchhoff(F, J, L);
  }
};

}  // namespace laws
}  // namespace filigree
