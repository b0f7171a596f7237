// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The scenario files that come with the program, usable by short names such as
// "particles/dam_break".
//
// Folders searched, first hit wins: those of $FILIGREE_SCENARIOS (separated by ':'), then
// ../share/filigree/scenarios beside the program, then the source tree the program was built from.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace filigree {

struct LibraryEntry {
  std::string name;  ///< "particles/dam_break"
  std::filesystem::path file;
};

/// The folders that exist, in search order.
std::vector<std::filesystem::path> library_folders();

/// Every .yaml file below the folders, sorted by name; a name in an earlier folder hides later
/// ones.
std::vector<LibraryEntry> library_entries(const std::vector<std::filesystem::path>& folders);

/// The file a user means by `name`: an existing file, else a library name with or without ".yaml".
/// InputError with the nearest library name when there is neither.
std::filesystem::path find_scenario(const std::string& name,
                                    const std::vector<std::filesystem::path>& folders);

/// How a file is called in a manifest: relative to the library folder it lies in, else as it is.
std::string library_relative(const std::filesystem::path& file,
                             const std::vector<std::filesystem::path>& folders);

}  // namespace filigree
