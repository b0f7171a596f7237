// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/timer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/kokkos.hpp"
#include "core/text.hpp"

namespace filigree {

double steady_seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

Timers::Timers(std::function<double()> clock) : clock_(std::move(clock)) {}

void Timers::enter(std::string_view name) {
  Kokkos::Profiling::pushRegion(std::string(name));
  std::vector<int>& siblings =
      current_ < 0 ? roots_ : nodes_[static_cast<std::size_t>(current_)].children;
  const auto known = std::find_if(siblings.begin(), siblings.end(), [&](int n) {
    return nodes_[static_cast<std::size_t>(n)].name == name;
  });
  int node = static_cast<int>(nodes_.size());
  if (known != siblings.end()) {
    node = *known;
  } else {
    siblings.push_back(node);
    nodes_.push_back({std::string(name), current_, 0, 0, 0, {}});
  }
  current_ = node;
  nodes_[static_cast<std::size_t>(node)].started = clock_();
}

void Timers::leave() {
  Node& node = nodes_[static_cast<std::size_t>(current_)];
  node.seconds += clock_() - node.started;
  ++node.calls;
  current_ = node.parent;
  Kokkos::Profiling::popRegion();
}

void Timers::append_rows(const std::vector<int>& siblings, int depth,
                         std::vector<Row>& rows) const {
  for (const int n : siblings) {
    const Node& node = nodes_[static_cast<std::size_t>(n)];
    double self = node.seconds;
    for (const int child : node.children) self -= nodes_[static_cast<std::size_t>(child)].seconds;
    rows.push_back({node.name, depth, node.calls, node.seconds, self});
    append_rows(node.children, depth + 1, rows);
  }
}

std::vector<Timers::Row> Timers::rows() const {
  std::vector<Row> rows;
  append_rows(roots_, 0, rows);
  return rows;
}

std::string Timers::table() const {
  const std::vector<Row> all = rows();
  double total = 0;
  std::size_t width = 6;
  for (const Row& row : all) {
    if (row.depth == 0) total += row.seconds;
    width = std::max(width, row.name.size() + 2 * static_cast<std::size_t>(row.depth));
  }
  std::string text = format("{:<{}}  {:>8}  {:>10}  {:>10}  {:>6}\n", "region", width, "calls",
                            "total", "per call", "share");
  for (const Row& row : all) {
    const std::string name = std::string(2 * static_cast<std::size_t>(row.depth), ' ') + row.name;
    const auto calls = static_cast<double>(std::max<std::int64_t>(row.calls, 1));
    text +=
        format("{:<{}}  {:>8}  {:>8.3f} s  {:>7.3f} ms  {:>4.0f} %\n", name, width, row.calls,
               row.seconds, 1e3 * row.seconds / calls, total > 0 ? 100 * row.seconds / total : 0.0);
  }
  return text;
}

}  // namespace filigree
