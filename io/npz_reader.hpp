// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Reads back what io/npz_writer.hpp writes, and archives of NumPy with the same keys.
#pragma once

#include <cstdint>
#include <filesystem>

#include "core/frame.hpp"

namespace filigree {

/// The frame with these arrays: the inverse of frame_arrays(). A missing `time` or `step` is 0.
/// InputError when a key or an array is not as io/npz_writer.hpp describes.
Frame frame_of_arrays(const NamedArrays& arrays, std::int64_t number);

/// An .npz file as a frame with the number of its name, 0 when it has none.
Frame read_npz_frame(const std::filesystem::path& file);

}  // namespace filigree
