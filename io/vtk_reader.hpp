// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Reads back what io/vtk_writer.hpp writes, and such files of other programs.
#pragma once

#include <filesystem>

#include "core/frame.hpp"

namespace filigree {

/// A .vtp or .vtu file as a frame with one block, named like the file without its frame number.
/// Coordinates become double, fields keep their type, name and unit; missing `TimeValue` and `step`
/// are 0, as is the frame's number when the file name has none. Cells must be of one kind that
/// CellKind knows. Throws InputError when the file is not such a file, EnvironmentError when it
/// cannot be read.
Frame read_vtk_file(const std::filesystem::path& file);

/// A .vtm file as VtkWriter writes it: the blocks of the files that it names, under its names.
Frame read_vtm_file(const std::filesystem::path& file);

}  // namespace filigree
