// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Inputs that try to break the reader: each must end in messages, never in a crash.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "io/yaml/writer.hpp"
#include "tests/io/yaml_options.hpp"

namespace filigree::yaml_test {
namespace {

std::string repeated(const std::string& text, int n) {
  std::string result;
  for (int i = 0; i < n; ++i) result += text;
  return result;
}

/// Everything that a program does with a bad input.
std::size_t errors(const std::string& text) {
  const Reading reading = read_text(text);
  const std::string report = reading.diagnostics.text();
  const std::string json = reading.diagnostics.json().dump();
  EXPECT_EQ(report.empty(), reading.diagnostics.ok());
  EXPECT_FALSE(json.empty());
  return reading.diagnostics.size();
}

constexpr const char* kValid =
    "time: {dt: 10 ms, end: 1 min}\n"
    "run: {seed: 3, deterministic: true}\n"
    "formats: [vtk, csv]\n"
    "bodies:\n"
    "  - name: \"\xC3\xBC: #\"\n"
    "    from: &o [0, 0, 0]\n"
    "    material: {type: drucker_prager, friction_angle: 20 deg}\n"
    "  - {name: 'b', from: *o, material: {type: neo_hookean}}\n"
    "solver:\n"
    "  iterations: 5\n"
    "angle: null\n";

TEST(YamlHostile, TheSeedIsValid) {
  EXPECT_EQ(errors(kValid), 0U);
}

TEST(YamlHostile, DeepNestingIsAnError) {
  for (const char* unit : {"[", "{a: ", "- ", "? ", "{", "[{", "a: {", "- - "}) {
    EXPECT_GT(errors(repeated(unit, 20000)), 0U) << unit;
    EXPECT_GT(errors("time: " + repeated(unit, 20000)), 0U) << unit;
  }
  std::string steps;
  for (int i = 0; i < 200; ++i) steps += std::string(static_cast<std::size_t>(i), ' ') + "a:\n";
  EXPECT_GT(errors(steps), 0U);
}

TEST(YamlHostile, LongTextsAreErrors) {
  EXPECT_GT(errors("a: " + std::string(100000, 'x')), 0U);
  EXPECT_GT(errors(std::string(100000, 'x') + ": 1"), 0U);
  EXPECT_GT(errors("a: '" + std::string(100000, 'x')), 0U);
  EXPECT_GT(errors("a: |\n" + repeated("  line\n", 20000)), 0U);
  EXPECT_GT(errors(std::string(500000, ' ')), 0U);
  EXPECT_GT(errors(repeated("\n", 500000)), 0U);
  EXPECT_GT(errors("speed: " + std::string(50000, '9')), 0U);
  EXPECT_GT(errors("speed: 1e" + std::string(50000, '9')), 0U);
  EXPECT_GT(errors("speed: 1 " + std::string(50000, 'm')), 0U);
  EXPECT_GT(errors("speed: 1 " + repeated("m ", 20)), 0U);
  EXPECT_GT(errors("run: {seed: " + std::string(50000, '9') + "}"), 0U);
}

TEST(YamlHostile, FloodsOfKeysAndItemsAreErrors) {
  EXPECT_GT(errors(repeated("k: 1\n", 5000)), 4000U);
  std::string keys;
  for (int i = 0; i < 5000; ++i) keys += format("k{}: 1\n", i);
  EXPECT_GT(errors(keys), 4000U);
  EXPECT_GT(errors("bodies: [" + repeated("1, ", 5000) + "]"), 4000U);
  EXPECT_GT(errors("bodies: [" + repeated("[], ", 5000) + "]"), 4000U);
  EXPECT_GT(errors("bodies: [" + repeated("&a 1, ", 20000) + "]"), 0U);
  EXPECT_GT(errors(repeated("--- 1\n", 20000)), 0U);
  EXPECT_GT(errors(repeated("%TAG ! a\n", 20000)), 0U);
  EXPECT_GT(errors(repeated("*a ", 20000)), 0U);
  EXPECT_GT(errors(repeated("!!a ", 20000)), 0U);
}

TEST(YamlHostile, EveryPrefixIsReadWithoutACrash) {
  const std::string text = kValid;
  for (std::size_t n = 0; n < text.size(); ++n) errors(text.substr(0, n));
}

TEST(YamlHostile, EveryFlippedBitIsReadWithoutACrash) {
  for (std::size_t i = 0; i < std::string(kValid).size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string text = kValid;
      text[i] = static_cast<char>(text[i] ^ (1 << bit));
      errors(text);
    }
  }
}

TEST(YamlHostile, ShuffledPiecesAreReadWithoutACrash) {
  const std::vector<std::string> pieces{
      "time", "bodies", "a",  "type", ": ",    ":",     "- ", "-",      "\n", "\n  ", "\n    ",
      "[",    "]",      "{",  "}",    ", ",    "&x ",   "*x", "!t ",    "'",  "\"",   "|",
      ">",    "#",      "? ", "<<",   "---\n", "...\n", "1",  "1.5 mm", "\\", "%",    "\t"};
  std::mt19937 random(5);
  for (int i = 0; i < 5000; ++i) {
    std::string text;
    for (unsigned n = random() % 30; n > 0; --n) text += pieces[random() % pieces.size()];
    errors(text);
  }
}

TEST(YamlHostile, WhatIsReadWithoutErrorsIsEchoedIdentically) {
  std::mt19937 random(6);
  int n_valid = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string text = kValid;
    text[random() % text.size()] = static_cast<char>(' ' + random() % 90);
    const Reading reading = read_text(text);
    if (!reading.diagnostics.ok()) continue;
    ++n_valid;
    const std::string echo = yaml::echo(reading.common, reading.scene);
    const Reading again = read_text(echo);
    ASSERT_EQ(again.diagnostics.text(), "") << echo;
    ASSERT_EQ(yaml::echo(again.common, again.scene), echo);
  }
  EXPECT_GT(n_valid, 50);
}

}  // namespace
}  // namespace filigree::yaml_test
