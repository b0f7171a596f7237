// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/schema_doc.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "io/yaml/values.hpp"
#include "io/yaml/writer.hpp"

namespace filigree {

namespace {

using yaml::Kind;
using yaml::Type;

constexpr int kDeepest = 16;  // ends the walk through types that contain themselves

bool is_scalar(Kind kind) {
  return kind != Kind::kBlock && kind != Kind::kVariant && kind != Kind::kArray &&
         kind != Kind::kList && kind != Kind::kOptional;
}

/// Can the value be shown as a default on one line?
bool has_plain_default(const Type& type, void* object) {
  switch (type.kind) {
    case Kind::kBlock:
    case Kind::kVariant:
      return false;
    case Kind::kReal:
      return type.is_single ? std::isfinite(*static_cast<const float*>(object))
                            : std::isfinite(*static_cast<const double*>(object));
    case Kind::kFile:
      return !static_cast<const FilePath*>(object)->path.empty();
    case Kind::kOptional:
      return type.size(object) == 0 || has_plain_default(type.element(), type.at(object, 0));
    default:
      return true;
  }
}

SchemaNode describe_type(const std::string& key, const About& about, const Type& type, void* object,
                         int depth);

void describe_children(SchemaNode& node, const About& about, const Type& type, void* object,
                       int depth) {
  if (depth > kDeepest) return;
  if (type.kind == Kind::kBlock) {
    for (const yaml::Field& field : type.fields(object)) {
      node.children.push_back(
          describe_type(field.key, field.about, *field.type, field.object, depth + 1));
    }
  } else if (type.kind == Kind::kVariant) {
    for (std::size_t i = 0; i < type.alternatives.size(); ++i) {
      const Type& alternative = type.alternatives[i]();
      // The default alternative shows the values that the field starts with.
      std::shared_ptr<void> fresh = alternative.create();
      void* value = i == type.index(object) ? type.current(object) : fresh.get();
      node.children.push_back(describe_type(alternative.name, About{.doc = alternative.doc},
                                            alternative, value, depth + 1));
    }
  } else if (type.element != nullptr) {
    About inner = about;
    inner.required = false;
    const Type& element = type.element();
    const std::shared_ptr<void> fresh = element.create();
    const bool engaged = type.kind == Kind::kOptional && type.size(object) == 1;
    void* value = engaged ? type.at(object, 0) : fresh.get();
    node.children.push_back(describe_type("", inner, element, value, depth + 1));
    node.children.back().default_value.reset();
  }
}

SchemaNode describe_type(const std::string& key, const About& about, const Type& type, void* object,
                         int depth) {
  SchemaNode node;
  node.key = key;
  node.doc = about.doc;
  node.unit = about.unit;
  node.kind = type.kind;
  node.about = about;
  node.lowest = type.lowest;
  node.highest = type.highest;
  node.names = type.names;
  if (type.kind == Kind::kArray) node.length = type.size(object);
  if (!about.required && has_plain_default(type, object)) {
    node.default_value = yaml::flow_text(type, object);
  }
  if (!about.required && type.kind == Kind::kVariant) {
    node.default_alternative = type.alternatives[type.index(object)]().name;
  }
  describe_children(node, about, type, object, depth);
  return node;
}

std::string value_text(const SchemaNode& node, bool plural) {
  const std::string s = plural ? "s" : "";
  const std::string in = node.unit.empty() ? "" : " in " + node.unit;
  const std::string range = yaml::range_text([&] {
    About about = node.about;
    about.unit = "";
    return about;
  }());
  const std::string bounds = range.empty() ? "" : ", " + range;
  switch (node.kind) {
    case Kind::kBoolean:
      return plural ? "true/false values" : "true or false";
    case Kind::kInteger:
      return "whole number" + s + bounds;
    case Kind::kReal:
      return "number" + s + in + bounds;
    case Kind::kText:
      return "text" + s;
    case Kind::kFile:
      return "file" + s;
    case Kind::kChoice:
      return (plural ? "words out of " : "one of ") + join(node.names);
    case Kind::kBlock:
      return "block" + s;
    case Kind::kVariant:
      return "block" + s + " with a type";
    default:
      return kind_text(node);
  }
}

/// "key: value" and its comment, one pair per line of the terminal text.
struct Line {
  std::string text;
  std::string comment;
};

class Explainer {
 public:
  std::string run(const SchemaDocument& document) {
    std::string result = document.name + ": " + document.doc + "\n\n";
    fields(document.root, 0);
    std::size_t width = 0;
    constexpr std::size_t kWidest = 40;
    for (const Line& line : lines_) {
      if (line.text.size() <= kWidest) width = std::max(width, line.text.size());
    }
    for (const Line& line : lines_) {
      const std::size_t gap = line.text.size() < width ? width - line.text.size() : 0;
      result += line.text + (line.comment.empty() ? "" : std::string(gap + 2, ' ') + "# ") +
                line.comment + "\n";
    }
    return result;
  }

 private:
  static std::string spaces(int n) { return std::string(static_cast<std::size_t>(n), ' '); }

  void fields(const SchemaNode& block, int indent) {
    for (const SchemaNode& field : block.children) {
      const SchemaNode& inner = unwrapped(field);
      std::string text = spaces(indent) + field.key + ":";
      if (field.default_value && *field.default_value != "null") text += " " + *field.default_value;
      std::string comment = field.required() ? "required; " : "";
      if (field.kind == Kind::kOptional) comment += "optional; ";
      comment += kind_text(inner);
      if (!field.doc.empty()) comment += ": " + field.doc;
      lines_.push_back({text, comment});
      below(inner, indent + 2);
    }
  }

  static const SchemaNode& unwrapped(const SchemaNode& node) {
    return node.kind == Kind::kOptional ? unwrapped(node.children[0]) : node;
  }

  void below(const SchemaNode& node, int indent) {
    if (node.kind == Kind::kBlock) fields(node, indent);
    if (node.kind == Kind::kVariant) alternatives(node, indent);
    if (node.kind == Kind::kList || node.kind == Kind::kArray)
      item(unwrapped(node.children[0]), indent);
  }

  void alternatives(const SchemaNode& variant, int indent) {
    for (const SchemaNode& alternative : variant.children) {
      std::string comment = alternative.doc;
      if (alternative.key == variant.default_alternative) {
        comment += comment.empty() ? "the default" : " (the default)";
      }
      lines_.push_back({spaces(indent) + "type: " + alternative.key, comment});
      fields(alternative, indent + 2);
    }
  }

  /// The keys of one item, the first behind a dash.
  void item(const SchemaNode& element, int indent) {
    if (is_scalar(element.kind)) return;
    const std::size_t first = lines_.size();
    below(element, indent + 2);
    if (first < lines_.size()) lines_[first].text[static_cast<std::size_t>(indent)] = '-';
  }

  std::vector<Line> lines_;
};

}  // namespace

SchemaNode describe_targets(const std::vector<yaml::Target>& targets) {
  SchemaNode root;
  root.kind = Kind::kBlock;
  for (const yaml::Target& target : targets) {
    SchemaNode part = describe_type("", About{}, *target.type, target.object, 0);
    for (SchemaNode& child : part.children) root.children.push_back(std::move(child));
  }
  return root;
}

std::string kind_text(const SchemaNode& node) {
  switch (node.kind) {
    case Kind::kArray:
      return format("{} {}", node.length, value_text(node.children[0], true));
    case Kind::kList:
      return "list of " + value_text(node.children[0], true);
    case Kind::kOptional:
      return kind_text(node.children[0]);
    default:
      return value_text(node, false);
  }
}

std::string explain_text(const SchemaDocument& document) {
  return Explainer().run(document);
}

}  // namespace filigree
