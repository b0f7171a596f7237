// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/log.hpp"

#include <cmath>
#include <ostream>

namespace filigree {

namespace {

const char* name_of_level(LogLevel level) {
  return EnumNames<LogLevel>::names[static_cast<std::size_t>(level)];
}

/// Length of the UTF-8 sequence at text[i], or 0 when the bytes are not one.
std::size_t utf8_length(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned char first = byte(i);
  const std::size_t length = first < 0x80                    ? 1
                             : first >= 0xC2 && first < 0xE0 ? 2
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first >= 0xF0 && first < 0xF5 ? 4
                                                             : 0;
  if (length == 0 || i + length > text.size()) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(i + k) & 0xC0) != 0x80) return 0;
  }
  if (length < 3) return length;
  const unsigned char second = byte(i + 1);
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second >= 0xA0;
  const bool too_high = first == 0xF4 && second >= 0x90;
  return overlong || surrogate || too_high ? 0 : length;
}

/// Control characters escaped; for JSON also quotes and backslashes, and bytes that are not UTF-8
/// replaced by U+FFFD.
std::string escaped(std::string_view text, bool json) {
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const std::size_t length = utf8_length(text, i);
    if (c == '\n') {
      result += "\\n";
    } else if (c == '\t') {
      result += "\\t";
    } else if (c == '\r') {
      result += "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      result += format("\\u{:04x}", static_cast<int>(c));
    } else if (json && (c == '"' || c == '\\')) {
      result += {'\\', c};
    } else if (json && length == 0) {
      result += "\xEF\xBF\xBD";
    } else {
      result += text.substr(i, length == 0 ? 1 : length);
    }
    i += length == 0 ? 1 : length;
  }
  return result;
}

std::string quoted(std::string_view text) {
  return '"' + escaped(text, true) + '"';
}

struct TextValue {
  std::string operator()(bool v) const { return v ? "true" : "false"; }
  std::string operator()(std::int64_t v) const { return format("{}", v); }
  std::string operator()(double v) const { return number_text(v); }
  std::string operator()(const std::string& v) const { return escaped(v, false); }
};

/// JSON has no infinities and no NaN: null, as JavaScript writes them.
struct JsonValue : TextValue {
  using TextValue::operator();
  std::string operator()(double v) const { return std::isfinite(v) ? number_text(v) : "null"; }
  std::string operator()(const std::string& v) const { return quoted(v); }
};

std::string text_line(const LogOptions& options, LogLevel level, std::string_view text,
                      const std::vector<LogField>& fields) {
  std::string line = options.n_ranks > 1 ? format("[{}] ", options.rank) : "";
  if (level != LogLevel::kInfo) line += format("{}: ", name_of_level(level));
  line += escaped(text, false);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    line += format("{}{}={}", i == 0 ? " (" : ", ", fields[i].name,
                   std::visit(TextValue{}, fields[i].value));
  }
  return fields.empty() ? line : line + ')';
}

std::string json_line(const LogOptions& options, LogLevel level, std::string_view text,
                      const std::vector<LogField>& fields) {
  std::string line = format("{{\"level\":\"{}\"", name_of_level(level));
  if (options.n_ranks > 1) line += format(",\"rank\":{}", options.rank);
  line += format(",\"text\":{}", quoted(text));
  for (const LogField& field : fields) {
    line += format(",{}:{}", quoted(field.name), std::visit(JsonValue{}, field.value));
  }
  return line + '}';
}

}  // namespace

LogSink stream_sink(std::ostream& stream) {
  return [&stream](const std::string& line) { stream << line << '\n' << std::flush; };
}

Log::Log(const LogOptions& options, LogSink sink) : options_(options), sink_(std::move(sink)) {}

void Log::write(LogLevel level, std::string_view text, const std::vector<LogField>& fields) {
  if (!shows(level)) return;
  const std::string line = options_.format == LogFormat::kJson
                               ? json_line(options_, level, text, fields)
                               : text_line(options_, level, text, fields);
  const std::lock_guard lock(mutex_);
  sink_(line);
}

}  // namespace filigree
