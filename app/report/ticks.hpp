// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Round numbers for axes and colour bars.
#pragma once

#include <string>
#include <vector>

namespace filigree::app {

struct Ticks {
  std::vector<double> values;       ///< rising, equally spaced, at least two
  std::vector<std::string> labels;  ///< "0.25", "1.5e6"
};

/// Between 2 and `most` + 1 ticks (most >= 2) at 1, 2 or 5 times a power of ten, the first not
/// above `low`, the last not below `high`. Equal numbers get room around them.
Ticks nice_ticks(double low, double high, int most);

}  // namespace filigree::app
