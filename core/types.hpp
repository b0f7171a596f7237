// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Where kernels run and where their data lives: chosen when the build is configured.
#pragma once

#include <string>

#include "core/kokkos.hpp"
#include "core/scalar.hpp"
#include "core/text.hpp"

namespace filigree {

using ExecSpace = Kokkos::DefaultExecutionSpace;
using MemSpace = ExecSpace::memory_space;
using HostSpace = Kokkos::HostSpace;

/// True when kernels run on the host, so that a launch is a function call and not a queue entry.
inline constexpr bool kKernelsRunOnHost =
    Kokkos::SpaceAccessibility<HostSpace, MemSpace>::accessible;

std::string backend_name();    ///< "OpenMP", "Serial", "Cuda"
int thread_count();            ///< threads (or device lanes) of the back end
std::string kokkos_version();  ///< "5.2.2"
std::string device_name();     ///< "NVIDIA H100 80GB HBM3"; empty when kernels run on the host

}  // namespace filigree
