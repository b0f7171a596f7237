// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/json.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "core/error.hpp"

namespace filigree {
namespace {

constexpr int kMaxDepth = 100;

/// Deepest nesting of brackets outside of strings.
int depth_of(std::string_view text) {
  int depth = 0;
  int deepest = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      deepest = std::max(deepest, ++depth);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return deepest;
}

using Json = nlohmann::ordered_json;

Json parse(std::string_view text, const std::string& label, const Json::parser_callback_t& seen) {
  FILIGREE_REQUIRE(depth_of(text) <= kMaxDepth, "{}: not valid JSON: nested deeper than {} levels",
                   label, kMaxDepth);
  try {
    return Json::parse(text, seen);
  } catch (const nlohmann::json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 3: ..." without the bracket.
    std::string reason = error.what();
    const std::size_t end = reason.find("] ");
    if (end != std::string::npos) reason.erase(0, end + 2);
    throw InputError(format("{}: not valid JSON: {}", label, reason));
  }
}

}  // namespace

nlohmann::ordered_json parse_json(std::string_view text, const std::string& label) {
  return parse(text, label, nullptr);
}

nlohmann::ordered_json parse_json_with_unique_keys(std::string_view text, const std::string& label,
                                                   std::size_t max_keys) {
  std::size_t n_keys = 0;
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  return parse(text, label, [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key) {
      FILIGREE_REQUIRE(++n_keys <= 5 * max_keys && keys.back().size() < max_keys,
                       "{}: it has more than the {} keys allowed", label, max_keys);
      FILIGREE_REQUIRE(keys.back().insert(value.get<std::string>()).second,
                       "{}: the key '{}' is there twice", label, value.get<std::string>());
    }
    return true;
  });
}

std::string json_text(const nlohmann::ordered_json& json, JsonStyle style) {
  const bool indented = style == JsonStyle::kIndented;
  // Text that is not UTF-8 (odd file names on a command line) gets replacement characters.
  const auto replace = nlohmann::ordered_json::error_handler_t::replace;
  return json.dump(indented ? 2 : -1, ' ', false, replace) + (indented ? "\n" : "");
}

}  // namespace filigree
