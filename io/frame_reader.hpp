// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Reads a frame of any output format back.
#pragma once

#include <filesystem>

#include "core/named_arrays.hpp"

namespace filigree {

/// True for the names of files that read_frame_arrays() understands.
bool is_frame_file(const std::filesystem::path& file);

/// The arrays of a frame under the names of the npz format, "water.points", "water.velocity": all
/// blocks of an .npz file, the one block of a .vtp or .vtu file. Throws InputError when the file is
/// damaged, EnvironmentError when it cannot be read or this build has no VTK.
NamedArrays read_frame_arrays(const std::filesystem::path& file);

}  // namespace filigree
