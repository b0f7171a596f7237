// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Reads the triangles of a surface file: STL (text and binary), OBJ, PLY or VTP.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace filigree {

/// As in the file: nothing is welded, turned or closed. The format has no unit; ours is metres.
struct SurfaceData {
  std::vector<std::array<double, 3>> points;
  std::vector<std::array<std::int64_t, 3>> triangles;  ///< numbers of points
};

/// Polygons become triangles; fields, colours and normals are left out. Throws InputError when the
/// file is damaged, has no faces or has coordinates that are not finite, EnvironmentError when it
/// cannot be read or this build has no VTK. Every message names the file and what to do.
SurfaceData read_surface(const std::filesystem::path& file);

}  // namespace filigree
