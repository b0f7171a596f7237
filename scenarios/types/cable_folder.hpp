// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Where a scene finds recorded cables, which are not part of the program.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "scenarios/types/cable_data.hpp"
#include "scenarios/types/data_folder.hpp"

namespace filigree {

/// The folder of a set, which holds meta.json, as find_data() looks for it; the environment
/// variable is FILIGREE_DEFT_DATA.
FoundData find_cable_folder(const std::string& name, const std::filesystem::path& scenario_folder);

/// Recordings that a scene replays.
struct OpenedRecordings {
  std::string missing;  ///< as in FoundData; the rest is empty then
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
