// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// From the parser's marks (lines and columns from 0, columns in bytes) to positions for people.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "io/yaml/diagnostics.hpp"

namespace filigree::yaml {

class Marks {
 public:
  /// Keeps references to both.
  Marks(const std::string& text, const std::string& name) : text_(text), name_(name) {
    starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') starts_.push_back(i + 1);
    }
  }

  /// Byte in the text; its end for marks outside.
  std::size_t offset(int line, int column) const {
    if (line < 0 || static_cast<std::size_t>(line) >= starts_.size()) return text_.size();
    const std::size_t start = starts_[static_cast<std::size_t>(line)];
    return std::min(start + static_cast<std::size_t>(std::max(column, 0)), text_.size());
  }

  /// `bytes`: length of what is underlined, cut at the end of the line.
  Position position(int line, int column, std::size_t bytes = 1) const {
    const int last = static_cast<int>(starts_.size()) - 1;
    if (line < 0 || line > last) return {name_, last + 1, 1, 1};
    const std::size_t start = starts_[static_cast<std::size_t>(line)];
    const std::size_t at = offset(line, column);
    const std::string_view before(text_.data() + start, at - start);
    const std::size_t line_end = std::min(text_.find('\n', at), text_.size());
    const std::string_view marked(text_.data() + at, std::min(line_end - at, bytes));
    return {name_, line + 1, character_count(before) + 1, std::max(1, character_count(marked))};
  }

  /// Bytes of the quoted text that starts at `at`, quotes included; 0 when it is not closed.
  std::size_t quoted_length(std::size_t at) const {
    const char quote = text_[at];
    for (std::size_t i = at + 1; i < text_.size(); ++i) {
      if (quote == '"' && text_[i] == '\\') {
        ++i;
      } else if (text_[i] == quote) {
        if (quote == '"' || i + 1 == text_.size() || text_[i + 1] != quote) return i + 1 - at;
        ++i;
      }
    }
    return 0;
  }

  const std::string& text() const { return text_; }

 private:
  const std::string& text_;
  const std::string& name_;
  std::vector<std::size_t> starts_;
};

}  // namespace filigree::yaml
