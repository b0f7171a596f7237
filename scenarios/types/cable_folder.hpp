// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Where a scene finds recorded cables. Recordings are not part of the program: a scene that names
// some ends well, with a word about it, where they are not there (Simulation::missing_data).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scenarios/types/cable_data.hpp"

namespace filigree {

struct CableFolder {
  std::filesystem::path path;  ///< holds meta.json; empty when it was not found
  std::string missing;         ///< where it was looked for and what to do; "" when it was found
};

/// The folder of a set: an absolute path, or one below the current folder, below the folder that
/// the environment variable FILIGREE_DEFT_DATA names, or below the scenario's folder. The first
/// that holds meta.json is taken.
CableFolder find_cable_folder(const std::string& name,
                              const std::filesystem::path& scenario_folder);

/// Recordings that a scene replays.
struct OpenedRecordings {
  std::string missing;  ///< as in CableFolder; the rest is empty then
  CableSet set;
  CableRecordings recordings;
  std::vector<std::int64_t> numbers;  ///< of the recordings in their file
};

/// Those with these numbers (empty: all) of a file of a set. InputError when they end before `end`,
/// in s after their first two frames.
OpenedRecordings open_recordings(const std::string& folder, const std::string& file,
                                 const std::vector<std::int64_t>& numbers,
                                 const std::filesystem::path& scenario_folder, double end);

}  // namespace filigree
