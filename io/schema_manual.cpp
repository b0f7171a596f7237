// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The manual in Markdown: one table per block.
#include <algorithm>

#include "core/text.hpp"
#include "io/schema_doc.hpp"
#include "io/yaml/values.hpp"

namespace filigree {

namespace {

using yaml::Kind;

const SchemaNode& unwrapped(const SchemaNode& node) {
  return node.kind == Kind::kOptional ? unwrapped(node.children[0]) : node;
}

/// Bars end table cells.
std::string cell(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '|' ? std::string("\\|") : std::string(1, c);
  return result;
}

std::string default_text(const SchemaNode& field) {
  if (field.required()) return "required";
  if (field.kind == Kind::kOptional && field.default_value == "null") return "none";
  if (!field.default_alternative.empty()) return "`type: " + field.default_alternative + "`";
  return field.default_value ? "`" + *field.default_value + "`" : "";
}

std::string row(const SchemaNode& field, const std::vector<SchemaNode>& siblings) {
  const SchemaNode* same = same_keys_above(field, siblings);
  const std::string as = same == nullptr ? "" : format(", keys as `{}`", same->key);
  return format("| `{}` | {}{} | {} | {} |\n", field.key, cell(kind_text(field)), as,
                cell(default_text(field)), cell(field.doc));
}

constexpr const char* kHead = "| Key | Value | Default | Meaning |\n|---|---|---|---|\n";

class Manual {
 public:
  std::string take() { return std::move(text_); }

  /// A table of the block's keys, then one section for each block below it.
  void block(const SchemaNode& node, const std::string& path) {
    if (node.children.empty()) {
      text_ += "\nNo keys.\n";
      return;
    }
    text_ += "\n" + std::string(kHead);
    for (const SchemaNode& field : node.children) text_ += row(field, node.children);
    for (const SchemaNode& field : node.children) {
      if (same_keys_above(field, node.children) != nullptr) continue;
      below(field, path.empty() ? field.key : path + "." + field.key);
    }
  }

  /// A top-level field with everything below it.
  void below(const SchemaNode& field, const std::string& path) {
    const SchemaNode& node = unwrapped(field);
    if (node.kind == Kind::kBlock) {
      text_ += format("\n### `{}`\n", path);
      if (!field.doc.empty()) text_ += "\n" + sentence(field.doc) + "\n";
      block(node, path);
    } else if (node.kind == Kind::kVariant) {
      for (const SchemaNode& alternative : node.children) {
        text_ += format("\n### `{}` with `type: {}`\n", path, alternative.key);
        if (!alternative.doc.empty()) text_ += "\n" + sentence(alternative.doc) + "\n";
        block(alternative, path);
      }
    } else if (node.kind == Kind::kList || node.kind == Kind::kArray) {
      below(node.children[0], path + ".*");
    }
  }

 private:
  static std::string sentence(std::string text) {
    if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
    if (text.back() != '.') text += '.';
    return text;
  }

  std::string text_;
};

std::string rendering(const SchemaNode& field) {
  Manual manual;
  manual.below(field, field.key);
  return row(field, {}) + manual.take();
}

std::string chapter(const std::string& title, const std::string& doc,
                    const std::vector<const SchemaNode*>& fields) {
  SchemaNode block;
  block.kind = Kind::kBlock;
  for (const SchemaNode* field : fields) block.children.push_back(*field);
  Manual manual;
  manual.block(block, "");
  return format("## {}\n\n{}\n", title, doc) + manual.take();
}

}  // namespace

std::string manual_text(const SchemaDocument& document) {
  std::vector<const SchemaNode*> fields;
  for (const SchemaNode& field : document.root.children) fields.push_back(&field);
  return chapter("`" + document.name + "`", document.doc, fields);
}

std::string manual_text(const std::vector<SchemaDocument>& documents) {
  std::string text =
      "# Scenario reference\n\n"
      "Generated from the program; `filigree explain TYPE` prints the same for one type.\n"
      "Numbers are in the unit shown, or carry their own: `12 mm`, `3 GPa`, `20 deg`, `5 kg/m^3`.\n"
      "`*` in a path stands for the items of a list.\n\n";
  if (documents.size() == 1) return text + manual_text(documents[0]);
  const auto is_common = [&](const SchemaNode& field) {
    const std::string wanted = rendering(field);
    return std::all_of(documents.begin(), documents.end(), [&](const SchemaDocument& document) {
      const auto& fields = document.root.children;
      return std::any_of(fields.begin(), fields.end(), [&](const SchemaNode& other) {
        return other.key == field.key && rendering(other) == wanted;
      });
    });
  };
  std::vector<const SchemaNode*> common;
  if (!documents.empty()) {
    for (const SchemaNode& field : documents[0].root.children) {
      if (is_common(field)) common.push_back(&field);
    }
    text += chapter("Every scenario", "These keys are the same for all scenario types.", common);
  }
  for (const SchemaDocument& document : documents) {
    std::vector<const SchemaNode*> own;
    for (const SchemaNode& field : document.root.children) {
      if (!is_common(field)) own.push_back(&field);
    }
    text += "\n" + chapter("`" + document.name + "`", document.doc, own);
  }
  return text;
}

}  // namespace filigree
