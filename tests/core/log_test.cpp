// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/log.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace filigree {
namespace {

struct Lines {
  std::vector<std::string> all;
  LogSink sink() {
    return [this](const std::string& line) { all.push_back(line); };
  }
};

TEST(Log, TextLinesNameTheLevelUnlessItIsInfo) {
  Lines lines;
  Log log({.level = LogLevel::kDebug}, lines.sink());
  log.debug("a {}", 1);
  log.info("b {}", 2.5);
  log.warning("c {}", "three");
  log.error("d");
  EXPECT_EQ(lines.all,
            (std::vector<std::string>{"debug: a 1", "b 2.5", "warning: c three", "error: d"}));
}

TEST(Log, EventsBelowTheLevelAreDropped) {
  Lines lines;
  Log log({.level = LogLevel::kWarning}, lines.sink());
  log.debug("a");
  log.info("b");
  log.write(LogLevel::kInfo, "c");
  log.warning("d");
  log.error("e");
  EXPECT_EQ(lines.all, (std::vector<std::string>{"warning: d", "error: e"}));
  EXPECT_TRUE(log.shows(LogLevel::kError));
  EXPECT_FALSE(log.shows(LogLevel::kInfo));
}

TEST(Log, FieldsFollowTheTextInBothFormats) {
  const std::vector<LogField> fields{
      {"time", 0.5}, {"step", 7}, {"ok", true}, {"name", "a b"}, {"size", std::size_t{3}}};
  Lines text;
  Log(LogOptions{}, text.sink()).write(LogLevel::kWarning, "cut", fields);
  EXPECT_EQ(text.all[0], "warning: cut (time=0.5, step=7, ok=true, name=a b, size=3)");
  Lines json;
  Log({.format = LogFormat::kJson}, json.sink()).write(LogLevel::kWarning, "cut", fields);
  EXPECT_EQ(
      json.all[0],
      R"({"level":"warning","text":"cut","time":0.5,"step":7,"ok":true,"name":"a b","size":3})");
}

TEST(Log, EveryEventIsOneLine) {
  Lines text;
  Log(LogOptions{}, text.sink()).info("a\nb\tc\rd\x01");
  EXPECT_EQ(text.all[0], "a\\nb\\tc\\rd\\u0001");
  Lines json;
  Log({.format = LogFormat::kJson}, json.sink()).info("a\nb");
  EXPECT_EQ(json.all[0], R"({"level":"info","text":"a\nb"})");
}

TEST(Log, JsonLinesEscapeQuotesAndReplaceBrokenUtf8) {
  Lines lines;
  Log log({.format = LogFormat::kJson}, lines.sink());
  log.info("say \"hi\" to C:\\x");
  log.info("\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x8C\x8A");                // well-formed
  log.info("\xC3|\xFF|\xE0\x80\x80|\xED\xA0\x80|\xF4\x90\x80\x80");  // not
  EXPECT_EQ(lines.all[0], R"({"level":"info","text":"say \"hi\" to C:\\x"})");
  EXPECT_EQ(lines.all[1],
            "{\"level\":\"info\",\"text\":\"\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x8C\x8A\"}");
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(lines.all[2], "{\"level\":\"info\",\"text\":\"" + bad + "|" + bad + "|" + bad + bad +
                              bad + "|" + bad + bad + bad + "|" + bad + bad + bad + bad + "\"}");
}

TEST(Log, NumbersThatJsonLacksAreNull) {
  Lines lines;
  Log log({.format = LogFormat::kJson}, lines.sink());
  log.write(LogLevel::kInfo, "x",
            {{"a", std::numeric_limits<double>::quiet_NaN()},
             {"b", std::numeric_limits<float>::infinity()}});
  EXPECT_EQ(lines.all[0], R"({"level":"info","text":"x","a":null,"b":null})");
}

TEST(Log, LinesNameTheRankWhenThereAreSeveral) {
  Lines lines;
  Log({.rank = 2, .n_ranks = 4}, lines.sink()).warning("a");
  Log({.format = LogFormat::kJson, .rank = 2, .n_ranks = 4}, lines.sink()).info("a");
  EXPECT_EQ(lines.all[0], "[2] warning: a");
  EXPECT_EQ(lines.all[1], R"({"level":"info","rank":2,"text":"a"})");
}

TEST(Log, StreamSinkEndsEachLine) {
  std::ostringstream stream;
  Log log(LogOptions{}, stream_sink(stream));
  log.info("a");
  log.info("b");
  EXPECT_EQ(stream.str(), "a\nb\n");
}

TEST(Log, LinesOfSeveralThreadsDoNotMix) {
  std::ostringstream stream;
  Log log(LogOptions{}, stream_sink(stream));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&log] {
      for (int i = 0; i < 200; ++i) log.info("0123456789");
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::istringstream lines(stream.str());
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    EXPECT_EQ(line, "0123456789");
    ++count;
  }
  EXPECT_EQ(count, 800);
}

}  // namespace
}  // namespace filigree
