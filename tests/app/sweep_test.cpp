// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// `filigree sweep` and `run --variant`.
#include <gmock/gmock.h>

#include "core/text.hpp"
#include "io/manifest.hpp"
#include "io/metrics.hpp"
#include "tests/app/app_support.hpp"
#include "tests/support/program_call.hpp"

namespace filigree::testing_support {
namespace {
namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string kVariants = R"(measures:
  - { type: arrival, body: drop, axis: 0, position: 0.55 }
variants:
  - { name: light, set: ["gravity.1=-5", "expect=[]"] }
  - { name: as-it-is, set: ["gravity.1=-9.81"] }
  - { name: wide, set: ["bodies.0.shape.max.0=0.6", "expect=[]"] }
)";

class SweepTest : public ProgramTest {
 protected:
  void SetUp() override {
    ProgramTest::SetUp();
    file_ = write("drop.yaml", kDrop + kVariants).string();
  }
  CallResult sweep(std::vector<std::string> more = {}) const {
    std::vector<std::string> words{"sweep", file_, "--out", path("out"), "--threads", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return call(words);
  }
  std::string file_;
};

TEST_F(SweepTest, RunsEveryVariantAndMakesATable) {
  const CallResult result = sweep();
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("variant wide (3 of 3)"));
  const std::string table = slurp(folder_ / "out/sweep.csv");
  EXPECT_THAT(table, testing::StartsWith("variant,exit_code,drop_arrival_time [s]\n"));
  std::istringstream lines(table);
  std::string line;
  std::getline(lines, line);
  for (const std::string name : {"light", "as-it-is", "wide"}) {
    std::getline(lines, line);
    const auto metrics = fs::exists(folder_ / "out" / name / "metrics.json")
                             ? read_metrics(folder_ / "out" / name / "metrics.json")
                             : std::vector<Metric>{};
    EXPECT_EQ(line, name + ",0," + (metrics.empty() ? "" : format("{}", metrics[0].value)));
  }
  // The same as the variant by itself.
  ASSERT_EQ(call({"run", file_, "--variant", "wide", "--out", path("wide")}).code, 0);
  EXPECT_EQ(call({"compare", path("wide"), path("out/wide")}).code, 0);
  EXPECT_NE(call({"compare", path("out/light"), path("out/wide")}).code, 0);
}

TEST_F(SweepTest, KeepsWhatIsDoneAndContinuesWhatIsNot) {
  ASSERT_EQ(sweep().code, 0);
  const std::string table = slurp(folder_ / "out/sweep.csv");
  const auto started = [&](const std::string& name) {
    return fs::last_write_time(folder_ / "out" / name / "manifest.json");
  };
  const auto light = started("light");
  const auto wide = started("wide");
  fs::remove_all(folder_ / "out/wide");
  ASSERT_EQ(call({"run", file_, "--variant", "wide", "--out", path("out/wide"), "time.max_steps=40",
                  "expect=[]"})
                .code,
            0);
  Manifest manifest = read_manifest(folder_ / "out/wide/manifest.json");
  manifest.status = "interrupted";  // as if a signal had stopped it
  write_manifest(folder_ / "out/wide/manifest.json", manifest);
  ASSERT_EQ(sweep().code, 0);
  EXPECT_EQ(started("light"), light);
  EXPECT_GT(started("wide"), wide);
  EXPECT_FALSE(read_manifest(folder_ / "out/wide/manifest.json").resumed_from.empty());
  EXPECT_EQ(slurp(folder_ / "out/sweep.csv"), table);
  fs::remove_all(folder_ / "out/wide/checkpoints");  // as if killed before the first one
  write_manifest(folder_ / "out/wide/manifest.json", manifest);
  ASSERT_EQ(sweep().code, 0);
  EXPECT_EQ(slurp(folder_ / "out/sweep.csv"), table);
  write("drop.yaml",
        kDrop + kVariants + "  - { name: more, set: [\"gravity.1=-3\", \"expect=[]\"] }\n");
  ASSERT_EQ(sweep().code, 0);
  EXPECT_THAT(slurp(folder_ / "out/sweep.csv"), testing::StartsWith(table));
  EXPECT_EQ(started("light"), light);
  const CallResult other = sweep({"time.end=0.2"});
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.err, HasSubstr("holds a run with other options"));
}

TEST_F(SweepTest, AFailingVariantIsARowAndTheOthersRun) {
  write("drop.yaml", kDrop + R"(variants:
  - { name: lost, set: ["expect.0.within=[1, 2]"] }
  - { name: met, set: ["gravity.1=-9.81"] }
)");
  EXPECT_EQ(sweep().code, 6);
  EXPECT_EQ(slurp(folder_ / "out/sweep.csv"), "variant,exit_code\nlost,6\nmet,0\n");
}

TEST_F(SweepTest, WrongVariantsAreNamedWithTheirPlace) {
  const CallResult unknown = call({"run", file_, "--variant", "heavy", "--dry-run"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("the file has no variant 'heavy'"));
  EXPECT_THAT(unknown.err, HasSubstr("known: light, as-it-is, wide"));
  write("drop.yaml", kDrop + "variants:\n  - { name: a, set: [\"gravity.7=1\"] }\n");
  const CallResult bad = sweep();
  EXPECT_EQ(bad.code, 2);
  EXPECT_THAT(bad.err, HasSubstr("drop.yaml:15:22"));
  EXPECT_FALSE(fs::exists(folder_ / "out"));
  write("drop.yaml", kDrop);
  EXPECT_THAT(sweep().err, HasSubstr("has no `variants:`"));
}

}  // namespace
}  // namespace filigree::testing_support
