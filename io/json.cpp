// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/json.hpp"

#include <algorithm>

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

}  // namespace

nlohmann::ordered_json parse_json(std::string_view text, const std::string& label) {
  FILIGREE_REQUIRE(depth_of(text) <= kMaxDepth, "{}: not valid JSON: nested deeper than {} levels",
                   label, kMaxDepth);
  try {
    return nlohmann::ordered_json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 3: ..." without the bracket.
    std::string reason = error.what();
    const std::size_t end = reason.find("] ");
    if (end != std::string::npos) reason.erase(0, end + 2);
    throw InputError(format("{}: not valid JSON: {}", label, reason));
  }
}

std::string json_text(const nlohmann::ordered_json& json) {
  // Text that is not UTF-8 (odd file names on a command line) gets replacement characters.
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace filigree
