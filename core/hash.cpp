// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/hash.hpp"

#include <xxhash.h>

#include <memory>

namespace filigree {
namespace {

/// XXH3-64 over pieces; lengths go in too, so that ("ab", "c") and ("a", "bc") differ.
class Stream {
 public:
  Stream() : state_(XXH3_createState(), &XXH3_freeState) { XXH3_64bits_reset(state_.get()); }
  void add(const void* data, std::size_t bytes) {
    const std::uint64_t length = bytes;
    XXH3_64bits_update(state_.get(), &length, sizeof(length));
    XXH3_64bits_update(state_.get(), data, bytes);
  }
  std::uint64_t result() const { return XXH3_64bits_digest(state_.get()); }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

}  // namespace

std::uint64_t digest(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::uint64_t digest(std::string_view text) {
  return XXH3_64bits(text.data(), text.size());
}

std::uint64_t digest(const NamedArrays& arrays) {
  Stream stream;
  for (const NamedArray& array : arrays) {
    stream.add(array.name.data(), array.name.size());
    stream.add(array.unit.data(), array.unit.size());
    stream.add(&array.dtype, sizeof(array.dtype));
    stream.add(array.shape.data(), array.shape.size() * sizeof(std::int64_t));
    stream.add(array.bytes.data(), array.bytes.size());
  }
  return stream.result();
}

Digest128 digest128(std::span<const std::byte> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

std::string hex_text(std::uint64_t value) {
  return format("{:016x}", value);
}

}  // namespace filigree
