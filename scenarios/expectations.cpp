// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/expectations.hpp"

#include <algorithm>
#include <limits>

#include "core/error.hpp"
#include "io/yaml/reader.hpp"

namespace filigree {
namespace {

const Metric* find_metric(std::span<const Metric> metrics, const std::string& name) {
  const auto it = std::find_if(metrics.begin(), metrics.end(),
                               [&](const Metric& metric) { return metric.name == name; });
  return it == metrics.end() ? nullptr : &*it;
}

/// The number of columns when there is no such column.
std::size_t find_column(const CsvTable& table, const std::string& name) {
  std::size_t i = 0;
  while (i < table.columns.size() && split_column(table.columns[i]).name != name) ++i;
  return i;
}

/// Linear between rows; the last value after the last row.
double value_at(const CsvTable& table, std::size_t column, double time) {
  const auto after = std::find_if(table.rows.begin(), table.rows.end(),
                                  [&](const std::vector<double>& row) { return row[0] >= time; });
  if (after == table.rows.end()) return table.rows.back()[column];
  if (after == table.rows.begin() || (*after)[0] == time) return (*after)[column];
  const std::vector<double>& a = *(after - 1);
  const std::vector<double>& b = *after;
  const double weight = (time - a[0]) / (b[0] - a[0]);
  return a[column] + weight * (b[column] - a[column]);
}

ExpectationResult from_column(const Expectation& expectation, const CsvTable& table) {
  const std::size_t column = find_column(table, expectation.quantity);
  ExpectationResult result;
  if (column == table.columns.size() || table.rows.empty()) {
    result.at = "metric";
    result.got = std::numeric_limits<double>::quiet_NaN();
    return result;
  }
  result.unit = split_column(table.columns[column]).unit;
  if (expectation.time) {
    result.at = format("t = {} s", number_text(*expectation.time));
    result.got = value_at(table, column, *expectation.time);
    return result;
  }
  const Moment moment = expectation.at.value_or(Moment::kEnd);
  result.at = EnumNames<Moment>::names[static_cast<std::size_t>(moment)];
  result.got = table.rows.back()[column];
  for (const std::vector<double>& row : table.rows) {
    if (moment == Moment::kMax) result.got = std::max(result.got, row[column]);
    if (moment == Moment::kMin) result.got = std::min(result.got, row[column]);
  }
  return result;
}

}  // namespace

void check_expectations(const RunOptions& options, const std::vector<std::string>& diagnostics,
                        const std::vector<std::string>& metrics, const yaml::Document& document,
                        yaml::Diagnostics& problems) {
  std::vector<std::string> known = diagnostics;
  known.insert(known.end(), metrics.begin(), metrics.end());
  const auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (std::size_t i = 0; i < options.expect.size(); ++i) {
    const Expectation& expectation = options.expect[i];
    const auto position = [&](const char* key) {
      return yaml::find_path(document.root(), format("expect.{}.{}", i, key))->position;
    };
    const std::string path = format("expect.{}.quantity", i);
    const yaml::Node& quantity = *yaml::find_path(document.root(), path);
    if (!yaml::check_name(quantity, path, "a quantity of this scenario", known, problems)) continue;
    if (has(metrics, expectation.quantity) && (expectation.at || expectation.time)) {
      const char* key = expectation.time ? "time" : "at";
      problems.error(position(key), format("expect.{}.{}", i, key),
                     format("expect.{}.{} does not apply: '{}' is a figure of the whole run", i,
                            key, expectation.quantity),
                     "leave the key out");
    } else if (expectation.time && *expectation.time > options.time.end) {
      problems.error(position("time"), format("expect.{}.time", i),
                     format("expect.{}.time = {} s is after time.end = {} s", i,
                            number_text(*expectation.time), number_text(options.time.end)));
    }
  }
}

std::vector<ExpectationResult> evaluate_expectations(std::span<const Expectation> expectations,
                                                     const CsvTable& table,
                                                     std::span<const Metric> metrics) {
  std::vector<ExpectationResult> results;
  for (const Expectation& expectation : expectations) {
    ExpectationResult result;
    if (const Metric* metric = find_metric(metrics, expectation.quantity)) {
      result.at = "metric";
      result.got = metric->value;
      result.unit = metric->unit;
    } else {
      result = from_column(expectation, table);
    }
    result.quantity = expectation.quantity;
    result.lowest = expectation.within[0];
    result.highest = expectation.within[1];
    result.met = result.got >= result.lowest && result.got <= result.highest;
    results.push_back(std::move(result));
  }
  return results;
}

std::string expectation_table(std::span<const ExpectationResult> results) {
  std::vector<std::array<std::string, 4>> cells{{"quantity", "at", "expected", "got"}};
  for (const ExpectationResult& result : results) {
    const std::string unit = result.unit.empty() ? "" : " " + result.unit;
    cells.push_back({result.quantity, result.at,
                     format("[{:.6g}, {:.6g}]{}", result.lowest, result.highest, unit),
                     format("{:.6g}{}", result.got, unit)});
  }
  std::array<std::size_t, 4> widths{};
  for (const auto& row : cells) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (std::size_t r = 0; r < cells.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      line += format("  {:<{}}", cells[r][i], widths[i]);
    }
    if (r > 0) line += results[r - 1].met ? "  ok" : "  NOT MET";
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

ColumnName split_column(const std::string& header) {
  const std::size_t open = header.rfind(" [");
  if (open == std::string::npos || header.back() != ']') return {header, ""};
  return {header.substr(0, open), header.substr(open + 2, header.size() - open - 3)};
}

}  // namespace filigree
