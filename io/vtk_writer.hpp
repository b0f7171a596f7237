// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Frames as VTK XML files: binary appended, compressed, with the time and the units inside.
//
//   RUN/scene.pvd, RUN/scene.vtp.series      time index, open one of them in ParaView
//   RUN/frames/sand_000012.vtp               block "sand" of frame 12: points, lines or faces
//   RUN/frames/ball_000012.vtu               a block of volume cells
//   RUN/frames/scene_000012.vtm              only with several blocks: names the blocks' files
//
// Fields keep their type (f32, f64, integers) and name; the unit is the array's information key
// vtkDataArray::UNITS_LABEL. `TimeValue`, `step` and `title` are field data of each file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "io/pvd_index.hpp"
#include "io/writer.hpp"

namespace filigree {

class VtkWriter final : public Writer {
 public:
  void open(const WriterMeta& meta) override;
  void resume(const WriterMeta& meta, std::int64_t n_frames) override;
  void write(const Frame& frame) override;
  void close() override;

 private:
  WriterMeta meta_;
  std::optional<PvdIndex> index_;
};

/// The bytes of one block as a .vtp or .vtu file.
std::string vtk_file_bytes(const Block& block, const Frame& frame, const std::string& title);
/// ".vtp" for points, lines and faces, ".vtu" for volume cells.
std::string vtk_extension(const Block& block);

}  // namespace filigree
