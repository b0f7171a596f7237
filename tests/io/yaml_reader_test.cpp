// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/yaml/reader.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/error.hpp"
#include "core/text.hpp"
#include "tests/io/yaml_options.hpp"

namespace filigree::yaml_test {
namespace {

using yaml::Problem;

TEST(YamlReader, ReadsEveryKindOfField) {
  const Reading r = good(
      "run: {seed: 18446744073709551615, deterministic: false, level: -128}\n"
      "formats: [csv, 'npz']\n"
      "bodies:\n"
      "  - name: one\n"
      "    to: [2, 3.5, 4e1]\n"
      "    material: {type: drucker_prager, friction_angle: 0.6}\n"
      "  - {name: 2, material: {young_modulus: 5, type: neo_hookean}}\n"
      "solver: {iterations: +7}\n"
      "angle: -45\n"
      "turn: 0.1\n");
  EXPECT_EQ(r.common.run.seed, 18446744073709551615ULL);
  EXPECT_FALSE(r.common.run.deterministic);
  EXPECT_EQ(r.common.run.level, -128);
  EXPECT_EQ(r.common.formats, (std::vector{Format::kCsv, Format::kNpz}));
  ASSERT_EQ(r.scene.bodies.size(), 2U);
  EXPECT_EQ(r.scene.bodies[0].to, (std::array{2.0, 3.5, 40.0}));
  EXPECT_EQ(std::get<Sand>(r.scene.bodies[0].material).friction_angle, 0.6);
  EXPECT_EQ(r.scene.bodies[1].name, "2");
  EXPECT_EQ(std::get<Elastic>(r.scene.bodies[1].material).young_modulus, 5);
  EXPECT_EQ(std::get<Elastic>(r.scene.bodies[1].material).poisson_ratio, 0.3);
  EXPECT_EQ(r.scene.solver.value().iterations, 7);
  EXPECT_EQ(r.scene.angle.value(), -45);
  EXPECT_EQ(r.scene.turn, 0.1F);
}

TEST(YamlReader, EmptyBlocksAndOptionalsAreAccepted) {
  const Reading r = good("run:\nsolver: null\nangle: ~\nbodies: []\n");
  EXPECT_FALSE(r.scene.solver);
  EXPECT_FALSE(r.scene.angle);
  EXPECT_TRUE(good("solver: {}").scene.solver);
}

TEST(YamlReader, ListsAreListsOfTheRightLength) {
  EXPECT_EQ(problem("formats: vtk"), "formats must be a list, not 'vtk' | write [vtk]");
  EXPECT_EQ(problem("bodies: {name: a}"),
            "bodies must be a list, not a block of keys | start each item with '- '");
  EXPECT_EQ(problem("bodies:"), "bodies must be a list, not nothing | write [] for an empty list");
  EXPECT_EQ(problem("bodies: [{name: a, from: [0, 0]}]"), "bodies.0.from has 2 values, not 3");
  EXPECT_EQ(problem("bodies: [{name: a, from: [0]}]"), "bodies.0.from has 1 value, not 3");
  EXPECT_EQ(problem("bodies: [{name: a, from: [0, , 0]}]"),
            "bodies.0.from.1 has no value | write a number (m), or remove the key");
}

TEST(YamlReader, BlocksAreBlocks) {
  EXPECT_EQ(problem("run: 5"), "run must be a block of keys, not '5'");
  EXPECT_EQ(problem("run: [1]"),
            "run must be a block of keys, not a list | remove the '- ' or the brackets");
  EXPECT_EQ(problem("bodies: [a]"), "bodies.0 must be a block of keys, not 'a'");
}

TEST(YamlReader, TextsAreTexts) {
  EXPECT_EQ(problem("bodies: [{name: }]"),
            "bodies.0.name has no value | write \"\" for an empty text");
  EXPECT_EQ(problem("bodies: [{name: [a]}]"), "bodies.0.name is a list, not a text");
  EXPECT_EQ(good("bodies: [{name: ''}]").scene.bodies[0].name, "");
  EXPECT_EQ(good("bodies: [{name: 007}]").scene.bodies[0].name, "007");
}

TEST(YamlReader, UnknownKeysGetTheNearestKey) {
  EXPECT_EQ(problem("anlge: 5"), "unknown key 'anlge' at the top level | did you mean 'angle'?");
  EXPECT_EQ(problem("solver: {itterations: 5}"),
            "unknown key 'itterations' in solver | did you mean 'iterations'?");
  EXPECT_EQ(problem("solver: {Iterations: 5}"),
            "unknown key 'Iterations' in solver | did you mean 'iterations'?");
  EXPECT_EQ(problem("bodies: [{name: a, material: {type: neo_hookean, poison_ratio: 0}}]"),
            "unknown key 'poison_ratio' in bodies.0.material (type neo_hookean) | did you mean "
            "'poisson_ratio'?");
  EXPECT_EQ(problem("solver: {colour: 5}"),
            "unknown key 'colour' in solver | keys: iterations, tolerance");
}

TEST(YamlReader, KeysOfOtherBlocksAreSentThere) {
  EXPECT_EQ(problem("solver: {seed: 5}"), "key 'seed' is not allowed in solver; it belongs in run");
  EXPECT_EQ(problem("run: {end: 5}"),
            "key 'end' is not allowed in run; it belongs in time (line 1)");
  EXPECT_EQ(
      problem("seed: 5"),
      "key 'seed' is not allowed at the top level; it belongs in run | or did you mean 'speed'?");
  EXPECT_EQ(problem("level: 5"), "key 'level' is not allowed at the top level; it belongs in run");
  EXPECT_EQ(problem("run: {bodies: 5}"),
            "key 'bodies' is not allowed in run; it belongs at the top level");
  EXPECT_EQ(problem("density: 5"),
            "key 'density' is not allowed at the top level; it belongs in bodies.*");
  EXPECT_EQ(
      problem("bodies: [{name: a, friction_angle: 1}]"),
      "key 'friction_angle' is not allowed in bodies.0; it belongs in bodies.*.material (type "
      "drucker_prager)");
  EXPECT_EQ(
      problem("bodies: [{name: a, material: {type: neo_hookean, friction_angle: 1}}]"),
      "key 'friction_angle' is not allowed in bodies.0.material (type neo_hookean); it belongs "
      "to type drucker_prager");
  EXPECT_EQ(
      problem("solver: {poison_ratio: 5}"),
      "unknown key 'poison_ratio' in solver | did you mean 'poisson_ratio' in bodies.*.material "
      "(type neo_hookean)?");
  EXPECT_EQ(problem("solver: {type: 5}"),
            "unknown key 'type' in solver | keys: iterations, tolerance");
}

TEST(YamlReader, DuplicateKeysNameTheFirst) {
  EXPECT_EQ(problem("run:\n  seed: 1\n  level: 1\n  seed: 2"),
            "duplicate key 'seed' in run | the first one is on line 3");
  EXPECT_EQ(problem("time: {end: 2}"),
            "duplicate key 'time' at the top level | the first one is on line 1");
}

TEST(YamlReader, RequiredKeysMustBeThere) {
  const Reading r = read_text("bodies: [{density: 3}]\n");
  EXPECT_EQ(r.diagnostics.text(),
            "scene.yaml:1:1: error: missing key 'time' at the top level\n"
            "    1 | bodies: [{density: 3}]\n"
            "      | ^ add 'time: ...' (when)\n"
            "scene.yaml:1:10: error: missing key 'name' in bodies.0\n"
            "    1 | bodies: [{density: 3}]\n"
            "      |          ^ add 'name: ...' (shown in the output)\n"
            "2 errors; nothing was run. 'filigree explain scene' lists every key.\n");
  const Reading empty = read_text("time: {dt: 1}\n");
  ASSERT_EQ(empty.diagnostics.size(), 1U);
  EXPECT_EQ(empty.diagnostics.sorted()[0].message, "missing key 'end' in time");
  EXPECT_EQ(empty.diagnostics.sorted()[0].hint, "add 'end: ...' (final time, in s)");
}

TEST(YamlReader, MisspelledRequiredKeysAreReportedOnce) {
  const Reading r = read_text("tiem: {end: 1}\n");
  ASSERT_EQ(r.diagnostics.size(), 1U);
  EXPECT_EQ(r.diagnostics.sorted()[0].message, "unknown key 'tiem' at the top level");
  EXPECT_EQ(r.diagnostics.sorted()[0].hint, "did you mean 'time'?");
}

TEST(YamlReader, VariantsNeedAKnownType) {
  EXPECT_EQ(problem("bodies: [{name: a, material: {young_modulus: 5}}]"),
            "missing key 'type' in bodies.0.material | add one of neo_hookean, drucker_prager");
  EXPECT_EQ(
      problem("bodies: [{name: a, material: {type: neo_hokean, x: 1}}]"),
      "bodies.0.material.type = neo_hokean is not a known type | did you mean 'neo_hookean'?");
  EXPECT_EQ(
      problem("bodies: [{name: a, material: {type: steel}}]"),
      "bodies.0.material.type = steel is not a known type | known: neo_hookean, drucker_prager");
  EXPECT_EQ(problem("bodies: [{name: a, material: {type: }}]"),
            "bodies.0.material.type = nothing is not a known type | known: neo_hookean, "
            "drucker_prager");
  EXPECT_EQ(
      problem("bodies: [{name: a, material: neo_hookean}]"),
      "bodies.0.material must be a block of keys with a type, not 'neo_hookean' | write {type: "
      "neo_hookean}");
  EXPECT_EQ(problem("bodies: [{name: a, material: 5}]"),
            "bodies.0.material must be a block of keys with a type, not '5' | types: neo_hookean, "
            "drucker_prager");
}

TEST(YamlReader, RulesBetweenFieldsPointAtTheirKey) {
  const Reading r = read_text(
      "time: {dt: 3, end: 1}\n"
      "bodies:\n"
      "  - name: inverted\n"
      "    from: [2, 0, 0]\n"
      "    to: [1, 1, -1]\n");
  EXPECT_EQ(r.diagnostics.text(),
            "scene.yaml:1:12: error: time.dt: 3 s is longer than the whole run (1 s)\n"
            "    1 | time: {dt: 3, end: 1}\n"
            "      |            ^\n"
            "scene.yaml:5:10: error: bodies.0.to.0: must be above from (2 m)\n"
            "    5 |     to: [1, 1, -1]\n"
            "      |          ^\n"
            "scene.yaml:5:16: error: bodies.0.to.2: must be above from (0 m)\n"
            "    5 |     to: [1, 1, -1]\n"
            "      |                ^~\n"
            "3 errors; nothing was run. 'filigree explain scene' lists every key.\n");
}

TEST(YamlReader, RulesOfDefaultsPointAtTheNearestKey) {
  const Reading r = read_text("time: {end: 1}\nbodies:\n  - name: a\n    from: [1, 0, 0]\n");
  ASSERT_EQ(r.diagnostics.size(), 1U);
  const Problem p = r.diagnostics.sorted()[0];
  EXPECT_EQ(p.message, "bodies.0.to.0: must be above from (1 m)");
  EXPECT_EQ(p.position.line, 3);
  EXPECT_EQ(problem("bodies: [{name: a}, {name: b}, {name: c}, {name: d}]"),
            "more than three bodies; remove some");
}

TEST(YamlReader, RulesAreNotAskedAboutBlocksWithErrors) {
  const Reading r = read_text("time: {dt: 3, end: x}\n");
  ASSERT_EQ(r.diagnostics.size(), 1U);
  EXPECT_EQ(r.diagnostics.sorted()[0].message, "time.end = x is not a number (s)");
}

TEST(YamlReader, FilesMustExistBesideTheScenario) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "yaml_reader_files";
  std::filesystem::create_directories(folder / "sub");
  std::ofstream(folder / "motion.csv") << "t,x\n";
  std::vector<std::filesystem::path> files;
  const yaml::ReadContext context{.folder = folder, .files = &files};
  const Reading r = read_text("time: {end: 1}\nmotion: motion.csv\n", {}, context);
  EXPECT_EQ(r.diagnostics.text(), "");
  EXPECT_EQ(r.scene.motion.path, "motion.csv");
  EXPECT_EQ(files, std::vector{folder / "motion.csv"});
  EXPECT_EQ(problem("motion: moton.csv", context),
            "motion: the file 'moton.csv' does not exist in the scenario's folder | did you mean "
            "'motion.csv'?");
  EXPECT_EQ(problem("motion: nowhere/a.csv", context),
            "motion: the file 'nowhere/a.csv' does not exist in the scenario's folder");
  EXPECT_EQ(problem("motion: /nowhere/a.csv", context),
            "motion: the file '/nowhere/a.csv' does not exist");
  EXPECT_EQ(problem("motion: sub", context), "motion: 'sub' is not a file");
  EXPECT_EQ(problem("motion: ''", context),
            "motion names no file | write the name of a file, or remove the key");
  const Reading unchecked = read_text("time: {end: 1}\nmotion: moton.csv\n", {},
                                      {.folder = folder, .check_files = false});
  EXPECT_EQ(unchecked.diagnostics.text(), "");
}

TEST(YamlReader, TheTopMustBeABlock) {
  const auto whole = [](const std::string& text) {
    const Reading r = read_text(text);
    const auto p = r.diagnostics.sorted();
    return p.size() == 1 ? p[0].message + (p[0].hint.empty() ? "" : " | " + p[0].hint)
                         : r.diagnostics.text();
  };
  EXPECT_EQ(whole(""),
            "the file has no keys | write 'key: value' lines; 'filigree list' names examples");
  EXPECT_EQ(whole("# only a comment\n"),
            "the file has no keys | write 'key: value' lines; 'filigree list' names examples");
  EXPECT_EQ(whole("- a\n- b\n"), "the file must be a block of 'key: value' lines, not a list");
  EXPECT_EQ(whole("time:1\n"),
            "the file must be a block of 'key: value' lines, not 'time:1' | write a space after "
            "each ':'");
}

TEST(YamlReader, AfterASyntaxErrorNothingElseIsReported) {
  const Reading r = read_text("time: [1\n");
  EXPECT_EQ(r.diagnostics.size(), 1U);
}

TEST(YamlReader, OtherKeysCanBeLeftForLater) {
  yaml::Diagnostics diagnostics;
  const auto document =
      yaml::Document::parse_text("time: {end: 1, x: 1}\nbodies: 3\n", "a.yaml", diagnostics);
  CommonOptions common;
  yaml::read_blocks(document.root(), diagnostics, {.other_keys = true}, common);
  ASSERT_EQ(diagnostics.size(), 1U);
  EXPECT_EQ(diagnostics.sorted()[0].path, "time.x");
}

TEST(YamlReader, BlocksMustNotShareKeys) {
  yaml::Diagnostics diagnostics;
  const auto document = yaml::Document::parse_text("a: 1\n", "a.yaml", diagnostics);
  CommonOptions one;
  CommonOptions two;
  EXPECT_THROW(yaml::read_blocks(document.root(), diagnostics, {}, one, two), InternalError);
}

TEST(YamlReader, NamesOfRegistriesAreChecked) {
  yaml::Diagnostics diagnostics;
  const auto document = yaml::Document::parse_text("type: mpn\n", "a.yaml", diagnostics);
  const yaml::Node& node = *document.root().find("type");
  EXPECT_TRUE(yaml::check_name(node, "scenario.type", "a scenario type", {"mpn"}, diagnostics));
  EXPECT_FALSE(
      yaml::check_name(node, "scenario.type", "a scenario type", {"mpm", "sph"}, diagnostics));
  EXPECT_EQ(diagnostics.sorted()[0].message, "scenario.type = mpn is not a scenario type");
  EXPECT_EQ(diagnostics.sorted()[0].hint, "did you mean 'mpm'?");
}

TEST(YamlReader, AllProblemsComeAtOnceInTheOrderOfTheFile) {
  const Reading r = read_text(
      "scene: 1\n"
      "run: {seed: 1.5, leves: 2}\n"
      "time: {dt: 0}\n"
      "formats: [a, b]\n");
  std::vector<std::string> lines;
  for (const Problem& p : r.diagnostics.sorted()) {
    lines.push_back(format("{}:{}", p.position.line, p.position.column));
  }
  EXPECT_EQ(join(lines), "1:1, 2:13, 2:18, 3:1, 3:12, 4:11, 4:14");
}

}  // namespace
}  // namespace filigree::yaml_test
