// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/pvd_index.hpp"

#include <charconv>
#include <string_view>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/json.hpp"
#include "io/writer.hpp"

namespace filigree {
namespace {

constexpr std::string_view kHead =
    "<?xml version=\"1.0\"?>\n"
    "<VTKFile type=\"Collection\" version=\"0.1\" byte_order=\"LittleEndian\">\n"
    "  <Collection>\n";
constexpr std::string_view kTail =
    "  </Collection>\n"
    "</VTKFile>\n";

std::string extension_of(const IndexEntry& entry) {
  return std::filesystem::path(entry.file).extension().string();
}

/// Takes `prefix` off the front of `text`; false when it is not there.
bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// Takes everything up to the next double quote, and the quote.
std::string_view take_value(std::string_view& text) {
  const std::size_t end = text.find('"');
  if (end == std::string_view::npos) return {};
  const std::string_view value = text.substr(0, end);
  text.remove_prefix(end + 1);
  return value;
}

bool take_entry(std::string_view& text, IndexEntry& entry) {
  if (!take(text, "    <DataSet timestep=\"")) return false;
  const std::string_view time = take_value(text);
  const auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), entry.time);
  if (error != std::errc() || end != time.data() + time.size()) return false;
  if (!take(text, " part=\"0\" file=\"")) return false;
  entry.file = std::string(take_value(text));
  entry.number = frame_number_of(entry.file);
  return entry.number >= 0 && take(text, "/>\n");
}

}  // namespace

PvdIndex::PvdIndex(std::filesystem::path folder, std::string name)
    : folder_(std::move(folder)), name_(std::move(name)), file_(folder_ / (name_ + ".pvd")) {}

void PvdIndex::add(const IndexEntry& entry) {
  if (!entries_.empty()) {
    const IndexEntry& last = entries_.back();
    FILIGREE_REQUIRE(entry.number > last.number, "frame {} comes after frame {}; numbers must grow",
                     entry.number, last.number);
    FILIGREE_REQUIRE(entry.time > last.time,
                     "frame {} at {} s comes after a frame at {} s; times must grow", entry.number,
                     number_text(entry.time), number_text(last.time));
    FILIGREE_REQUIRE(
        extension_of(entry) == extension_of(last),
        "frame {} is a {} file but the series '{}' has {} files: the number and kind of "
        "blocks must not change during a run",
        entry.number, extension_of(entry), file_.string(), extension_of(last));
  }
  entries_.push_back(entry);
  try {
    rewrite();
  } catch (...) {
    entries_.pop_back();  // the frame is not in the index on disk: it may be tried again
    throw;
  }
}

void PvdIndex::resume(std::int64_t n_frames) {
  entries_.clear();
  std::error_code missing;
  if (!std::filesystem::exists(file_, missing)) return;
  const std::vector<IndexEntry> found = parse_pvd(read_text_file(file_), file_.string());
  for (const IndexEntry& entry : found) {
    if (entry.number < n_frames) entries_.push_back(entry);
  }
  if (!entries_.empty()) return rewrite();
  if (!found.empty()) std::filesystem::remove(series_file(found.front()), missing);
  std::filesystem::remove(file_, missing);
}

std::filesystem::path PvdIndex::series_file(const IndexEntry& entry) const {
  return folder_ / (name_ + extension_of(entry) + ".series");
}

void PvdIndex::rewrite() const {
  write_file_atomically(series_file(entries_.back()), series_text(entries_));
  write_file_atomically(file_, pvd_text(entries_));
}

std::string pvd_text(const std::vector<IndexEntry>& entries) {
  std::string text(kHead);
  for (const IndexEntry& entry : entries) {
    text += format("    <DataSet timestep=\"{}\" part=\"0\" file=\"{}\"/>\n",
                   number_text(entry.time), entry.file);
  }
  return text + std::string(kTail);
}

std::string series_text(const std::vector<IndexEntry>& entries) {
  nlohmann::ordered_json json = {{"file-series-version", "1.0"},
                                 {"files", nlohmann::ordered_json::array()}};
  for (const IndexEntry& entry : entries) {
    json["files"].push_back({{"name", entry.file}, {"time", entry.time}});
  }
  return json_text(json);
}

std::vector<IndexEntry> parse_pvd(const std::string& text, const std::string& name) {
  std::string_view rest = text;
  std::vector<IndexEntry> entries;
  bool is_good = take(rest, kHead);
  IndexEntry entry;
  while (is_good && !rest.starts_with(kTail)) {
    is_good = take_entry(rest, entry);
    if (is_good) entries.push_back(entry);
  }
  FILIGREE_REQUIRE(
      is_good && rest == kTail,
      "'{}' is not a time index written by this program: move it away or choose another "
      "output folder",
      name);
  return entries;
}

}  // namespace filigree
