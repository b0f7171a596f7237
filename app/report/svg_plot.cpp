// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "app/report/svg_plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "app/report/html.hpp"
#include "app/report/ticks.hpp"
#include "core/text.hpp"

namespace filigree::app {
namespace {

constexpr double kWidth = 560;
constexpr double kLeft = 66;
constexpr double kRight = 548;
constexpr double kPlotHeight = 220;
constexpr double kTitleHeight = 26;
constexpr double kLegendLine = 17;
constexpr double kBelow = 44;
constexpr double kCharacter = 6.4;  ///< width of a letter of 11 px, generously
constexpr std::size_t kColumns = 480;
constexpr double kHuge = 1e150;  // differences stay finite
// Okabe and Ito's colours, which people with colour vision deficiencies can tell apart.
constexpr std::array kColors{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"};

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double value) {
    if (!std::isfinite(value)) return;
    value = std::clamp(value, -kHuge, kHuge);
    low = std::min(low, value);
    high = std::max(high, value);
  }
  Ticks ticks(int most) const {
    return low <= high ? nice_ticks(low, high, most) : nice_ticks(0, 1, most);
  }
};

/// Where the numbers of an axis are on the page.
struct Scale {
  double from, to;    ///< numbers
  double begin, end;  ///< page
  double at(double value) const {
    value = std::clamp(value, -kHuge, kHuge);
    return std::clamp(begin + (value - from) / (to - from) * (end - begin), -1e4, 1e4);
  }
};

std::string color_of(const Plot& plot, std::size_t i) {
  if (plot.curves[i].strong) return "#222222";
  return kColors[i % kColors.size()];
}

struct Legend {
  std::string text;
  double height = 0;
};

Legend legend_of(const Plot& plot, double top) {
  Legend legend;
  if (plot.curves.size() < 2) return legend;
  double x = kLeft;
  double y = top + 9;
  for (std::size_t i = 0; i < plot.curves.size(); ++i) {
    const std::string& name = plot.curves[i].name;
    const double width = 26 + kCharacter * static_cast<double>(name.size()) + 12;
    if (x > kLeft && x + width > kRight) {
      x = kLeft;
      y += kLegendLine;
    }
    legend.text += format(
        "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" "
        "stroke-width=\"3\"/><text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n",
        x, y, x + 18, y, color_of(plot, i), x + 24, y + 4, escaped(name));
    x += width;
  }
  legend.height = y + kLegendLine - 9 - top;
  return legend;
}

std::string axes(const Plot& plot, const Ticks& x_ticks, const Ticks& y_ticks, const Scale& x,
                 const Scale& y) {
  std::string text;
  for (std::size_t i = 0; i < y_ticks.values.size(); ++i) {
    const double at = y.at(y_ticks.values[i]);
    text += format(
        "<line class=\"grid\" x1=\"{0}\" y1=\"{1:.1f}\" x2=\"{2}\" y2=\"{1:.1f}\"/>"
        "<text x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
        kLeft, at, kRight, kLeft - 6, at + 4, y_ticks.labels[i]);
  }
  for (std::size_t i = 0; i < x_ticks.values.size(); ++i) {
    if (x_ticks.values[i] < x.from || x_ticks.values[i] > x.to) continue;
    const double at = x.at(x_ticks.values[i]);
    text += format(
        "<line class=\"axis\" x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\"/>"
        "<text x=\"{0:.1f}\" y=\"{3:.1f}\" text-anchor=\"middle\">{4}</text>\n",
        at, y.begin, y.begin + 4, y.begin + 17, x_ticks.labels[i]);
  }
  text += format("<line class=\"axis\" x1=\"{0}\" y1=\"{1:.1f}\" x2=\"{2}\" y2=\"{1:.1f}\"/>\n",
                 kLeft, y.begin, kRight);
  text += format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n",
                 (kLeft + kRight) / 2, y.begin + 36, escaped(plot.x_label));
  const double middle = (y.begin + y.end) / 2;
  text += format(
      "<text x=\"14\" y=\"{0:.1f}\" text-anchor=\"middle\" transform=\"rotate(-90 14 {0:.1f})\">{1}"
      "</text>\n",
      middle, escaped(plot.y_label));
  return text;
}

std::string line_of(const Curve& curve, const std::string& color, const Scale& x, const Scale& y) {
  std::string path;
  std::string dots;
  std::size_t n_in_piece = 0;
  std::string last;
  const auto end_piece = [&] {
    if (n_in_piece == 1) dots += format("<circle {} r=\"3\" fill=\"{}\"/>", last, color);
    n_in_piece = 0;
  };
  for (std::size_t i = 0; i < curve.x.size(); ++i) {
    if (!std::isfinite(curve.x[i]) || !std::isfinite(curve.y[i])) {
      end_piece();
      continue;
    }
    const double px = x.at(curve.x[i]);
    const double py = y.at(curve.y[i]);
    path += format("{}{:.1f} {:.1f}", n_in_piece == 0 ? "M" : "L", px, py);
    last = format("cx=\"{:.1f}\" cy=\"{:.1f}\"", px, py);
    ++n_in_piece;
  }
  end_piece();
  if (path.empty()) return "";
  return format("<path d=\"{}\" stroke=\"{}\" stroke-width=\"{}\"/>{}\n", path, color,
                curve.strong ? "2.4" : "1.6", dots);
}

Plot with_logarithms(Plot plot) {
  for (Curve& curve : plot.curves) {
    for (double& y : curve.y) y = std::log10(y > 0 ? y : std::nan(""));
  }
  return plot;
}

/// Whole powers of ten around a range of logarithms, at most about eight of them.
Ticks power_ticks(const Range& range) {
  const bool is_empty = range.low > range.high;
  const double low = is_empty ? 0 : std::floor(range.low);
  const double high = std::max(low + 1, is_empty ? 1 : std::ceil(range.high));
  const double step = std::ceil((high - low) / 8);
  Ticks ticks;
  for (double power = low; power < high + step; power += step) {
    ticks.values.push_back(power);
    ticks.labels.push_back(format("1e{:.0f}", power));
  }
  return ticks;
}

}  // namespace

Curve thinned(const Curve& curve, std::size_t n_columns) {
  const std::size_t n = curve.x.size();
  if (n <= 4 * n_columns) return curve;
  Curve result{.name = curve.name, .x = {}, .y = {}, .strong = curve.strong};
  for (std::size_t column = 0; column < n_columns; ++column) {
    const std::size_t first = column * n / n_columns;
    const std::size_t end = (column + 1) * n / n_columns;
    std::array<std::size_t, 4> kept{first, first, first, end - 1};
    for (std::size_t i = first; i < end; ++i) {
      if (curve.y[i] < curve.y[kept[1]]) kept[1] = i;
      if (curve.y[i] > curve.y[kept[2]]) kept[2] = i;
    }
    std::sort(kept.begin(), kept.end());
    for (std::size_t k = 0; k < kept.size(); ++k) {
      if (k > 0 && kept[k] == kept[k - 1]) continue;
      result.x.push_back(curve.x[kept[k]]);
      result.y.push_back(curve.y[kept[k]]);
    }
  }
  return result;
}

std::string svg_text(const Plot& given) {
  const Plot plot = given.logarithmic ? with_logarithms(given) : given;
  Range x_range;
  Range y_range;
  for (const Curve& curve : plot.curves) {
    for (const double value : curve.x) x_range.add(value);
    for (const double value : curve.y) y_range.add(value);
  }
  const Ticks x_ticks = x_range.ticks(7);
  const Ticks y_ticks = plot.logarithmic ? power_ticks(y_range) : y_range.ticks(6);
  const Legend legend = legend_of(plot, kTitleHeight);
  const double top = kTitleHeight + legend.height + 6;
  const bool has_width = x_range.low < x_range.high;
  const Scale x{has_width ? x_range.low : x_ticks.values.front(),
                has_width ? x_range.high : x_ticks.values.back(), kLeft, kRight};
  const Scale y{y_ticks.values.front(), y_ticks.values.back(), top + kPlotHeight, top};
  std::string text = format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {:.0f}\" role=\"img\">\n"
      "<title>{}</title>\n<text class=\"title\" x=\"{}\" y=\"17\">{}</text>\n",
      kWidth, top + kPlotHeight + kBelow, escaped(plot.title), kLeft, escaped(plot.title));
  text += legend.text + axes(plot, x_ticks, y_ticks, x, y);
  for (std::size_t i = 0; i < plot.curves.size(); ++i) {
    text += line_of(thinned(plot.curves[i], kColumns), color_of(plot, i), x, y);
  }
  return text + "</svg>\n";
}

}  // namespace filigree::app
