// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/manifest.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <system_error>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/json.hpp"
#include "io/sha256.hpp"

namespace filigree {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// One list of the keys for both directions: `visit(section, key, field)`.
template <class M, class V>
void visit_manifest(M& m, V&& visit) {
  visit("", "schema", m.schema);
  visit("", "status", m.status);
  visit("", "exit_code", m.exit_code);
  visit("program", "version", m.version);
  visit("program", "commit", m.commit);
  visit("program", "dirty", m.dirty);
  visit("program", "compiler", m.compiler);
  visit("program", "compiler_flags", m.compiler_flags);
  visit("program", "build_type", m.build_type);
  visit("program", "kokkos_version", m.kokkos_version);
  visit("program", "backend", m.backend);
  visit("program", "real", m.real);
  visit("machine", "threads", m.threads);
  visit("machine", "device", m.device);
  visit("machine", "os", m.os);
  visit("job", "command_line", m.command_line);
  visit("job", "seed", m.seed);
  visit("job", "random_streams", m.random_streams);
  visit("job", "resumed_from", m.resumed_from);
  visit("job", "inputs", m.inputs);
  visit("job", "options", m.options);
  visit("result", "started", m.started);
  visit("result", "ended", m.ended);
  visit("result", "steps", m.steps);
  visit("result", "wall_seconds", m.wall_seconds);
  visit("result", "diagnostics", m.diagnostics);
  visit("result", "outputs", m.outputs);
}

template <class T>
Json value_to_json(const T& value) {
  return value;
}

Json value_to_json(const std::vector<FileRecord>& records) {
  Json result = Json::array();
  for (const FileRecord& record : records) {
    result.push_back({{"path", record.path}, {"bytes", record.bytes}, {"sha256", record.sha256}});
  }
  return result;
}

template <class T>
void value_from_json(const Json& json, T& value) {
  json.get_to(value);
}

void value_from_json(const Json& json, Json& value) {
  value = json;
}

void value_from_json(const Json& json, std::vector<FileRecord>& records) {
  for (const Json& entry : json) {
    FileRecord& record = records.emplace_back();
    entry.at("path").get_to(record.path);
    entry.at("bytes").get_to(record.bytes);
    entry.at("sha256").get_to(record.sha256);
  }
}

}  // namespace

Json to_json(const Manifest& manifest) {
  Json json = Json::object();
  visit_manifest(manifest, [&](const std::string& section, const char* key, const auto& field) {
    (section.empty() ? json : json[section])[key] = value_to_json(field);
  });
  return json;
}

Manifest manifest_from_json(const Json& json, const std::string& label) {
  Manifest manifest;
  visit_manifest(manifest, [&](const std::string& section, const char* key, auto& field) {
    const std::string name = section.empty() ? key : section + "." + key;
    try {
      value_from_json(section.empty() ? json.at(key) : json.at(section).at(key), field);
    } catch (const Json::exception&) {
      throw InputError(format(
          "{}: not a manifest of this program: '{}' is missing or of another type", label, name));
    }
    FILIGREE_REQUIRE(name != "schema" || manifest.schema == 1,
                     "{}: the manifest has schema {}, this program reads schema 1", label,
                     manifest.schema);
  });
  return manifest;
}

void write_manifest(const fs::path& file, const Manifest& manifest) {
  for (const auto& [name, value] : manifest.diagnostics) {
    if (std::isfinite(value)) continue;
    throw NumericalError(format("diagnostic '{}' is not finite ({}); '{}' was not written", name,
                                number_text(value), file.string()));
  }
  write_file_atomically(file, json_text(to_json(manifest)));
}

Manifest read_manifest(const fs::path& file) {
  return manifest_from_json(parse_json(read_text_file(file), file.string()), file.string());
}

FileRecord record_file(const fs::path& file, std::string name) {
  FileRecord record;
  record.path = std::move(name);
  record.sha256 = sha256_file(file);
  record.bytes = fs::file_size(file);
  return record;
}

std::vector<FileRecord> record_folder(const fs::path& folder) {
  std::vector<FileRecord> records;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    const fs::path& file = entry.path();
    if (!entry.is_regular_file() || file.extension() == ".part") continue;
    std::string name = file.lexically_relative(folder).generic_string();
    if (name != "manifest.json") records.push_back(record_file(file, std::move(name)));
  }
  if (error)
    throw EnvironmentError(format("cannot read '{}': {}", folder.string(), error.message()));
  std::sort(records.begin(), records.end(),
            [](const FileRecord& a, const FileRecord& b) { return a.path < b.path; });
  return records;
}

std::string utc_timestamp() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts = {};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

}  // namespace filigree
