// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/cable_report.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"

namespace filigree {

namespace {

std::string millimetres(const std::vector<double>& values) {
  std::string text;
  for (const double value : values)
    text += format("{}{:.1f}", text.empty() ? "" : ", ", 1e3 * value);
  return text.empty() ? "none" : text;
}

/// Means over a tenth of the frames each, as bars.
std::string bars_over_time(const CableSet& set, const std::vector<double>& per_frame) {
  std::string text = "```\n";
  const std::size_t n = per_frame.size();
  const double most = std::max(1e-12, *std::max_element(per_frame.begin(), per_frame.end()));
  for (std::size_t part = 0; part < 10; ++part) {
    const std::size_t from = std::max<std::size_t>(2, part * n / 10);
    const std::size_t to = std::max(from + 1, (part + 1) * n / 10);
    double mean = 0;
    for (std::size_t f = from; f < std::min(to, n); ++f) {
      mean += per_frame[f] / static_cast<double>(to - from);
    }
    text += format("{:5.2f} s  {:5.1f} mm  {}\n", static_cast<double>(from) * set.dt, 1e3 * mean,
                   std::string(static_cast<std::size_t>(40 * mean / most), '#'));
  }
  return text + "```\n";
}

}  // namespace

RegionMeans region_means(const CableSet& set, const rods::CableFit& fit, std::size_t region) {
  RegionMeans means;
  double n = 0;
  for (std::size_t e = 0; e < set.edge_region.size(); ++e) {
    if (set.edge_region[e] != static_cast<Index>(region)) continue;
    const rods::EdgeProperties& edge = fit.parameters.edges[e];
    means.bending += 0.5 * std::log(edge.bending_stiffness[0] * edge.bending_stiffness[1]);
    means.twist += std::log(edge.twist_stiffness);
    means.line_density += std::log(edge.line_density);
    means.rest_length += fit.parameters.rest_length[e];
    n += 1;
  }
  means.bending = std::exp(means.bending / n);
  means.twist = std::exp(means.twist / n);
  means.line_density = std::exp(means.line_density / n);
  return means;
}

nlohmann::ordered_json fit_json(const CableReport& report) {
  nlohmann::ordered_json json{{"unknowns", report.unknowns.size()},
                              {"iterations", report.iterations},
                              {"evaluations", report.evaluations},
                              {"cost", {{"unit", "m"}, {"value", report.cost}}},
                              {"train_error",
                               {{"unit", "m"},
                                {"mean", report.train.mean},
                                {"per_recording", report.train.per_recording}}}};
  if (!report.validation.per_recording.empty()) {
    json["validation_error"] = {{"unit", "m"},
                                {"mean", report.validation.mean},
                                {"per_recording", report.validation.per_recording}};
  }
  return json;
}

std::string fit_markdown(const CableReport& report) {
  const CableSet& set = report.set;
  std::string text = format("# Fit of cable `{}`\n\n", set.name);
  text += format("{} unknowns, {} iterations, {} evaluations of cost and derivatives.\n\n",
                 report.unknowns.size(), report.iterations, report.evaluations);
  text += format(
      "Mean distance of free vertices, whole recordings: **{:.2f} mm** on the recordings "
      "fitted",
      1e3 * report.train.mean);
  const bool validated = !report.validation.per_recording.empty();
  text += validated ? format(", **{:.2f} mm** on those kept out.\n\n", 1e3 * report.validation.mean)
                    : ".\n\n";
  text += "| region | length m | EI N m^2 | GJ N m^2 | density kg/m |";
  text += report.truth ? " true EI | true density |\n|---|---|---|---|---|---|---|\n"
                       : "\n|---|---|---|---|---|\n";
  for (std::size_t r = 0; r < set.regions.size(); ++r) {
    const RegionMeans now = region_means(set, report.fit, r);
    const RegionMeans first = region_means(set, report.start, r);
    text += format("| {} | {:.4f} (from {:.4f}) | {:.4g} (from {:.4g}) | {:.4g} | {:.3g} |",
                   set.regions[r], now.rest_length, first.rest_length, now.bending, first.bending,
                   now.twist, now.line_density);
    if (report.truth) {
      const RegionMeans exact = region_means(set, *report.truth, r);
      text += format(" {:.4g} | {:.3g} |", exact.bending, exact.line_density);
    }
    text += "\n";
  }
  text +=
      "\nEI and GJ are geometric means over the edges of a region. Positions tell stiffness over "
      "density only;\nthe density of the parent is a convention. Twist is seen only through "
      "bending: GJ is the least certain.\n\n";
  text += format("Damping {:.3g} 1/s. Compliance of junctions (rad/(N m)):",
                 report.fit.parameters.damping);
  for (std::size_t v = 0; v < report.fit.parameters.junction_compliance.size(); ++v) {
    const double c = report.fit.parameters.junction_compliance[v];
    if (c > 0) text += format(" vertex {}: {:.3g};", v, c);
  }
  text += format(
      "\n\nRecordings fitted (mm): {}\n\nRecordings kept out (mm): {}\n\nVertices (mm): {}\n\n",
      millimetres(report.train.per_recording), millimetres(report.validation.per_recording),
      millimetres(report.train.per_vertex));
  text += "Error over the time of the recordings fitted:\n\n";
  return text + bars_over_time(set, report.train.per_frame);
}

}  // namespace filigree
