// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Hostile .npy and .npz files: refused with an InputError, or read and written to the same arrays.
#include <cstdint>
#include <span>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "io/npy.hpp"
#include "io/npz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace filigree;
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    const NamedArray array = parse_npy(bytes, "fuzz", "a");
    if (!(parse_npy(encode_npy(array), "again", "a") == array)) __builtin_trap();
  } catch (const InputError&) {
  }
  try {
    const NamedArrays arrays = parse_npz(bytes, "fuzz");
    const NamedArrays again = parse_npz(encode_npz(arrays, NpzCompression::kDeflate), "again");
    if (digest(again) != digest(arrays)) __builtin_trap();
  } catch (const InputError&) {
  }
  return 0;
}
