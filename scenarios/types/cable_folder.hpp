// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Where a scene finds recorded cables. Recordings are not part of the program: a scene that names
// some ends well, with a word about it, where they are not there (Simulation::missing_data).
#pragma once

#include <filesystem>
#include <string>

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

}  // namespace filigree
