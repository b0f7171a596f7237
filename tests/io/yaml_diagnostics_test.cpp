// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/yaml/diagnostics.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/error.hpp"

namespace filigree::yaml {
namespace {

TEST(YamlDiagnostics, ReportsAreSortedAndPointAtTheSource) {
  Diagnostics diagnostics;
  diagnostics.add_source("a.yaml", "rod:\n  itterations: 10\n");
  diagnostics.add_source("command line: argument 3", "rod.x=1", true);
  diagnostics.set_type("branched_rod");
  diagnostics.error({"command line: argument 3", 1, 5, 1}, "rod.x", "unknown key 'x' in rod");
  diagnostics.error({"a.yaml", 2, 3, 11}, "rod.itterations", "unknown key 'itterations' in rod",
                    "did you mean 'iterations'?");
  diagnostics.error({"a.yaml", 1, 1, 3}, "rod.end", "missing key 'end' in rod");
  EXPECT_EQ(diagnostics.text(),
            "a.yaml:1:1: error: missing key 'end' in rod\n"
            "    1 | rod:\n"
            "      | ^~~\n"
            "a.yaml:2:3: error: unknown key 'itterations' in rod\n"
            "    2 |   itterations: 10\n"
            "      |   ^~~~~~~~~~~ did you mean 'iterations'?\n"
            "command line: argument 3: error: unknown key 'x' in rod\n"
            "      | rod.x=1\n"
            "      |     ^\n"
            "3 errors; nothing was run. 'filigree explain branched_rod' lists every key.\n");
}

TEST(YamlDiagnostics, NoProblemsNoText) {
  Diagnostics diagnostics;
  EXPECT_TRUE(diagnostics.ok());
  EXPECT_EQ(diagnostics.text(), "");
  EXPECT_NO_THROW(diagnostics.throw_if_any());
}

TEST(YamlDiagnostics, ProblemsWithoutAPlaceHaveNoExcerpt) {
  Diagnostics diagnostics;
  diagnostics.error({"a.yaml", 0, 0, 1}, "", "cannot be read: no such file", "check the name");
  EXPECT_EQ(diagnostics.text(),
            "a.yaml: error: cannot be read: no such file\n"
            "      | check the name\n"
            "1 error; nothing was run. 'filigree list' names the scenario types.\n");
}

TEST(YamlDiagnostics, LongLinesAreCutAroundTheCaret) {
  Diagnostics diagnostics;
  diagnostics.add_source("a.yaml", std::string(150, 'x') + "HERE" + std::string(200, 'y'));
  diagnostics.error({"a.yaml", 1, 151, 4}, "", "wrong");
  const std::string text = diagnostics.text();
  EXPECT_NE(text.find("    1 | ..." + std::string(50, 'x') + "HERE" + std::string(46, 'y') +
                      "...\n"
                      "      |    " +
                      std::string(50, ' ') + "^~~~\n"),
            std::string::npos)
      << text;
}

TEST(YamlDiagnostics, CaretsStandBelowTheirCharacters) {
  Diagnostics diagnostics;
  diagnostics.add_source("a.yaml", "\xC3\xBC:\t\xE2\x82\xACx");
  diagnostics.error({"a.yaml", 1, 4, 2}, "", "wrong");
  EXPECT_NE(diagnostics.text().find("    1 | \xC3\xBC: \xE2\x82\xACx\n      |    ^~\n"),
            std::string::npos)
      << diagnostics.text();
}

TEST(YamlDiagnostics, RepetitionsAreDropped) {
  Diagnostics diagnostics;
  for (int i = 0; i < 3; ++i) diagnostics.error({"a.yaml", 1, 1, 1}, "a", "wrong");
  diagnostics.error({"a.yaml", 1, 2, 1}, "a", "wrong");
  EXPECT_EQ(diagnostics.size(), 2U);
}

TEST(YamlDiagnostics, FloodsAreCountedNotShown) {
  Diagnostics diagnostics;
  for (int i = 1; i <= 3000; ++i) diagnostics.error({"a.yaml", i, 1, 1}, "", "wrong");
  EXPECT_EQ(diagnostics.size(), 3000U);
  const std::string text = diagnostics.text();
  EXPECT_NE(
      text.find("a.yaml:50:1: error: wrong\n... and 2950 more\n3000 errors; nothing was run."),
      std::string::npos)
      << text;
  EXPECT_EQ(text.find("a.yaml:51:"), std::string::npos);
}

TEST(YamlDiagnostics, JsonHasEveryProblemInOrder) {
  Diagnostics diagnostics;
  diagnostics.set_type("mpm");
  diagnostics.error({"a.yaml", 2, 3, 1}, "b", "second");
  diagnostics.error({"a.yaml", 1, 1, 1}, "a", "first", "do this");
  const nlohmann::json json = diagnostics.json();
  EXPECT_EQ(json["type"], "mpm");
  ASSERT_EQ(json["errors"].size(), 2U);
  EXPECT_EQ(
      json["errors"][0].dump(),
      R"({"column":1,"file":"a.yaml","hint":"do this","line":1,"message":"first","path":"a"})");
  EXPECT_EQ(json["errors"][1]["message"], "second");
}

TEST(YamlDiagnostics, ThrowsAsBadInput) {
  Diagnostics diagnostics;
  diagnostics.error({"a.yaml", 0, 0, 1}, "", "wrong");
  try {
    diagnostics.throw_if_any();
    FAIL();
  } catch (const InputError& e) {
    EXPECT_EQ(e.code(), ExitCode::kBadInput);
    EXPECT_EQ(std::string(e.what()), diagnostics.text());
  }
}

TEST(YamlDiagnostics, ShownTextIsShortAndHarmless) {
  EXPECT_EQ(shown("a\nb\x1B"), "a b ");
  EXPECT_EQ(shown(std::string(100, 'x')), std::string(60, 'x') + "...");
  // No character is cut in half.
  EXPECT_EQ(shown(std::string(59, 'x') + "\xE2\x82\xAC" + "y"), std::string(59, 'x') + "...");
}

}  // namespace
}  // namespace filigree::yaml
