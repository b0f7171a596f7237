// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/yaml/diagnostics.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "core/error.hpp"
#include "io/yaml/source_text.hpp"

namespace filigree::yaml {

namespace {

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// The characters of a line, ready to be shown: control characters and broken bytes replaced.
std::vector<std::string> characters(const std::string& line) {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < line.size(); i += std::max<std::size_t>(utf8_length(line, i), 1)) {
    const auto byte = static_cast<unsigned char>(line[i]);
    const std::size_t length = utf8_length(line, i);
    if (length == 0) {
      result.emplace_back("?");
    } else {
      result.push_back(byte < 0x20 || byte == 0x7F ? " " : line.substr(i, length));
    }
  }
  return result;
}

std::string slice(const std::vector<std::string>& all, int from, int to) {
  return join({all.begin() + from, all.begin() + to}, "");
}

}  // namespace

int character_count(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  std::string result;
  for (const char c : text.substr(0, kLongest)) {
    result += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  }
  if (text.size() <= kLongest) return result;
  while (!result.empty() && is_continuation(text[result.size()])) result.pop_back();
  return result + "...";
}

void Diagnostics::add_source(std::string file, std::string text, bool is_argument) {
  Source source{std::move(file), {}, is_argument};
  std::size_t start = 0;
  while (start <= text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    source.lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  sources_.push_back(std::move(source));
}

void Diagnostics::error(Position position, std::string path, std::string message,
                        std::string hint) {
  if (problems_.size() >= kMostKept) {
    ++n_dropped_;
    return;
  }
  Problem problem{std::move(position), std::move(path), std::move(message), std::move(hint)};
  // Repetitions come from aliases, where one place in the file is read several times.
  const bool repeated = std::any_of(problems_.begin(), problems_.end(), [&](const Problem& known) {
    return known.message == problem.message && known.position.file == problem.position.file &&
           known.position.line == problem.position.line &&
           known.position.column == problem.position.column;
  });
  if (!repeated) problems_.push_back(std::move(problem));
}

std::size_t Diagnostics::source_index(const std::string& file) const {
  const auto found = std::find_if(sources_.begin(), sources_.end(),
                                  [&](const Source& source) { return source.file == file; });
  return static_cast<std::size_t>(found - sources_.begin());
}

std::vector<Problem> Diagnostics::sorted() const {
  std::vector<std::pair<std::size_t, const Problem*>> order;
  for (const Problem& problem : problems_) {
    order.emplace_back(source_index(problem.position.file), &problem);
  }
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    const Position& p = a.second->position;
    const Position& q = b.second->position;
    return std::tie(a.first, p.line, p.column) < std::tie(b.first, q.line, q.column);
  });
  std::vector<Problem> result;
  for (const auto& [source, problem] : order) result.push_back(*problem);
  return result;
}

std::string Diagnostics::place(const Position& position) const {
  const std::size_t source = source_index(position.file);
  const bool is_argument = source < sources_.size() && sources_[source].is_argument;
  if (position.line == 0 || is_argument) return position.file;
  return format("{}:{}:{}", position.file, position.line, position.column);
}

std::string Diagnostics::excerpt(const Problem& problem) const {
  const Position& position = problem.position;
  const std::string hint = problem.hint.empty() ? "" : " " + problem.hint;
  const std::size_t source = source_index(position.file);
  const std::size_t line = position.line > 0 ? static_cast<std::size_t>(position.line) - 1 : 0;
  if (source == sources_.size() || position.column < 1 || line >= sources_[source].lines.size()) {
    return hint.empty() ? "" : format("      |{}\n", hint);
  }
  constexpr int kWidth = 100;
  const std::vector<std::string> text = characters(sources_[source].lines[line]);
  const int length = static_cast<int>(text.size());
  const int caret = std::min(position.column - 1, length);
  const int from = caret < kWidth - 20 ? 0 : caret - kWidth / 2;
  const int to = std::min(length, from + kWidth);
  const int width = std::max(1, std::min(position.width, to - caret));
  const std::string before = from > 0 ? "..." : "";
  std::string result =
      format("{:>5} | {}{}{}\n",
             position.line > 0 && !sources_[source].is_argument ? format("{}", position.line) : "",
             before, slice(text, from, to), to < length ? "..." : "");
  const auto indent = static_cast<std::size_t>(caret - from) + before.size();
  result += format("      | {}^{}{}\n", std::string(indent, ' '),
                   std::string(static_cast<std::size_t>(width) - 1, '~'), hint);
  return result;
}

std::string Diagnostics::text() const {
  if (ok()) return "";
  std::string result;
  std::size_t count = 0;
  for (const Problem& problem : sorted()) {
    if (count++ == kMostShown) break;
    result += format("{}: error: {}\n", place(problem.position), problem.message);
    result += excerpt(problem);
  }
  if (size() > kMostShown) result += format("... and {} more\n", size() - kMostShown);
  result += format("{} error{}; nothing was run. ", size(), size() == 1 ? "" : "s");
  result += type_.empty() ? "'filigree list' names the scenario types."
                          : format("'filigree explain {}' lists every key.", type_);
  return result + "\n";
}

nlohmann::json Diagnostics::json() const {
  nlohmann::json errors = nlohmann::json::array();
  for (const Problem& problem : sorted()) {
    errors.push_back({{"file", problem.position.file},
                      {"line", problem.position.line},
                      {"column", problem.position.column},
                      {"path", problem.path},
                      {"message", problem.message},
                      {"hint", problem.hint}});
  }
  return {{"errors", errors}, {"type", type_}};
}

void Diagnostics::throw_if_any() const {
  if (!ok()) throw InputError(text());
}

}  // namespace filigree::yaml
