// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/reflect.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace filigree {

enum class Side { kLeft, kRight };
template <>
struct EnumNames<Side> {
  static constexpr std::array names{"left", "right"};
};

namespace {

struct Inner {
  double length = 2;
  template <class V>
  void reflect(V& v) {
    v("length", length, About{.doc = "edge length", .unit = "m", .above = 0});
  }
};

struct Outer {
  int count = 3;
  Inner inner;
  Side side = Side::kRight;
  template <class V>
  void reflect(V& v) {
    v("count", count, About{.min = 1, .max = 9});
    v("inner", inner);
    v("side", side);
  }
  std::string validate() const { return count > 5 && side == Side::kLeft ? "too many left" : ""; }
};

struct Plain {
  int count = 0;
};

static_assert(Reflectable<Inner> && Reflectable<Outer> && !Reflectable<Plain> && !Reflectable<int>);
static_assert(Validated<Outer> && !Validated<Inner>);
static_assert(NamedEnum<Side> && !NamedEnum<int>);

/// Lists every leaf as "path: unit", and doubles numbers on the way.
struct Lister {
  std::string prefix;
  std::vector<std::string>& lines;

  template <class T>
  void operator()(const char* key, T& field, const About& about = {}) {
    const std::string path = prefix + key;
    if constexpr (Reflectable<T>) {
      Lister inner{path + ".", lines};
      field.reflect(inner);
    } else if constexpr (NamedEnum<T>) {
      lines.push_back(path + ": " + EnumNames<T>::names[static_cast<std::size_t>(field)]);
    } else {
      lines.push_back(path + ": " + about.unit);
      field *= 2;
    }
  }
};

TEST(Reflect, OneListIsVisitedInOrderWithWriteAccess) {
  Outer outer;
  std::vector<std::string> lines;
  Lister lister{"", lines};
  outer.reflect(lister);
  EXPECT_EQ(lines, (std::vector<std::string>{"count: ", "inner.length: m", "side: right"}));
  EXPECT_EQ(outer.count, 6);
  EXPECT_EQ(outer.inner.length, 4);
}

TEST(Reflect, AboutIsUnboundedAndOptionalByDefault) {
  const About about;
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(about.min, -infinity);
  EXPECT_EQ(about.above, -infinity);
  EXPECT_EQ(about.max, infinity);
  EXPECT_EQ(about.below, infinity);
  EXPECT_FALSE(about.required);
  EXPECT_STREQ(about.unit, "");
}

TEST(Reflect, RulesBetweenFieldsAnswerInWords) {
  Outer outer;
  EXPECT_EQ(outer.validate(), "");
  outer.count = 6;
  outer.side = Side::kLeft;
  EXPECT_EQ(outer.validate(), "too many left");
}

}  // namespace
}  // namespace filigree
