// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Fills options structs from a document and collects every problem: unknown, duplicate and missing
// keys, wrong types, values outside their ranges, unknown names, missing files, broken rules of
// validate().
//
// Rules for values: numbers are finite, stand without quotes and may carry a unit of the field's
// dimension
// ("12 mm"; a plain number is in the field's own unit); `1` is accepted for a real, `1.0` not for
// an integer; booleans are `true` and `false`; a list replaces the default list; an empty value is
// accepted for an optional (absent) and for a block (all defaults) only.
//
// load_files() and validate() may point at a key below its block by starting a line with its path:
// "size: must be ..."; several problems stand on several lines.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "io/yaml/document.hpp"
#include "io/yaml/type.hpp"

namespace filigree::yaml {

struct ReadContext {
  std::filesystem::path folder = {};  ///< FilePath values are relative to it; they keep their text
  bool check_files = true;            ///< files must exist and are loaded (load_files)
  bool other_keys = false;  ///< unknown keys at the top are left alone (the type is not known yet)
  std::vector<std::filesystem::path>* files =
      nullptr;  ///< receives every file that was named and found
};

/// Reads one map into several structs; each key of the map belongs to exactly one of them.
void read_targets(const Node& root, const std::vector<Target>& targets, Diagnostics& diagnostics,
                  const ReadContext& context);

template <class... Options>
void read_blocks(const Node& root, Diagnostics& diagnostics, const ReadContext& context,
                 Options&... options) {
  read_targets(root, {target(options)...}, diagnostics, context);
}

template <class Options>
void read(const Node& root, Options& options, Diagnostics& diagnostics,
          const ReadContext& context = {}) {
  read_targets(root, {target(options)}, diagnostics, context);
}

/// Reports the text of `node` unless it is one of `names`; `what` is "a scenario type":
/// "scenario.type = mpn is not a scenario type", with the nearest name or all names as hint.
bool check_name(const Node& node, const std::string& path, const std::string& what,
                const std::vector<std::string>& names, Diagnostics& diagnostics);

}  // namespace filigree::yaml
