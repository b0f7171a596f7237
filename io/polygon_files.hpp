// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// OBJ and PLY, read here because VTK's readers of them trust every number in the file.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace filigree {

struct PolygonMesh {
  std::vector<std::array<double, 3>> points;
  std::vector<std::vector<std::int64_t>> faces;  ///< numbers of points, unchecked
};

/// Points `v x y z` and faces `f a b c ...` with corners "7", "7/3", "7//2" or "7/3/2" that count
/// from 1, or backwards from -1; all else is left out. Throws InputError with the line.
PolygonMesh parse_obj(std::string_view text);

/// Elements `vertex` (x, y, z) and `face` (the list vertex_indices or vertex_index) of an ascii or
/// binary file; all else is left out. Throws InputError when the file ends too early or its header
/// makes no sense.
PolygonMesh parse_ply(std::string_view text);

}  // namespace filigree
