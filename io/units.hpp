// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Units of measurement in text: "mm", "GPa", "kg/m^3", "W/(m K)", "deg/s", "1/s".
//
// Grammar: factors joined by a space, '*' or a middle dot, and '/'; integer powers with '^';
// parentheses. "kg/m s" is refused as ambiguous. Angles count as a dimension of their own.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace filigree {

/// Exponents of metre, kilogram, second, kelvin, ampere, mole, radian.
struct Dimension {
  std::array<int, 7> exponents{};
  bool operator==(const Dimension&) const = default;
};

/// value in SI = value * factor * 10^exponent10. Decimal prefixes live in the exponent, so that
/// "12.3 mm" gives the same bits as "0.0123".
struct Unit {
  Dimension dimension;
  double factor = 1;
  int exponent10 = 0;
};

struct UnitResult {
  std::optional<Unit> unit;
  std::string error;  ///< "unknown unit 'metre'"
  std::string hint;   ///< "did you mean 'm'?"
};

/// Never throws; a bad text gives an error.
UnitResult parse_unit(std::string_view text);

/// "a length (m)", "a speed (m/s)", "a plain number", or the product of base units.
std::string dimension_text(const Dimension& dimension);

/// The number written in `digits` ("12.3", "1e-3") with its unit `from`, in the unit `to`; nothing
/// when it is no number or overflows. The result is correctly rounded when both factors are 1.
std::optional<double> convert(std::string_view digits, const Unit& from, const Unit& to);

}  // namespace filigree
