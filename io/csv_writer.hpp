// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Diagnostics as a CSV table: header "time [s],kinetic_energy [J]", one row per call, on disk at
// once.
//
// Numbers read back to the same bits. A row that cannot be written completely leaves no trace.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace filigree {

struct CsvColumn {
  std::string name;  ///< lower_snake
  std::string unit;  ///< "" when dimensionless
};

class CsvWriter {
 public:
  CsvWriter() = default;
  ~CsvWriter();
  CsvWriter(const CsvWriter&) = delete;
  CsvWriter& operator=(const CsvWriter&) = delete;

  /// Starts a new table, replacing an earlier one.
  void open(const std::filesystem::path& file, std::vector<CsvColumn> columns);
  /// Continues a table: keeps the rows whose first column is <= `last`, drops later and unfinished
  /// ones. A missing file is started anew; other columns than before are an InputError.
  void resume(const std::filesystem::path& file, std::vector<CsvColumn> columns, double last);
  /// Appends one row; as many values as columns. NumericalError on a value that is not finite.
  void row(std::span<const double> values);
  void close();

 private:
  void open_for_append();

  std::filesystem::path file_;
  std::vector<CsvColumn> columns_;
  int descriptor_ = -1;
};

/// A CSV table of numbers, as `compare` reads it.
struct CsvTable {
  std::vector<std::string> columns;       ///< header cells: "time [s]"
  std::vector<std::vector<double>> rows;  ///< each as long as `columns`
};

/// InputError with line number on anything but a full table of finite numbers.
CsvTable read_csv(const std::filesystem::path& file);
/// The same on text in memory; `label` names it in messages.
CsvTable parse_csv(std::string_view text, const std::string& label);

}  // namespace filigree
