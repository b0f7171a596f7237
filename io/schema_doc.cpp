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
    node.children.back().default_alternative.clear();
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

const SchemaNode& unwrapped(const SchemaNode& node) {
  return node.kind == Kind::kOptional ? unwrapped(node.children[0]) : node;
}

bool same_facts(const SchemaNode& a, const SchemaNode& b);

bool same_children(const SchemaNode& a, const SchemaNode& b) {
  return a.kind == b.kind && std::equal(a.children.begin(), a.children.end(), b.children.begin(),
                                        b.children.end(), same_facts);
}

bool same_facts(const SchemaNode& a, const SchemaNode& b) {
  return a.key == b.key && a.doc == b.doc && a.required() == b.required() &&
         kind_text(a) == kind_text(b) && a.default_value == b.default_value &&
         a.default_alternative == b.default_alternative && same_children(a, b);
}

/// The comment cut into lines of at most `width` columns.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < text.size();) {
    std::size_t end = text.size();
    if (end - start > width) {
      const std::size_t space = text.rfind(' ', start + width);
      const bool fits = space != std::string::npos && space > start;
      end = std::min(fits ? space : text.find(' ', start + width), text.size());
    }
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
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
    constexpr std::size_t kColumns = 100;
    for (const Line& line : lines_) {
      std::string head = line.text + std::string(width - std::min(width, line.text.size()), ' ');
      const std::size_t room = kColumns - std::min(head.size() + 4, kColumns / 2);
      const std::vector<std::string> comment = wrapped(line.comment, room);
      if (comment.empty()) result += line.text + "\n";
      for (const std::string& part : comment) {
        result += head + "  # " + part + "\n";
        head = std::string(head.size(), ' ');
      }
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
      const SchemaNode* same = same_keys_above(field, block.children);
      if (same != nullptr) comment += "; keys as in " + same->key;
      lines_.push_back({text, comment});
      if (same == nullptr) below(inner, indent + 2);
    }
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

const SchemaNode* same_keys_above(const SchemaNode& node, const std::vector<SchemaNode>& siblings) {
  const Kind kind = unwrapped(node).kind;
  if (kind != Kind::kBlock && kind != Kind::kVariant) return nullptr;
  for (const SchemaNode& other : siblings) {
    if (&other == &node) return nullptr;
    if (same_children(unwrapped(other), unwrapped(node))) return &other;
  }
  return nullptr;
}

std::string explain_text(const SchemaDocument& document) {
  return Explainer().run(document);
}

}  // namespace filigree
