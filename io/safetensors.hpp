// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Files in the safetensors format of Hugging Face: arrays and text, nothing that can be executed.
//
//   bytes  content (little endian)
//   8      H = bytes of the header
//   H      JSON: {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...,
//          "__metadata__": {"key": "text"}}, filled up with blanks
//   rest   data; the pieces [begin, end) of the arrays fill it without gaps or overlaps
//
// Read as they are: F32 F64 I32 I64 U8 U32 U64, and BOOL as u8. Read as the next larger type, which
// holds every value: F16 and BF16 as f32, I8, I16 and U16 as i32. Other types (F8 of all kinds,
// C64) are refused. The unit of an array travels as the metadata "unit:NAME".
//
// Readers never trust a number in the file: everything is checked against the bytes that are there,
// and a file is read as a whole or not at all. Errors: EnvironmentError for files that cannot be
// read or written, InputError for content, each naming the file, the array, and what to do.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "io/weights.hpp"

namespace filigree {

/// Arrays come in the order of the header.
Weights read_safetensors(const std::filesystem::path& file);
/// Atomic. Larger types come first, so that every array lies at a multiple of its type's size.
void write_safetensors(const std::filesystem::path& file, const Weights& weights);

/// The same on bytes in memory; `label` names them in messages.
Weights parse_safetensors(std::span<const std::byte> bytes, const std::string& label);
std::vector<std::byte> encode_safetensors(const Weights& weights);

}  // namespace filigree
