// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The folder of one run: which one it is, what may be overwritten, where its files are.
//
//   manifest.json  resolved.yaml  diagnostics.csv  metrics.json
//   checkpoints/checkpoint_000000001234.fgc   frames/...   scene.pvd ...
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace filigree {

/// What the command line says about the place of a run.
struct FolderRequest {
  std::filesystem::path out;  ///< --out; empty: by `pattern`
  std::string pattern;        ///< output.folder: "runs/{scenario}-{n}"
  std::string scenario;       ///< replaces {scenario}
  bool force = false;         ///< an earlier run in the folder may be replaced
};

/// While it lives, no other program can open the same folder: InputError there.
class RunFolder {
 public:
  /// Creates the folder of a new run. InputError when it holds an earlier run (unless `force`) or
  /// something else.
  static RunFolder create(const FolderRequest& request);

  /// Finds the folder of an earlier run. `resume` is "latest" or a checkpoint file.
  static RunFolder reopen(const FolderRequest& request, const std::string& resume);

  /// Removes the folders that create() made, as far as they are empty.
  void discard() const;
  /// Removes what an earlier run wrote, all but its manifest.
  void clear() const;
  /// Removes unfinished files that a killed program left behind.
  void remove_parts() const;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path manifest() const { return path_ / "manifest.json"; }
  std::filesystem::path resolved() const { return path_ / "resolved.yaml"; }
  std::filesystem::path diagnostics() const { return path_ / "diagnostics.csv"; }
  std::filesystem::path metrics() const { return path_ / "metrics.json"; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }

 private:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}
  /// Takes the lock of the folder; the system gives it back when the program ends in any way.
  void lock();

  std::filesystem::path path_;
  std::shared_ptr<const int> lock_;             ///< descriptor of the folder
  std::vector<std::filesystem::path> created_;  ///< innermost first
};

}  // namespace filigree
