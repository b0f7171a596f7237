// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/program_info.hpp"

#include <sys/utsname.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/types.hpp"

namespace filigree {
namespace {

/// The rest of the first line that starts with `key`, up to leading blanks and separators.
std::string line_after(const char* file, const std::string& key, const char* separators) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t begin = line.find_first_not_of(separators, key.size());
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

std::uint64_t memory_line(const std::string& key) {
  std::istringstream in(line_after("/proc/meminfo", key, ": \t"));
  std::uint64_t kibibytes = 0;
  in >> kibibytes;
  return kibibytes * 1024;
}

}  // namespace

std::string processor_name() {
  return line_after("/proc/cpuinfo", "model name", ": \t");
}

std::string operating_system() {
  std::string name = line_after("/etc/os-release", "PRETTY_NAME=", "\"");
  while (!name.empty() && name.back() == '"') name.pop_back();
  utsname kernel{};
  if (uname(&kernel) != 0) return name;
  return format("{}{}{} {} {}", name, name.empty() ? "" : ", ", kernel.sysname, kernel.release,
                kernel.machine);
}

std::uint64_t available_memory() {
  return memory_line("MemAvailable");
}
std::uint64_t total_memory() {
  return memory_line("MemTotal");
}

Manifest program_manifest() {
  Manifest manifest;
  manifest.version = FILIGREE_VERSION;
  manifest.commit = git_commit();
  const std::string dirty = "-dirty";
  if (manifest.commit.ends_with(dirty)) {
    manifest.dirty = true;
    manifest.commit.resize(manifest.commit.size() - dirty.size());
  }
  manifest.compiler = FILIGREE_CXX_COMPILER;
  manifest.compiler_flags = FILIGREE_CXX_FLAGS;
  manifest.build_type = FILIGREE_BUILD_TYPE;
  manifest.kokkos_version = kokkos_version();
  manifest.backend = backend_name();
  manifest.real = sizeof(Real) == sizeof(float) ? "float" : "double";
  manifest.threads = thread_count();
  manifest.device = kKernelsRunOnHost ? processor_name() : device_name();
  manifest.os = operating_system();
  return manifest;
}

std::string publishable_path(const std::string& path) {
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home != '/' || home[1] == '\0') return path;
  const std::string prefix = std::string(home) + "/";
  const std::size_t at = path.find(prefix);
  if (at == std::string::npos || (at > 0 && path[at - 1] != '=')) return path;
  return path.substr(0, at) + "~/" + path.substr(at + prefix.size());
}

std::vector<std::string> publishable(const std::vector<std::string>& command_line) {
  std::vector<std::string> words;
  for (const std::string& word : command_line) words.push_back(publishable_path(word));
  if (!words.empty()) words[0] = std::filesystem::path(words[0]).filename().string();
  return words;
}

}  // namespace filigree
