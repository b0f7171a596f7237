// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/units.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/text.hpp"

namespace filigree {

namespace {

constexpr double kPi = 3.14159265358979323846;

struct Known {
  std::string_view name;
  std::array<int, 7> exponents;  // m kg s K A mol rad
  double factor;
  int exponent10;
  bool takes_prefix;
};

constexpr Known kKnown[] = {
    {"m", {1, 0, 0, 0, 0, 0, 0}, 1, 0, true},
    {"g", {0, 1, 0, 0, 0, 0, 0}, 1, -3, true},
    {"s", {0, 0, 1, 0, 0, 0, 0}, 1, 0, true},
    {"K", {0, 0, 0, 1, 0, 0, 0}, 1, 0, true},
    {"A", {0, 0, 0, 0, 1, 0, 0}, 1, 0, true},
    {"mol", {0, 0, 0, 0, 0, 1, 0}, 1, 0, true},
    {"rad", {0, 0, 0, 0, 0, 0, 1}, 1, 0, true},
    {"N", {1, 1, -2, 0, 0, 0, 0}, 1, 0, true},
    {"Pa", {-1, 1, -2, 0, 0, 0, 0}, 1, 0, true},
    {"J", {2, 1, -2, 0, 0, 0, 0}, 1, 0, true},
    {"W", {2, 1, -3, 0, 0, 0, 0}, 1, 0, true},
    {"Hz", {0, 0, -1, 0, 0, 0, 0}, 1, 0, true},
    {"V", {2, 1, -3, 0, -1, 0, 0}, 1, 0, true},
    {"C", {0, 0, 1, 0, 1, 0, 0}, 1, 0, true},
    {"L", {3, 0, 0, 0, 0, 0, 0}, 1, -3, true},
    {"l", {3, 0, 0, 0, 0, 0, 0}, 1, -3, true},
    {"bar", {-1, 1, -2, 0, 0, 0, 0}, 1, 5, true},
    {"t", {0, 1, 0, 0, 0, 0, 0}, 1, 3, false},
    {"atm", {-1, 1, -2, 0, 0, 0, 0}, 101325, 0, false},
    {"min", {0, 0, 1, 0, 0, 0, 0}, 60, 0, false},
    {"h", {0, 0, 1, 0, 0, 0, 0}, 3600, 0, false},
    {"deg", {0, 0, 0, 0, 0, 0, 1}, kPi / 180, 0, false},
    {"\xC2\xB0", {0, 0, 0, 0, 0, 0, 1}, kPi / 180, 0, false},
    {"rev", {0, 0, 0, 0, 0, 0, 1}, 2 * kPi, 0, false},
    {"rpm", {0, 0, -1, 0, 0, 0, 1}, 2 * kPi / 60, 0, false},
    {"%", {}, 1, -2, false},
    {"1", {}, 1, 0, false},
};

constexpr std::pair<std::string_view, int> kPrefixes[] = {
    {"T", 12}, {"G", 9},  {"M", 6},         {"k", 3},         {"d", -1}, {"c", -2},
    {"m", -3}, {"u", -6}, {"\xC2\xB5", -6}, {"\xCE\xBC", -6}, {"n", -9}, {"p", -12},
};

// Names in words, of which only the symbols are read.
constexpr std::pair<std::string_view, std::string_view> kWords[] = {
    {"metre", "m"},       {"meter", "m"},       {"gram", "g"},        {"kilogram", "kg"},
    {"second", "s"},      {"sec", "s"},         {"minute", "min"},    {"hour", "h"},
    {"hr", "h"},          {"newton", "N"},      {"pascal", "Pa"},     {"joule", "J"},
    {"watt", "W"},        {"kelvin", "K"},      {"degree", "deg"},    {"radian", "rad"},
    {"litre", "L"},       {"liter", "L"},       {"hertz", "Hz"},      {"percent", "%"},
    {"millimetre", "mm"}, {"millimeter", "mm"}, {"centimetre", "cm"}, {"centimeter", "cm"},
    {"micron", "um"},     {"ton", "t"},         {"tonne", "t"},       {"volt", "V"},
    {"ampere", "A"},
};

struct Named {
  std::string_view symbol;
  std::string_view words;
};

// Symbols of named dimensions, for messages; the first match is shown.
constexpr Named kNamed[] = {
    {"m", "a length"},
    {"kg", "a mass"},
    {"s", "a time"},
    {"K", "a temperature"},
    {"A", "a current"},
    {"mol", "an amount of substance"},
    {"rad", "an angle"},
    {"m^2", "an area"},
    {"m^3", "a volume"},
    {"m/s", "a speed"},
    {"m/s^2", "an acceleration"},
    {"rad/s", "an angular speed"},
    {"1/s", "a rate"},
    {"N", "a force"},
    {"Pa", "a pressure"},
    {"J", "an energy"},
    {"W", "a power"},
    {"kg/m^3", "a density"},
    {"Pa s", "a viscosity"},
    {"m^2/s", "a diffusivity"},
    {"N/m", "a force per length"},
    {"kg/m", "a mass per length"},
    {"1/m", "a curvature"},
    {"kg m/s", "a momentum"},
    {"m^3/s", "a flow rate"},
    {"N m^2", "a bending stiffness"},
};

const Known* find_known(std::string_view name) {
  for (const Known& known : kKnown) {
    if (known.name == name) return &known;
  }
  return nullptr;
}

std::optional<Unit> find_atom(std::string_view name) {
  if (const Known* known = find_known(name)) {
    return Unit{{known->exponents}, known->factor, known->exponent10};
  }
  for (const auto& [prefix, power] : kPrefixes) {
    if (name.substr(0, prefix.size()) != prefix) continue;
    const Known* known = find_known(name.substr(prefix.size()));
    if (known != nullptr && known->takes_prefix) {
      return Unit{{known->exponents}, known->factor, known->exponent10 + power};
    }
  }
  return std::nullopt;
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

std::string suggestion(std::string_view name) {
  const std::string word = lower_case(name);
  for (const auto& [spelled, symbol] : kWords) {
    if (word == spelled || word == std::string(spelled) + "s") {
      return format("did you mean '{}'?", symbol);
    }
  }
  for (const Known& known : kKnown) {
    if (lower_case(known.name) == word) return format("did you mean '{}'?", known.name);
    for (const auto& [prefix, power] : kPrefixes) {
      if (known.takes_prefix && lower_case(prefix) + lower_case(known.name) == word) {
        return format("did you mean '{}{}'?", prefix, known.name);
      }
    }
  }
  return "units are SI symbols such as m, mm, kg, s, min, N, kPa, J, deg, kg/m^3";
}

struct Failure {
  std::string error;
  std::string hint;
};

/// Recursive descent over the grammar of the header.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Unit run() {
    const Unit unit = product();
    skip_spaces();
    if (i_ < text_.size()) fail(format("'{}' is not a unit", text_), "");
    return unit;
  }

 private:
  static constexpr int kDeepest = 8;
  static constexpr int kLargestPower = 9;

  [[noreturn]] static void fail(std::string error, std::string hint) {
    throw Failure{std::move(error), std::move(hint)};
  }

  void skip_spaces() {
    while (i_ < text_.size() && text_[i_] == ' ') ++i_;
  }

  bool take(std::string_view token) {
    if (text_.substr(i_, token.size()) != token) return false;
    i_ += token.size();
    return true;
  }

  static void multiply(Unit& unit, const Unit& by, int power) {
    for (std::size_t k = 0; k < unit.dimension.exponents.size(); ++k) {
      unit.dimension.exponents[k] += power * by.dimension.exponents[k];
    }
    unit.factor *= by.factor == 1 ? 1 : std::pow(by.factor, power);
    unit.exponent10 += power * by.exponent10;
    const auto too_large = [](int e) { return e > 99 || e < -99; };
    if (too_large(unit.exponent10) ||
        std::any_of(unit.dimension.exponents.begin(), unit.dimension.exponents.end(), too_large)) {
      fail("the powers of the unit are too large", "");
    }
  }

  Unit product() {
    Unit unit = power();
    bool divided = false;
    while (true) {
      skip_spaces();
      if (i_ >= text_.size() || text_[i_] == ')') return unit;
      if (take("/")) {
        multiply(unit, power(), -1);
        divided = true;
        continue;
      }
      if (!take("*")) take("\xC2\xB7");
      if (divided) {
        fail(format("'{}' is ambiguous after the '/'", text_), "use parentheses, as in 'kg/(m s)'");
      }
      multiply(unit, power(), 1);
    }
  }

  Unit power() {
    skip_spaces();
    Unit base;
    if (take("(")) {
      if (++depth_ > kDeepest) fail("the parentheses of the unit are nested too deeply", "");
      base = product();
      if (!take(")")) fail(format("a ')' is missing in '{}'", text_), "");
      --depth_;
    } else {
      base = atom();
    }
    if (!take("^")) return base;
    Unit unit;
    multiply(unit, base, exponent());
    return unit;
  }

  int exponent() {
    const bool negative = take("-");
    int value = 0;
    const auto [end, error] =
        std::from_chars(text_.data() + i_, text_.data() + text_.size(), value);
    const bool digits = i_ < text_.size() && text_[i_] >= '0' && text_[i_] <= '9';
    if (error != std::errc() || !digits || value > kLargestPower) {
      fail(format("the power in '{}' is not a whole number from -9 to 9", text_), "");
    }
    i_ = static_cast<std::size_t>(end - text_.data());
    return negative ? -value : value;
  }

  Unit atom() {
    const std::size_t end = std::min(text_.find_first_of(" */^()", i_), text_.size());
    std::string_view name = text_.substr(i_, end - i_);
    name = name.substr(0, name.find("\xC2\xB7"));
    i_ += name.size();
    if (name.empty()) fail(format("'{}' is not a unit", text_), "");
    if (const std::optional<Unit> unit = find_atom(name)) return *unit;
    fail(format("unknown unit '{}'", name), suggestion(name));
  }

  std::string_view text_;
  std::size_t i_ = 0;
  int depth_ = 0;
};

std::optional<double> parse_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

UnitResult parse_unit(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  if (text.size() > kLongest) return {std::nullopt, "the unit is too long", ""};
  try {
    return {Parser(text).run(), "", ""};
  } catch (const Failure& failure) {
    return {std::nullopt, failure.error, failure.hint};
  }
}

std::string dimension_text(const Dimension& dimension) {
  if (dimension == Dimension{}) return "a plain number";
  for (const Named& named : kNamed) {
    if (parse_unit(named.symbol).unit->dimension == dimension) {
      return format("{} ({})", named.words, named.symbol);
    }
  }
  constexpr const char* kSymbols[] = {"m", "kg", "s", "K", "A", "mol", "rad"};
  std::vector<std::string> factors;
  for (std::size_t k = 0; k < dimension.exponents.size(); ++k) {
    const int power = dimension.exponents[k];
    if (power == 1) factors.emplace_back(kSymbols[k]);
    if (power != 0 && power != 1) factors.push_back(format("{}^{}", kSymbols[k], power));
  }
  return format("a quantity in {}", join(factors, " "));
}

std::optional<double> convert(std::string_view digits, const Unit& from, const Unit& to) {
  if (!digits.empty() && digits.front() == '+') digits.remove_prefix(1);
  // The decimal shift goes into the text, so that it costs no rounding.
  const std::size_t e = std::min(digits.find_first_of("eE"), digits.size());
  int exponent = 0;
  if (e < digits.size()) {
    std::string_view tail = digits.substr(e + 1);
    if (!tail.empty() && tail.front() == '+') tail.remove_prefix(1);
    const auto [end, error] = std::from_chars(tail.data(), tail.data() + tail.size(), exponent);
    if (error != std::errc() || end != tail.data() + tail.size()) return std::nullopt;
  }
  constexpr int kHuge = 100000;
  exponent = std::clamp(exponent, -kHuge, kHuge) + from.exponent10 - to.exponent10;
  std::optional<double> value = parse_number(format("{}e{}", digits.substr(0, e), exponent));
  if (value && from.factor != to.factor) *value = *value * from.factor / to.factor;
  if (value && !std::isfinite(*value)) return std::nullopt;
  return value;
}

}  // namespace filigree
