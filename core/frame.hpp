// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What a writer consumes: a moment of a simulation as plain host arrays. No VTK type in sight.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/named_arrays.hpp"

namespace filigree {

enum class CellKind : std::uint8_t {
  kVertex,
  kLine,
  kPolyline,
  kTriangle,
  kQuad,
  kTetrahedron,
  kHexahedron
};

/// One part of a scene: points, cells over them, and fields on both.
struct Block {
  std::string name;            ///< lower_snake, unique in the frame
  std::vector<double> points;  ///< [n_points * 3], m; 2D scenes have z = 0

  CellKind kind = CellKind::kVertex;
  /// Cell c owns connectivity[offsets[c] .. offsets[c + 1]). Empty for kVertex: one vertex per
  /// point.
  std::vector<std::int64_t> offsets;
  std::vector<std::int64_t> connectivity;

  std::vector<NamedArray>
      point_fields;  ///< first extent n_points; vectors have 3 components, tensors 9
  std::vector<NamedArray> cell_fields;  ///< first extent n_cells

  std::int64_t n_points() const { return static_cast<std::int64_t>(points.size() / 3); }
  std::int64_t n_cells() const {
    if (kind == CellKind::kVertex && offsets.empty()) return n_points();
    return offsets.empty() ? 0 : static_cast<std::int64_t>(offsets.size()) - 1;
  }
};

struct Frame {
  double time = 0;          ///< s
  std::int64_t step = 0;    ///< sub-steps done
  std::int64_t number = 0;  ///< output counter from 0
  std::vector<Block> blocks;
};

/// Throws, naming the block and field: InputError when names, sizes or cells are wrong,
/// NumericalError when a value is not finite.
void validate(const Frame& frame);

}  // namespace filigree
