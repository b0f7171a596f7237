// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The scalar types of the project. No Kokkos in sight, so that io can include it.
#pragma once

#include <cstdint>
#include <limits>

#include "core/config.hpp"

namespace filigree {

#if FILIGREE_REAL_IS_FLOAT
using Real = float;  ///< precision of physics and meshes, chosen when the build is configured
#else
using Real = double;  ///< precision of physics and meshes, chosen when the build is configured
#endif
using Accum = double;         ///< sums, time and energies are always double
using Index = std::int32_t;   ///< counts and indices of particles, nodes, edges
using Offset = std::int64_t;  ///< positions in concatenated rows (CSR offsets)

/// Round-off allowance of the current precision: `factor` units in the last place at 1.
template <class T = Real>
constexpr T tol(double factor = 16) {
  return static_cast<T>(factor * static_cast<double>(std::numeric_limits<T>::epsilon()));
}

}  // namespace filigree
