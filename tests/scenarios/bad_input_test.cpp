// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Every malformed scenario of tests/io/bad gives exactly the report beside it.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "core/text.hpp"
#include "scenarios/preparation.hpp"
#include "tests/scenarios/run_support.hpp"

namespace filigree {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = fs::path(FILIGREE_SOURCE_DIR) / "tests/io/bad";

std::vector<std::string> names_with(const std::string& extension) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() == extension) names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// Reads files by their bare names, so that reports do not depend on where the sources lie.
class BadInput : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    before_ = fs::current_path();
    fs::current_path(kFolder);
  }
  void TearDown() override { fs::current_path(before_); }

 private:
  fs::path before_;
};

TEST_P(BadInput, IsReportedAsExpected) {
  const std::string report = testing_support::error_text(
      [] { dry_run(load_scenario({.file = GetParam() + ".yaml"}, scenario_types())); },
      ExitCode::kBadInput);
  EXPECT_EQ(report, testing_support::read_text(GetParam() + ".expected"));
}

/// A build without VTK reads no surfaces, and says so instead.
std::vector<std::string> names_of_this_build() {
  std::vector<std::string> names = names_with(".yaml");
#if !FILIGREE_WITH_VTK
  std::erase_if(names, [](const std::string& name) { return name.starts_with("surface_"); });
#endif
  return names;
}

INSTANTIATE_TEST_SUITE_P(Files, BadInput, testing::ValuesIn(names_of_this_build()),
                         [](const auto& file) { return file.param; });

TEST(BadInputFolder, HoldsFortyFilesWithTheirReports) {
  EXPECT_GE(names_with(".yaml").size(), 40U);
  EXPECT_EQ(names_with(".yaml"), names_with(".expected"));
}

TEST(BadInputFolder, FilesThatAreTooLargeAreRefused) {
  const fs::path file = fs::path(testing::TempDir()) / "filigree_too_large.yaml";
  std::ofstream(file) << "schema: 1\n" << std::string(1 << 20, '#') << '\n';
  EXPECT_EQ(testing_support::error_text([&] { load_scenario({.file = file}, scenario_types()); },
                                        ExitCode::kBadInput),
            format("{}: error: the file has more than 1048576 bytes\n"
                   "      | keep large tables in files of their own and name them in the scenario\n"
                   "1 error; nothing was run. 'filigree list' names the scenario types.\n",
                   file.string()));
  fs::remove(file);
}

TEST(BadInputFolder, OverridesAreReportedWithTheirArgument) {
  const std::string report = testing_support::error_text(
      [] {
        load_scenario({.file = kFolder / "infinite_end.yaml",
                       .overrides = {"time.end=2 s", "domain.cell_sise=3", "gravity.7=1"}},
                      scenario_types());
      },
      ExitCode::kBadInput);
  EXPECT_EQ(report,
            "command line: argument 2: error: unknown key 'cell_sise' in domain\n"
            "      | domain.cell_sise=3\n"
            "      |        ^~~~~~~~~ did you mean 'cell_size'?\n"
            "command line: argument 3: error: 'gravity' has no item 7\n"
            "      | gravity.7=1\n"
            "      |         ^ its items are 0 to 1; 2 appends one\n"
            "2 errors; nothing was run. 'filigree explain mpm' lists every key.\n");
}

TEST(BadInputFolder, EveryLibraryScenarioReadsBackFromItsEcho) {
  const fs::path library = fs::path(FILIGREE_SOURCE_DIR) / "scenarios/library";
  int count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(library)) {
    if (entry.path().extension() != ".yaml") continue;
    const Scenario scenario = load_scenario({.file = entry.path()}, scenario_types());
    const fs::path folder = fs::path(testing::TempDir()) / "filigree_echo";
    fs::copy(entry.path().parent_path(), folder, fs::copy_options::recursive);  // what it names
    const fs::path copy = folder / "echo.yaml";
    std::ofstream(copy) << scenario.resolved;
    EXPECT_EQ(load_scenario({.file = copy}, scenario_types()).resolved, scenario.resolved);
    fs::remove_all(folder);
    ++count;
  }
  EXPECT_GT(count, 0);
}

}  // namespace
}  // namespace filigree
