// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/units.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/text.hpp"

namespace filigree {
namespace {

constexpr double kPi = 3.14159265358979323846;

double convert_text(const std::string& digits, const std::string& from, const std::string& to) {
  const UnitResult a = parse_unit(from);
  const UnitResult b = parse_unit(to);
  EXPECT_TRUE(a.unit) << from << ": " << a.error;
  EXPECT_TRUE(b.unit) << to << ": " << b.error;
  EXPECT_EQ(a.unit->dimension, b.unit->dimension) << from << " and " << to;
  return convert(digits, *a.unit, *b.unit).value();
}

std::string failure(const std::string& text) {
  const UnitResult result = parse_unit(text);
  EXPECT_FALSE(result.unit) << text;
  return result.error + (result.hint.empty() ? "" : " | " + result.hint);
}

TEST(Units, DecimalPrefixesCostNoRounding) {
  EXPECT_EQ(convert_text("12", "mm", "m"), 0.012);
  EXPECT_EQ(convert_text("12.3", "mm", "m"), 0.0123);
  EXPECT_EQ(convert_text("0.7", "um", "m"), 0.7e-6);
  EXPECT_EQ(convert_text("3", "GPa", "Pa"), 3e9);
  EXPECT_EQ(convert_text("1.1", "g/cm^3", "kg/m^3"), 1100.0);
  EXPECT_EQ(convert_text("1e-3", "km", "m"), 1.0);
  EXPECT_EQ(convert_text("+2.5E+2", "cm", "m"), 2.5);
  EXPECT_EQ(convert_text("5", "%", "1"), 0.05);
  EXPECT_EQ(convert_text("2", "t", "kg"), 2000.0);
  EXPECT_EQ(convert_text("3", "L", "m^3"), 0.003);
}

TEST(Units, OtherFactorsAreApplied) {
  EXPECT_DOUBLE_EQ(convert_text("20", "deg", "rad"), 20 * kPi / 180);
  EXPECT_DOUBLE_EQ(convert_text("1", "rad", "deg"), 180 / kPi);
  EXPECT_EQ(convert_text("20", "deg", "deg"), 20.0);
  EXPECT_EQ(convert_text("1.5", "min", "s"), 90.0);
  EXPECT_EQ(convert_text("2", "h", "s"), 7200.0);
  EXPECT_DOUBLE_EQ(convert_text("36", "km/h", "m/s"), 10.0);
  EXPECT_DOUBLE_EQ(convert_text("60", "rpm", "rad/s"), 2 * kPi);
  EXPECT_EQ(convert_text("1", "atm", "Pa"), 101325.0);
  EXPECT_EQ(convert_text("1", "bar", "Pa"), 1e5);
  EXPECT_DOUBLE_EQ(convert_text("90", "\xC2\xB0", "rad"), kPi / 2);
}

TEST(Units, ProductsQuotientsPowersAndParentheses) {
  EXPECT_EQ(convert_text("1", "N", "kg m/s^2"), 1.0);
  EXPECT_EQ(convert_text("1", "N m", "J"), 1.0);
  EXPECT_EQ(convert_text("1", "N*m", "J"), 1.0);
  EXPECT_EQ(convert_text("1", "N\xC2\xB7m", "J"), 1.0);
  EXPECT_EQ(convert_text("1", "kg m^-3", "kg/m^3"), 1.0);
  EXPECT_EQ(convert_text("1", "m/s/s", "m/s^2"), 1.0);
  EXPECT_EQ(convert_text("1", "Pa", "kg/(m s^2)"), 1.0);
  EXPECT_EQ(convert_text("1", "(m/s)^2", "m^2/s^2"), 1.0);
  EXPECT_EQ(convert_text("1", "Hz", "1/s"), 1.0);
  EXPECT_EQ(convert_text("4", "mm^2", "m^2"), 4e-6);
  EXPECT_EQ(convert_text("1", "mPa s", "Pa s"), 1e-3);
  EXPECT_EQ(convert_text("7", "\xC2\xB5m", "m"), 7e-6);
  EXPECT_EQ(convert_text("7", "\xCE\xBCm", "m"), 7e-6);
}

TEST(Units, MistakesAreNamed) {
  EXPECT_EQ(failure("metre"), "unknown unit 'metre' | did you mean 'm'?");
  EXPECT_EQ(failure("Seconds"), "unknown unit 'Seconds' | did you mean 's'?");
  EXPECT_EQ(failure("kpa"), "unknown unit 'kpa' | did you mean 'kPa'?");
  EXPECT_EQ(failure("KG/m^3"), "unknown unit 'KG' | did you mean 'kg'?");
  EXPECT_EQ(failure("furlong"),
            "unknown unit 'furlong' | units are SI symbols such as m, mm, kg, s, min, N, kPa, J, "
            "deg, kg/m^3");
  EXPECT_EQ(failure("kg/m s"),
            "'kg/m s' is ambiguous after the '/' | use parentheses, as in 'kg/(m s)'");
  EXPECT_EQ(failure("m^x"), "the power in 'm^x' is not a whole number from -9 to 9");
  EXPECT_EQ(failure("m^"), "the power in 'm^' is not a whole number from -9 to 9");
  EXPECT_EQ(failure("m^10"), "the power in 'm^10' is not a whole number from -9 to 9");
  EXPECT_EQ(failure("m^--1"), "the power in 'm^--1' is not a whole number from -9 to 9");
  EXPECT_EQ(failure("(m"), "a ')' is missing in '(m'");
  EXPECT_EQ(failure("m)"), "'m)' is not a unit");
  EXPECT_EQ(failure(""), "'' is not a unit");
  EXPECT_EQ(failure("m/"), "'m/' is not a unit");
  EXPECT_EQ(failure("kmin"),
            "unknown unit 'kmin' | units are SI symbols such as m, mm, kg, s, "
            "min, N, kPa, J, deg, kg/m^3");
  EXPECT_EQ(failure("((((((((((m))))))))))"), "the parentheses of the unit are nested too deeply");
  EXPECT_EQ(failure("((km^9)^9)^9"), "the powers of the unit are too large");
  EXPECT_EQ(failure(std::string(65, 'm')), "the unit is too long");
}

TEST(Units, DimensionsHaveNames) {
  const auto name = [](const std::string& text) {
    return dimension_text(parse_unit(text).unit.value().dimension);
  };
  EXPECT_EQ(name("mm"), "a length (m)");
  EXPECT_EQ(name("GPa"), "a pressure (Pa)");
  EXPECT_EQ(name("g/L"), "a density (kg/m^3)");
  EXPECT_EQ(name("km/h"), "a speed (m/s)");
  EXPECT_EQ(name("deg"), "an angle (rad)");
  EXPECT_EQ(name("%"), "a plain number");
  EXPECT_EQ(name("m/m"), "a plain number");
  EXPECT_EQ(name("kg^2/s"), "a quantity in kg^2 s^-1");
}

TEST(Units, NumbersThatDoNotFitAreNotConverted) {
  const Unit one;
  const Unit giga = *parse_unit("Gm").unit;
  EXPECT_FALSE(convert("1e308", giga, one));
  EXPECT_FALSE(convert("1e400", one, one));
  EXPECT_FALSE(convert("1e-400", one, one));
  EXPECT_FALSE(convert("1e99999999999999999999", one, one));
  EXPECT_FALSE(convert("abc", one, one));
  EXPECT_FALSE(convert("", one, one));
  EXPECT_EQ(convert("1e300", giga, giga), 1e300);
  EXPECT_EQ(convert("0e99999", one, one), 0.0);
}

}  // namespace
}  // namespace filigree
