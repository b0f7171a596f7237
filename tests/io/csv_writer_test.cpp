// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/csv_writer.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "tests/io/testing.hpp"

namespace filigree {
namespace {

using testing_io::contents;
using testing_io::put;
using testing_io::SmallDisk;
using testing_io::TempFolder;

const std::vector<CsvColumn> kColumns = {{"time", "s"}, {"kinetic_energy", "J"}, {"count", ""}};
constexpr const char* kHeader = "time [s],kinetic_energy [J],count\n";

void add(CsvWriter& writer, double a, double b, double c) {
  const double row[] = {a, b, c};
  writer.row(row);
}

TEST(CsvWriter, RowsAreOnDiskAtOnceAndReadBackToTheSameBits) {
  const TempFolder folder;
  CsvWriter writer;
  writer.open(folder / "d.csv", kColumns);
  EXPECT_EQ(contents(folder / "d.csv"), kHeader);
  add(writer, 0.1, 1.0 / 3.0, -0.0);
  add(writer, 0.2, std::numeric_limits<double>::denorm_min(), 1e308);
  EXPECT_EQ(contents(folder / "d.csv").substr(0, 44), std::string(kHeader) + "0.1,0.3333");
  const CsvTable table = read_csv(folder / "d.csv");
  EXPECT_EQ(table.columns, (std::vector<std::string>{"time [s]", "kinetic_energy [J]", "count"}));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0], (std::vector<double>{0.1, 1.0 / 3.0, 0.0}));
  EXPECT_TRUE(std::signbit(table.rows[0][2]));
  EXPECT_EQ(table.rows[1],
            (std::vector<double>{0.2, std::numeric_limits<double>::denorm_min(), 1e308}));
}

TEST(CsvWriter, ResumeDropsLaterAndUnfinishedRows) {
  const TempFolder folder;
  const std::string kept = std::string(kHeader) + "0.1,1,1\n0.2,2,2\n";
  for (const std::string tail : {"", "0.3,3,3\n", "0.3,3,3\n0.4,4", "0.15", "x\n"}) {
    put(folder / "d.csv", kept + tail);
    CsvWriter writer;
    writer.resume(folder / "d.csv", kColumns, 0.2);
    EXPECT_EQ(contents(folder / "d.csv"), kept) << tail;
    add(writer, 0.3, 5, 5);
    EXPECT_EQ(contents(folder / "d.csv"), kept + "0.3,5,5\n") << tail;
  }
}

TEST(CsvWriter, ResumeOfAMissingTableStartsANewOne) {
  const TempFolder folder;
  CsvWriter writer;
  writer.resume(folder / "d.csv", kColumns, 1);
  EXPECT_EQ(contents(folder / "d.csv"), kHeader);
}

TEST(CsvWriter, ResumeRefusesOtherColumns) {
  const TempFolder folder;
  put(folder / "d.csv", "time [s],mass [kg]\n0,1\n");
  CsvWriter writer;
  EXPECT_MESSAGE(InputError, writer.resume(folder / "d.csv", kColumns, 1),
                 "cannot continue '" + (folder / "d.csv").string() +
                     "': its columns are 'time [s],mass [kg]' but this run has "
                     "'time [s],kinetic_energy [J],count'; choose another output folder or start "
                     "afresh");
  EXPECT_EQ(contents(folder / "d.csv"), "time [s],mass [kg]\n0,1\n");
}

TEST(CsvWriter, RefusesBadRowsWithoutATrace) {
  const TempFolder folder;
  const std::string file = (folder / "d.csv").string();
  CsvWriter writer;
  EXPECT_MESSAGE(InputError, add(writer, 0, 1, 2), "the table is not open");
  EXPECT_MESSAGE(InputError, writer.open(file, {}), "a table needs at least one column");
  EXPECT_MESSAGE(InputError, writer.open(file, {{"a,b", "m"}}),
                 "column 'a,b [m]' must not contain commas, quotes or line ends");
  writer.open(file, kColumns);
  EXPECT_MESSAGE(InputError, writer.row(std::vector<double>{1, 2}),
                 "a row of 2 values for the 3 columns of '" + file + "'");
  EXPECT_MESSAGE(NumericalError, add(writer, 0, std::nan(""), 2),
                 "'kinetic_energy' is not finite (nan); the row was not written to '" + file + "'");
  EXPECT_MESSAGE_HAS(NumericalError, add(writer, 0, 1, -INFINITY), "'count' is not finite (-inf)");
  EXPECT_EQ(contents(file), kHeader);
}

TEST(CsvWriter, FullDiskLeavesWholeRowsOnly) {
  const TempFolder folder;
  const SmallDisk disk(folder / "disk", "size=8k");
  if (!disk.is_mounted()) GTEST_SKIP() << "mounting a file system needs root";
  const std::string file = (folder / "disk/d.csv").string();
  CsvWriter writer;
  writer.open(file, kColumns);
  std::string message = "no error";
  for (int i = 0; i < 2000 && message == "no error"; ++i) {
    message = testing_io::message_of<EnvironmentError>(
        [&] { add(writer, i + 1.0 / 3, i + 1.0 / 7, i + 1.0 / 9); });
  }
  EXPECT_EQ(message, "cannot write '" + file + "': No space left on device");
  EXPECT_GT(read_csv(file).rows.size(), 10u);
}

TEST(ReadCsv, NamesTheLineThatIsWrong) {
  const TempFolder folder;
  const std::string file = (folder / "d.csv").string();
  const auto message = [&](const std::string& text) {
    put(file, text);
    return testing_io::message_of<InputError>([&] { read_csv(file); });
  };
  EXPECT_EQ(message(""), "'" + file + "' is empty: a header line was expected");
  EXPECT_EQ(message("a,b\n1,2"), file + ":2: the last line is unfinished");
  EXPECT_EQ(message("a,b\n1,2\n1\n"), file + ":3: 1 cells for 2 columns");
  EXPECT_EQ(message("a,b\n1,nan\n"), file + ":2: 'nan' is not a finite number");
  EXPECT_EQ(message("a,b\n1,2x\n"), file + ":2: '2x' is not a finite number");
  EXPECT_EQ(message("a,b\n1,\n"), file + ":2: '' is not a finite number");
}

}  // namespace
}  // namespace filigree
