// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The one list per struct that drives reading, writing, documentation, parameters and restart.
//
//   struct TimeOptions {
//     static constexpr const char* kDoc = "when the run ends";     // optional, for the manual
//     Real end = 1;
//     template <class V>
//     void reflect(V& v) {
//       v("end", end, About{.doc = "final time", .unit = "s", .above = 0});
//     }
//     std::string validate() const;                                // optional, rules between
//     fields
//   };
//
// A visitor is any object with `operator()(const char* key, T& field, About about)`.
// Field types every visitor understands: bool, integers, float, double, std::string, FilePath,
// enums with EnumNames, std::array<T, N>, std::vector<T>, std::optional<T>, reflectable structs,
// and std::variant of reflectable structs that have `kName` (the YAML key `type:` picks the
// alternative).
#pragma once

#include <array>
#include <concepts>
#include <limits>
#include <string>
#include <string_view>

namespace filigree {

/// What a field is. Bounds are checked on the value in `unit` (SI); "" means dimensionless.
struct About {
  const char* doc = "";
  const char* unit = "";
  double min = -std::numeric_limits<double>::infinity();    ///< inclusive lower bound
  double max = std::numeric_limits<double>::infinity();     ///< inclusive upper bound
  double above = -std::numeric_limits<double>::infinity();  ///< exclusive lower bound
  double below = std::numeric_limits<double>::infinity();   ///< exclusive upper bound
  bool required = false;  ///< the key must be there; a default would be a guess
};

/// A file named inside a scenario: resolved against the scenario's folder, checked to exist by
/// `check`.
struct FilePath {
  std::string path;
  bool operator==(const FilePath&) const = default;
};

/// Specialise to give an enumeration its names, in the order of its values from 0:
///   template <> struct EnumNames<Side> { static constexpr std::array names{"left", "right"}; };
template <class Enum>
struct EnumNames;

namespace detail {
struct ProbeVisitor {
  template <class T>
  void operator()(const char*, T&, const About& = {}) {}
};
}  // namespace detail

/// A struct that lists its fields.
template <class T>
concept Reflectable = requires(T& t, detail::ProbeVisitor& v) {
  t.reflect(v);
};

/// A struct with rules between its fields: "" when they hold, else what is wrong and what to do.
template <class T>
concept Validated = requires(const T& t) {
  { t.validate() } -> std::convertible_to<std::string>;
};

template <class T>
concept NamedEnum = requires {
  EnumNames<T>::names.size();
};

}  // namespace filigree
