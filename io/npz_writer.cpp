// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/npz_writer.hpp"

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/npz.hpp"

namespace filigree {

void NpzWriter::open(const WriterMeta& meta) {
  meta_ = meta;
  create_folder(meta_.folder / "frames");
}

void NpzWriter::resume(const WriterMeta& meta, std::int64_t n_frames) {
  open(meta);
  remove_frames_from(meta_.folder / "frames", n_frames, {".npz"});
}

void NpzWriter::write(const Frame& frame) {
  const std::string name = frame_file_stem("scene", frame.number, meta_.digits) + ".npz";
  write_npz(meta_.folder / "frames" / name, frame_arrays(frame));
}

NamedArrays frame_arrays(const Frame& frame) {
  FILIGREE_REQUIRE(!frame.blocks.empty(), "frame {} has no blocks to write", frame.number);
  validate(frame);
  NamedArrays arrays;
  arrays.add(make_array("time", std::span<const double>(&frame.time, 1), {}, "s"));
  arrays.add(make_array("step", std::span<const std::int64_t>(&frame.step, 1)));
  const auto add_as = [&](NamedArray field, const std::string& name) {
    field.name = name;
    arrays.add(std::move(field));
  };
  for (const Block& block : frame.blocks) {
    arrays.add(make_array(block.name + ".points", std::span<const double>(block.points),
                          {block.n_points(), 3}, "m"));
    if (!block.offsets.empty()) {
      arrays.add(make_array(block.name + ".offsets", std::span<const std::int64_t>(block.offsets)));
      arrays.add(make_array(block.name + ".connectivity",
                            std::span<const std::int64_t>(block.connectivity)));
      const auto kind = static_cast<std::uint8_t>(block.kind);
      arrays.add(make_array(block.name + ".cell_kind", std::span<const std::uint8_t>(&kind, 1)));
    }
    for (const NamedArray& field : block.point_fields) {
      add_as(field, block.name + "." + field.name);
    }
    for (const NamedArray& field : block.cell_fields) {
      add_as(field, block.name + ".cell." + field.name);
    }
  }
  return arrays;
}

}  // namespace filigree
