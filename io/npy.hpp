// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// NumPy's .npy files: one array, read and written. Versions 1 to 3, C order, little endian, of the
// types f4 f8 i4 i8 u1 u4 u8 (and b1, read as u8). Anything else is refused with the way to convert
// it.
//
// Readers never trust a size in the file: everything is checked against the bytes that are there.
// Errors: EnvironmentError for files that cannot be read, InputError for content.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/named_arrays.hpp"

namespace filigree {

/// The array's name is the file's stem; the unit is empty.
NamedArray read_npy(const std::filesystem::path& file);
void write_npy(const std::filesystem::path& file, const NamedArray& array);

/// The same on bytes in memory; `label` names them in messages, the array gets `name`.
NamedArray parse_npy(std::span<const std::byte> bytes, const std::string& label, std::string name);
std::vector<std::byte> encode_npy(const NamedArray& array);

}  // namespace filigree
