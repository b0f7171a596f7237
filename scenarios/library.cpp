// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/library.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <system_error>

#include "core/error.hpp"

#ifndef FILIGREE_SOURCE_LIBRARY
#define FILIGREE_SOURCE_LIBRARY ""
#endif

namespace filigree {
namespace fs = std::filesystem;
namespace {

void add_folder(std::vector<fs::path>& folders, const fs::path& folder) {
  std::error_code ignored;
  if (!folder.empty() && fs::is_directory(folder, ignored)) folders.push_back(folder);
}

fs::path program_folder() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path();
}

}  // namespace

std::vector<fs::path> library_folders() {
  std::vector<fs::path> folders;
  if (const char* variable = std::getenv("FILIGREE_SCENARIOS")) {
    std::istringstream words(variable);
    for (std::string word; std::getline(words, word, ':');) add_folder(folders, word);
  }
  const fs::path program = program_folder();
  if (!program.empty()) add_folder(folders, program.parent_path() / "share/filigree/scenarios");
  add_folder(folders, FILIGREE_SOURCE_LIBRARY);
  return folders;
}

std::vector<LibraryEntry> library_entries(const std::vector<fs::path>& folders) {
  std::vector<LibraryEntry> entries;
  for (const fs::path& folder : folders) {
    std::error_code error;
    for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
         it.increment(error)) {
      if (it->path().extension() != ".yaml" || !it->is_regular_file(error)) continue;
      const std::string name =
          it->path().lexically_relative(folder).replace_extension().generic_string();
      const bool hidden = std::any_of(entries.begin(), entries.end(),
                                      [&](const LibraryEntry& e) { return e.name == name; });
      if (!hidden) entries.push_back({name, it->path()});
    }
  }
  std::sort(entries.begin(), entries.end(),
            [](const LibraryEntry& a, const LibraryEntry& b) { return a.name < b.name; });
  return entries;
}

fs::path find_scenario(const std::string& name, const std::vector<fs::path>& folders) {
  std::error_code ignored;
  if (fs::exists(name, ignored) && !fs::is_directory(name, ignored)) return name;
  fs::path stem = name;
  if (stem.extension() == ".yaml") stem.replace_extension();
  const std::string wanted = stem.lexically_normal().generic_string();
  std::vector<std::string> names;
  for (const LibraryEntry& entry : library_entries(folders)) {
    if (entry.name == wanted) return entry.file;
    names.push_back(entry.name);
  }
  const std::string near = nearest(wanted, names);
  throw InputError(
      format("no scenario '{}': there is neither such a file nor such a name in the "
             "library{}; 'filigree list' shows the library",
             name, near.empty() ? "" : format(" (did you mean '{}'?)", near)));
}

std::string library_relative(const fs::path& file, const std::vector<fs::path>& folders) {
  for (const fs::path& folder : folders) {
    const fs::path relative = file.lexically_normal().lexically_relative(folder.lexically_normal());
    if (!relative.empty() && *relative.begin() != "..") return relative.generic_string();
  }
  return file.generic_string();
}

}  // namespace filigree
