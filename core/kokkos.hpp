// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The only file that includes Kokkos. Written to what Kokkos 4.5 to 5.2 share.
#pragma once

#include <Kokkos_Core.hpp>

#include "core/config.hpp"

static_assert(KOKKOS_VERSION >= 40500, "Filigree needs Kokkos 4.5 or newer");

#define FILIGREE_FUNCTION KOKKOS_INLINE_FUNCTION
#define FILIGREE_LAMBDA KOKKOS_LAMBDA

// Checks that cost time inside kernels: on in builds with bounds checks, on the host only.
#if FILIGREE_CHECK_BOUNDS && !defined(__CUDA_ARCH__) && !defined(__HIP_DEVICE_COMPILE__)
#define FILIGREE_CHECK_KERNEL_ACCESS 1
#else
#define FILIGREE_CHECK_KERNEL_ACCESS 0
#endif

namespace filigree {

/// Starts Kokkos on construction and stops it on destruction: one object in main().
class KokkosScope {
 public:
  /// `threads` 0 takes what the environment says (OMP_NUM_THREADS, else all cores).
  explicit KokkosScope(int threads = 0);
  ~KokkosScope();
  KokkosScope(const KokkosScope&) = delete;
  KokkosScope& operator=(const KokkosScope&) = delete;
};

}  // namespace filigree
