// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/yaml/overrides.hpp"

#include <gtest/gtest.h>

#include "tests/io/yaml_options.hpp"

namespace filigree::yaml_test {
namespace {

constexpr const char* kScene =
    "time: {end: 1}\n"
    "bodies:\n"
    "  - {name: a, material: {type: neo_hookean}}\n";

Reading overridden(const std::vector<std::string>& overrides) {
  Reading reading = read_text(kScene, overrides);
  EXPECT_EQ(reading.diagnostics.text(), "");
  return reading;
}

std::string report(const std::string& assignment) {
  const std::string text = read_text(kScene, {assignment}).diagnostics.text();
  return text.substr(0, text.find("1 error; "));
}

TEST(YamlOverrides, ReplaceValues) {
  const Reading r =
      overridden({"time.end=2", "bodies.0.name=b c", "bodies.0.material.young_modulus=3 kPa"});
  EXPECT_EQ(r.common.time.end, 2);
  EXPECT_EQ(r.scene.bodies[0].name, "b c");
  EXPECT_EQ(std::get<Elastic>(r.scene.bodies[0].material).young_modulus, 3000);
}

TEST(YamlOverrides, MakeWhatIsMissing) {
  const Reading r =
      overridden({"solver.iterations=4", "run.seed=9", "formats.0=csv", "formats.1=vtk",
                  "bodies.1.name=new", "bodies.1.material.type=drucker_prager"});
  EXPECT_EQ(r.scene.solver.value().iterations, 4);
  EXPECT_EQ(r.common.run.seed, 9U);
  EXPECT_EQ(r.common.formats, (std::vector{Format::kCsv, Format::kVtk}));
  ASSERT_EQ(r.scene.bodies.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<Sand>(r.scene.bodies[1].material));
}

TEST(YamlOverrides, ValuesAreYaml) {
  const Reading r = overridden({"formats=[npz, csv]", "bodies.0.material={type: drucker_prager}",
                                "solver={iterations: 2}", "angle=", "bodies.0.name=\"a=b\""});
  EXPECT_EQ(r.common.formats, (std::vector{Format::kNpz, Format::kCsv}));
  EXPECT_TRUE(std::holds_alternative<Sand>(r.scene.bodies[0].material));
  EXPECT_FALSE(r.scene.angle);
  EXPECT_EQ(r.scene.bodies[0].name, "a=b");
}

TEST(YamlOverrides, LaterOnesWin) {
  EXPECT_EQ(overridden({"speed=1", "speed=2"}).scene.speed, 2);
}

TEST(YamlOverrides, ProblemsPointIntoTheArgument) {
  EXPECT_EQ(report("time.dt=-1"),
            "command line: argument 3: error: time.dt = -1 is outside its range (> 0 s)\n"
            "      | time.dt=-1\n"
            "      |         ^~\n");
  EXPECT_EQ(report("time.dtt=1"),
            "command line: argument 3: error: unknown key 'dtt' in time\n"
            "      | time.dtt=1\n"
            "      |      ^~~ did you mean 'dt'?\n");
  EXPECT_EQ(report("bodies.0.material={type: neo_hokean}"),
            "command line: argument 3: error: bodies.0.material.type = neo_hokean is not a known "
            "type\n"
            "      | bodies.0.material={type: neo_hokean}\n"
            "      |                          ^~~~~~~~~~ did you mean 'neo_hookean'?\n");
  EXPECT_EQ(report("time.end="),
            "command line: argument 3: error: time.end has no value\n"
            "      | time.end=\n"
            "      |      ^~~ write a number (s), or remove the key\n");
  EXPECT_EQ(report("run={end: 3}"),
            "command line: argument 3: error: key 'end' is not allowed in run; it belongs in time "
            "(line 1)\n"
            "      | run={end: 3}\n"
            "      |      ^~~\n");
}

TEST(YamlOverrides, BadSyntaxIsReported) {
  EXPECT_EQ(report("time.end=[1"),
            "command line: argument 3: error: syntax error: '[' is not closed\n"
            "      | time.end=[1\n"
            "      |          ^ add ']'; items are separated by ','\n");
  EXPECT_EQ(report("abc"),
            "command line: argument 3: error: 'abc' is not an override\n"
            "      | abc\n"
            "      | ^~~ write key.path=value\n");
  EXPECT_EQ(report("time..end=1"),
            "command line: argument 3: error: a key is missing in the path\n"
            "      | time..end=1\n"
            "      |      ^ write key.path=value, with the number of an item for lists: "
            "bodies.0.name=value\n");
  EXPECT_EQ(report("bodies[0].name=1"),
            "command line: argument 3: error: 'bodies[0]' is not a key\n"
            "      | bodies[0].name=1\n"
            "      | ^~~~~~~~~ write key.path=value, with the number of an item for lists: "
            "bodies.0.name=value\n");
  EXPECT_EQ(report("speed=\xFF"),
            "command line: argument 3: error: byte 0xFF is not UTF-8 text\n"
            "      | speed=?\n"
            "      |       ^ save the file as UTF-8\n");
}

TEST(YamlOverrides, PathsMustFitTheDocument) {
  EXPECT_EQ(report("time.end.x=1"),
            "command line: argument 3: error: 'time.end' is a value, it has no key 'x'\n"
            "      | time.end.x=1\n"
            "      |          ^ end the path before it\n");
  EXPECT_EQ(report("bodies.7.name=1"),
            "command line: argument 3: error: 'bodies' has no item 7\n"
            "      | bodies.7.name=1\n"
            "      |        ^ its items are 0 to 0; 1 appends one\n");
  EXPECT_EQ(report("bodies.first=1"),
            "command line: argument 3: error: 'bodies' is a list, it has no key 'first'\n"
            "      | bodies.first=1\n"
            "      |        ^~~~~ its items are 0 to 0; 1 appends one\n");
  EXPECT_EQ(report("formats.1=vtk"),
            "command line: argument 3: error: 'formats' has no item 1\n"
            "      | formats.1=vtk\n"
            "      |         ^ it is empty; item 0 appends one\n");
}

TEST(YamlOverrides, AliasesAreNotSharedByOverrides) {
  const Reading r =
      read_text("time: {end: 1}\nbodies:\n  - {name: a, to: &t [1, 2, 3]}\n  - {name: b, to: *t}\n",
                {"bodies.1.to.0=9"});
  EXPECT_EQ(r.diagnostics.text(), "");
  EXPECT_EQ(r.scene.bodies[0].to[0], 1);
  EXPECT_EQ(r.scene.bodies[1].to[0], 9);
}

TEST(YamlOverrides, BrokenDocumentsAreLeftAlone) {
  const Reading r = read_text("time: [", {"time.end=1"});
  EXPECT_EQ(r.diagnostics.size(), 1U);
}

TEST(YamlOverrides, AreRecognisedByTheirKey) {
  EXPECT_TRUE(yaml::is_override("a=1"));
  EXPECT_TRUE(yaml::is_override("a.b_c.0=x=y"));
  EXPECT_TRUE(yaml::is_override("a="));
  EXPECT_FALSE(yaml::is_override("a"));
  EXPECT_FALSE(yaml::is_override("=1"));
  EXPECT_FALSE(yaml::is_override("--out=x"));
  EXPECT_FALSE(yaml::is_override("dir/file.yaml"));
  EXPECT_FALSE(yaml::is_override(""));
}

}  // namespace
}  // namespace filigree::yaml_test
