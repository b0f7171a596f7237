// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// One line on a terminal that is drawn over itself: a bar, a percentage, a text.
#pragma once

#include <chrono>
#include <string>

namespace filigree::app {

class ProgressBar {
 public:
  using Clock = std::chrono::steady_clock;

  ~ProgressBar() { erase(); }
  /// Is stderr, where the bar is drawn, a terminal that can move its cursor?
  static bool possible();
  /// True when the last drawing is at least 0.1 s old: only then is a new text worth its making.
  bool due() const { return Clock::now() - drawn_ >= std::chrono::milliseconds(100); }
  void draw(double fraction, const std::string& text);
  /// Leaves an empty line with the cursor at its beginning.
  void erase();

 private:
  Clock::time_point drawn_{};
  bool visible_ = false;
};

/// `width` cells filled from the left; eighths of a cell with UTF-8, else '#' and '.'.
std::string bar_text(double fraction, int width, bool utf8);

}  // namespace filigree::app
