// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The part of io/surface_reader.hpp that needs VTK.
#pragma once

#include "io/surface_reader.hpp"

namespace filigree {

/// Points and triangles of an .stl, .obj, .ply or .vtp file, upper or lower case. Every triangle
/// names existing points.
SurfaceData read_vtk_surface(const std::filesystem::path& file);

}  // namespace filigree
