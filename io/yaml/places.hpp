// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Where in the whole schema a key exists: the "it belongs in" hints.
#pragma once

#include <string>
#include <vector>

#include "io/yaml/type.hpp"

namespace filigree::yaml {

/// A block of the schema and one of its keys.
struct Place {
  std::string path;         ///< of the block: "", "run", "bodies.*.material" (items of lists: '*')
  std::string alternative;  ///< the type a variant must have for this block, or ""
  std::string key;
};

/// Every key of every block below the targets, in the order of the reflect lists.
std::vector<Place> all_places(const std::vector<Target>& targets);

/// "bodies.3.material" -> "bodies.*.material".
std::string schema_path(const std::string& path);

}  // namespace filigree::yaml
