// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Pictures of frames as PNG files in memory.
#pragma once

#include <memory>
#include <vector>

#include "app/render/display.hpp"
#include "app/render/renderer.hpp"

namespace filigree::app {

/// The drawing module with a display to draw on.
class Painter {
 public:
  /// EnvironmentError when this build has no module, or when there is no display and none can be
  /// made.
  Painter();
  std::vector<std::byte> draw(const Look& look, const Sheet& sheet) const;

 private:
  DrawSheet draw_ = nullptr;
  std::unique_ptr<Display> display_;
};

/// `count` of `n` frames at even distances, first and last included; all when there are not more.
std::vector<std::size_t> evenly_chosen(std::size_t n, std::size_t count);

}  // namespace filigree::app
