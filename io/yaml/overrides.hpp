// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// "key.path=value" arguments of the command line, applied to a document before it is read.
#pragma once

#include <string_view>

#include "io/yaml/document.hpp"

namespace filigree::yaml {

/// Sets the node at the dotted path; numbers index lists (the length appends one item); missing
/// blocks are created. The value is YAML ("3", "12 mm", "[1, 2]", "{type: plane}", nothing for an
/// empty value). Positions of the new nodes read "command line: argument N".
void apply_override(Document& document, std::string_view assignment, int argument,
                    Diagnostics& diagnostics);

/// Does this look like an override (a dotted key, then '=')?
bool is_override(std::string_view argument);

}  // namespace filigree::yaml
