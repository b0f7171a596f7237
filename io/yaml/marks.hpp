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
    if (line < 0 || line > last) return end();
    const std::size_t at = offset(line, column);
    const std::size_t line_end =
        line < last ? starts_[static_cast<std::size_t>(line) + 1] - 1 : text_.size();
    const std::string_view marked(text_.data() + at, std::min(std::max(line_end, at) - at, bytes));
    return {name_, line + 1, characters_before(line, at) + 1, std::max(1, character_count(marked))};
  }

  /// Behind the last character that is not blank.
  Position end() const {
    const std::size_t last = text_.find_last_not_of(" \n");
    const std::size_t at = last == std::string::npos ? 0 : last + 1;
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), at);
    const auto line = next - starts_.begin();
    const std::size_t start = starts_[static_cast<std::size_t>(line) - 1];
    const std::string_view before(text_.data() + start, at - start);
    return {name_, static_cast<int>(line), character_count(before) + 1, 1};
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
  /// Marks come in the order of the text, so counting goes on where it stopped: linear in all.
  int characters_before(int line, std::size_t at) const {
    if (line != counted_line_ || at < counted_to_) {
      counted_line_ = line;
      counted_to_ = starts_[static_cast<std::size_t>(line)];
      counted_ = 0;
    }
    counted_ += character_count({text_.data() + counted_to_, at - counted_to_});
    counted_to_ = at;
    return counted_;
  }

  const std::string& text_;
  const std::string& name_;
  std::vector<std::size_t> starts_;
  mutable int counted_line_ = -1;
  mutable std::size_t counted_to_ = 0;
  mutable int counted_ = 0;
};

}  // namespace filigree::yaml
