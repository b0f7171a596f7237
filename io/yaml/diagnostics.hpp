// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Everything that is wrong with an input, collected, sorted by position and shown with the source
// line.
//
//   cable.yaml:14:5: error: unknown key 'itterations' in rod.integrator (type semi_implicit)
//      14 |     itterations: 10
//         |     ^~~~~~~~~~~ did you mean 'iterations'?
//   1 error; nothing was run. 'filigree explain branched_rod' lists every key.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace filigree::yaml {

/// A place in an input. Lines and columns count from 1, columns in characters; line 0: no line is
/// known. Overrides have the file "command line: argument 3", line 0 and a column inside the
/// argument.
struct Position {
  std::string file;
  int line = 0;
  int column = 0;
  int width = 1;  ///< characters to underline
};

struct Problem {
  Position position;
  std::string path;     ///< "rod.integrator", "" when the problem has no key
  std::string message;  ///< whole sentence, names the path itself
  std::string hint;     ///< the nearest legal alternative or a way out, may be empty
};

/// Text of a user inside a message: control characters replaced, long text cut.
std::string shown(std::string_view text);

/// Number of characters (UTF-8 code points).
int character_count(std::string_view text);

class Diagnostics {
 public:
  /// Text of an input, for excerpts. Problems are shown in the order in which sources were added.
  /// An argument of the command line has no line numbers worth showing.
  void add_source(std::string file, std::string text, bool is_argument = false);

  /// Drops exact repetitions; after a thousand problems the rest is only counted.
  void error(Position position, std::string path, std::string message, std::string hint = "");

  /// The scenario type whose keys `filigree explain` would list; named in the last line of text().
  void set_type(std::string type) { type_ = std::move(type); }

  bool ok() const { return problems_.empty(); }
  std::size_t size() const { return problems_.size() + n_dropped_; }

  /// Sorted by source, line, column; problems at one place keep their order.
  std::vector<Problem> sorted() const;

  /// The whole report, ends with "N errors; nothing was run. ...". "" when there are no problems.
  std::string text() const;

  /// {"errors": [{"file", "line", "column", "path", "message", "hint"}, ...], "type": ...}
  nlohmann::json json() const;

  /// Throws InputError with text() when there are problems.
  void throw_if_any() const;

 private:
  struct Source {
    std::string file;
    std::vector<std::string> lines;
    bool is_argument = false;
  };
  std::string place(const Position& position) const;
  std::size_t source_index(const std::string& file) const;
  std::string excerpt(const Problem& problem) const;

  static constexpr std::size_t kMostShown = 50;
  static constexpr std::size_t kMostKept = 1000;

  std::vector<Source> sources_;
  std::vector<Problem> problems_;
  std::size_t n_dropped_ = 0;  ///< counted, but not kept
  std::string type_;
};

}  // namespace filigree::yaml
