// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The fields of material points.
#pragma once

#include "core/particles.hpp"

namespace filigree::mpm {

struct Id {  ///< number of the particle for life, in the order of birth; there can be gaps
  using type = Index;
  static constexpr const char* kName = "id";
  static constexpr const char* kUnit = "";
};
struct Body {  ///< index of the body, which has one material
  using type = Index;
  static constexpr const char* kName = "body";
  static constexpr const char* kUnit = "";
};
struct Scene {  ///< index of the copy of the domain that the particle lives in
  using type = Index;
  static constexpr const char* kName = "scene";
  static constexpr const char* kUnit = "";
};
struct Mass {
  using type = Real;
  static constexpr const char* kName = "mass";
  static constexpr const char* kUnit = "kg";
};
struct Volume {  ///< initial volume (2D: area times 1 m)
  using type = Real;
  static constexpr const char* kName = "volume";
  static constexpr const char* kUnit = "m^3";
};
template <int D>
struct Position {
  using type = Vec<D>;
  static constexpr const char* kName = "position";
  static constexpr const char* kUnit = "m";
};
template <int D>
struct Velocity {
  using type = Vec<D>;
  static constexpr const char* kName = "velocity";
  static constexpr const char* kUnit = "m/s";
};
template <int D>
struct VelocityGradient {  ///< APIC's affine matrix C
  using type = Mat<D>;
  static constexpr const char* kName = "velocity_gradient";
  static constexpr const char* kUnit = "1/s";
};
template <int D>
struct Deformation {  ///< elastic deformation gradient F; the identity for fluids
  using type = Mat<D>;
  static constexpr const char* kName = "deformation";
  static constexpr const char* kUnit = "";
};
struct History {  ///< the law's own scalar: volume ratio J of fluids, volume correction of sand
  using type = Real;
  static constexpr const char* kName = "history";
  static constexpr const char* kUnit = "";
};
template <int D>
struct Stress {  ///< Kirchhoff stress tau; the Cauchy stress is tau / J
  using type = Mat<D>;
  static constexpr const char* kName = "kirchhoff_stress";
  static constexpr const char* kUnit = "Pa";
};
struct Inlet {  ///< index of the source that made the particle, -1 for those of the start
  using type = Index;
  static constexpr const char* kName = "inlet";
  static constexpr const char* kUnit = "";
};
struct Release {  ///< time at which the particle leaves its source and moves on its own
  using type = Real;
  static constexpr const char* kName = "release";
  static constexpr const char* kUnit = "s";
};

}  // namespace filigree::mpm
