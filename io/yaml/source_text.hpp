// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The bytes of a YAML file before they are parsed: encoding, line ends, tabs, size.
#pragma once

#include <string>

#include "io/yaml/diagnostics.hpp"

namespace filigree::yaml {

/// Removes a UTF-8 byte order mark, turns CRLF and CR into LF, adds the text to `diagnostics` as a
/// source and reports what a parser must not see: too many bytes, other encodings, invalid UTF-8,
/// control characters, tabs in the indentation. True when the text can be parsed.
bool prepare_source(std::string& text, const std::string& name, Diagnostics& diagnostics,
                    bool is_argument = false);

/// Length in bytes of the valid UTF-8 character at `text[i]`, 0 when there is none.
std::size_t utf8_length(const std::string& text, std::size_t i);

}  // namespace filigree::yaml
