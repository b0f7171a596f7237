// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Chooses how the pictures of a run look: one camera and one range of colours for all frames.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/render/renderer.hpp"

namespace filigree::app {

struct LookOptions {
  std::string color;  ///< a field; "none": blocks in plain colours; "": a field that suits
  std::optional<std::array<double, 2>> camera;  ///< azimuth and elevation, degrees
  double zoom = 1;
  double thickness = 1;                        ///< factor of the radii of points and lines
  std::optional<std::array<double, 2>> range;  ///< of the colours; none: what the frames have
};

/// Looks at every frame. `options` are those of the run's manifest (domain, gravity, title), null
/// when there is none. InputError on a field that the first frame does not have.
Look choose_look(const std::vector<std::filesystem::path>& frames, const LookOptions& wanted,
                 const nlohmann::ordered_json& options);

/// Width over height of the box that is in view.
double aspect_of(const Look& look);

}  // namespace filigree::app
