// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// JSON from untrusted text: one clear error, bounded depth.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace filigree {

/// Throws InputError "LABEL: not valid JSON: ..." on bad syntax, on anything after the value, and
/// on nesting deeper than 100.
nlohmann::ordered_json parse_json(std::string_view text, const std::string& label);

/// Indented by two blanks, with a final newline.
std::string json_text(const nlohmann::ordered_json& json);

}  // namespace filigree
