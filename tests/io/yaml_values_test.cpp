// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Single values: numbers, units, ranges, names.
#include <gtest/gtest.h>

#include "tests/io/yaml_options.hpp"

namespace filigree::yaml_test {
namespace {

TEST(YamlValues, UnitsAreConvertedToTheFieldsOwn) {
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

TEST(YamlValues, RangesApplyAfterConversion) {
  EXPECT_EQ(problem("angle: 2 rad"), "angle = 2 rad is outside its range (-90 to 90 deg)");
  EXPECT_EQ(problem("porosity: 101 %"), "porosity = 101 % is outside its range (0 to 1)");
}

TEST(YamlValues, WrongUnitsAreExplained) {
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

TEST(YamlValues, NumbersMustBeNumbers) {
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

TEST(YamlValues, NumbersMustBeFinite) {
  for (const char* text : {".nan", ".inf", "-.inf", "nan", "NaN", "+inf", "Infinity", "-INF"}) {
    EXPECT_EQ(problem(format("speed: {}", text)), format("speed = {} is not finite", text));
  }
  EXPECT_EQ(problem("speed: 1e400"),
            "speed = 1e400 is too large or too small for a double precision number");
  EXPECT_EQ(problem("turn: 1e40"),
            "turn = 1e40 is too large or too small for a single precision number");
}

TEST(YamlValues, WholeNumbersAreWrittenWithoutAPoint) {
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

TEST(YamlValues, WholeNumbersMustFitTheirType) {
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

TEST(YamlValues, RangesAreNamed) {
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

TEST(YamlValues, BooleansAreTrueOrFalse) {
  EXPECT_EQ(problem("run: {deterministic: yes}"),
            "run.deterministic = yes is not true or false | write true");
  EXPECT_EQ(problem("run: {deterministic: Off}"),
            "run.deterministic = Off is not true or false | write false");
  EXPECT_EQ(problem("run: {deterministic: maybe}"),
            "run.deterministic = maybe is not true or false");
  EXPECT_EQ(problem("run: {deterministic: 'true'}"),
            "run.deterministic = \"true\" is not true or false | write true");
}

TEST(YamlValues, NamesComeFromTheirList) {
  EXPECT_EQ(problem("formats: [vtkk]"),
            "formats.0 = vtkk is not one of vtk, csv, npz | did you mean 'vtk'?");
  EXPECT_EQ(problem("formats: [CSV]"),
            "formats.0 = CSV is not one of vtk, csv, npz | did you mean 'csv'?");
  EXPECT_EQ(problem("formats: [hdf5]"), "formats.0 = hdf5 is not one of vtk, csv, npz");
  EXPECT_EQ(problem("formats: [[vtk]]"), "formats.0 is a list, not one of vtk, csv, npz");
}

}  // namespace
}  // namespace filigree::yaml_test
