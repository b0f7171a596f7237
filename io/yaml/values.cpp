// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/yaml/values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <system_error>

#include "core/text.hpp"
#include "io/units.hpp"

namespace filigree::yaml {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string plain_form(std::string_view word) {
  std::string result(word);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-' || c == ' ') c = '_';
  }
  return result;
}

/// Length of the number at the start of the text: sign, digits with a point, exponent; 0: none.
std::size_t number_length(std::string_view text) {
  std::size_t i = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
  std::size_t n_digits = 0;
  for (; i < text.size() && is_digit(text[i]); ++i) ++n_digits;
  if (i < text.size() && text[i] == '.') ++i;
  for (; i < text.size() && is_digit(text[i]); ++i) ++n_digits;
  if (n_digits == 0) return 0;
  std::size_t e = i;
  if (e < text.size() && (text[e] == 'e' || text[e] == 'E')) {
    ++e;
    if (e < text.size() && (text[e] == '+' || text[e] == '-')) ++e;
    if (e < text.size() && is_digit(text[e])) {
      while (e < text.size() && is_digit(text[e])) ++e;
      i = e;
    }
  }
  return i;
}

bool is_not_finite(std::string_view text) {
  std::string word = plain_form(text);
  if (!word.empty() && (word[0] == '+' || word[0] == '_')) word.erase(0, 1);
  if (!word.empty() && word[0] == '.') word.erase(0, 1);
  return word == "inf" || word == "nan" || word == "infinity";
}

bool has_leading_zero(std::string_view digits) {
  if (!digits.empty() && (digits[0] == '+' || digits[0] == '-')) digits.remove_prefix(1);
  return digits.size() > 1 && digits[0] == '0' && is_digit(digits[1]);
}

/// Reads one value; each function reports at most one problem.
class ValueReader {
 public:
  ValueReader(const Slot& slot, Diagnostics& diagnostics, const ReadContext& context)
      : slot_(slot), diagnostics_(diagnostics), context_(context) {}

  void run() {
    if (slot_.node.kind == NodeKind::kNull) {
      fail(format("{} has no value", slot_.path), example());
      return;
    }
    if (slot_.node.kind != NodeKind::kScalar) {
      fail(format("{} is {}, not {}", slot_.path, node_text(slot_.node), expected()), "");
      return;
    }
    switch (slot_.type.kind) {
      case Kind::kBoolean:
        return boolean();
      case Kind::kInteger:
        return integer();
      case Kind::kReal:
        return real();
      case Kind::kChoice:
        return choice();
      case Kind::kFile:
        return file();
      default:
        *static_cast<std::string*>(slot_.object) = slot_.node.text;
    }
  }

 private:
  std::string unit() const { return slot_.about.unit; }

  void fail(std::string message, std::string hint) {
    diagnostics_.error(slot_.where, slot_.path, std::move(message), std::move(hint));
  }

  /// "time.dt = -0.01"
  std::string assignment() const {
    const char* quote = slot_.node.quoted ? "\"" : "";
    return format("{} = {}{}{}", slot_.path, quote, shown(slot_.node.text), quote);
  }

  std::string expected() const {
    switch (slot_.type.kind) {
      case Kind::kBoolean:
        return "true or false";
      case Kind::kInteger:
        return "a whole number";
      case Kind::kReal:
        return unit().empty() ? "a number" : format("a number ({})", unit());
      case Kind::kChoice:
        return format("one of {}", join(slot_.type.names));
      case Kind::kFile:
        return "the name of a file";
      default:
        return "a text";
    }
  }

  std::string example() const {
    if (slot_.type.kind == Kind::kText) return "write \"\" for an empty text";
    return format("write {}, or remove the key", expected());
  }

  /// False (and reported) for numbers in quotes and values that only look like numbers.
  bool is_number(std::string_view text, std::size_t length) {
    if (slot_.node.quoted) {
      fail(format("{} is a text, not {}", assignment(), expected()),
           length > 0 ? "remove the quotes" : "");
    } else if (is_not_finite(text)) {
      fail(format("{} is not finite", assignment()), "");
    } else if (length == 0) {
      fail(format("{} is not {}", assignment(), expected()), "");
    } else if (has_leading_zero(text.substr(0, length))) {
      fail(format("{} starts with a zero", assignment()), "remove the leading zeros");
    } else {
      return true;
    }
    return false;
  }

  void boolean() {
    const std::string& text = slot_.node.text;
    if (!slot_.node.quoted && (text == "true" || text == "false")) {
      *static_cast<bool*>(slot_.object) = text == "true";
      return;
    }
    const std::string word = plain_form(text);
    const bool yes = word == "yes" || word == "on" || word == "true" || word == "1";
    const bool no = word == "no" || word == "off" || word == "false" || word == "0";
    fail(format("{} is not true or false", assignment()),
         yes ? "write true" : (no ? "write false" : ""));
  }

  void integer() {
    const std::string_view text = slot_.node.text;
    const std::size_t length = number_length(text);
    if (!is_number(text, length)) return;
    const bool negative = text[0] == '-';
    const std::string_view digits = text.substr(negative || text[0] == '+' ? 1 : 0);
    if (!std::all_of(digits.begin(), digits.end(), is_digit)) {
      fail(format("{} is not a whole number", assignment()), whole_number_hint(text, length));
      return;
    }
    std::uint64_t magnitude = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), magnitude);
    const Type& type = slot_.type;
    // |lowest| of a signed type, without overflow for the most negative value.
    const std::uint64_t below_zero = ~static_cast<std::uint64_t>(type.lowest) + 1;
    const bool fits =
        result.ec == std::errc() &&
        (negative ? magnitude <= (type.is_signed ? below_zero : 0) : magnitude <= type.highest);
    const double value = static_cast<double>(magnitude) * (negative ? -1 : 1);
    if (!fits || !in_range(value)) {
      fail(format("{} is outside its range ({})", assignment(), integer_range()), "");
      return;
    }
    type.store_integer(slot_.object, negative ? ~magnitude + 1 : magnitude);
  }

  std::string whole_number_hint(std::string_view text, std::size_t length) const {
    if (length != text.size()) return "";
    const std::optional<double> value = convert(text, Unit{}, Unit{});
    constexpr double kExact = 9007199254740992.0;  // 2^53
    const bool whole = value && std::floor(*value) == *value && std::abs(*value) < kExact;
    return whole ? format("write {:.0f}", *value) : "";
  }

  /// The field's own range, completed by what its type can hold.
  std::string integer_range() const {
    const Type& type = slot_.type;
    const About& about = slot_.about;
    const bool low = std::isfinite(about.min) || std::isfinite(about.above);
    const bool high = std::isfinite(about.max) || std::isfinite(about.below);
    if (!low && !high) {
      return type.is_signed ? format("{} to {}", type.lowest, type.highest)
                            : format("0 to {}", type.highest);
    }
    if (low && high) return range_text(about);
    if (low) return format("{} and <= {}", range_text(about), type.highest);
    return format(">= {} and {}", type.is_signed ? type.lowest : 0, range_text(about));
  }

  bool in_range(double value) const {
    const About& about = slot_.about;
    return value >= about.min && value <= about.max && value > about.above && value < about.below;
  }

  void real() {
    const std::string_view text = slot_.node.text;
    const std::size_t length = number_length(text);
    if (!is_number(text, length)) return;
    std::string_view rest = text.substr(length);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    const UnitResult own = parse_unit(unit().empty() ? "1" : unit());
    const Unit field_unit = own.unit.value_or(Unit{});
    Unit written = field_unit;
    if (!rest.empty() && !written_unit(rest, own.unit, written)) return;
    const std::optional<double> value = convert(text.substr(0, length), written, field_unit);
    const bool fits = value && (!slot_.type.is_single || std::isfinite(static_cast<float>(*value)));
    if (!fits) {
      fail(format("{} is too large or too small for a {} precision number", assignment(),
                  slot_.type.is_single ? "single" : "double"),
           "");
    } else if (!in_range(*value)) {
      fail(format("{} is outside its range ({})", assignment(), range_text(slot_.about)), "");
    } else if (slot_.type.is_single) {
      *static_cast<float*>(slot_.object) = static_cast<float>(*value);
    } else {
      *static_cast<double*>(slot_.object) = *value;
    }
  }

  /// Reads the text behind a number; false (and reported) when it is no unit of the field's
  /// dimension.
  bool written_unit(std::string_view rest, const std::optional<Unit>& own, Unit& written) {
    const bool is_rate = rest.substr(0, 2) == "1/";
    if (rest[0] == ',' || rest[0] == '_' || rest[0] == ':' || (is_digit(rest[0]) && !is_rate)) {
      fail(format("{} is not {}", assignment(), expected()),
           rest[0] == ',' ? "the decimal mark is a point" : "");
      return false;
    }
    const UnitResult result = parse_unit(rest);
    if (!result.unit) {
      fail(format("{}: {}", assignment(), shown(result.error)), result.hint);
      return false;
    }
    const Dimension expected_dimension = own ? own->dimension : Dimension{};
    if (!own || result.unit->dimension != expected_dimension) {
      fail(format("{} is {}, not {}", assignment(), dimension_text(result.unit->dimension),
                  own ? dimension_text(expected_dimension) : format("a number ({})", unit())),
           own && expected_dimension == Dimension{} ? "remove the unit" : "");
      return false;
    }
    written = *result.unit;
    return true;
  }

  void choice() {
    const auto& names = slot_.type.names;
    const auto found = std::find(names.begin(), names.end(), slot_.node.text);
    if (found == names.end()) {
      fail(format("{} is not one of {}", assignment(), join(names)),
           did_you_mean(slot_.node.text, names));
      return;
    }
    slot_.type.store_integer(slot_.object, static_cast<std::uint64_t>(found - names.begin()));
  }

  void file() {
    const std::string& text = slot_.node.text;
    static_cast<FilePath*>(slot_.object)->path = text;
    if (text.empty()) {
      fail(format("{} names no file", slot_.path), "write the name of a file, or remove the key");
      return;
    }
    if (!context_.check_files) return;
    const std::filesystem::path path = context_.folder / text;
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) {
      fail(format("{}: the file '{}' does not exist{}", slot_.path, shown(text),
                  std::filesystem::path(text).is_absolute() ? "" : " in the scenario's folder"),
           nearest_file(path));
    } else if (!std::filesystem::is_regular_file(status)) {
      fail(format("{}: '{}' is not a file", slot_.path, shown(text)), "");
    } else if (!std::ifstream(path).is_open()) {
      fail(format("{}: the file '{}' cannot be read", slot_.path, shown(text)),
           "check its permissions");
    } else if (context_.files != nullptr) {
      context_.files->push_back(path);
    }
  }

  static std::string nearest_file(const std::filesystem::path& path) {
    constexpr std::size_t kMost = 1000;
    std::vector<std::string> names;
    std::error_code error;
    for (std::filesystem::directory_iterator it(path.parent_path(), error), end; it != end;) {
      if (names.size() == kMost) break;
      names.push_back(it->path().filename().string());
      it.increment(error);
      if (error) break;
    }
    std::sort(names.begin(), names.end());
    return did_you_mean(path.filename().string(), names);
  }

  const Slot& slot_;
  Diagnostics& diagnostics_;
  const ReadContext& context_;
};

}  // namespace

std::string range_text(const About& about) {
  const std::string unit = std::string(about.unit).empty() ? "" : std::string(" ") + about.unit;
  const bool has_min = std::isfinite(about.min);
  const bool has_max = std::isfinite(about.max);
  const bool has_above = std::isfinite(about.above);
  const bool has_below = std::isfinite(about.below);
  if (has_min && about.min == about.max) return format("only {}{}", about.min, unit);
  if (has_min && has_max && !has_above && !has_below) {
    return format("{} to {}{}", about.min, about.max, unit);
  }
  std::vector<std::string> parts;
  if (has_above) parts.push_back(format("> {}", about.above));
  if (has_min) parts.push_back(format(">= {}", about.min));
  if (has_below) parts.push_back(format("< {}", about.below));
  if (has_max) parts.push_back(format("<= {}", about.max));
  return parts.empty() ? "" : join(parts, " and ") + unit;
}

std::string closest(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string plain = plain_form(word);
  for (const std::string& candidate : candidates) {
    if (plain_form(candidate) == plain) return candidate;
  }
  return nearest(word, candidates);
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::string found = closest(word, candidates);
  return found.empty() ? "" : format("did you mean '{}'?", found);
}

std::string node_text(const Node& node) {
  switch (node.kind) {
    case NodeKind::kSequence:
      return "a list";
    case NodeKind::kMap:
      return "a block of keys";
    case NodeKind::kScalar:
      return format("'{}'", shown(node.text));
    default:
      return "nothing";
  }
}

void read_value(const Slot& slot, Diagnostics& diagnostics, const ReadContext& context) {
  ValueReader(slot, diagnostics, context).run();
}

}  // namespace filigree::yaml
