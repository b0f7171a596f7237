// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/yaml/overrides.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "io/yaml/source_text.hpp"

namespace filigree::yaml {

namespace {

bool is_index(std::string_view key) {
  constexpr std::size_t kLongest = 6;
  return !key.empty() && key.size() <= kLongest &&
         std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// One key of the path with its place in the argument.
struct Step {
  std::string key;
  Position position;
};

class Override {
 public:
  Override(Document& document, std::string text, std::string name, Diagnostics& diagnostics)
      : document_(document),
        text_(std::move(text)),
        name_(std::move(name)),
        diagnostics_(diagnostics) {}

  void run() {
    if (!prepare_source(text_, name_, diagnostics_, true) || !split()) return;
    // Spaces in place of "key=" keep the columns of the value.
    const std::size_t n_blank =
        static_cast<std::size_t>(character_count(text_.substr(0, equals_ + 1)));
    Document value = Document::parse_prepared(std::string(n_blank, ' ') + text_.substr(equals_ + 1),
                                              name_, diagnostics_);
    if (value.is_broken()) return;
    Node* place = walk();
    if (place == nullptr) return;
    const bool empty = value.root().kind == NodeKind::kNull;
    *place = std::move(value.root());
    if (empty) place->position = steps_.back().position;
  }

 private:
  void fail(const Position& position, std::string message, std::string hint) {
    diagnostics_.error(position, "", std::move(message), std::move(hint));
  }

  bool split() {
    equals_ = text_.find('=');
    if (equals_ == std::string::npos) {
      fail({name_, 1, 1, character_count(text_)}, format("'{}' is not an override", shown(text_)),
           "write key.path=value");
      return false;
    }
    int column = 1;
    for (std::size_t start = 0; start <= equals_;) {
      const std::size_t end = std::min(text_.find('.', start), equals_);
      const std::string key = text_.substr(start, end - start);
      const Position position{name_, 1, column, std::max(1, character_count(key))};
      if (key.empty() || key.find_first_of(" []") != std::string::npos) {
        fail(position,
             key.empty() ? "a key is missing in the path" : format("'{}' is not a key", shown(key)),
             "write key.path=value, with the number of an item for lists: bodies.0.name=value");
        return false;
      }
      steps_.push_back({key, position});
      column += character_count(key) + 1;
      start = end + 1;
    }
    return true;
  }

  /// The node to replace; makes what is missing on the way.
  Node* walk() {
    Node* node = &document_.root();
    std::string path;
    for (const Step& step : steps_) {
      if (node->kind == NodeKind::kNull) {
        node->kind = is_index(step.key) ? NodeKind::kSequence : NodeKind::kMap;
        if (!path.empty()) node->position = step.position;
      }
      if (node->kind == NodeKind::kScalar) {
        fail(step.position, format("'{}' is a value, it has no key '{}'", path, step.key),
             "end the path before it");
        return nullptr;
      }
      node = node->kind == NodeKind::kMap ? entry(*node, step) : item(*node, step, path);
      if (node == nullptr) return nullptr;
      path += path.empty() ? step.key : "." + step.key;
    }
    return node;
  }

  static Node* entry(Node& map, const Step& step) {
    const auto found = std::find_if(map.entries.begin(), map.entries.end(),
                                    [&](const Entry& entry) { return entry.key == step.key; });
    if (found != map.entries.end()) return &found->value;
    map.entries.push_back({step.key, step.position, {}});
    map.entries.back().value.position = step.position;
    return &map.entries.back().value;
  }

  Node* item(Node& list, const Step& step, const std::string& path) {
    const std::size_t index = is_index(step.key) ? std::stoul(step.key) : list.items.size() + 1;
    if (index > list.items.size()) {
      fail(step.position,
           is_index(step.key) ? format("'{}' has no item {}", path, step.key)
                              : format("'{}' is a list, it has no key '{}'", path, step.key),
           list.items.empty() ? "it is empty; item 0 appends one"
                              : format("its items are 0 to {}; {} appends one",
                                       list.items.size() - 1, list.items.size()));
      return nullptr;
    }
    if (index == list.items.size()) {
      list.items.emplace_back();
      list.items.back().position = step.position;
    }
    return &list.items[index];
  }

  Document& document_;
  std::string text_;
  std::string name_;
  Diagnostics& diagnostics_;
  std::size_t equals_ = 0;
  std::vector<Step> steps_;
};

}  // namespace

void apply_override(Document& document, std::string_view assignment, int argument,
                    Diagnostics& diagnostics) {
  if (document.is_broken()) return;
  Override(document, std::string(assignment), format("command line: argument {}", argument),
           diagnostics)
      .run();
}

bool is_override(std::string_view argument) {
  const std::string_view key = argument.substr(0, argument.find('='));
  return !key.empty() && key.size() < argument.size() && key.front() != '-' &&
         std::all_of(key.begin(), key.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '.' || c == '-';
         });
}

}  // namespace filigree::yaml
