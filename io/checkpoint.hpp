// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Checkpoints: one file with everything a restart needs, refused when a single bit is wrong.
//
//   bytes    content (little endian)
//   8        magic "\x89" "FGC\r\n\x1a\n"
//   4        format version, 1
//   4        compression of the payload, 1 = zstd
//   8 8 8    H = bytes of the JSON text, C = bytes of the payload, R = bytes of the payload
//   unpacked H        JSON: {"header": {...}, "arrays": [{"name","unit","dtype","shape","offset"},
//   ...]} C        payload: the arrays, each at a multiple of 64 bytes, gaps zero, compressed as
//   one piece 16       XXH3-128 of everything before
//
// Readers check the size, the checksum and then every number against the bytes that are there.
// Errors: EnvironmentError for files that cannot be read or written, InputError for content.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "core/named_arrays.hpp"

namespace filigree {

struct Checkpoint {
  nlohmann::json header = nlohmann::json::object();  ///< scenario type, step, time, digests, ...
  NamedArrays arrays;                                ///< from StateSaver
};

/// Atomic: temporary name, flush, rename. NumericalError when a floating-point value is not finite.
void write_checkpoint(const std::filesystem::path& file, const Checkpoint& checkpoint);
Checkpoint read_checkpoint(const std::filesystem::path& file);

/// The same on bytes in memory; `label` names them in messages. Content that would unpack to more
/// than `max_bytes` is refused before memory is taken.
std::vector<std::byte> encode_checkpoint(const Checkpoint& checkpoint);
Checkpoint parse_checkpoint(std::span<const std::byte> bytes, const std::string& label,
                            std::uint64_t max_bytes = std::uint64_t{1} << 40);

/// "checkpoint_000000001234.fgc"
std::string checkpoint_name(std::int64_t step);
/// The checkpoints of a folder by ascending step. A missing folder has none.
std::vector<std::filesystem::path> list_checkpoints(const std::filesystem::path& folder);

struct LatestCheckpoint {
  std::filesystem::path file;
  Checkpoint checkpoint;
  std::vector<std::string> refused;  ///< why each newer file was passed over, one message each
};
/// The newest readable checkpoint. InputError, with the reasons, when there is none.
LatestCheckpoint load_latest_checkpoint(const std::filesystem::path& folder);
/// Its path alone.
std::filesystem::path latest_checkpoint(const std::filesystem::path& folder);

/// Removes all but the `keep` (>= 1) newest checkpoints.
void prune_checkpoints(const std::filesystem::path& folder, int keep);
/// Removes checkpoints of steps above `step`: a resumed run takes another path from there.
void remove_checkpoints_after(const std::filesystem::path& folder, std::int64_t step);

}  // namespace filigree
