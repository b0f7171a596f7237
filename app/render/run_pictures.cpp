// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "app/render/run_pictures.hpp"

#include <algorithm>

#include "app/render/look.hpp"
#include "core/error.hpp"
#include "io/frame_reader.hpp"
#include "io/manifest.hpp"

namespace filigree::app {
namespace fs = std::filesystem;
namespace {

constexpr double kMostWidth = 8.0 / 3;  // of a sheet, in heights of a single picture

/// Of a sheet, even and not more than can be drawn.
int pixels(double length) {
  return 2 * static_cast<int>(std::clamp(length, 64.0, 8192.0) / 2);
}

}  // namespace

std::vector<fs::path> frames_to_draw(const fs::path& run) {
  std::error_code error;
  FILIGREE_REQUIRE(fs::is_directory(run, error), "there is no folder '{}'", run.string());
  const RunFrames found = find_frames(run);
  FILIGREE_REQUIRE(!found.empty(),
                   "folder '{}' holds no frames (neither scene.pvd nor frames/*.npz)",
                   run.string());
  return found.vtk.empty() ? found.npz : found.vtk;
}

nlohmann::ordered_json options_of_run(const fs::path& run) {
  std::error_code error;
  if (!fs::exists(run / "manifest.json", error)) return nullptr;
  try {
    return read_manifest(run / "manifest.json").options;
  } catch (const Error&) {  // the frames are there all the same
    return nullptr;
  }
}

std::vector<std::byte> draw_contact_sheet(const Painter& painter, const Look& look,
                                          const std::vector<fs::path>& frames, int columns,
                                          int rows, int height) {
  const auto room = static_cast<std::size_t>(columns) * static_cast<std::size_t>(rows);
  std::vector<Frame> shown;
  for (const std::size_t i : evenly_chosen(frames.size(), room)) {
    shown.push_back(read_frame(frames[i]));
  }
  const int n = static_cast<int>(shown.size());
  columns = std::clamp(n, 1, columns);
  rows = (n + columns - 1) / columns;
  // A tile has the shape of what it shows; beside them there is room for the colour bar.
  const double aspect = std::clamp(1.1 * aspect_of(look), 0.6, 2.5);
  const double wide = columns * aspect + 0.35;  // of the sheet, in heights of a tile
  const double tile = std::min(height / 2.0, kMostWidth * height / wide);
  return painter.draw(look, {.frames = shown,
                             .columns = columns,
                             .rows = rows,
                             .width = pixels(wide * tile),
                             .height = pixels(rows * tile)});
}

std::vector<std::byte> draw_contact_sheet(const fs::path& run) {
  const std::vector<fs::path> frames = frames_to_draw(run);
  const Painter painter;
  return draw_contact_sheet(painter, choose_look(frames, {}, options_of_run(run)), frames, 3, 2,
                            720);
}

}  // namespace filigree::app
