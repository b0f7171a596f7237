// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/csv_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <system_error>

#include "core/error.hpp"
#include "io/atomic_file.hpp"

namespace filigree {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const fs::path& file, int error) {
  throw EnvironmentError(
      format("cannot write '{}': {}", file.string(), std::generic_category().message(error)));
}

std::string cell_text(const CsvColumn& column) {
  const std::string cell =
      column.unit.empty() ? column.name : format("{} [{}]", column.name, column.unit);
  FILIGREE_REQUIRE(cell.find_first_of(",\"\r\n") == std::string::npos,
                   "column '{}' must not contain commas, quotes or line ends", cell);
  return cell;
}

std::string header_text(const std::vector<CsvColumn>& columns) {
  FILIGREE_REQUIRE(!columns.empty(), "a table needs at least one column");
  std::vector<std::string> cells;
  for (const CsvColumn& column : columns) cells.push_back(cell_text(column));
  return join(cells, ",") + "\n";
}

/// The number that fills `cell` exactly, if it is one and finite.
std::optional<double> parse_number(std::string_view cell) {
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error != std::errc() || end != cell.data() + cell.size() || !std::isfinite(value)) return {};
  return value;
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> cells;
  while (true) {
    const std::size_t comma = line.find(',');
    cells.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

/// The first part of `text` (header included) that ends with the last row whose first value is <=
/// `last`. An unfinished last line is not part of it.
std::string_view keep_rows(std::string_view text, std::size_t header_size, double last) {
  std::size_t end = header_size;
  while (true) {
    const std::size_t next = text.find('\n', end);
    if (next == std::string_view::npos) break;
    const std::string_view line = text.substr(end, next - end);
    const std::optional<double> first = parse_number(line.substr(0, line.find(',')));
    if (!first || *first > last) break;
    end = next + 1;
  }
  return text.substr(0, end);
}

}  // namespace

CsvWriter::~CsvWriter() {
  close();
}

void CsvWriter::open(const fs::path& file, std::vector<CsvColumn> columns) {
  close();
  write_file_atomically(file, header_text(columns));
  file_ = file;
  columns_ = std::move(columns);
  open_for_append();
}

void CsvWriter::resume(const fs::path& file, std::vector<CsvColumn> columns, double last) {
  close();
  std::error_code missing;
  if (!fs::exists(file, missing)) return open(file, std::move(columns));
  const std::string header = header_text(columns);
  const std::string text = read_text_file(file, std::uint64_t{1} << 36);
  FILIGREE_REQUIRE(
      text.starts_with(header),
      "cannot continue '{}': its columns are '{}' but this run has '{}'; choose another "
      "output folder or start afresh",
      file.string(), text.substr(0, text.find('\n')), header.substr(0, header.size() - 1));
  const std::string_view kept = keep_rows(text, header.size(), last);
  if (kept.size() < text.size()) write_file_atomically(file, kept);
  file_ = file;
  columns_ = std::move(columns);
  open_for_append();
}

void CsvWriter::open_for_append() {
  descriptor_ = ::open(file_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (descriptor_ < 0) fail(file_, errno);
}

void CsvWriter::row(std::span<const double> values) {
  FILIGREE_REQUIRE(descriptor_ >= 0, "the table is not open");
  FILIGREE_REQUIRE(values.size() == columns_.size(),
                   "a row of {} values for the {} columns of '{}'", values.size(), columns_.size(),
                   file_.string());
  std::string line;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      throw NumericalError(format("'{}' is not finite ({}); the row was not written to '{}'",
                                  columns_[i].name, number_text(values[i]), file_.string()));
    }
    line += number_text(values[i]);
    line += i + 1 < values.size() ? ',' : '\n';
  }
  const off_t before = ::lseek(descriptor_, 0, SEEK_END);
  ssize_t written;
  do {
    written = ::write(descriptor_, line.data(), line.size());
  } while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(line.size())) return;
  // A disk that fills up takes a part of the line: take it back.
  const int error = written < 0 ? errno : ENOSPC;
  if (before < 0 || ::ftruncate(descriptor_, before) != 0) fail(file_, errno);
  fail(file_, error);
}

void CsvWriter::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

CsvTable read_csv(const fs::path& file) {
  return parse_csv(read_text_file(file, std::uint64_t{1} << 36), file.string());
}

CsvTable parse_csv(std::string_view text, const std::string& label) {
  FILIGREE_REQUIRE(!text.empty(), "'{}' is empty: a header line was expected", label);
  CsvTable table;
  std::string_view rest = text;
  for (int line_number = 1; !rest.empty(); ++line_number) {
    const std::size_t end = rest.find('\n');
    FILIGREE_REQUIRE(end != std::string_view::npos, "{}:{}: the last line is unfinished", label,
                     line_number);
    const std::vector<std::string_view> cells = split(rest.substr(0, end));
    rest.remove_prefix(end + 1);
    if (line_number == 1) {
      table.columns.assign(cells.begin(), cells.end());
      continue;
    }
    FILIGREE_REQUIRE(cells.size() == table.columns.size(), "{}:{}: {} cells for {} columns", label,
                     line_number, cells.size(), table.columns.size());
    std::vector<double>& row = table.rows.emplace_back();
    for (const std::string_view cell : cells) {
      const std::optional<double> value = parse_number(cell);
      FILIGREE_REQUIRE(value.has_value(), "{}:{}: '{}' is not a finite number", label, line_number,
                       cell);
      row.push_back(*value);
    }
  }
  return table;
}

}  // namespace filigree
