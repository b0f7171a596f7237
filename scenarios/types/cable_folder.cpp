// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/cable_folder.hpp"

#include <numeric>

#include "core/text.hpp"

namespace filigree {

FoundData find_cable_folder(const std::string& name, const std::filesystem::path& scenario_folder) {
  return find_data({"FILIGREE_DEFT_DATA", "recordings", "meta.json"}, name, scenario_folder);
}

OpenedRecordings open_recordings(const std::string& folder, const std::string& file,
                                 const std::vector<std::int64_t>& numbers,
                                 const std::filesystem::path& scenario_folder, double end) {
  OpenedRecordings opened;
  const FoundData found = find_cable_folder(folder, scenario_folder);
  opened.missing = found.missing;
  if (!opened.missing.empty()) return opened;
  opened.set = read_cable_set(found.path);
  opened.recordings = read_recordings(opened.set, file);
  opened.numbers = numbers;
  if (numbers.empty()) {
    opened.numbers.resize(static_cast<std::size_t>(opened.recordings.count));
    std::iota(opened.numbers.begin(), opened.numbers.end(), 0);
  } else {
    opened.recordings =
        chosen(opened.recordings, std::vector<Index>(numbers.begin(), numbers.end()));
  }
  const double last = (opened.recordings.frames - 2) * opened.set.dt;
  FILIGREE_REQUIRE(end <= last * (1 + 1e-9),
                   "time.end = {} s, but the recordings last {} s after their first two frames",
                   number_text(end), number_text(last));
  return opened;
}

}  // namespace filigree
