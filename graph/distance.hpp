// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Squared distances whose bits depend on neither the compiler's mood nor the back end, so that the
// same cloud gives the same graph everywhere: products are rounded before they are added. Sources
// of this layer are compiled with -ffp-contract=off; device code uses the rounding intrinsics.
#pragma once

#include "core/kokkos.hpp"
#include "core/vec.hpp"

namespace filigree {

/// a * b rounded to double, never fused into a sum.
KOKKOS_FORCEINLINE_FUNCTION double rounded_product(double a, double b) {
#if defined(__CUDA_ARCH__) || defined(__HIP_DEVICE_COMPILE__)
  return __dmul_rn(a, b);
#else
  return a * b;
#endif
}

/// |d|^2.
template <int D>
KOKKOS_FORCEINLINE_FUNCTION double rounded_squared_norm(const Vec<D, double>& d) {
  double sum = rounded_product(d[0], d[0]);
  for (int k = 1; k < D; ++k) sum += rounded_product(d[k], d[k]);
  return sum;
}

/// a - b in double, whatever Real is.
template <int D>
KOKKOS_FORCEINLINE_FUNCTION Vec<D, double> difference(const Vec<D>& a, const Vec<D>& b) {
  Vec<D, double> d;
  for (int k = 0; k < D; ++k) d[k] = double(a[k]) - double(b[k]);
  return d;
}

}  // namespace filigree
