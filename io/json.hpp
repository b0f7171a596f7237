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

/// The same, and InputError where an object repeats a key, has more than `max_keys` of them, or all
/// objects together more than five times as many: looking up a key takes time in proportion.
nlohmann::ordered_json parse_json_with_unique_keys(std::string_view text, const std::string& label,
                                                   std::size_t max_keys);

enum class JsonStyle { kIndented, kOneLine };

/// Indented by two blanks, with a final newline; or on one line, without.
std::string json_text(const nlohmann::ordered_json& json, JsonStyle style = JsonStyle::kIndented);

}  // namespace filigree
