// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Frames as NPZ files for NumPy: RUN/frames/scene_000012.npz.
//
// Keys: `time`, `step`, and for each block `NAME.points` [n, 3], `NAME.connectivity` and
// `NAME.offsets` when it has cells, `NAME.FIELD` for point fields, `NAME.cell.FIELD` for cell
// fields.
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
