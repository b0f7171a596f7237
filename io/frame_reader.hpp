// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Reads a frame of any output format back.
#pragma once

#include <filesystem>
#include <vector>

#include "core/frame.hpp"

namespace filigree {

/// True for the names of files that read_frame_arrays() understands.
bool is_frame_file(const std::filesystem::path& file);

/// The arrays of a frame under the names of the npz format, "water.points", "water.velocity": all
/// blocks of an .npz file, the one block of a .vtp or .vtu file. Throws InputError when the file is
/// damaged, EnvironmentError when it cannot be read or this build has no VTK.
NamedArrays read_frame_arrays(const std::filesystem::path& file);

/// A frame of any format: all blocks of an .npz or .vtm file, the one block of a .vtp or .vtu file.
/// It is valid (core/frame.hpp); every error names the file.
Frame read_frame(const std::filesystem::path& file);

/// The frames of a run, in the order of their numbers, for read_frame(). A run may have them in
/// both formats, in one, or in none.
struct RunFrames {
  std::vector<std::filesystem::path> vtk;  ///< as scene.pvd lists them
  std::vector<std::filesystem::path> npz;

  bool empty() const { return vtk.empty() && npz.empty(); }
};
RunFrames find_frames(const std::filesystem::path& run);

}  // namespace filigree
