// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/metrics.hpp"

#include <cmath>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/json.hpp"

namespace filigree {

void write_metrics(const std::filesystem::path& file, std::span<const Metric> metrics) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const Metric& metric : metrics) {
    FILIGREE_REQUIRE(!json.contains(metric.name), "there are two metrics named '{}'", metric.name);
    if (!std::isfinite(metric.value)) {
      throw NumericalError(format("metric '{}' is not finite ({}); '{}' was not written",
                                  metric.name, number_text(metric.value), file.string()));
    }
    json[metric.name] = {{"value", metric.value}, {"unit", metric.unit}};
  }
  write_file_atomically(file, json_text(json));
}

std::vector<Metric> read_metrics(const std::filesystem::path& file) {
  const nlohmann::ordered_json json = parse_json(read_text_file(file), file.string());
  FILIGREE_REQUIRE(json.is_object(), "{}: not a table of metrics", file.string());
  std::vector<Metric> metrics;
  for (const auto& [name, entry] : json.items()) {
    const bool is_good = entry.is_object() && entry.contains("value") && entry.contains("unit") &&
                         entry["value"].is_number() && entry["unit"].is_string();
    FILIGREE_REQUIRE(is_good, "{}: metric '{}' must look like {{\"value\": 1.5, \"unit\": \"m\"}}",
                     file.string(), name);
    metrics.push_back({name, entry["value"].get<double>(), entry["unit"].get<std::string>()});
  }
  return metrics;
}

}  // namespace filigree
