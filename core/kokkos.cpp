// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/kokkos.hpp"

#include <cstdlib>

#include "core/types.hpp"

namespace filigree {

KokkosScope::KokkosScope(int threads) {
  // Unbound threads are what a desktop with other programs wants; saying so silences Kokkos'
  // advice.
  setenv("OMP_PROC_BIND", "false", /*overwrite=*/0);
  Kokkos::InitializationSettings settings;
  settings.set_disable_warnings(true);
  if (threads > 0) settings.set_num_threads(threads);
  Kokkos::initialize(settings);
}

KokkosScope::~KokkosScope() {
  Kokkos::finalize();
}

std::string backend_name() {
  return ExecSpace::name();
}

int thread_count() {
  return ExecSpace().concurrency();
}

std::string kokkos_version() {
  return format("{}.{}.{}", KOKKOS_VERSION / 10000, KOKKOS_VERSION / 100 % 100,
                KOKKOS_VERSION % 100);
}

std::string device_name() {
#if defined(KOKKOS_ENABLE_CUDA)
  return ExecSpace().cuda_device_prop().name;
#elif defined(KOKKOS_ENABLE_HIP)
  return ExecSpace().hip_device_prop().name;
#else
  return kKernelsRunOnHost ? "" : backend_name();
#endif
}

}  // namespace filigree
