// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Options as YAML with every default filled in; reading the text gives back the same bits.
#pragma once

#include <string>
#include <vector>

#include "io/yaml/type.hpp"

namespace filigree::yaml {

/// The blocks of all targets one after the other. Values are in the fields' own units; reals of a
/// field that are not finite (a default that means "no limit") and files without a name are left
/// out.
std::string echo_targets(const std::vector<Target>& targets);

template <class... Options>
std::string echo(const Options&... options) {
  return echo_targets({target(options)...});
}

/// One value on one line, as in "[1, 2]" or "{type: plane, height: 0}".
std::string flow_text(const Type& type, void* object);

/// A string as a YAML scalar, quoted only where needed.
std::string scalar_text(const std::string& text);

}  // namespace filigree::yaml
