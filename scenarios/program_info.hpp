// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What the program was built from and what it runs on, for manifests and `filigree doctor`.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "io/manifest.hpp"

namespace filigree {

/// A manifest with the parts about program and machine filled in. Kokkos must be running.
Manifest program_manifest();

std::string processor_name();      ///< of the CPU, "" when unknown
std::string operating_system();    ///< "Debian GNU/Linux 12 (bookworm), Linux 6.1 x86_64"
std::uint64_t available_memory();  ///< B, 0 when unknown
std::uint64_t total_memory();      ///< B, 0 when unknown

/// Arguments as they may be published: the program without its path, the home folder as "~".
std::vector<std::string> publishable(const std::vector<std::string>& command_line);
std::string publishable_path(const std::string& path);

}  // namespace filigree
