// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/library_versions.hpp"

#include <fmt/core.h>
#include <openssl/crypto.h>
#include <xxhash.h>
#include <zlib.h>
#include <zstd.h>

#include <nlohmann/json.hpp>

#include "core/config.hpp"
#include "core/text.hpp"

namespace filigree {
namespace {

/// 801 -> "0.8.1".
std::string dotted(long number) {
  return format("{}.{}.{}", number / 10000, number / 100 % 100, number % 100);
}

}  // namespace

std::vector<LibraryVersion> library_versions() {
  std::vector<LibraryVersion> versions{
      {"fmt", dotted(FMT_VERSION)},
      {"nlohmann", format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR,
                          NLOHMANN_JSON_VERSION_PATCH)},
      {"OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING)},
      {"xxHash", dotted(XXH_versionNumber())},
      {"zlib", zlibVersion()},
      {"zstd", ZSTD_versionString()}};
#if FILIGREE_WITH_VTK
  versions.push_back({"VTK", vtk_version()});
#else
  versions.push_back({"VTK", "not in this build"});
#endif
  return versions;
}

}  // namespace filigree
