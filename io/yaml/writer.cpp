// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/yaml/writer.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "core/text.hpp"

namespace filigree::yaml {

namespace {

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (c == '\n') {
      result += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      result += format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string real_text(const Type& type, const void* object) {
  const double value = type.is_single ? static_cast<double>(*static_cast<const float*>(object))
                                      : *static_cast<const double*>(object);
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  return type.is_single ? format("{}", *static_cast<const float*>(object)) : number_text(value);
}

std::string integer_text(const Type& type, const void* object) {
  const std::uint64_t bits = type.load_integer(object);
  return type.is_signed ? format("{}", static_cast<std::int64_t>(bits)) : format("{}", bits);
}

/// Values that cannot be written: reals that mean "no limit" and files that are not named.
bool is_unset(const Type& type, const void* object) {
  if (type.kind == Kind::kFile) return static_cast<const FilePath*>(object)->path.empty();
  if (type.kind != Kind::kReal) return false;
  return type.is_single ? !std::isfinite(*static_cast<const float*>(object))
                        : !std::isfinite(*static_cast<const double*>(object));
}

/// Does the value stand on the line of its key?
bool is_inline(const Type& type, void* object) {
  switch (type.kind) {
    case Kind::kBlock:
      return type.fields(object).empty();
    case Kind::kVariant:
      return false;
    case Kind::kOptional:
      return type.size(object) == 0 || is_inline(type.element(), type.at(object, 0));
    case Kind::kArray:
    case Kind::kList:
      for (std::size_t i = 0; i < type.size(object); ++i) {
        if (!is_inline(type.element(), type.at(object, i))) return false;
      }
      return true;
    default:
      return true;
  }
}

/// Kind below lists and optionals.
Kind innermost(const Type& type) {
  return type.element == nullptr ? type.kind : innermost(type.element());
}

class Writer {
 public:
  std::string take() { return std::move(text_); }

  void fields(const std::vector<Field>& fields, int indent) {
    for (const Field& field : fields) {
      if (is_unset(*field.type, field.object)) continue;
      start_line(indent);
      text_ += field.key + ":";
      const bool has_unit = *field.about.unit != '\0' && innermost(*field.type) == Kind::kReal;
      value(*field.type, field.object, indent, has_unit ? format("  # {}", field.about.unit) : "");
    }
  }

 private:
  /// Items of lists start behind their dash instead of on a new line.
  void start_line(int indent) {
    if (!behind_dash_) text_ += std::string(static_cast<std::size_t>(indent), ' ');
    behind_dash_ = false;
  }

  /// What follows "key:".
  void value(const Type& type, void* object, int indent, const std::string& comment) {
    if (is_inline(type, object)) {
      text_ += " " + flow_text(type, object) + comment + "\n";
    } else if (type.kind == Kind::kOptional) {
      value(type.element(), type.at(object, 0), indent, comment);
    } else if (type.kind == Kind::kArray || type.kind == Kind::kList) {
      text_ += "\n";
      items(type, object, indent + 2);
    } else {
      text_ += "\n";
      block(type, object, indent + 2);
    }
  }

  void block(const Type& type, void* object, int indent) {
    const Type* inner = &type;
    if (type.kind == Kind::kVariant) {
      inner = &type.alternatives[type.index(object)]();
      object = type.current(object);
      start_line(indent);
      text_ += format("type: {}\n", inner->name);
    }
    fields(inner->fields(object), indent);
  }

  void items(const Type& type, void* object, int indent) {
    const Type& element = type.element();
    for (std::size_t i = 0; i < type.size(object); ++i) {
      void* item = type.at(object, i);
      text_ += std::string(static_cast<std::size_t>(indent), ' ') + "-";
      if (element.kind == Kind::kBlock || element.kind == Kind::kVariant) {
        if (is_inline(element, item)) {
          text_ += " {}\n";
          continue;
        }
        text_ += " ";
        behind_dash_ = true;
        block(element, item, indent + 2);
        behind_dash_ = false;
      } else {
        value(element, item, indent, "");
      }
    }
  }

  std::string text_;
  bool behind_dash_ = false;
};

std::string flow_list(const Type& type, void* object) {
  std::string result = "[";
  for (std::size_t i = 0; i < type.size(object); ++i) {
    result += (i > 0 ? ", " : "") + flow_text(type.element(), type.at(object, i));
  }
  return result + "]";
}

std::string flow_block(const Type& type, void* object, const char* alternative) {
  std::vector<std::string> parts;
  if (alternative != nullptr) parts.push_back(format("type: {}", alternative));
  for (const Field& field : type.fields(object)) {
    if (is_unset(*field.type, field.object)) continue;
    parts.push_back(format("{}: {}", field.key, flow_text(*field.type, field.object)));
  }
  return "{" + join(parts) + "}";
}

}  // namespace

std::string scalar_text(const std::string& text) {
  constexpr std::array<std::string_view, 10> kReserved{"null", "true", "false", "yes", "no",
                                                       "on",   "off",  "nan",   "inf", "y"};
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  std::string lower = text;
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const bool plain = !text.empty() && is_letter(text[0]) && text.back() != ' ' &&
                     std::all_of(text.begin(), text.end(),
                                 [&](char c) {
                                   return is_letter(c) || (c >= '0' && c <= '9') || c == '.' ||
                                          c == '/' || c == '-' || c == '+' || c == ' ';
                                 }) &&
                     std::find(kReserved.begin(), kReserved.end(), lower) == kReserved.end() &&
                     text.find("  ") == std::string::npos;
  return plain ? text : quoted(text);
}

std::string flow_text(const Type& type, void* object) {
  switch (type.kind) {
    case Kind::kBoolean:
      return *static_cast<const bool*>(object) ? "true" : "false";
    case Kind::kInteger:
      return integer_text(type, object);
    case Kind::kReal:
      return real_text(type, object);
    case Kind::kText:
      return scalar_text(*static_cast<const std::string*>(object));
    case Kind::kFile:
      return scalar_text(static_cast<const FilePath*>(object)->path);
    case Kind::kChoice: {
      const std::uint64_t index = type.load_integer(object);
      return index < type.names.size() ? type.names[index] : "null";
    }
    case Kind::kArray:
    case Kind::kList:
      return flow_list(type, object);
    case Kind::kOptional:
      return type.size(object) == 0 ? "null" : flow_text(type.element(), type.at(object, 0));
    case Kind::kBlock:
      return flow_block(type, object, nullptr);
    case Kind::kVariant: {
      const Type& inner = type.alternatives[type.index(object)]();
      return flow_block(inner, type.current(object), inner.name);
    }
  }
  return "";
}

std::string echo_targets(const std::vector<Target>& targets) {
  Writer writer;
  for (const Target& target : targets) writer.fields(target.type->fields(target.object), 0);
  return writer.take();
}

}  // namespace filigree::yaml
