// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/yaml/source_text.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "io/yaml/document.hpp"

namespace filigree::yaml {

namespace {

void normalize_line_ends(std::string& text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      result += text[i];
    } else if (i + 1 == text.size() || text[i + 1] != '\n') {
      result += '\n';
    }
  }
  text = std::move(result);
}

bool is_utf16_or_32(const std::string& text) {
  const auto starts = [&](std::string_view mark) {
    return text.compare(0, mark.size(), mark) == 0;
  };
  return starts("\xFF\xFE") || starts("\xFE\xFF") || starts(std::string_view("\0\0\xFE\xFF", 4));
}

/// Walks over the characters; at most a few problems are reported, one per line.
class Scan {
 public:
  Scan(const std::string& text, const std::string& name, Diagnostics& diagnostics)
      : text_(text), name_(name), diagnostics_(diagnostics) {}

  bool run() {
    while (i_ < text_.size() && count_ < kMost) {
      const char c = text_[i_];
      if (c == '\n') {
        next_line();
        continue;
      }
      const std::size_t length = utf8_length(text_, i_);
      if (length == 0) {
        report(format("byte 0x{:02X} is not UTF-8 text", static_cast<unsigned char>(c)),
               "save the file as UTF-8");
      } else if (c == '\t' && in_indentation_ && !is_comment_or_blank()) {
        report("a tab in the indentation", "YAML indents with spaces only");
      } else if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F) {
        report(format("control character 0x{:02X} in the text", static_cast<unsigned char>(c)),
               "remove it");
      }
      if (c != ' ' && c != '\t') in_indentation_ = false;
      i_ += std::max<std::size_t>(length, 1);
      ++column_;
    }
    return count_ == 0;
  }

 private:
  static constexpr int kMost = 10;

  void next_line() {
    ++i_;
    ++line_;
    column_ = 1;
    in_indentation_ = true;
    reported_ = false;
  }

  bool is_comment_or_blank() const {
    const std::size_t next = text_.find_first_not_of(" \t", i_);
    return next == std::string::npos || text_[next] == '\n' || text_[next] == '#';
  }

  void report(std::string message, std::string hint) {
    if (reported_) return;
    reported_ = true;
    ++count_;
    diagnostics_.error({name_, line_, column_, 1}, "", std::move(message), std::move(hint));
  }

  const std::string& text_;
  const std::string& name_;
  Diagnostics& diagnostics_;
  std::size_t i_ = 0;
  int line_ = 1;
  int column_ = 1;
  int count_ = 0;
  bool in_indentation_ = true;
  bool reported_ = false;
};

}  // namespace

std::size_t utf8_length(const std::string& text, std::size_t i) {
  const auto byte = [&](std::size_t k) -> unsigned {
    return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(k) & 0xC0U) != 0x80U) return 0;
  }
  const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
  const bool surrogate = first == 0xED && byte(1) >= 0xA0;
  const bool too_large = first == 0xF4 && byte(1) >= 0x90;
  return overlong || surrogate || too_large ? 0 : length;
}

bool prepare_source(std::string& text, const std::string& name, Diagnostics& diagnostics,
                    bool is_argument) {
  if (text.size() > Limits::kBytes) {
    diagnostics.error({name, 0, 0, 1}, "",
                      format("the file has more than {} bytes", Limits::kBytes),
                      "keep large tables in files of their own and name them in the scenario");
    return false;
  }
  if (is_utf16_or_32(text)) {
    diagnostics.error({name, 0, 0, 1}, "", "the file is UTF-16 or UTF-32 text", "save it as UTF-8");
    return false;
  }
  if (text.compare(0, 3, "\xEF\xBB\xBF") == 0) text.erase(0, 3);
  normalize_line_ends(text);
  diagnostics.add_source(name, text, is_argument);
  return Scan(text, name, diagnostics).run();
}

}  // namespace filigree::yaml
