// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Hostile checkpoints: refused with an InputError, or read and written to a file that reads the
// same.
#include <cstdint>
#include <span>
#include <vector>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "io/bytes.hpp"
#include "io/checkpoint.hpp"

namespace {

constexpr std::uint64_t kMaxBytes = 1 << 26;

void try_to_read(std::span<const std::byte> bytes) {
  using namespace filigree;
  Checkpoint checkpoint;
  try {
    checkpoint = parse_checkpoint(bytes, "fuzz", kMaxBytes);
  } catch (const InputError&) {
    return;
  }
  try {
    const Checkpoint again = parse_checkpoint(encode_checkpoint(checkpoint), "again");
    if (digest(again.arrays) != digest(checkpoint.arrays)) __builtin_trap();
  } catch (const NumericalError&) {  // a hostile file may hold a NaN, ours may not
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
  try_to_read(bytes);
  if (size < 16) return 0;
  // The checksum stops nearly everything: go on behind it.
  std::vector<std::byte> sealed(bytes.begin(), bytes.end() - 16);
  const filigree::Digest128 checksum = filigree::digest128(sealed);
  filigree::append(sealed, checksum.low);
  filigree::append(sealed, checksum.high);
  try_to_read(sealed);
  return 0;
}
