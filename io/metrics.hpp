// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// metrics.json: what a run found out, {"runout": {"value": 1.93, "unit": "m"}}.
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

/// Atomic, in the given order. NumericalError on a value that is not finite.
void write_metrics(const std::filesystem::path& file, std::span<const Metric> metrics);
std::vector<Metric> read_metrics(const std::filesystem::path& file);

}  // namespace filigree
