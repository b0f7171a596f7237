// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "app/report/run_plots.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "scenarios/expectations.hpp"

namespace filigree::app {
namespace {

/// "angular_momentum_z" -> "angular_momentum".
std::string without_axis(const std::string& name) {
  const bool has_axis = name.ends_with("_x") || name.ends_with("_y") || name.ends_with("_z");
  return has_axis ? name.substr(0, name.size() - 2) : name;
}

std::string title_of(const std::string& name) {
  if (name.ends_with("energy")) return "Energy budget";
  std::string title = without_axis(name);
  std::replace(title.begin(), title.end(), '_', ' ');
  if (!title.empty() && title[0] >= 'a' && title[0] <= 'z') title[0] -= 'a' - 'A';
  return title;
}

int rank_of(const Plot& plot) {
  if (plot.title == "Energy budget") return 0;
  if (plot.title == "Momentum" || plot.title == "Linear momentum") return 1;
  return plot.title == "Angular momentum" ? 2 : 3;
}

/// Quantities of training and of solvers, which fall by powers of ten.
bool falls_by_powers(const std::string& name) {
  return name == "loss" || name == "cost" || name == "residual" || name.starts_with("mse") ||
         name == "gradient_norm";
}

std::string quantity_label(const std::string& title, const std::string& unit) {
  const std::string quantity = title == "Energy budget" ? "Energy" : title;
  return unit.empty() ? quantity : format("{} [{}]", quantity, unit);
}

}  // namespace

std::vector<Plot> run_plots(const CsvTable& diagnostics) {
  std::vector<Plot> plots;
  if (diagnostics.rows.empty()) return plots;
  std::vector<double> times;
  for (const std::vector<double>& row : diagnostics.rows) times.push_back(row[0]);
  for (std::size_t column = 1; column < diagnostics.columns.size(); ++column) {
    const ColumnName name = split_column(diagnostics.columns[column]);
    if (name.name == "step") continue;
    const std::string title = title_of(name.name);
    const std::string label = quantity_label(title, name.unit);
    auto plot = std::find_if(plots.begin(), plots.end(), [&](const Plot& other) {
      return other.title == title && other.y_label == label;
    });
    if (plot == plots.end()) {
      plots.push_back({.title = title,
                       .x_label = diagnostics.columns[0],
                       .y_label = label,
                       .curves = {},
                       .logarithmic = falls_by_powers(name.name)});
      plot = plots.end() - 1;
    }
    Curve& curve = plot->curves.emplace_back();
    curve.name = name.name;
    curve.strong = name.name.starts_with("total");
    curve.x = times;
    for (const std::vector<double>& row : diagnostics.rows) curve.y.push_back(row[column]);
  }
  std::stable_sort(plots.begin(), plots.end(),
                   [](const Plot& a, const Plot& b) { return rank_of(a) < rank_of(b); });
  return plots;
}

}  // namespace filigree::app
