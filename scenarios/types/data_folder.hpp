// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Where a scene finds data that are not part of the program. A scene that names some ends well,
// with a word about it, where they are not there (Simulation::missing_data).
#pragma once

#include <filesystem>
#include <string>

namespace filigree {

/// A kind of data sets.
struct DataKind {
  const char* variable;  ///< environment variable that names the folder of all sets
  const char* noun;      ///< what messages call a set: "recordings", "graphs"
  const char* inside;    ///< file that makes a folder a set; "" when a set is a file itself
};

struct FoundData {
  std::filesystem::path path;  ///< of the folder or file; empty when it was not found
  std::string missing;         ///< where it was looked for and what to do; "" when it was found
};

/// The set `name`: an absolute path, or one below the current folder, below the folder that the
/// environment variable names, or below the scenario's folder; the first that is there.
FoundData find_data(const DataKind& kind, const std::string& name,
                    const std::filesystem::path& scenario_folder);

}  // namespace filigree
