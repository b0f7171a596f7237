// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// manifest.json: what is needed to repeat a run and to check that its files are the ones it wrote.
// No user name, no host name, no absolute path of ours.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace filigree {

struct FileRecord {
  std::string
      path;  ///< relative to the run's folder (outputs) or as given by the user (inputs), with '/'
  std::uint64_t bytes = 0;
  std::string sha256;
  bool operator==(const FileRecord&) const = default;
};

struct Manifest {
  int schema = 1;

  // The program.
  std::string version;
  std::string commit;
  bool dirty = false;  ///< built from a tree with uncommitted changes
  std::string compiler;
  std::string compiler_flags;
  std::string build_type;
  std::string kokkos_version;
  std::string backend;  ///< "OpenMP", "Serial", "Cuda"
  std::string real;     ///< "float" or "double"

  // The machine.
  int threads = 1;
  std::string device;
  std::string os;

  // The job.
  std::vector<std::string> command_line;
  std::uint64_t seed = 0;
  std::vector<FileRecord> inputs;
  nlohmann::ordered_json options;  ///< resolved: every default filled in
  std::vector<std::string> random_streams;

  // How it went.
  std::string started;  ///< UTC, ISO 8601: "2024-05-01T12:00:00Z"
  std::string ended;    ///< "" while running
  std::string status =
      "running";  ///< or "done", "failed", "interrupted", "expectation_missed", "without_data"
  int exit_code = 0;
  std::int64_t steps = 0;
  double wall_seconds = 0;
  std::string resumed_from;  ///< name of the checkpoint, "" for a fresh run
  std::vector<FileRecord> outputs;
  std::map<std::string, double> diagnostics;  ///< last row, "time [s]" -> value
};

nlohmann::ordered_json to_json(const Manifest& manifest);
/// InputError naming the missing or ill-typed key; `label` names the source.
Manifest manifest_from_json(const nlohmann::ordered_json& json, const std::string& label);

void write_manifest(const std::filesystem::path& file, const Manifest& manifest);  ///< atomic
Manifest read_manifest(const std::filesystem::path& file);

/// Size and SHA-256 of one file, recorded under `name`.
FileRecord record_file(const std::filesystem::path& file, std::string name);
/// Every regular file below `folder` except manifest.json and unfinished ".part" files, sorted by
/// path.
std::vector<FileRecord> record_folder(const std::filesystem::path& folder);

/// Now, as "2024-05-01T12:00:00Z".
std::string utc_timestamp();

}  // namespace filigree
