// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Files that are either the old one or the complete new one, whatever happens in between.
//
// The bytes go to "<name>.part" in the same folder, are flushed to the disk, and take the final
// name by a rename. A failed write removes the part and leaves the earlier file as it was. A killed
// program can leave a ".part" behind; the next write of the same file replaces it.
//
// Every failure is an EnvironmentError "cannot write 'PATH': REASON" or "cannot read 'PATH':
// REASON".
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace filigree {

void write_file_atomically(const std::filesystem::path& file, std::span<const std::byte> bytes);
void write_file_atomically(const std::filesystem::path& file, std::string_view text);

/// The whole file. Refuses folders, devices and files above `max_bytes`.
std::vector<std::byte> read_file(const std::filesystem::path& file,
                                 std::uint64_t max_bytes = std::uint64_t{1} << 40);
std::string read_text_file(const std::filesystem::path& file,
                           std::uint64_t max_bytes = std::uint64_t{1} << 28);

/// Creates the folder and its parents; an existing one is fine.
void create_folder(const std::filesystem::path& folder);

}  // namespace filigree
