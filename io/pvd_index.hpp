// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The list of frames with their times, as ParaView opens it: NAME.pvd (XML) and NAME.<ext>.series
// (JSON).
//
// Both are rewritten atomically after each frame, so they are complete and valid at any moment.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace filigree {

struct IndexEntry {
  std::int64_t number = 0;  ///< of the frame
  double time = 0;          ///< s
  std::string file;         ///< relative to the index, with '/'
  bool operator==(const IndexEntry&) const = default;
};

class PvdIndex {
 public:
  /// Index files are `folder`/`name`.pvd and `folder`/`name`.<extension of the entries>.series.
  PvdIndex(std::filesystem::path folder, std::string name);

  /// Appends and rewrites both files. Number and time must be above those of the last entry, and
  /// the extension the same; InputError otherwise.
  void add(const IndexEntry& entry);

  /// Takes over the entries with number < `n_frames` of an index on disk and rewrites it, or
  /// removes it when none is left. A missing
  /// index counts as empty; one that is not ours is an InputError.
  void resume(std::int64_t n_frames);

  const std::vector<IndexEntry>& entries() const { return entries_; }
  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path series_file(const IndexEntry& entry) const;
  void rewrite() const;

  std::filesystem::path folder_;
  std::string name_;
  std::filesystem::path file_;
  std::vector<IndexEntry> entries_;
};

/// The text of the two files.
std::string pvd_text(const std::vector<IndexEntry>& entries);
std::string series_text(const std::vector<IndexEntry>& entries);

/// Reads a .pvd as pvd_text() writes it; `name` is for messages. InputError on anything else.
std::vector<IndexEntry> parse_pvd(const std::string& text, const std::string& name);

}  // namespace filigree
