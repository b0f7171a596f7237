// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Fast digests (XXH3) for comparing states and guarding files. Not for security: see io/sha256.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/named_arrays.hpp"

namespace filigree {

/// XXH3-64 of the bytes.
std::uint64_t digest(std::span<const std::byte> bytes);
std::uint64_t digest(std::string_view text);
/// Of names, units, types, shapes and values, in order.
std::uint64_t digest(const NamedArrays& arrays);

struct Digest128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const Digest128&) const = default;
};
/// XXH3-128 of the bytes.
Digest128 digest128(std::span<const std::byte> bytes);

/// 16 lower-case hexadecimal digits.
std::string hex_text(std::uint64_t value);

}  // namespace filigree
