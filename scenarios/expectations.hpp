// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// `expect:` blocks: are the figures of a finished run where the scenario says they must be?
#pragma once

#include <span>
#include <string>
#include <vector>

#include "io/csv_writer.hpp"
#include "io/metrics.hpp"
#include "io/yaml/document.hpp"
#include "scenarios/run_options.hpp"

namespace filigree {

struct ExpectationResult {
  std::string quantity;
  std::string at;  ///< "end", "max", "min", "t = 0.5 s", or "metric"
  double lowest = 0;
  double highest = 0;
  double got = 0;
  std::string unit;
  bool met = false;
};

/// Reports expectations whose quantity is neither a diagnostic nor a metric, or whose moment makes
/// no sense for it, at their positions in `document`.
void check_expectations(const RunOptions& options, const std::vector<std::string>& diagnostics,
                        const std::vector<std::string>& metrics, const yaml::Document& document,
                        yaml::Diagnostics& problems);

/// `table` is diagnostics.csv with its time in the first column. Metrics go before columns. A
/// quantity that is in neither, as a figure that the run did not determine, has the value NaN.
std::vector<ExpectationResult> evaluate_expectations(std::span<const Expectation> expectations,
                                                     const CsvTable& table,
                                                     std::span<const Metric> metrics);

/// A table of quantity, moment, expected range and value, one line per result.
std::string expectation_table(std::span<const ExpectationResult> results);

/// "kinetic_energy [J]" -> "kinetic_energy" and "J".
struct ColumnName {
  std::string name;
  std::string unit;
};
ColumnName split_column(const std::string& header);

}  // namespace filigree
