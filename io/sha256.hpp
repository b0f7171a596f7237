// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// SHA-256 as 64 lower-case hexadecimal digits, for manifests.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace filigree {

std::string sha256_text(std::string_view text);
/// Reads in pieces; EnvironmentError when the file cannot be read.
std::string sha256_file(const std::filesystem::path& file);

}  // namespace filigree
