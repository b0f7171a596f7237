// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Text: formatting, numbers that read back identically, sizes for people, spelling suggestions.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace filigree {

/// `{}`-style formatting with a format string that may be built at run time.
/// Throws fmt::format_error when the string does not match the values.
template <class... Values>
std::string format(std::string_view text, const Values&... values) {
  return fmt::vformat(fmt::string_view(text.data(), text.size()), fmt::make_format_args(values...));
}

/// Shortest decimal text that reads back to the same bits ("0.1", "1e-05", "3").
std::string number_text(double value);

/// "512 B", "3.4 MiB", "12 GiB".
std::string size_text(std::uint64_t bytes);

/// "850 ms", "12.3 s", "4 min 05 s", "2 h 13 min".
std::string duration_text(double seconds);

/// "a, b, c".
std::string join(const std::vector<std::string>& words, std::string_view separator = ", ");

/// Damerau-Levenshtein distance (optimal string alignment): insert, delete, replace, swap of
/// neighbours.
int edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `word` within distance 2 and a third of its length, or "" when there is
/// none. Ties go to the first candidate.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace filigree
