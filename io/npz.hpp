// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// NumPy's .npz files: a zip archive of .npy arrays, stored or deflated, read and written.
//
// Archives above 4 GiB (zip64), encrypted ones and other compressions are refused. The unit of an
// array travels as the comment of its zip entry: invisible to NumPy, read back here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/named_arrays.hpp"

namespace filigree {

enum class NpzCompression { kStored, kDeflate };

/// With `only` not empty other arrays are passed over, whatever is in them.
NamedArrays read_npz(const std::filesystem::path& file, const std::vector<std::string>& only = {});
void write_npz(const std::filesystem::path& file, const NamedArrays& arrays,
               NpzCompression compression = NpzCompression::kDeflate);

/// The same on bytes in memory; `label` names them in messages.
NamedArrays parse_npz(std::span<const std::byte> bytes, const std::string& label,
                      const std::vector<std::string>& only = {});
/// More than `max_bytes` are refused: the limit of zip archives without zip64.
std::vector<std::byte> encode_npz(const NamedArrays& arrays, NpzCompression compression,
                                  std::uint64_t max_bytes = 0xfffffffe);

}  // namespace filigree
