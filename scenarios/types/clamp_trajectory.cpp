// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/clamp_trajectory.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/csv_writer.hpp"
#include "io/npz.hpp"
#include "scenarios/expectations.hpp"

namespace filigree {

namespace {

/// Eight numbers per way-point: time, move, turn, rotate.
using Rows = std::vector<std::array<double, 8>>;
constexpr std::array kNames{"time", "move_x",   "move_y",   "move_z",
                            "turn", "rotate_x", "rotate_y", "rotate_z"};
constexpr std::array kUnits{"s", "m", "m", "m", "deg", "deg", "deg", "deg"};
constexpr std::size_t kNeeded = 4;  // the first of them

Rows rows_of_csv(const std::filesystem::path& file) {
  const CsvTable table = read_csv(file);
  std::array<std::ptrdiff_t, 8> place;
  place.fill(-1);
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const ColumnName column = split_column(table.columns[c]);
    for (std::size_t k = 0; k < kNames.size(); ++k) {
      if (column.name != kNames[k]) continue;
      FILIGREE_REQUIRE(column.unit.empty() || column.unit == kUnits[k],
                       "{}: the column '{}' must be in {}", file.string(), kNames[k], kUnits[k]);
      place[k] = static_cast<std::ptrdiff_t>(c);
    }
  }
  Rows rows(table.rows.size());
  for (std::size_t k = 0; k < kNames.size(); ++k) {
    FILIGREE_REQUIRE(place[k] >= 0 || k >= kNeeded, "{}: there is no column '{}'; there are: {}",
                     file.string(), kNames[k], join(table.columns));
    for (std::size_t r = 0; r < rows.size(); ++r) {
      rows[r][k] = place[k] < 0 ? 0 : table.rows[r][static_cast<std::size_t>(place[k])];
    }
  }
  return rows;
}

Rows rows_of_npz(const std::filesystem::path& file) {
  const NamedArrays arrays = read_npz(file, {"time", "move", "turn", "rotate"});
  for (const char* name : {"time", "move"}) {
    FILIGREE_REQUIRE(arrays.contains(name), "{}: there is no array '{}'", file.string(), name);
  }
  const std::int64_t n = arrays.at("time").size();
  FILIGREE_REQUIRE(arrays.at("move").shape == (std::vector<std::int64_t>{n, 3}) &&
                       (!arrays.contains("turn") || arrays.at("turn").size() == n) &&
                       (!arrays.contains("rotate") ||
                        arrays.at("rotate").shape == (std::vector<std::int64_t>{n, 3})),
                   "{}: time has {} entries, so move and rotate must be [{}, 3] and turn [{}]",
                   file.string(), n, n, n);
  Rows rows(static_cast<std::size_t>(n));
  for (std::int64_t r = 0; r < n; ++r) {
    auto& row = rows[static_cast<std::size_t>(r)];
    row[0] = arrays.at("time").value(r);
    for (int a = 0; a < 3; ++a) {
      const auto i = static_cast<std::size_t>(a);
      row[1 + i] = arrays.at("move").value(3 * r + a);
      row[5 + i] = arrays.contains("rotate") ? arrays.at("rotate").value(3 * r + a) : 0;
    }
    row[4] = arrays.contains("turn") ? arrays.at("turn").value(r) : 0;
  }
  return rows;
}

}  // namespace

std::vector<ClampWaypoint> read_trajectory(const std::filesystem::path& file) {
  const std::string kind = file.extension().string();
  FILIGREE_REQUIRE(kind == ".csv" || kind == ".npz", "{}: a trajectory is a .csv or .npz file",
                   file.string());
  const Rows rows = kind == ".csv" ? rows_of_csv(file) : rows_of_npz(file);
  FILIGREE_REQUIRE(!rows.empty(), "{}: there is no way-point", file.string());
  std::vector<ClampWaypoint> path;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t k = 0; k < kNames.size(); ++k) {
      FILIGREE_REQUIRE(std::isfinite(rows[r][k]), "{}: row {}: {} is not finite; fill the gap",
                       file.string(), r + 1, kNames[k]);
    }
    FILIGREE_REQUIRE(rows[r][0] >= 0 && (r == 0 || rows[r][0] > rows[r - 1][0]),
                     "{}: row {}: the time {} s is negative or not after that of the row before",
                     file.string(), r + 1, number_text(rows[r][0]));
    path.push_back({rows[r][0],
                    {rows[r][1], rows[r][2], rows[r][3]},
                    rows[r][4],
                    {rows[r][5], rows[r][6], rows[r][7]}});
  }
  return path;
}

std::string too_fast(const ClampOptions& clamp, double edge, double dt) {
  ClampWaypoint before;
  before.time = clamp.from.value_or(0);
  double fastest = 0, when = 0;
  for (const ClampWaypoint& point : clamp.path()) {
    double square = 0;
    for (std::size_t a = 0; a < 3; ++a) {
      square += (point.move[a] - before.move[a]) * (point.move[a] - before.move[a]);
    }
    // A way-point at the very start is a jump within the first step.
    if (clamp.until && before.time >= *clamp.until) break;
    const double speed = std::sqrt(square) / std::max(point.time - before.time, dt);
    if (speed > fastest) {
      fastest = speed;
      when = before.time;
    }
    before = point;
  }
  if (fastest * dt <= edge / 2) return "";
  return format(
      "clamp '{}' moves at {:.3g} m/s from t = {:.4g} s: {:.3g} m in one step of {} s, with "
      "edges of {:.3g} m; the rod may not follow. Slow it down or lower solver.dt",
      clamp.name, fastest, when, fastest * dt, number_text(dt), edge);
}

}  // namespace filigree
