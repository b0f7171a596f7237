// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Little-endian numbers in byte buffers, for the binary readers and writers.
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace filigree {

static_assert(std::endian::native == std::endian::little, "the file formats are little endian");

/// The number at `offset`. Callers check the range first; a miss is a bug and throws InternalError.
template <class T>
T load(std::span<const std::byte> bytes, std::size_t offset) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) {
    throw InternalError(format("reading {} bytes at {} of {}", sizeof(T), offset, bytes.size()));
  }
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(T));
  return value;
}

template <class T>
void append(std::vector<std::byte>& bytes, T value) {
  const std::size_t offset = bytes.size();
  bytes.resize(offset + sizeof(T));
  std::memcpy(bytes.data() + offset, &value, sizeof(T));
}

inline void append(std::vector<std::byte>& bytes, std::span<const std::byte> more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

inline void append(std::vector<std::byte>& bytes, std::string_view text) {
  append(bytes, std::as_bytes(std::span(text.data(), text.size())));
}

inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace filigree
