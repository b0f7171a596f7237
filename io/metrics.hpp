// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// metrics.json: what a run found out, {"runout": {"value": 1.93, "unit": "m"}}; lists have
// "values".
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace filigree {

struct Metric {
  std::string name;  ///< lower_snake, unique
  double value = 0;
  std::string unit;  ///< SI, "" when dimensionless
  bool operator==(const Metric&) const = default;
};

/// One figure for each of several things of a kind.
struct MetricList {
  std::string name;
  std::vector<double> values;
  std::string unit;
};

/// Atomic, in the given order, lists last. NumericalError on a value that is not finite.
void write_metrics(const std::filesystem::path& file, std::span<const Metric> metrics,
                   std::span<const MetricList> lists = {});
/// The single figures of a file; lists are passed over.
std::vector<Metric> read_metrics(const std::filesystem::path& file);

}  // namespace filigree
