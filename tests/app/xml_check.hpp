// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Is a page well-formed? Every element is closed where it must be, attributes are quoted, & and <
// are escaped.
#pragma once

#include <cctype>
#include <string>
#include <string_view>
#include <vector>

namespace filigree::testing_support {

/// True when `name="value"` pairs and blanks are all that `text` has.
inline bool are_attributes(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    if (std::isspace(static_cast<unsigned char>(text[i]))) {
      ++i;
      continue;
    }
    const std::size_t equals = text.find("=\"", i);
    if (equals == std::string_view::npos) return false;
    for (; i < equals; ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (!std::isalnum(c) && c != '-' && c != ':') return false;
    }
    const std::size_t end = text.find('"', equals + 2);
    if (end == std::string_view::npos) return false;
    i = end + 1;
  }
  return true;
}

/// The first fault of a page with its surroundings; "" when it is well-formed.
inline std::string fault_of(std::string_view page) {
  std::vector<std::string> open;
  const auto fault = [&](const std::string& what, std::size_t at) {
    return what + " near: " + std::string(page.substr(at, 80));
  };
  if (page.substr(0, 16) == "<!DOCTYPE html>\n") page.remove_prefix(16);
  std::size_t i = 0;
  while (i < page.size()) {
    if (page[i] == '&') {
      const std::size_t end = page.find(';', i);
      if (end == std::string_view::npos || end - i > 7) return fault("a bare &", i);
      i = end + 1;
      continue;
    }
    if (page[i] == '>') return fault("a bare >", i);
    if (page[i] != '<') {
      ++i;
      continue;
    }
    const std::size_t end = page.find('>', i);
    if (end == std::string_view::npos) return fault("an element without end", i);
    std::string_view inside = page.substr(i + 1, end - i - 1);
    const bool closes = inside.starts_with('/');
    const bool is_empty = inside.ends_with('/');
    if (closes) inside.remove_prefix(1);
    if (is_empty) inside.remove_suffix(1);
    const std::size_t n_name = inside.find_first_of(" \n");
    const std::string name(inside.substr(0, n_name));
    if (name.empty() || !std::isalpha(static_cast<unsigned char>(name[0]))) {
      return fault("a bare <", i);
    }
    if (n_name != std::string_view::npos && !are_attributes(inside.substr(n_name))) {
      return fault("bad attributes", i);
    }
    if (closes) {
      if (open.empty() || open.back() != name) return fault("a stray end", i);
      open.pop_back();
    } else if (!is_empty) {
      open.push_back(name);
    }
    i = end + 1;
  }
  return open.empty() ? "" : "no end of " + open.back();
}

}  // namespace filigree::testing_support
