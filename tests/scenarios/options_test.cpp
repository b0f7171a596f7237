// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Run options, scenario files, frame times, expectations.
#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>

#include "scenarios/checkpointer.hpp"
#include "scenarios/expectations.hpp"
#include "scenarios/program_info.hpp"
#include "scenarios/run_options.hpp"
#include "tests/scenarios/chain_simulation.hpp"
#include "tests/scenarios/run_support.hpp"

namespace filigree::testing_support {
namespace {
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<double> times(double end, const OutputOptions& output) {
  const FrameTimes frames(end, output);
  std::vector<double> result;
  for (std::int64_t i = 0; i < frames.count(); ++i) result.push_back(frames.time(i));
  return result;
}

TEST(FrameTimesTest, AreMultiplesAndTheEnd) {
  OutputOptions output;
  output.every = 0.4;
  EXPECT_THAT(times(1, output), ElementsAre(0, 0.4, 0.8, 1));
  output.every = 0.5;
  EXPECT_THAT(times(1, output), ElementsAre(0, 0.5, 1));
  output.every = 3;
  EXPECT_THAT(times(1, output), ElementsAre(0, 1));
}

TEST(FrameTimesTest, RoundOffMakesNoExtraFrame) {
  OutputOptions output;
  output.every = 0.1;
  EXPECT_EQ(times(0.3, output).size(), 4U);  // 0.3 / 0.1 < 3 in binary
  EXPECT_EQ(times(0.7, output).size(), 8U);
  EXPECT_EQ(times(0.7, output).back(), 0.7);
}

TEST(FrameTimesTest, NumberOfFramesDividesTheTime) {
  OutputOptions output;
  output.frames = 4;
  EXPECT_THAT(times(2, output), ElementsAre(0, 0.5, 1, 1.5, 2));
  EXPECT_EQ(times(2, OutputOptions{}).size(), 51U);
}

TEST(FrameTimesTest, TooManyFramesAreRefused) {
  OutputOptions output;
  output.every = 1e-9;
  EXPECT_THAT(error_text([&] { FrameTimes(1, output); }, ExitCode::kBadInput),
              HasSubstr("output.every = 1e-09 s makes 1000000000 frames until time.end = 1 s"));
}

class OptionsTest : public RunTest {
 protected:
  std::string problems(const std::vector<std::string>& overrides,
                       const std::string& text = kChainScenario) {
    return error_text([&] { load(overrides, text); }, ExitCode::kBadInput);
  }
};

TEST_F(OptionsTest, RulesBetweenFieldsAreChecked) {
  EXPECT_THAT(problems({"output.frames=3"}),
              HasSubstr("give either `every` or `frames`, not both"));
  EXPECT_THAT(problems({"expect.0.time=0.5"}), HasSubstr("give either `at` or `time`, not both"));
  EXPECT_THAT(problems({"expect.0.within=[2, 1]"}),
              HasSubstr("the lowest value 2 is above the highest value 1"));
  EXPECT_THAT(problems({"output.folder="}), HasSubstr("folder"));
  EXPECT_THAT(problems({"output.folder=\"\""}), HasSubstr("must not be empty"));
  EXPECT_THAT(problems({"output.folder='runs/{name}'"}),
              HasSubstr("'{name}' is not a placeholder; {scenario} and {n} are"));
  EXPECT_THAT(problems({"output.folder='{n}/x'"}),
              HasSubstr("{n} must be in the last part of the path"));
}

TEST_F(OptionsTest, MissingKeysAreAllReported) {
  EXPECT_THAT(problems({}, "scenario: { type: chain }\n"),
              AllOf(HasSubstr("missing key 'schema'"), HasSubstr("missing key 'time'")));
}

TEST_F(OptionsTest, WithoutAKnownTypeTheCommonBlocksAreStillChecked) {
  EXPECT_THAT(problems({}, "schema: 2\nscenario: { type: chian }\ntime: { end: 0 }\nchain: {}\n"),
              AllOf(HasSubstr("scenario.type = chian is not a scenario type"),
                    HasSubstr("did you mean 'chain'?"), HasSubstr("schema = 2 is outside"),
                    HasSubstr("time.end = 0 is outside"), HasSubstr("3 errors")));
}

TEST_F(OptionsTest, ReducedOverridesComeBeforeThoseOfTheCommandLine) {
  const std::string text =
      std::string(kChainScenario) + "reduced: [ chain.masses=2, time.end=0.5 ]\n";
  const auto file = write("reduced.yaml", text);
  const Scenario scenario =
      load_scenario({.file = file, .overrides = {"time.end=0.25"}, .reduced = true}, chain_types());
  EXPECT_EQ(scenario.resolved_json.at("chain").at("masses"), 2);
  EXPECT_EQ(scenario.run.time.end, 0.25);
  EXPECT_EQ(load_scenario({.file = file}, chain_types()).run.time.end, 1);
}

TEST_F(OptionsTest, ResolvedOptionsReadBackTheSame) {
  const Scenario first = load({"chain.dt=0.1", "run.seed=18446744073709551615"});
  const auto file = write("resolved.yaml", first.resolved);
  const Scenario second = load_scenario({.file = file}, chain_types());
  EXPECT_EQ(second.resolved, first.resolved);
  EXPECT_EQ(first.resolved_json.at("run").at("seed").get<std::uint64_t>(), 18446744073709551615U);
  EXPECT_EQ(first.resolved_json.at("chain").at("dt").get<double>(), 0.1);
}

TEST_F(OptionsTest, FilesAreInputsAndMustExist) {
  write("notes.txt", "x");
  EXPECT_EQ(load({"notes=notes.txt"}).inputs.size(), 2U);
  EXPECT_THAT(problems({"notes=none.txt"}), HasSubstr("none.txt"));
}

TEST_F(OptionsTest, YamlScalarsBecomeJson) {
  yaml::Diagnostics problems;
  const yaml::Document document = yaml::Document::parse_text(
      "a: 1\nb: 1.5\nc: true\nd: 'true'\ne: [x, 1e400]\nf:\n", "text", problems);
  EXPECT_EQ(to_json(document.root()).dump(),
            R"({"a":1,"b":1.5,"c":true,"d":"true","e":["x","1e400"],"f":null})");
}

TEST_F(OptionsTest, HeaderOfABrokenFileIsEmpty) {
  EXPECT_EQ(peek_header(write("broken.yaml", "a: [\n")).type, "");
  EXPECT_EQ(peek_header(write("chain.yaml", kChainScenario)).title, "a plucked chain");
}

TEST(ExpectationsTest, ValuesAreTakenAtTheirMoments) {
  const CsvTable table{{"time [s]", "step", "height [m]"},
                       {{0, 0, 5}, {1, 10, 1}, {2, 20, 9}, {4, 30, 3}}};
  const std::vector<Metric> metrics{{"runout", 7, "m"}};
  const auto value = [&](std::optional<Moment> at, std::optional<double> time) {
    const Expectation e{.quantity = "height", .at = at, .time = time, .within = {3, 5}};
    return evaluate_expectations(std::vector{e}, table, metrics)[0];
  };
  EXPECT_EQ(value({}, {}).got, 3);
  EXPECT_TRUE(value({}, {}).met);
  EXPECT_EQ(value(Moment::kEnd, {}).got, 3);
  EXPECT_EQ(value(Moment::kMax, {}).got, 9);
  EXPECT_FALSE(value(Moment::kMax, {}).met);
  EXPECT_EQ(value(Moment::kMin, {}).got, 1);
  EXPECT_EQ(value({}, 0.0).got, 5);
  EXPECT_EQ(value({}, 0.5).got, 3);
  EXPECT_EQ(value({}, 2.0).got, 9);
  EXPECT_EQ(value({}, 3.0).got, 6);
  EXPECT_EQ(value({}, 99.0).got, 3);
  EXPECT_EQ(value({}, {}).unit, "m");
  const Expectation runout{.quantity = "runout", .at = {}, .time = {}, .within = {7, 7}};
  const ExpectationResult figure = evaluate_expectations(std::vector{runout}, table, metrics)[0];
  EXPECT_TRUE(figure.met);
  EXPECT_EQ(figure.at, "metric");
}

TEST(ExpectationsTest, FigureThatWasNotDeterminedIsNotMet) {
  const Expectation e{.quantity = "period", .at = {}, .time = {}, .within = {-1e300, 1e300}};
  const ExpectationResult result =
      evaluate_expectations(std::vector{e}, CsvTable{{"time [s]"}, {{0}}}, {})[0];
  EXPECT_TRUE(std::isnan(result.got));
  EXPECT_FALSE(result.met);
}

TEST(ExpectationsTest, ColumnHeadersAreSplit) {
  EXPECT_EQ(split_column("energy [kg m^2/s^2]").name, "energy");
  EXPECT_EQ(split_column("energy [kg m^2/s^2]").unit, "kg m^2/s^2");
  EXPECT_EQ(split_column("step").name, "step");
  EXPECT_EQ(split_column("step").unit, "");
}

TEST(FlattenTest, GivesEveryLeafItsPath) {
  const auto tree = nlohmann::ordered_json::parse(R"({"a":{"b":[1,{"c":2}]},"d":[]})");
  std::string text;
  for (const auto& [path, value] : flatten(tree)) text += path + "=" + value.dump() + " ";
  EXPECT_EQ(text, "a.b.0=1 a.b.1.c=2 d=[] ");
}

TEST(ProgramInfoTest, HomeFolderIsNotPublished) {
  const char* const home = std::getenv("HOME");
  const std::string before = home == nullptr ? "" : home;
  setenv("HOME", "/home/someone", 1);
  EXPECT_EQ(publishable_path("/home/someone/a/b.yaml"), "~/a/b.yaml");
  EXPECT_EQ(publishable_path("--out=/home/someone/a"), "--out=~/a");
  EXPECT_EQ(publishable_path("/data/home/someone/a"), "/data/home/someone/a");
  EXPECT_THAT(publishable({"/opt/bin/filigree", "run"}), ElementsAre("filigree", "run"));
  setenv("HOME", before.c_str(), 1);
}

TEST(ProgramInfoTest, ManifestKnowsProgramAndMachine) {
  const Manifest manifest = program_manifest();
  for (const std::string& text :
       {manifest.version, manifest.commit, manifest.compiler, manifest.kokkos_version,
        manifest.backend, manifest.real, manifest.os}) {
    EXPECT_FALSE(text.empty());
  }
  EXPECT_GE(manifest.threads, 1);
  EXPECT_FALSE(manifest.commit.ends_with("-dirty"));
}

TEST(DescribeScenarioTest, ListsCommonAndOwnBlocks) {
  const SchemaDocument document = describe_scenario("chain", chain_types().at("chain"));
  std::vector<std::string> keys;
  for (const SchemaNode& node : document.root.children) keys.push_back(node.key);
  EXPECT_THAT(keys,
              ElementsAre("schema", "scenario", "run", "time", "output", "checkpoint", "watchdog",
                          "expect", "reduced", "variants", "chain", "fault", "notes"));
}

}  // namespace
}  // namespace filigree::testing_support
