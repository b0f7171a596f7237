// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The frames of a run: when they are due, which fields they keep, who writes them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "io/writer.hpp"
#include "io/yaml/document.hpp"
#include "scenarios/run_options.hpp"
#include "scenarios/simulation.hpp"

namespace filigree {

class FrameOutput {
 public:
  /// Throws EnvironmentError when this build lacks a format.
  explicit FrameOutput(const RunOptions& options);

  /// Looks at a first frame of the simulation: learns whether there is anything to draw and reports
  /// names in output.fields that it does not have.
  void check(const Simulation& simulation, const yaml::Document& document,
             yaml::Diagnostics& problems);

  /// A new series.
  void open(const std::filesystem::path& folder);
  /// Continues a series: keeps frames 0 .. n_frames - 1.
  void resume(const std::filesystem::path& folder, std::int64_t n_frames);
  void close();

  /// s, the time of the next frame; time.end when all are written.
  double next_time() const { return times_.time(next_); }
  bool due(double time) const { return next_ < times_.count() && time >= next_time(); }
  /// Writes the current state as the next frame. A frame that is not due (the last one of a run
  /// that stops early) does not count for next_number().
  void write(const Simulation& simulation, std::int64_t step, bool scheduled = true);

  std::int64_t next_number() const { return next_; }
  std::int64_t written() const { return written_; }  ///< in all, by this program or an earlier one
  double last_time() const { return last_time_; }    ///< s, of the last frame; -1 when none
  std::int64_t total() const { return times_.count(); }
  bool active() const { return !writers_.empty() && drawable_; }

 private:
  void keep_fields(std::vector<NamedArray>& fields) const;

  WriterMeta meta_;
  std::vector<std::string> fields_;
  FrameTimes times_;
  std::vector<std::unique_ptr<Writer>> writers_;
  bool drawable_ = true;
  std::int64_t next_ = 0;
  std::int64_t written_ = 0;
  double last_time_ = -1;
};

/// B, what the arrays of a frame take in memory.
std::uint64_t frame_bytes(const Frame& frame);

}  // namespace filigree
