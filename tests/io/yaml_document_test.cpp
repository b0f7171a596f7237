// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/yaml/document.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/text.hpp"

namespace filigree::yaml {
namespace {

std::string at(const Position& position) {
  return format("{}:{}+{}", position.line, position.column, position.width);
}

/// The only problem of a text: "line:column message | hint".
std::string problem(const std::string& text) {
  Diagnostics diagnostics;
  const Document document = Document::parse_text(text, "a.yaml", diagnostics);
  const auto problems = diagnostics.sorted();
  if (problems.size() != 1) return format("{} problems: {}", problems.size(), diagnostics.text());
  const Problem& p = problems[0];
  return format("{}:{} {}{}{}", p.position.line, p.position.column, p.message,
                p.hint.empty() ? "" : " | ", p.hint);
}

Node parse(const std::string& text) {
  Diagnostics diagnostics;
  const Document document = Document::parse_text(text, "a.yaml", diagnostics);
  EXPECT_EQ(diagnostics.text(), "");
  EXPECT_FALSE(document.is_broken());
  return document.root();
}

TEST(YamlDocument, EveryKeyAndValueKnowsItsPlace) {
  const Node root = parse("time: {dt: 0.01,  end: '1'}\nlist:\n  - a b\n  - [x]\nempty:\n");
  ASSERT_EQ(root.entries.size(), 3U);
  EXPECT_EQ(root.entries[0].key, "time");
  EXPECT_EQ(at(root.entries[0].position), "1:1+4");
  const Node& time = root.entries[0].value;
  EXPECT_EQ(time.kind, NodeKind::kMap);
  EXPECT_EQ(at(time.position), "1:7+1");
  EXPECT_EQ(at(time.entries[1].position), "1:19+3");
  EXPECT_EQ(at(time.entries[1].value.position), "1:24+3");
  EXPECT_TRUE(time.entries[1].value.quoted);
  EXPECT_FALSE(time.entries[0].value.quoted);
  const Node& list = root.entries[1].value;
  EXPECT_EQ(at(list.items[0].position), "3:5+3");
  EXPECT_EQ(at(list.items[1].items[0].position), "4:6+1");
  EXPECT_EQ(root.entries[2].value.kind, NodeKind::kNull);
  EXPECT_EQ(at(root.entries[2].value.position), "5:1+5");  // of the key
}

TEST(YamlDocument, ColumnsCountCharactersNotBytes) {
  const Node root = parse("\"\xC3\xBC\xE2\x82\xAC\": {\xC3\xA9: x}\n");
  const Node& inner = root.entries[0].value;
  EXPECT_EQ(at(root.entries[0].position), "1:1+4");
  EXPECT_EQ(at(inner.entries[0].position), "1:8+1");
  EXPECT_EQ(at(inner.entries[0].value.position), "1:11+1");
}

TEST(YamlDocument, DuplicateKeysAreKeptInOrder) {
  const Node root = parse("a: 1\nb: 2\na: 3\n");
  ASSERT_EQ(root.entries.size(), 3U);
  EXPECT_EQ(root.entries[2].value.text, "3");
  EXPECT_EQ(root.find("a")->text, "1");
  EXPECT_EQ(root.find("c"), nullptr);
}

TEST(YamlDocument, AliasesAreCopiesOfTheirAnchors) {
  const Node root = parse("a: &x {k: 1}\nb: *x\n");
  EXPECT_EQ(find_path(root, "b.k")->text, "1");
  EXPECT_EQ(at(find_path(root, "b.k")->position), "1:11+1");
}

TEST(YamlDocument, PathsLeadThroughBlocksAndLists) {
  const Node root = parse("a: {b: [x, {c: y}]}\n");
  EXPECT_EQ(find_path(root, "a.b.1.c")->text, "y");
  EXPECT_EQ(find_path(root, "")->kind, NodeKind::kMap);
  EXPECT_EQ(find_path(root, "a.b.2"), nullptr);
  EXPECT_EQ(find_path(root, "a.b.x"), nullptr);
  EXPECT_EQ(find_path(root, "a.z.c"), nullptr);
}

TEST(YamlDocument, ByteOrderMarkAndForeignLineEndsAreRead) {
  const Node root = parse(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: 2\rc: 3\n");
  ASSERT_EQ(root.entries.size(), 3U);
  EXPECT_EQ(at(root.entries[0].position), "1:1+1");
  EXPECT_EQ(at(root.entries[2].value.position), "3:4+1");
  EXPECT_EQ(root.entries[1].value.text, "2");
}

TEST(YamlDocument, EmptyTextsHaveNoRoot) {
  EXPECT_EQ(parse("").kind, NodeKind::kNull);
  EXPECT_EQ(parse("# nothing\n\n").kind, NodeKind::kNull);
}

TEST(YamlDocument, SyntaxErrorsSayWhereAndWhatToDo) {
  EXPECT_EQ(problem("a: 1\n b: 2\n"),
            "2:3 syntax error: ':' is not allowed here | check the indentation, or put the text in "
            "quotes");
  EXPECT_EQ(problem("a: [1, 2\nb: 3\n"),
            "1:4 syntax error: '[' is not closed | add ']'; items are separated by ','");
  EXPECT_EQ(problem("a: {x: 1\nb: 3\n"),
            "1:4 syntax error: '{' is not closed | add '}'; items are separated by ','");
  EXPECT_EQ(problem("a: [1]]\n"), "1:7 syntax error: this bracket closes nothing | remove it");
  EXPECT_EQ(problem("a: @x\n"),
            "1:4 syntax error: this character cannot start a value | put the text in quotes");
  EXPECT_EQ(problem("a: - b\n"),
            "1:4 syntax error: '- ' is not allowed here | start the list on a line of its own");
  EXPECT_EQ(problem("a: 'b\nc: 1\n"),
            "1:4 syntax error: the quoted text is not closed | add the closing '");
  EXPECT_EQ(problem("a: \"b\\\"\n"),
            "1:4 syntax error: the quoted text is not closed | add the closing \"");
  EXPECT_EQ(problem("a: \"\\q\"\n"),
            "1:5 syntax error: unknown escape in double quotes | write '\\\\' for a backslash, or "
            "use single quotes");
  EXPECT_EQ(problem("a: *x\n"),
            "1:4 syntax error: no anchor of this name stands above the alias | define it with "
            "'&name' first, or put the text in quotes");
  EXPECT_EQ(problem("- a\nb: 1\n"),
            "2:1 syntax error: this line does not belong to what stands above | check the "
            "indentation");
  EXPECT_EQ(problem("a: &x &y 1\n"),
            "1:7 syntax error: a value has one anchor at most | remove one");
}

TEST(YamlDocument, BrokenDocumentsAreEmpty) {
  Diagnostics diagnostics;
  const Document document = Document::parse_text("a: 1\nb: [", "a.yaml", diagnostics);
  EXPECT_TRUE(document.is_broken());
  EXPECT_EQ(document.root().kind, NodeKind::kNull);
  EXPECT_EQ(document.name(), "a.yaml");
}

TEST(YamlDocument, UnsupportedFeaturesAreRefusedByName) {
  EXPECT_EQ(problem("a: 1\n---\nb: 2\n"),
            "2:1 a second document starts here; a file holds one | put it in a file of its own");
  EXPECT_EQ(problem("a: 1\n...\nb: 2\n"),
            "3:1 a second document starts here; a file holds one | put it in a file of its own");
  EXPECT_EQ(problem("a: &x {k: 1}\nb:\n  <<: *x\n"),
            "3:3 merge keys ('<<') are not supported | write the keys out, or use an alias for the "
            "whole value");
  EXPECT_EQ(problem("a: !!str 5\n"),
            "1:4 tag 'tag:yaml.org,2002:str' is not supported | remove the tag; each key has one "
            "kind of value");
  EXPECT_EQ(problem("a: !x [1]\n"),
            "1:4 tag '!x' is not supported | remove the tag; each key has one kind of value");
  EXPECT_EQ(problem("? [a]\n: 1\n"), "1:3 a key must be a word | write 'key: value'");
  EXPECT_EQ(problem("~: 1\n"), "1:1 a key must be a word | write 'key: value'");
  EXPECT_EQ(problem("a: &x 1\n"),
            "1:4 anchor '&x' is never used | remove it, or refer to it with '*x'");
  EXPECT_EQ(problem("a: &x [*x]\n"),
            "1:8 the alias stands inside the value that it names | write the value out");
}

TEST(YamlDocument, QuotedMergeKeysAreOrdinaryKeys) {
  EXPECT_EQ(parse("'<<': 1\n").entries[0].key, "<<");
}

TEST(YamlDocument, BytesThatAreNotTextAreRefused) {
  EXPECT_EQ(problem(std::string("a: 1\nb: x\0y\n", 12)),
            "2:5 control character 0x00 in the text | remove it");
  EXPECT_EQ(problem("a: \x1B[31m\n"), "1:4 control character 0x1B in the text | remove it");
  EXPECT_EQ(problem("a: \xFF\n"), "1:4 byte 0xFF is not UTF-8 text | save the file as UTF-8");
  EXPECT_EQ(problem("\xC3\xBC: \xC3(\n"),
            "1:4 byte 0xC3 is not UTF-8 text | save the file as UTF-8");
  EXPECT_EQ(problem("a: \xED\xA0\x80\n"),
            "1:4 byte 0xED is not UTF-8 text | save the file as UTF-8");
  EXPECT_EQ(problem("a: \xC0\xAF\n"), "1:4 byte 0xC0 is not UTF-8 text | save the file as UTF-8");
  EXPECT_EQ(problem("\xFF\xFE"
                    "a"),
            "0:0 the file is UTF-16 or UTF-32 text | save it as UTF-8");
  EXPECT_EQ(problem("a: \"\\0\"\n"), "1:4 a NUL character in a text | remove the '\\0'");
}

TEST(YamlDocument, TabsAreRefusedWhereTheyIndent) {
  EXPECT_EQ(problem("a:\n\tb: 1\n"),
            "2:1 a tab in the indentation | YAML indents with spaces only");
  EXPECT_EQ(problem("a:\n  \tb: 1\n"),
            "2:3 a tab in the indentation | YAML indents with spaces only");
  EXPECT_EQ(parse("a:\t1\t# c\n\t# comment\n\t\n").find("a")->text, "1");
}

TEST(YamlDocument, LimitsAreNamed) {
  const std::string deep = std::string(65, '[') + std::string(65, ']');
  EXPECT_EQ(problem("a: " + deep),
            "1:67 blocks and lists are nested more than 64 deep | a bracket or the indentation is "
            "probably wrong");
  EXPECT_EQ(
      problem("a: " + std::string(65537, 'x')),
      "1:4 a text of 65537 bytes, at most 65536 are read | keep long texts in files of their own");
  EXPECT_EQ(problem(std::string((1 << 20) + 1, '#')),
            "0:0 the file has more than 1048576 bytes | keep large tables in files of "
            "their own and name them in the scenario");
}

TEST(YamlDocument, AliasBombsAreDefused) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    bomb +=
        format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i, i - 1);
  }
  EXPECT_EQ(problem(bomb),
            "4:5 anchors and aliases stand for more than 10000 values | write the values out or "
            "keep them in a file of their own");
}

TEST(YamlDocument, FilesThatCannotBeReadAreNamed) {
  const auto folder = std::filesystem::path(testing::TempDir()) / "yaml_document_test";
  std::filesystem::create_directories(folder);
  Diagnostics diagnostics;
  EXPECT_TRUE(Document::parse_file(folder / "none.yaml", diagnostics, "none.yaml").is_broken());
  EXPECT_TRUE(Document::parse_file(folder, diagnostics, "folder").is_broken());
  const auto problems = diagnostics.sorted();
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].message, "cannot be read: no such file");
  EXPECT_EQ(problems[1].message, "cannot be read: it is a folder");
  std::ofstream(folder / "some.yaml") << "a: 1\n";
  Diagnostics none;
  EXPECT_EQ(Document::parse_file(folder / "some.yaml", none).root().find("a")->text, "1");
  EXPECT_TRUE(none.ok());
}

}  // namespace
}  // namespace filigree::yaml
