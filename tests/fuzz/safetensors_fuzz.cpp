// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Hostile safetensors files: refused with an InputError, or read and written to the same arrays.
#include <cstdint>
#include <span>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "io/safetensors.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace filigree;
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    const Weights weights = parse_safetensors(bytes, "fuzz");
    const Weights again = parse_safetensors(encode_safetensors(weights), "again");
    if (digest(again.arrays) != digest(weights.arrays)) __builtin_trap();
    if (again.metadata != weights.metadata) __builtin_trap();
  } catch (const InputError&) {
  }
  return 0;
}
