// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What every scenario of the library must keep, at its reduced size.
#include <gmock/gmock.h>

#include <cctype>
#include <cmath>

#include "io/atomic_file.hpp"
#include "io/manifest.hpp"
#include "io/npz.hpp"
#include "io/pvd_index.hpp"
#include "io/writer.hpp"
#include "scenarios/library.hpp"
#include "scenarios/scenario_file.hpp"
#include "tests/scenarios/run_support.hpp"
#include "tests/support/program_call.hpp"

namespace filigree::testing_support {
namespace {
namespace fs = std::filesystem;

const std::vector<fs::path>& source_library() {
  static const std::vector<fs::path> folders{fs::path(FILIGREE_SOURCE_DIR) / "scenarios/library"};
  return folders;
}

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const LibraryEntry& entry : library_entries(source_library())) names.push_back(entry.name);
  return names;
}

class LibraryTest : public ProgramTest, public testing::WithParamInterface<std::string> {
 protected:
  /// A reduced run with both formats and checkpoints at simulated times only.
  CallResult run(const std::string& out, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments{"run",
                                       GetParam(),
                                       "--quiet",
                                       "--reduced",
                                       "--out",
                                       path(out),
                                       "checkpoint.every_wall=0",
                                       "output.formats=[vtk, npz]"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return call(arguments);
  }
};

TEST_P(LibraryTest, IsValidAndCanBeEstimated) {
  const CallResult check = call({"check", GetParam()});
  EXPECT_EQ(check.code, 0) << check.err;
  EXPECT_THAT(check.out, testing::HasSubstr("valid (type "));
  const CallResult dry = call({"run", GetParam(), "--reduced", "--dry-run"}, {.folder = folder_});
  EXPECT_EQ(dry.code, 0) << dry.err;
  EXPECT_THAT(dry.out, testing::HasSubstr("nothing was written"));
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_P(LibraryTest, EveryVariantTakesSteps) {
  const Scenario scenario =
      load_scenario({.file = find_scenario(GetParam(), source_library())}, scenario_types());
  for (const Variant& variant : scenario.run.variants) {
    const CallResult result =
        run(variant.name, {"--variant", variant.name, "time.max_steps=2", "expect=[]"});
    EXPECT_EQ(result.code, 0) << variant.name << ": " << result.err;
  }
}

TEST_P(LibraryTest, HasATitleAndAReducedForm) {
  const Scenario scenario =
      load_scenario({.file = find_scenario(GetParam(), source_library())}, scenario_types());
  EXPECT_FALSE(scenario.run.scenario.title.empty());
  EXPECT_FALSE(scenario.run.expect.empty());
  EXPECT_FALSE(scenario.run.reduced.empty());
}

void expect_valid_frames(const fs::path& run, double end) {
  const auto entries = parse_pvd(read_text_file(run / "scene.pvd"), "scene.pvd");
  ASSERT_GE(entries.size(), 2U);
  EXPECT_EQ(entries.front().time, 0);
  EXPECT_EQ(entries.back().time, end);
  for (const IndexEntry& entry : entries) EXPECT_TRUE(fs::exists(run / entry.file)) << entry.file;
  for (std::size_t number = 0; number < entries.size(); ++number) {
    const auto name = frame_file_stem("scene", static_cast<std::int64_t>(number), 6) + ".npz";
    for (const NamedArray& array : read_npz(run / "frames" / name)) {
      for (std::int64_t i = 0; i < array.size(); ++i) {
        ASSERT_TRUE(std::isfinite(array.value(i))) << name << " " << array.name;
      }
    }
  }
}

TEST_P(LibraryTest, MeetsItsExpectationsAndIsTheSameWithTwoThreadsAndAfterResumption) {
  const CallResult one = run("one", {"--threads", "1"});
  ASSERT_EQ(one.code, 0) << one.err;
  const Manifest manifest = read_manifest(folder_ / "one/manifest.json");
  if (manifest.status == "without_data") GTEST_SKIP() << one.err;
  expect_valid_frames(folder_ / "one", manifest.diagnostics.at("time [s]"));

  const CallResult two = run("two", {"--threads", "2"});
  ASSERT_EQ(two.code, 0) << two.err;
  const CallResult equal = call({"compare", path("one"), path("two")});
  EXPECT_EQ(equal.code, 0) << equal.out;

  const std::string half = "time.max_steps=" + std::to_string(manifest.steps / 2);
  const CallResult first = run("resumed", {"--threads", "1", half, "expect=[]"});
  ASSERT_EQ(first.code, 0) << first.err;
  const CallResult second = run("resumed", {"--threads", "1", "--resume", "latest"});
  ASSERT_EQ(second.code, 0) << second.err;
  EXPECT_THAT(differing_files(folder_ / "one", folder_ / "resumed"),
              testing::Not(testing::AnyOf(
                  testing::HasSubstr("frames"), testing::HasSubstr(".pvd"),
                  testing::HasSubstr("diagnostics.csv"), testing::HasSubstr("metrics.json"),
                  testing::HasSubstr("trajectory"), testing::HasSubstr("metadata.json"))));
  EXPECT_EQ(call({"compare", path("one"), path("resumed")}).code, 0);
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Library, LibraryTest, testing::ValuesIn(names()), test_name);

TEST(LibraryNames, EveryScenarioTypeHasOne) {
  std::vector<std::string> types;
  for (const std::string& name : names()) {
    types.push_back(peek_header(find_scenario(name, source_library())).type);
  }
  for (const std::string& type : scenario_types().names()) {
    EXPECT_THAT(types, testing::Contains(type));
  }
}

TEST(LibraryNames, AreFoundWithAndWithoutExtension) {
  ASSERT_FALSE(names().empty());
  const std::string name = names().front();
  EXPECT_EQ(find_scenario(name, source_library()), find_scenario(name + ".yaml", source_library()));
}

TEST(LibraryNames, NearestNameIsOffered) {
  EXPECT_THAT(error_text([] { find_scenario("particles/dam_braek", source_library()); },
                         ExitCode::kBadInput),
              testing::HasSubstr("no scenario 'particles/dam_braek': there is neither such a file "
                                 "nor such a name in the library (did you mean "
                                 "'particles/dam_break'?); 'filigree list' shows the library"));
}

TEST(LibraryNames, EarlierFolderHidesTheNameInLaterOnes) {
  std::string pattern = (fs::path(testing::TempDir()) / "filigree_library_XXXXXX").string();
  const fs::path folder = mkdtemp(pattern.data());
  fs::create_directories(folder / "particles");
  std::ofstream(folder / "particles/dam_break.yaml") << "schema: 1\n";
  const std::vector<fs::path> folders{folder, source_library().front()};
  EXPECT_EQ(find_scenario("particles/dam_break", folders), folder / "particles/dam_break.yaml");
  EXPECT_EQ(library_entries(folders).size(), names().size());
  EXPECT_EQ(library_relative(folder / "particles/dam_break.yaml", folders),
            "particles/dam_break.yaml");
  EXPECT_EQ(library_relative("elsewhere/x.yaml", folders), "elsewhere/x.yaml");
  fs::remove_all(folder);
}

}  // namespace
}  // namespace filigree::testing_support
