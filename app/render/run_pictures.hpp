// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// From the folder of a run to pictures.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "app/render/pictures.hpp"

namespace filigree::app {

/// Every frame of the run. InputError when there is none.
std::vector<std::filesystem::path> frames_to_draw(const std::filesystem::path& run);

/// The options in the run's manifest; null when there is none that can be read.
nlohmann::ordered_json options_of_run(const std::filesystem::path& run);

/// Up to columns x rows of the frames at even distances on one picture. Each
/// gets up to half the `height` of a picture of its own.
std::vector<std::byte> draw_contact_sheet(const Painter& painter, const Look& look,
                                          const std::vector<std::filesystem::path>& frames,
                                          int columns, int rows, int height);

/// A contact sheet of the run as `filigree render` draws it by default.
std::vector<std::byte> draw_contact_sheet(const std::filesystem::path& run);

}  // namespace filigree::app
