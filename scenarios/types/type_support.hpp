// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What several scenario types share.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/frame.hpp"
#include "physics/shapes.hpp"

namespace filigree {

/// "" or why `name` is no name of a part of a scene; `example` is one.
std::string check_name(const std::string& name, const char* example);

/// Reads the file of a surface, relative to a folder: "" or why it cannot be used.
std::string load_surface(SurfaceShape& shape, const std::filesystem::path& folder);

/// Adds a field with `components` values for each point of the block.
template <class T>
void add_field(Block& block, const char* name, const char* unit, const std::vector<T>& values,
               std::int64_t components = 1) {
  std::vector<std::int64_t> shape{block.n_points()};
  if (components > 1) shape.push_back(components);
  block.point_fields.push_back(make_array<T>(name, std::span<const T>(values), shape, unit));
}

}  // namespace filigree
