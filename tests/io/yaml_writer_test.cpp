// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/yaml/writer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "tests/io/yaml_options.hpp"

namespace filigree::yaml_test {
namespace {

struct Inner {
  float single = 0;
  std::vector<std::string> words;
  bool operator==(const Inner&) const = default;
  template <class V>
  void reflect(V& v) {
    v("single", single, About{.unit = "m"});
    v("words", words);
  }
};

struct Empty {
  static constexpr const char* kName = "empty";
  bool operator==(const Empty&) const = default;
  template <class V>
  void reflect(V&) {}
};

struct Full {
  static constexpr const char* kName = "full";
  std::vector<Inner> inners;
  std::optional<Inner> maybe;
  bool operator==(const Full&) const = default;
  template <class V>
  void reflect(V& v) {
    v("inners", inners);
    v("maybe", maybe);
  }
};

/// A field of every kind, nested in every way.
struct Everything {
  bool flag = false;
  std::int8_t tiny = 0;
  std::int64_t signed_long = 0;
  std::uint64_t unsigned_long = 0;
  double real = 0;
  std::string text;
  FilePath file{"x"};
  Format choice = Format::kVtk;
  std::array<double, 2> pair{};
  std::vector<std::array<int, 2>> pairs;
  std::vector<std::vector<std::string>> table;
  std::optional<double> maybe;
  std::optional<std::vector<int>> maybe_list;
  std::vector<std::optional<int>> gaps;
  std::variant<Empty, Full> variant;
  std::vector<std::variant<Empty, Full>> variants;
  std::vector<std::vector<Inner>> blocks;
  std::vector<Empty> nothings;
  Inner inner;
  bool operator==(const Everything&) const = default;
  template <class V>
  void reflect(V& v) {
    v("flag", flag);
    v("tiny", tiny);
    v("signed_long", signed_long);
    v("unsigned_long", unsigned_long);
    v("real", real, About{.unit = "deg"});
    v("text", text);
    v("file", file);
    v("choice", choice);
    v("pair", pair, About{.unit = "km/h"});
    v("pairs", pairs);
    v("table", table);
    v("maybe", maybe);
    v("maybe_list", maybe_list);
    v("gaps", gaps);
    v("variant", variant);
    v("variants", variants);
    v("blocks", blocks);
    v("nothings", nothings);
    v("inner", inner);
  }
};

class Dice {
 public:
  explicit Dice(unsigned seed) : random_(seed) {}
  std::uint64_t bits() { return random_(); }
  std::size_t below(std::size_t n) { return random_() % n; }
  bool coin() { return below(2) == 0; }

  template <class T>
  T real() {
    std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t> pattern{};
    T value{};
    do {
      pattern = static_cast<decltype(pattern)>(bits());
      if (below(3) == 0) return static_cast<T>(static_cast<int>(below(2001)) - 1000) / 8;
      std::memcpy(&value, &pattern, sizeof value);
    } while (!std::isfinite(value));
    return value;
  }

  std::string text() {
    static const std::vector<std::string> kPieces{"a",
                                                  "Z",
                                                  "_",
                                                  "0",
                                                  " ",
                                                  "  ",
                                                  ":",
                                                  ": ",
                                                  " #",
                                                  "#",
                                                  "-",
                                                  "- ",
                                                  "\"",
                                                  "'",
                                                  "\\",
                                                  "\n",
                                                  "\t",
                                                  "\r",
                                                  "\x01",
                                                  "\x1F",
                                                  "\x7F",
                                                  "{",
                                                  "}",
                                                  "[",
                                                  "]",
                                                  ",",
                                                  "&",
                                                  "*",
                                                  "!",
                                                  "|",
                                                  ">",
                                                  "%",
                                                  "@",
                                                  "`",
                                                  "~",
                                                  "null",
                                                  "true",
                                                  "no",
                                                  "1e5",
                                                  ".inf",
                                                  "<<",
                                                  "---",
                                                  "...",
                                                  "?",
                                                  "\xC3\xBC",
                                                  "\xE2\x82\xAC",
                                                  "\xF0\x9F\x99\x82",
                                                  "\xC2\x85",
                                                  "\xE2\x80\xA8",
                                                  "\xEF\xBB\xBF"};
    std::string result;
    for (std::size_t n = below(6); n > 0; --n) result += kPieces[below(kPieces.size())];
    return result;
  }

  Inner inner() {
    Inner result{real<float>(), {}};
    for (std::size_t n = below(3); n > 0; --n) result.words.push_back(text());
    return result;
  }

  std::variant<Empty, Full> variant() {
    if (coin()) return Empty{};
    Full full;
    for (std::size_t n = below(3); n > 0; --n) full.inners.push_back(inner());
    if (coin()) full.maybe = inner();
    return full;
  }

  Everything everything() {
    Everything e;
    e.flag = coin();
    e.tiny = static_cast<std::int8_t>(bits());
    e.signed_long = static_cast<std::int64_t>(bits());
    e.unsigned_long = bits();
    e.real = real<double>();
    e.text = text();
    e.file.path = "f" + text();
    e.choice = static_cast<Format>(below(3));
    e.pair = {real<double>(), real<double>()};
    for (std::size_t n = below(3); n > 0; --n) e.pairs.push_back({static_cast<int>(bits()), 1});
    for (std::size_t n = below(3); n > 0; --n) e.table.push_back(inner().words);
    if (coin()) e.maybe = real<double>();
    if (coin()) e.maybe_list.emplace(below(3), 4);
    for (std::size_t n = below(3); n > 0; --n) {
      e.gaps.push_back(coin() ? std::optional<int>(static_cast<int>(n)) : std::nullopt);
    }
    e.variant = variant();
    for (std::size_t n = below(3); n > 0; --n) e.variants.push_back(variant());
    for (std::size_t n = below(3); n > 0; --n) e.blocks.emplace_back(below(3), inner());
    e.nothings.resize(below(3));
    e.inner = inner();
    return e;
  }

 private:
  std::mt19937_64 random_;
};

Everything read_back(const std::string& text) {
  yaml::Diagnostics diagnostics;
  const auto document = yaml::Document::parse_text(text, "echo.yaml", diagnostics);
  Everything result;
  yaml::read(document.root(), result, diagnostics, {.check_files = false});
  EXPECT_EQ(diagnostics.text(), "") << text;
  return result;
}

TEST(YamlWriter, EchoReadsBackToTheSameBits) {
  Dice dice(2024);
  for (int i = 0; i < 500; ++i) {
    const Everything original = dice.everything();
    const std::string text = yaml::echo(original);
    const Everything copy = read_back(text);
    ASSERT_EQ(copy, original) << text;
    ASSERT_EQ(yaml::echo(copy), text);  // tells -0 from 0
  }
}

TEST(YamlWriter, ExtremeNumbersReadBack) {
  Everything e;
  for (const double value :
       {0.0, -0.0, 0.1, 1e-5, 1e22, 123456789012345680.0, 5e-324,
        std::numeric_limits<double>::max(), std::numeric_limits<double>::min()}) {
    e.real = value;
    e.inner.single = std::numeric_limits<float>::denorm_min();
    e.signed_long = std::numeric_limits<std::int64_t>::min();
    EXPECT_EQ(read_back(yaml::echo(e)), e);
  }
}

TEST(YamlWriter, EchoIsReadableByPeople) {
  CommonOptions common;
  SceneOptions scene;
  scene.bodies.resize(2);
  scene.bodies[0].name = "left";
  scene.bodies[1].name = "5 % #1";
  scene.bodies[1].material = Sand{};
  EXPECT_EQ(yaml::echo(common, scene),
            "time:\n"
            "  dt: 0.01  # s\n"
            "  end: 1  # s\n"
            "run:\n"
            "  seed: 0\n"
            "  deterministic: true\n"
            "  level: 0\n"
            "formats: [vtk]\n"
            "bodies:\n"
            "  - name: left\n"
            "    from: [0, 0, 0]  # m\n"
            "    to: [1, 1, 1]  # m\n"
            "    density: 1000  # kg/m^3\n"
            "    material:\n"
            "      type: neo_hookean\n"
            "      young_modulus: 100000  # Pa\n"
            "      poisson_ratio: 0.3\n"
            "  - name: \"5 % #1\"\n"
            "    from: [0, 0, 0]  # m\n"
            "    to: [1, 1, 1]  # m\n"
            "    density: 1000  # kg/m^3\n"
            "    material:\n"
            "      type: drucker_prager\n"
            "      friction_angle: 0.5  # rad\n"
            "solver: null\n"
            "angle: null  # deg\n"
            "speed: 0  # m/s\n"
            "porosity: 0.4\n"
            "turn: 0  # rad/s\n");
}

TEST(YamlWriter, LimitsThatAreInfiniteAreLeftOut) {
  CommonOptions common;
  common.time.dt = std::numeric_limits<double>::infinity();
  EXPECT_EQ(yaml::echo(common.time), "end: 1  # s\n");
}

TEST(YamlWriter, ScalarsAreQuotedOnlyWhereNeeded) {
  EXPECT_EQ(yaml::scalar_text("dam break"), "dam break");
  EXPECT_EQ(yaml::scalar_text("runs/a-1.csv"), "runs/a-1.csv");
  EXPECT_EQ(yaml::scalar_text(""), "\"\"");
  EXPECT_EQ(yaml::scalar_text("null"), "\"null\"");
  EXPECT_EQ(yaml::scalar_text("No"), "\"No\"");
  EXPECT_EQ(yaml::scalar_text("a: b"), "\"a: b\"");
  EXPECT_EQ(yaml::scalar_text("a\n\"b\"\\"), "\"a\\n\\\"b\\\"\\\\\"");
  EXPECT_EQ(yaml::scalar_text("\x01"), "\"\\x01\"");
  EXPECT_EQ(yaml::scalar_text("5"), "\"5\"");
}

}  // namespace
}  // namespace filigree::yaml_test
