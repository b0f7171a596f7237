// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Frames as NPZ files for NumPy: RUN/frames/scene_000012.npz.
//
// Keys: `time`, `step`, and for each block `NAME.points` [n, 3], `NAME.FIELD` for point fields,
// `NAME.cell.FIELD` for cell fields. A block with cells also has `NAME.offsets`,
// `NAME.connectivity` and `NAME.cell_kind` (0 vertices, 1 lines, 2 polylines, 3 triangles, 4
// quadrilaterals, 5 tetrahedra, 6 hexahedra). io/npz_reader.hpp reads them back.
#pragma once

#include <cstdint>

#include "io/writer.hpp"

namespace filigree {

class NpzWriter final : public Writer {
 public:
  void open(const WriterMeta& meta) override;
  void resume(const WriterMeta& meta, std::int64_t n_frames) override;
  void write(const Frame& frame) override;
  void close() override {}

 private:
  WriterMeta meta_;
};

/// The arrays of one frame under the keys above.
NamedArrays frame_arrays(const Frame& frame);

}  // namespace filigree
