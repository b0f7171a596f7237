// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/metrics.hpp"

#include <cmath>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/json.hpp"

namespace filigree {

void write_metrics(const std::filesystem::path& file, std::span<const Metric> metrics,
                   std::span<const MetricList> lists) {
  const auto check = [&](const std::string& name, double value) {
    if (std::isfinite(value)) return;
    throw NumericalError(format("metric '{}' is not finite ({}); '{}' was not written", name,
                                number_text(value), file.string()));
  };
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const Metric& metric : metrics) {
    FILIGREE_REQUIRE(!json.contains(metric.name), "there are two metrics named '{}'", metric.name);
    check(metric.name, metric.value);
    json[metric.name] = {{"value", metric.value}, {"unit", metric.unit}};
  }
  for (const MetricList& list : lists) {
    FILIGREE_REQUIRE(!json.contains(list.name), "there are two metrics named '{}'", list.name);
    for (const double value : list.values) check(list.name, value);
    json[list.name] = {{"values", list.values}, {"unit", list.unit}};
  }
  write_file_atomically(file, json_text(json));
}

std::vector<Metric> read_metrics(const std::filesystem::path& file) {
  const nlohmann::ordered_json json = parse_json(read_text_file(file), file.string());
  FILIGREE_REQUIRE(json.is_object(), "{}: not a table of metrics", file.string());
  std::vector<Metric> metrics;
  for (const auto& [name, entry] : json.items()) {
    if (entry.is_object() && entry.contains("values") && entry["values"].is_array()) continue;
    const bool is_good = entry.is_object() && entry.contains("value") && entry.contains("unit") &&
                         entry["value"].is_number() && entry["unit"].is_string();
    FILIGREE_REQUIRE(is_good, "{}: metric '{}' must look like {{\"value\": 1.5, \"unit\": \"m\"}}",
                     file.string(), name);
    metrics.push_back({name, entry["value"].get<double>(), entry["unit"].get<std::string>()});
  }
  return metrics;
}

}  // namespace filigree
