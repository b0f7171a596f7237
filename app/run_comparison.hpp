// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Two finished runs side by side: options, figures, diagnostics, frames, final state.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace filigree::app {

struct Tolerance {
  double relative =
      0;  ///< of the larger magnitude of the two values, or of the column's or array's
  double absolute = 0;
  bool exact() const { return relative == 0 && absolute == 0; }
};

struct Comparison {
  std::vector<std::string> options;      ///< "time.end: 1 | 2"
  std::vector<std::string> metrics;      ///< one line per figure
  std::vector<std::string> diagnostics;  ///< one line per column that differs
  std::vector<std::string> files;        ///< one line per frame or state array that differs
  std::size_t n_frames_equal = 0;        ///< bit for bit
  bool equal = true;  ///< figures, diagnostics, frames and state, within tolerance
};

/// Each argument is the folder of a run. Options may differ without making the runs unequal.
Comparison compare_runs(const std::filesystem::path& a, const std::filesystem::path& b,
                        const Tolerance& tolerance);

}  // namespace filigree::app
