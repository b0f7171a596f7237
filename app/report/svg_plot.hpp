// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// A plot of curves as an SVG element that a page can hold.
#pragma once

#include <string>
#include <vector>

namespace filigree::app {

struct Curve {
  std::string name;
  std::vector<double> x;  ///< rising
  std::vector<double> y;  ///< as many
  bool strong = false;    ///< drawn black and thick: a total
};

struct Plot {
  std::string title;
  std::string x_label;  ///< "time [s]"
  std::string y_label;
  std::vector<Curve> curves;
  bool logarithmic = false;  ///< y by powers of ten; values that are not positive leave a gap
};

/// Axes at round numbers, a legend when there are several curves. Values that are not finite leave
/// a gap; a curve of very many points is thinned to what can be seen.
std::string svg_text(const Plot& plot);

/// A curve of at most 4 * `n_columns` points that looks the same when drawn in so many columns: the
/// first, lowest, highest and last value of each stay.
Curve thinned(const Curve& curve, std::size_t n_columns);

}  // namespace filigree::app
