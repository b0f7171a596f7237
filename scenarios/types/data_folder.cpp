// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/data_folder.hpp"

#include <cstdlib>

#include "core/text.hpp"

namespace filigree {

FoundData find_data(const DataKind& kind, const std::string& name,
                    const std::filesystem::path& scenario_folder) {
  namespace fs = std::filesystem;
  const std::string inside = kind.inside;
  const auto is_a_set = [&](const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(inside.empty() ? path : path / inside, ignored);
  };
  const auto not_found = [&](const std::string& missing) { return FoundData{{}, missing}; };
  const fs::path beside = scenario_folder / name;
  if (fs::path(name).is_absolute()) {
    if (is_a_set(name)) return {name, ""};
    return not_found(inside.empty() ? format("there is no file {}", name)
                                    : format("there is no {} in {}", inside, name));
  }
  if (is_a_set(name)) return {name, ""};
  if (const char* variable = std::getenv(kind.variable)) {
    const fs::path below = fs::path(variable) / name;
    if (is_a_set(below)) return {below, ""};
    if (is_a_set(beside)) return {beside, ""};
    return not_found(inside.empty() ? format("{} is {}, where there is no file '{}'", kind.variable,
                                             variable, name)
                                    : format("{} is {}, where no folder '{}' holds a {}",
                                             kind.variable, variable, name, inside));
  }
  if (is_a_set(beside)) return {beside, ""};
  return not_found(
      format("the {} '{}' are not part of the program and were not found; set {} to the folder "
             "that holds them",
             kind.noun, name, kind.variable));
}

}  // namespace filigree
