// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What every output format implements: frames in, files out, never a simulation in sight.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/frame.hpp"

namespace filigree {

struct WriterMeta {
  std::string title;             ///< of the run, for files that have room for one
  std::filesystem::path folder;  ///< of the run; created by open() when missing
  int digits = 6;                ///< of the frame number in file names: sand_000012.vtp
};

/// Writes frames of growing number and time. Each call leaves complete files only: a failure is an
/// EnvironmentError with path and reason, and everything written earlier stays valid. Frames
/// without blocks are refused; a scenario without geometry should not ask for frames.
class Writer {
 public:
  virtual ~Writer() = default;
  /// Starts a new series; an index of an earlier run in the folder is replaced at the first frame.
  virtual void open(const WriterMeta& meta) = 0;
  /// Continues a series: keeps the frames with number < `n_frames`, removes later ones.
  virtual void resume(const WriterMeta& meta, std::int64_t n_frames) = 0;
  /// Validates the frame (core/frame.hpp) and writes it. Numbers and times must grow.
  virtual void write(const Frame& frame) = 0;
  virtual void close() = 0;
};

/// "sand_000012": part name and number; longer numbers are not cut.
std::string frame_file_stem(const std::string& name, std::int64_t number, int digits);

/// The number in "sand_000012.vtp", or -1 when the name has no such ending.
std::int64_t frame_number_of(const std::filesystem::path& file);

/// Removes files of `folder` named "<something>_<number>.<one of extensions>" with number >=
/// n_frames. A missing folder is fine. `extensions` have their dot: ".vtp".
void remove_frames_from(const std::filesystem::path& folder, std::int64_t n_frames,
                        const std::vector<std::string>& extensions);

}  // namespace filigree
