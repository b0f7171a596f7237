// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Where the wall time goes: nested named regions, a table at the end.
//
//   Timers timers;
//   { const TimedRegion region(timers, "transfer"); ... }
//   std::string text = timers.table();
//
// Regions are passed on to Kokkos' profiling tools. For the thread that drives the run only.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace filigree {

/// Seconds of a clock that never jumps, from an arbitrary origin.
double steady_seconds();

class Timers {
 public:
  /// `clock` returns seconds; tests pass their own.
  explicit Timers(std::function<double()> clock = steady_seconds);

  struct Row {
    std::string name;
    int depth;  ///< 0 for outermost regions
    std::int64_t calls;
    double seconds;       ///< with inner regions
    double self_seconds;  ///< without
  };
  /// Closed regions, parents before children, in the order of first use.
  std::vector<Row> rows() const;
  /// The rows as text: name, calls, seconds, seconds per call, share of the total.
  std::string table() const;

 private:
  friend class TimedRegion;

  struct Node {
    std::string name;
    int parent;  ///< -1 for outermost regions
    std::int64_t calls = 0;
    double seconds = 0;
    double started = 0;
    std::vector<int> children;
  };

  void enter(std::string_view name);
  void leave();
  void append_rows(const std::vector<int>& siblings, int depth, std::vector<Row>& rows) const;

  std::function<double()> clock_;
  std::vector<Node> nodes_;
  std::vector<int> roots_;
  int current_ = -1;
};

/// Times its scope. Regions of the same name inside the same region add up.
class TimedRegion {
 public:
  TimedRegion(Timers& timers, std::string_view name) : timers_(timers) { timers_.enter(name); }
  ~TimedRegion() { timers_.leave(); }
  TimedRegion(const TimedRegion&) = delete;
  TimedRegion& operator=(const TimedRegion&) = delete;

 private:
  Timers& timers_;
};

}  // namespace filigree
