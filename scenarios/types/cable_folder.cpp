// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/cable_folder.hpp"

#include <cstdlib>
#include <numeric>

#include "core/text.hpp"

namespace filigree {

namespace {

constexpr const char* kVariable = "FILIGREE_DEFT_DATA";

}  // namespace

CableFolder find_cable_folder(const std::string& name,
                              const std::filesystem::path& scenario_folder) {
  namespace fs = std::filesystem;
  const auto holds_a_set = [](const fs::path& folder) {
    std::error_code ignored;
    return fs::is_regular_file(folder / "meta.json", ignored);
  };
  const fs::path beside = scenario_folder / name;
  if (fs::path(name).is_absolute()) {
    if (holds_a_set(name)) return {name, ""};
    return {{}, format("there is no meta.json in {}", name)};
  }
  if (holds_a_set(name)) return {name, ""};
  if (const char* variable = std::getenv(kVariable)) {
    const fs::path folder = fs::path(variable) / name;
    if (holds_a_set(folder)) return {folder, ""};
    if (holds_a_set(beside)) return {beside, ""};
    return {{},
            format("{} is {}, where no folder '{}' holds a meta.json", kVariable, variable, name)};
  }
  if (holds_a_set(beside)) return {beside, ""};
  return {{},
          format("the recordings '{}' are not part of the program and were not found; set {} "
                 "to the folder that holds them",
                 name, kVariable)};
}

OpenedRecordings open_recordings(const std::string& folder, const std::string& file,
                                 const std::vector<std::int64_t>& numbers,
                                 const std::filesystem::path& scenario_folder, double end) {
  OpenedRecordings opened;
  const CableFolder found = find_cable_folder(folder, scenario_folder);
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
