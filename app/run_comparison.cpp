// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "app/run_comparison.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <span>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/checkpoint.hpp"
#include "io/csv_writer.hpp"
#include "io/frame_reader.hpp"
#include "io/manifest.hpp"
#include "io/metrics.hpp"
#include "scenarios/checkpointer.hpp"

namespace filigree::app {
namespace fs = std::filesystem;
namespace {

/// Largest differences of two lists of values of equal length.
struct Difference {
  double absolute = 0;
  double relative = 0;  ///< absolute / largest magnitude in either list
  bool within(const Tolerance& tolerance) const {
    return absolute == 0 || absolute <= tolerance.absolute || relative <= tolerance.relative;
  }
};

using Values = std::function<double(std::size_t)>;

Difference difference(std::size_t n, const Values& a, const Values& b) {
  Difference result;
  double scale = 0;
  for (std::size_t i = 0; i < n; ++i) {
    result.absolute = std::max(result.absolute, std::abs(a(i) - b(i)));
    scale = std::max({scale, std::abs(a(i)), std::abs(b(i))});
  }
  if (result.absolute > 0) result.relative = result.absolute / scale;
  return result;
}

std::string text(const Difference& d) {
  return format("differs by at most {:.3g} (relative {:.2g})", d.absolute, d.relative);
}

class Comparer {
 public:
  Comparer(fs::path a, fs::path b, const Tolerance& tolerance)
      : a_(std::move(a)), b_(std::move(b)), tolerance_(tolerance) {}

  Comparison run() {
    compare_options(read_manifest(a_ / "manifest.json"), read_manifest(b_ / "manifest.json"));
    compare_metrics();
    compare_diagnostics();
    compare_frames();
    compare_states();
    report_arrays();
    return std::move(result_);
  }

 private:
  void unequal(std::vector<std::string>& lines, std::string line) {
    result_.equal = false;
    lines.push_back(std::move(line));
  }

  void compare_options(const Manifest& a, const Manifest& b) {
    std::map<std::string, std::pair<std::string, std::string>> values;
    for (const auto& [path, value] : flatten(a.options)) values[path].first = value.dump();
    for (const auto& [path, value] : flatten(b.options)) values[path].second = value.dump();
    for (const auto& [path, pair] : values) {
      if (pair.first == pair.second) continue;
      const auto shown = [](const std::string& value) { return value.empty() ? "absent" : value; };
      result_.options.push_back(format("{}: {} | {}", path, shown(pair.first), shown(pair.second)));
    }
  }

  static std::vector<Metric> metrics_of(const fs::path& folder) {
    std::error_code ignored;
    const fs::path file = folder / "metrics.json";
    return fs::exists(file, ignored) ? read_metrics(file) : std::vector<Metric>{};
  }

  void compare_metrics() {
    std::vector<Metric> second = metrics_of(b_);
    for (const Metric& m : metrics_of(a_)) {
      const auto same = std::find_if(second.begin(), second.end(),
                                     [&](const Metric& other) { return other.name == m.name; });
      if (same == second.end()) {
        unequal(result_.metrics, format("{}: only in the first run", m.name));
        continue;
      }
      const Difference d = difference(
          1, [&](std::size_t) { return m.value; }, [&](std::size_t) { return same->value; });
      if (!d.within(tolerance_)) result_.equal = false;
      if (d.absolute > 0) {
        result_.metrics.push_back(
            format("{}: {:.9g} | {:.9g} {} {}", m.name, m.value, same->value, m.unit, text(d)));
      }
      second.erase(same);
    }
    for (const Metric& m : second) {
      unequal(result_.metrics, format("{}: only in the second run", m.name));
    }
  }

  void compare_diagnostics() {
    const CsvTable a = read_csv(a_ / "diagnostics.csv");
    const CsvTable b = read_csv(b_ / "diagnostics.csv");
    const std::size_t n = std::min(a.rows.size(), b.rows.size());
    if (a.rows.size() != b.rows.size()) {
      unequal(result_.diagnostics, format("{} rows | {} rows; the first {} are compared",
                                          a.rows.size(), b.rows.size(), n));
    }
    for (std::size_t i = 0; i < a.columns.size(); ++i) {
      const auto column = std::find(b.columns.begin(), b.columns.end(), a.columns[i]);
      if (column == b.columns.end()) {
        unequal(result_.diagnostics, a.columns[i] + ": only in the first run");
        continue;
      }
      const auto j = static_cast<std::size_t>(column - b.columns.begin());
      const Difference d = difference(
          n, [&](std::size_t row) { return a.rows[row][i]; },
          [&](std::size_t row) { return b.rows[row][j]; });
      if (!d.within(tolerance_)) result_.equal = false;
      if (d.absolute > 0) result_.diagnostics.push_back(a.columns[i] + ": " + text(d));
    }
    for (const std::string& column : b.columns) {
      if (std::find(a.columns.begin(), a.columns.end(), column) == a.columns.end()) {
        unequal(result_.diagnostics, column + ": only in the second run");
      }
    }
  }

  static std::set<std::string> frames_of(const fs::path& folder) {
    std::set<std::string> names;
    std::error_code error;
    for (fs::directory_iterator it(folder / "frames", error), end; !error && it != end;
         it.increment(error)) {
      if (it->path().extension() != ".part") names.insert(it->path().filename().string());
    }
    return names;
  }

  void compare_frames() {
    std::set<std::string> second = frames_of(b_);
    for (const std::string& name : frames_of(a_)) {
      if (second.erase(name) == 0) {
        unequal(result_.files, name + ": only in the first run");
        continue;
      }
      const fs::path a = a_ / "frames" / name;
      const fs::path b = b_ / "frames" / name;
      if (read_file(a) == read_file(b)) {
        ++result_.n_frames_equal;
      } else if (is_frame_file(name)) {
        compare_arrays(name, "frames, ", read_frame_arrays(a), read_frame_arrays(b));
      } else if (tolerance_.exact()) {
        unequal(result_.files, name + ": other bytes");
      }  // else it only names the frame's files
    }
    for (const std::string& name : second)
      unequal(result_.files, name + ": only in the second run");
  }

  void compare_states() {
    const auto first = list_checkpoints(a_ / "checkpoints");
    const auto second = list_checkpoints(b_ / "checkpoints");
    if (first.empty() || second.empty()) return;
    const Checkpoint a = read_checkpoint(first.back());
    const Checkpoint b = read_checkpoint(second.back());
    compare_arrays("final state", "final state, ", a.arrays, b.arrays);
  }

  /// Collects the differences of arrays under `prefix` + name, over all frames.
  void compare_arrays(const std::string& where, const std::string& prefix, const NamedArrays& a,
                      const NamedArrays& b) {
    for (const NamedArray& array : a) {
      if (!b.contains(array.name)) {
        unequal(result_.files, where + ", " + array.name + ": only in the first run");
        continue;
      }
      const NamedArray& other = b.at(array.name);
      if (array.shape != other.shape) {
        unequal(result_.files, where + ", " + array.name + ": other shapes");
        continue;
      }
      const Difference d = difference(
          static_cast<std::size_t>(array.size()),
          [&](std::size_t i) { return array.value(static_cast<std::int64_t>(i)); },
          [&](std::size_t i) { return other.value(static_cast<std::int64_t>(i)); });
      if (!d.within(tolerance_)) result_.equal = false;
      if (d.absolute == 0) continue;
      Spread& spread = spreads_[prefix + array.name];
      if (spread.count++ == 0) spread.first = where;
      spread.worst.absolute = std::max(spread.worst.absolute, d.absolute);
      spread.worst.relative = std::max(spread.worst.relative, d.relative);
    }
    for (const NamedArray& array : b) {
      if (!a.contains(array.name)) {
        unequal(result_.files, where + ", " + array.name + ": only in the second run");
      }
    }
  }

  void report_arrays() {
    for (const auto& [name, spread] : spreads_) {
      const std::string frames = name.starts_with("frames") ? format(" in {} of them, first in {}",
                                                                     spread.count, spread.first)
                                                            : "";
      result_.files.push_back(name + ": " + text(spread.worst) + frames);
    }
  }

  struct Spread {
    Difference worst;
    std::size_t count = 0;  ///< of frames
    std::string first;      ///< the first of them
  };
  std::map<std::string, Spread> spreads_;
  fs::path a_;
  fs::path b_;
  Tolerance tolerance_;
  Comparison result_;
};

}  // namespace

Comparison compare_runs(const fs::path& a, const fs::path& b, const Tolerance& tolerance) {
  for (const fs::path& folder : {a, b}) {
    std::error_code error;
    FILIGREE_REQUIRE(fs::exists(folder / "manifest.json", error),
                     "'{}' does not hold a run (it has no manifest.json)", folder.string());
  }
  return Comparer(a, b, tolerance).run();
}

}  // namespace filigree::app
