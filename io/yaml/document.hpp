// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// A YAML file as a tree in which every key and value knows its line and column. Built from parser
// events, so that duplicate keys, anchors and quotes are seen. Refused with a message: several
// documents in one file, merge keys, tags, keys that are not words, tabs in the indentation, NUL
// bytes, text that is not UTF-8, and whatever exceeds the limits below.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "io/yaml/diagnostics.hpp"

namespace filigree::yaml {

struct Limits {
  static constexpr std::size_t kBytes = 1 << 20;        ///< of a file
  static constexpr std::size_t kScalarBytes = 1 << 16;  ///< of one key or value
  static constexpr int kDepth = 64;                     ///< blocks and lists inside each other
  static constexpr std::size_t kAliasNodes = 10000;     ///< nodes made by all aliases together
};

enum class NodeKind { kNull, kScalar, kSequence, kMap };

struct Entry;

struct Node {
  NodeKind kind = NodeKind::kNull;
  std::string text;            ///< of a scalar, quotes and escapes resolved
  bool quoted = false;         ///< the scalar stood in quotes or in a block (| or >)
  Position position;           ///< of the first character; of the key when the value is empty
  std::vector<Entry> entries;  ///< of a map, in the order of the file, duplicates kept
  std::vector<Node> items;     ///< of a sequence

  /// The value of the first entry with this key, or nullptr.
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
};

struct Entry {
  std::string key;
  Position position;  ///< of the key
  Node value;
};

class Document {
 public:
  /// Problems go to `diagnostics`; the tree is empty when the text cannot be parsed.
  /// `name` is how messages call the file; "" means the path itself.
  static Document parse_file(const std::filesystem::path& path, Diagnostics& diagnostics,
                             std::string name = "");
  static Document parse_text(std::string text, std::string name, Diagnostics& diagnostics);

  /// Text that has been checked and added to `diagnostics` already (prepare_source).
  static Document parse_prepared(const std::string& text, std::string name,
                                 Diagnostics& diagnostics);

  const Node& root() const { return root_; }
  Node& root() { return root_; }
  /// How messages call the file.
  const std::string& name() const { return name_; }
  /// The text could not be parsed to its end; the tree is empty.
  bool is_broken() const { return is_broken_; }

 private:
  std::string name_;
  Node root_;
  bool is_broken_ = false;
};

/// The node at a dotted path ("scenario.type", "bodies.0.shape"), or nullptr.
const Node* find_path(const Node& root, std::string_view path);

}  // namespace filigree::yaml
