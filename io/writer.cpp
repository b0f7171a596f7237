// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/writer.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "core/error.hpp"

namespace filigree {

std::string frame_file_stem(const std::string& name, std::int64_t number, int digits) {
  return format("{}_{:0{}}", name, number, digits);
}

std::int64_t frame_number_of(const std::filesystem::path& file) {
  const std::string stem = file.stem().string();
  const std::size_t underscore = stem.rfind('_');
  if (underscore == std::string::npos || underscore + 1 == stem.size()) return -1;
  const std::string_view digits = std::string_view(stem).substr(underscore + 1);
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return -1;
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() ? number : -1;
}

void remove_frames_from(const std::filesystem::path& folder, std::int64_t n_frames,
                        const std::vector<std::string>& extensions) {
  std::error_code error;
  std::vector<std::filesystem::path> doomed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string extension = entry.path().extension().string();
    const bool is_frame =
        std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
    if (is_frame && frame_number_of(entry.path()) >= n_frames) doomed.push_back(entry.path());
  }
  for (const std::filesystem::path& file : doomed) {
    if (std::filesystem::remove(file, error) || !error) continue;
    throw EnvironmentError(format("cannot remove '{}': {}", file.string(), error.message()));
  }
}

}  // namespace filigree
