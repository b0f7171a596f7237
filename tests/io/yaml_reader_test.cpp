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

/// Reads a line in addition to a minimal valid file; gives back "message | hint" of the only
/// problem.
std::string problem(const std::string& line, const yaml::ReadContext& context = {}) {
  const Reading reading = read_text("time: {end: 1}\n" + line + "\n", {}, context);
  const auto problems = reading.diagnostics.sorted();
  if (problems.size() != 1)
    return format("{} problems: {}", problems.size(), reading.diagnostics.text());
  return problems[0].message + (problems[0].hint.empty() ? "" : " | " + problems[0].hint);
}

Reading good(const std::string& line) {
  Reading reading = read_text("time: {end: 1}\n" + line + "\n");
  EXPECT_EQ(reading.diagnostics.text(), "");
  return reading;
}

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

TEST(YamlReader, UnitsAreConvertedToTheFieldsOwn) {
  EXPECT_EQ(good("speed: 36 m/min").scene.speed, 0.6);
  EXPECT_EQ(good("speed: 12mm/s").scene.speed, 0.012);
  EXPECT_EQ(good("angle: 45 deg").scene.angle.value(), 45);
  EXPECT_DOUBLE_EQ(good("angle: 0.5 rad").scene.angle.value(), 0.5 * 180 / 3.14159265358979323846);
  EXPECT_EQ(good("porosity: 25 %").scene.porosity, 0.25);
  EXPECT_EQ(good("bodies: [{name: a, density: 1.2 g/cm^3, to: [200 cm, 5, 3 m], material: "
                 "{type: neo_hookean, young_modulus: 3 GPa}}]")
                .scene.bodies[0]
                .density,
            1200);
}

TEST(YamlReader, RangesApplyAfterConversion) {
  EXPECT_EQ(problem("angle: 2 rad"), "angle = 2 rad is outside its range (-90 to 90 deg)");
  EXPECT_EQ(problem("porosity: 101 %"), "porosity = 101 % is outside its range (0 to 1)");
}

TEST(YamlReader, WrongUnitsAreExplained) {
  EXPECT_EQ(problem("speed: 3 kg"), "speed = 3 kg is a mass (kg), not a speed (m/s)");
  EXPECT_EQ(problem("speed: 3 Hz"), "speed = 3 Hz is a rate (1/s), not a speed (m/s)");
  EXPECT_EQ(problem("turn: 3 1/s"), "turn = 3 1/s is a rate (1/s), not an angular speed (rad/s)");
  EXPECT_EQ(problem("porosity: 3 mm"),
            "porosity = 3 mm is a length (m), not a plain number | remove the unit");
  EXPECT_EQ(problem("speed: 3 meters/s"),
            "speed = 3 meters/s: unknown unit 'meters' | did you mean 'm'?");
  EXPECT_EQ(
      problem("speed: 3 m/s m"),
      "speed = 3 m/s m: 'm/s m' is ambiguous after the '/' | use parentheses, as in 'kg/(m s)'");
  EXPECT_EQ(problem("run: {seed: 3 s}"), "run.seed = 3 s is not a whole number");
}

TEST(YamlReader, NumbersMustBeNumbers) {
  EXPECT_EQ(problem("speed: fast"), "speed = fast is not a number (m/s)");
  EXPECT_EQ(problem("porosity: half"), "porosity = half is not a number");
  EXPECT_EQ(problem("speed: '3'"),
            "speed = \"3\" is a text, not a number (m/s) | remove the quotes");
  EXPECT_EQ(problem("speed: \"3 m/s\""),
            "speed = \"3 m/s\" is a text, not a number (m/s) | remove the quotes");
  EXPECT_EQ(problem("speed: 1,5"),
            "speed = 1,5 is not a number (m/s) | the decimal mark is a point");
  EXPECT_EQ(problem("speed: 1_000"), "speed = 1_000 is not a number (m/s)");
  EXPECT_EQ(problem("speed: 1:30"), "speed = 1:30 is not a number (m/s)");
  EXPECT_EQ(problem("speed: 010"), "speed = 010 starts with a zero | remove the leading zeros");
  EXPECT_EQ(problem("speed: [1]"), "speed is a list, not a number (m/s)");
  EXPECT_EQ(problem("speed: {a: 1}"), "speed is a block of keys, not a number (m/s)");
  EXPECT_EQ(problem("speed:"), "speed has no value | write a number (m/s), or remove the key");
  EXPECT_EQ(problem("porosity: --1"), "porosity = --1 is not a number");
  EXPECT_EQ(problem("speed: 3 4"), "speed = 3 4 is not a number (m/s)");
}

TEST(YamlReader, NumbersMustBeFinite) {
  for (const char* text : {".nan", ".inf", "-.inf", "nan", "NaN", "+inf", "Infinity", "-INF"}) {
    EXPECT_EQ(problem(format("speed: {}", text)), format("speed = {} is not finite", text));
  }
  EXPECT_EQ(problem("speed: 1e400"),
            "speed = 1e400 is too large or too small for a double precision number");
  EXPECT_EQ(problem("turn: 1e40"),
            "turn = 1e40 is too large or too small for a single precision number");
}

TEST(YamlReader, WholeNumbersAreWrittenWithoutAPoint) {
  EXPECT_EQ(problem("run: {seed: 1.0}"), "run.seed = 1.0 is not a whole number | write 1");
  EXPECT_EQ(problem("run: {seed: 1e3}"), "run.seed = 1e3 is not a whole number | write 1000");
  EXPECT_EQ(problem("run: {seed: 1.5}"), "run.seed = 1.5 is not a whole number");
  EXPECT_EQ(problem("run: {seed: 007}"),
            "run.seed = 007 starts with a zero | remove the leading zeros");
  EXPECT_EQ(problem("run: {seed: 0x10}"), "run.seed = 0x10 is not a whole number");
  EXPECT_EQ(problem("run: {seed: many}"), "run.seed = many is not a whole number");
  EXPECT_EQ(problem("run: {seed: '3'}"),
            "run.seed = \"3\" is a text, not a whole number | remove the quotes");
  EXPECT_EQ(good("speed: 1").scene.speed, 1.0);
}

TEST(YamlReader, WholeNumbersMustFitTheirType) {
  EXPECT_EQ(problem("run: {seed: 18446744073709551616}"),
            "run.seed = 18446744073709551616 is outside its range (0 to 18446744073709551615)");
  EXPECT_EQ(problem("run: {seed: -1}"),
            "run.seed = -1 is outside its range (0 to 18446744073709551615)");
  EXPECT_EQ(problem("run: {level: -129}"),
            "run.level = -129 is outside its range (>= -128 and <= 3)");
  EXPECT_EQ(problem("run: {level: 4}"), "run.level = 4 is outside its range (>= -128 and <= 3)");
  EXPECT_EQ(problem("solver: {iterations: 0}"),
            "solver.iterations = 0 is outside its range (1 to 1000)");
  EXPECT_EQ(good("run: {seed: -0}").common.run.seed, 0U);
}

TEST(YamlReader, RangesAreNamed) {
  EXPECT_EQ(problem("solver: {tolerance: 0}"),
            "solver.tolerance = 0 is outside its range (> 0 and < 1)");
  EXPECT_EQ(problem("bodies: [{name: a, density: -5}]"),
            "bodies.0.density = -5 is outside its range (> 0 kg/m^3)");
  const Reading r = read_text("time: {dt: -0.01, end: 1}\n");
  EXPECT_EQ(r.diagnostics.text(),
            "scene.yaml:1:12: error: time.dt = -0.01 is outside its range (> 0 s)\n"
            "    1 | time: {dt: -0.01, end: 1}\n"
            "      |            ^~~~~\n"
            "1 error; nothing was run. 'filigree explain scene' lists every key.\n");
}

TEST(YamlReader, BooleansAreTrueOrFalse) {
  EXPECT_EQ(problem("run: {deterministic: yes}"),
            "run.deterministic = yes is not true or false | write true");
  EXPECT_EQ(problem("run: {deterministic: Off}"),
            "run.deterministic = Off is not true or false | write false");
  EXPECT_EQ(problem("run: {deterministic: maybe}"),
            "run.deterministic = maybe is not true or false");
  EXPECT_EQ(problem("run: {deterministic: 'true'}"),
            "run.deterministic = \"true\" is not true or false | write true");
}

TEST(YamlReader, NamesComeFromTheirList) {
  EXPECT_EQ(problem("formats: [vtkk]"),
            "formats.0 = vtkk is not one of vtk, csv, npz | did you mean 'vtk'?");
  EXPECT_EQ(problem("formats: [CSV]"),
            "formats.0 = CSV is not one of vtk, csv, npz | did you mean 'csv'?");
  EXPECT_EQ(problem("formats: [hdf5]"), "formats.0 = hdf5 is not one of vtk, csv, npz");
  EXPECT_EQ(problem("formats: [[vtk]]"), "formats.0 is a list, not one of vtk, csv, npz");
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
