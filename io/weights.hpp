// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Weights of networks on disk: named arrays and a few words about them.
//
// The extension of a file chooses its format: .safetensors (io/safetensors.hpp, the one to prefer:
// other programs read it and nothing in it can be executed), .npz (for NumPy; metadata travels as
// JSON in the array `__metadata__`), and for reading also .fgc (the arrays of a checkpoint).
// Errors: EnvironmentError for files that cannot be read or written, InputError for content.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "core/named_arrays.hpp"

namespace filigree {

struct Weights {
  NamedArrays arrays;
  std::map<std::string, std::string>
      metadata;  ///< free text by name: what, from where, which units
};

Weights load_weights(const std::filesystem::path& file);
/// Atomic: the old file or the complete new one.
void save_weights(const std::filesystem::path& file, const Weights& weights);

/// Number of scalars in all arrays of floating-point numbers.
std::int64_t parameter_count(const NamedArrays& arrays);

}  // namespace filigree
