// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// A log: one line per event, as text for people or as JSON for programs.
//
//   Log log({.level = LogLevel::kInfo}, stream_sink(std::cerr));
//   log.info("read {} particles", n);
//   log.write(LogLevel::kWarning, "the step was cut", {{"time", t}, {"dt", dt}});
//
// Text:  warning: the step was cut (time=0.5, dt=0.001)
// JSON:  {"level":"warning","text":"the step was cut","time":0.5,"dt":0.001}
//
// Nothing is global: whoever may log is given the object. Several threads may use it at once.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/reflect.hpp"
#include "core/text.hpp"

namespace filigree {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
template <>
struct EnumNames<LogLevel> {
  static constexpr std::array names{"debug", "info", "warning", "error"};
};

enum class LogFormat { kText, kJson };
template <>
struct EnumNames<LogFormat> {
  static constexpr std::array names{"text", "json"};
};

/// One named value of an event.
struct LogField {
  using Value = std::variant<bool, std::int64_t, double, std::string>;

  template <class T>
  LogField(std::string field_name, const T& field_value)
      : name(std::move(field_name)), value(convert(field_value)) {}

  std::string name;
  Value value;

 private:
  static Value convert(bool v) { return v; }
  static Value convert(std::integral auto v) { return static_cast<std::int64_t>(v); }
  static Value convert(std::floating_point auto v) { return static_cast<double>(v); }
  static Value convert(const std::string& v) { return v; }
  static Value convert(std::string_view v) { return std::string(v); }
  static Value convert(const char* v) { return std::string(v); }
};

/// Receives finished lines, without the line break.
using LogSink = std::function<void(const std::string& line)>;
/// Writes each line to the stream, which must outlive the log, and flushes it.
LogSink stream_sink(std::ostream& stream);

struct LogOptions {
  LogLevel level = LogLevel::kInfo;  ///< events below it are dropped
  LogFormat format = LogFormat::kText;
  int rank = 0;
  int n_ranks = 1;  ///< with more than one, each line names its rank
};

class Log {
 public:
  Log(const LogOptions& options, LogSink sink);

  bool shows(LogLevel level) const { return level >= options_.level; }

  /// One event; line breaks and other control characters in it are escaped.
  void write(LogLevel level, std::string_view text, const std::vector<LogField>& fields = {});

  /// One event with a formatted text.
  template <class... Values>
  void debug(std::string_view text, const Values&... values) {
    write_formatted(LogLevel::kDebug, text, values...);
  }
  template <class... Values>
  void info(std::string_view text, const Values&... values) {
    write_formatted(LogLevel::kInfo, text, values...);
  }
  template <class... Values>
  void warning(std::string_view text, const Values&... values) {
    write_formatted(LogLevel::kWarning, text, values...);
  }
  template <class... Values>
  void error(std::string_view text, const Values&... values) {
    write_formatted(LogLevel::kError, text, values...);
  }

 private:
  template <class... Values>
  void write_formatted(LogLevel level, std::string_view text, const Values&... values) {
    if (!shows(level)) return;
    write(level, format(text, values...));
  }

  LogOptions options_;
  LogSink sink_;
  std::mutex mutex_;
};

}  // namespace filigree
