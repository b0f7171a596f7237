// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/metrics.hpp"

#include <cmath>

#include "io/json.hpp"
#include "tests/io/testing.hpp"

namespace filigree {
namespace {

using testing_io::contents;
using testing_io::put;
using testing_io::TempFolder;

TEST(Metrics, ReadBackToTheSameBitsInOrder) {
  const TempFolder folder;
  const std::vector<Metric> metrics = {
      {"runout", 1.0 / 3.0, "m"}, {"error", 1e-300, ""}, {"count", 7, ""}};
  write_metrics(folder / "metrics.json", metrics);
  EXPECT_EQ(read_metrics(folder / "metrics.json"), metrics);
  EXPECT_EQ(contents(folder / "metrics.json").substr(0, 17), "{\n  \"runout\": {\n ");
}

TEST(Metrics, RefusesWhatCannotBeWritten) {
  const TempFolder folder;
  const std::string file = (folder / "metrics.json").string();
  const Metric twice[] = {{"a", 1, ""}, {"a", 2, ""}};
  EXPECT_MESSAGE(InputError, write_metrics(file, twice), "there are two metrics named 'a'");
  const Metric bad[] = {{"a", NAN, "m"}};
  EXPECT_MESSAGE(NumericalError, write_metrics(file, bad),
                 "metric 'a' is not finite (nan); '" + file + "' was not written");
  EXPECT_EQ(folder.listing(), "");
}

TEST(Metrics, RefusesFilesThatAreNotMetrics) {
  const TempFolder folder;
  const std::string file = (folder / "m.json").string();
  const auto message = [&](const std::string& text) {
    put(file, text);
    return testing_io::message_of<InputError>([&] { read_metrics(file); });
  };
  EXPECT_EQ(message("[]"), file + ": not a table of metrics");
  const std::string shape = "metric 'a' must look like {\"value\": 1.5, \"unit\": \"m\"}";
  EXPECT_EQ(message("{\"a\": 1}"), file + ": " + shape);
  EXPECT_EQ(message("{\"a\": {\"value\": \"1\", \"unit\": \"m\"}}"), file + ": " + shape);
  EXPECT_EQ(message("{\"a\": {\"value\": 1}}"), file + ": " + shape);
}

TEST(Json, SyntaxErrorsSayWhere) {
  EXPECT_MESSAGE_HAS(InputError, parse_json("{\"a\": }", "f"),
                     "f: not valid JSON: parse error at line 1, column 7");
  EXPECT_MESSAGE_HAS(InputError, parse_json("{} x", "f"), "f: not valid JSON: parse error");
  EXPECT_MESSAGE_HAS(InputError, parse_json("", "f"), "f: not valid JSON: parse error");
}

TEST(Json, DeepNestingIsRefusedAndBracketsInTextAreNot) {
  const std::string deep = std::string(101, '[') + std::string(101, ']');
  EXPECT_MESSAGE(InputError, parse_json(deep, "f"),
                 "f: not valid JSON: nested deeper than 100 levels");
  EXPECT_NO_THROW(parse_json(std::string(100, '[') + std::string(100, ']'), "f"));
  EXPECT_NO_THROW(parse_json("[\"\\\"" + std::string(500, '[') + "\"]", "f"));
}

TEST(Json, TextThatIsNotUtf8IsReplacedNotRefused) {
  EXPECT_EQ(json_text({{"a", "\xff"}}), "{\n  \"a\": \"\xef\xbf\xbd\"\n}\n");
}

}  // namespace
}  // namespace filigree
