// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "io/yaml/reader.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "core/error.hpp"
#include "io/yaml/places.hpp"
#include "io/yaml/values.hpp"

namespace filigree::yaml {

namespace {

std::string joined(const std::string& path, const std::string& key) {
  return path.empty() ? key : path + "." + key;
}

std::vector<std::string> alternative_names(const Type& type) {
  std::vector<std::string> names;
  for (const TypeGetter get : type.alternatives) names.emplace_back(get().name);
  return names;
}

/// A block being read.
struct Block {
  const Node& node;
  Position where;           ///< of its key, of the whole file for the top
  std::string path;         ///< "" for the top
  std::string alternative;  ///< kName when `type:` picked it
  std::vector<Field> fields;

  /// "at the top level", "in rod.integrator (type semi_implicit)"
  std::string place() const {
    if (path.empty()) return "at the top level";
    return "in " + name();
  }
  std::string name() const {
    return alternative.empty() ? path : format("{} (type {})", path, alternative);
  }
};

class Reader {
 public:
  Reader(const Node& root, const std::vector<Target>& targets, Diagnostics& diagnostics,
         const ReadContext& context)
      : root_(root), targets_(targets), diagnostics_(diagnostics), context_(context) {}

  void run() {
    if (root_.kind == NodeKind::kNull) {
      // A file that could not be parsed has been reported already.
      if (diagnostics_.ok()) {
        diagnostics_.error({root_.position.file, 0, 0, 1}, "", "the file has no keys",
                           "write 'key: value' lines; 'filigree list' names examples");
      }
      return;
    }
    if (root_.kind != NodeKind::kMap) {
      const bool colon =
          root_.kind == NodeKind::kScalar && root_.text.find(':') != std::string::npos;
      diagnostics_.error(
          root_.position, "",
          format("the file must be a block of 'key: value' lines, not {}", node_text(root_)),
          colon ? "write a space after each ':'" : "");
      return;
    }
    Block top{root_, root_.position, "", "", {}};
    for (const Target& target : targets_) {
      for (Field& field : target.type->fields(target.object)) {
        if (find_field(top, field.key) != nullptr) {
          throw InternalError(format("two option structs have the key '{}'", field.key));
        }
        top.fields.push_back(std::move(field));
      }
    }
    const std::size_t before = diagnostics_.size();
    read_block(top);
    for (const Target& target : targets_) {
      if (diagnostics_.size() == before) validate(top, *target.type, target.object);
    }
  }

 private:
  static const Field* find_field(const Block& block, std::string_view key) {
    const auto found = std::find_if(block.fields.begin(), block.fields.end(),
                                    [&](const Field& field) { return field.key == key; });
    return found == block.fields.end() ? nullptr : &*found;
  }

  void read_block(const Block& block) {
    std::unordered_map<std::string_view, const Entry*> seen;
    std::vector<std::string> misspelled;  // the keys that were probably meant
    for (const Entry& entry : block.node.entries) {
      const auto [first, is_new] = seen.emplace(entry.key, &entry);
      if (!is_new) {
        diagnostics_.error(entry.position, joined(block.path, entry.key),
                           format("duplicate key '{}' {}", shown(entry.key), block.place()),
                           format("the first one is on line {}", first->second->position.line));
      } else if (const Field* field = find_field(block, entry.key)) {
        read_field(*field, entry, joined(block.path, entry.key));
      } else if (block.alternative.empty() || entry.key != "type") {
        misspelled.push_back(unknown_key(block, entry));
      }
    }
    for (const Field& field : block.fields) {
      const bool meant =
          std::find(misspelled.begin(), misspelled.end(), field.key) != misspelled.end();
      if (field.about.required && seen.count(field.key) == 0 && !meant) missing_key(block, field);
    }
  }

  void read_field(const Field& field, const Entry& entry, const std::string& path) {
    read_node(entry.value, entry.position, path, field.about, *field.type, field.object);
  }

  /// `key`: position of the key, for problems that concern a whole block.
  void read_node(const Node& node, const Position& key, const std::string& path, const About& about,
                 const Type& type, void* object) {
    switch (type.kind) {
      case Kind::kBlock:
        return read_struct(node, key, path, "", type, object);
      case Kind::kVariant:
        return read_variant(node, key, path, type, object);
      case Kind::kArray:
      case Kind::kList:
        return read_list(node, path, about, type, object);
      case Kind::kOptional:
        type.resize(object, node.kind == NodeKind::kNull ? 0 : 1);
        if (node.kind == NodeKind::kNull) return;
        return read_node(node, key, path, about, type.element(), type.at(object, 0));
      default:
        read_value({node, node.position, path, about, type, object}, diagnostics_, context_);
    }
  }

  void read_struct(const Node& node, const Position& key, const std::string& path,
                   const std::string& alternative, const Type& type, void* object) {
    if (node.kind != NodeKind::kMap && node.kind != NodeKind::kNull) {
      diagnostics_.error(node.position, path,
                         format("{} must be a block of keys, not {}", path, node_text(node)),
                         node.kind == NodeKind::kSequence ? "remove the '- ' or the brackets" : "");
      return;
    }
    const std::size_t before = diagnostics_.size();
    const Block block{node, key, path, alternative, type.fields(object)};
    read_block(block);
    if (diagnostics_.size() == before) validate(block, type, object);
  }

  void read_variant(const Node& node, const Position& key, const std::string& path,
                    const Type& type, void* object) {
    const std::vector<std::string> names = alternative_names(type);
    if (node.kind != NodeKind::kMap) {
      const bool named = node.kind == NodeKind::kScalar &&
                         std::find(names.begin(), names.end(), node.text) != names.end();
      diagnostics_.error(
          node.position, path,
          format("{} must be a block of keys with a type, not {}", path, node_text(node)),
          named ? format("write {{type: {}}}", node.text) : format("types: {}", join(names)));
      return;
    }
    const Node* kind = node.find("type");
    if (kind == nullptr) {
      diagnostics_.error(key, joined(path, "type"), format("missing key 'type' in {}", path),
                         format("add one of {}", join(names)));
      return;
    }
    if (!check_name(*kind, joined(path, "type"), "a known type", names, diagnostics_)) return;
    const auto index =
        static_cast<std::size_t>(std::find(names.begin(), names.end(), kind->text) - names.begin());
    void* value = type.emplace(object, index);
    read_struct(node, key, path, names[index], type.alternatives[index](), value);
  }

  void read_list(const Node& node, const std::string& path, const About& about, const Type& type,
                 void* object) {
    if (node.kind != NodeKind::kSequence) {
      std::string hint = "write [] for an empty list";
      if (node.kind == NodeKind::kScalar) hint = format("write [{}]", shown(node.text));
      if (node.kind == NodeKind::kMap) hint = "start each item with '- '";
      diagnostics_.error(node.position, path,
                         format("{} must be a list, not {}", path, node_text(node)), hint);
      return;
    }
    if (type.kind == Kind::kList) {
      type.resize(object, node.items.size());
    } else if (node.items.size() != type.size(object)) {
      diagnostics_.error(node.position, path,
                         format("{} has {} value{}, not {}", path, node.items.size(),
                                node.items.size() == 1 ? "" : "s", type.size(object)));
      return;
    }
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      const Node& item = node.items[i];
      read_node(item, item.position, joined(path, format("{}", i)), about, type.element(),
                type.at(object, i));
    }
  }

  void missing_key(const Block& block, const Field& field) {
    const std::string unit =
        std::string(field.about.unit).empty() ? "" : format(", in {}", field.about.unit);
    diagnostics_.error(block.where, joined(block.path, field.key),
                       format("missing key '{}' {}", field.key, block.place()),
                       format("add '{}: ...' ({}{})", field.key, field.about.doc, unit));
  }

  /// Gives back the key of the block that was probably meant, or "".
  std::string unknown_key(const Block& block, const Entry& entry) {
    if (block.path.empty() && context_.other_keys) return "";
    std::vector<std::string> here;
    for (const Field& field : block.fields) here.push_back(field.key);
    const std::string path = joined(block.path, entry.key);
    const std::string meant = closest(entry.key, here);
    std::string hint = meant.empty() ? "" : format("did you mean '{}'?", meant);
    const std::string places = belongs_in(block, entry.key);
    if (!places.empty()) {
      diagnostics_.error(entry.position, path,
                         format("key '{}' is not allowed {}; it belongs {}", shown(entry.key),
                                block.place(), places),
                         hint.empty() ? "" : "or " + hint);
      return "";
    }
    if (hint.empty()) hint = elsewhere(entry.key);
    if (hint.empty() && !here.empty()) hint = format("keys: {}", join(here));
    diagnostics_.error(entry.position, path,
                       format("unknown key '{}' {}", shown(entry.key), block.place()), hint);
    return meant;
  }

  const std::vector<Place>& places() {
    if (places_.empty()) places_ = all_places(targets_);
    return places_;
  }

  /// "in run (line 4)", "to type sand", "at the top level"; "" when no other block has the key.
  std::string belongs_in(const Block& block, const std::string& key) {
    std::vector<std::string> found;
    for (const Place& place : places()) {
      if (place.key != key) continue;
      const bool same = place.path == schema_path(block.path);
      if (same && place.alternative == block.alternative) continue;
      found.push_back(same ? format("to type {}", place.alternative) : place_text(place));
    }
    found.erase(std::unique(found.begin(), found.end()), found.end());
    constexpr std::size_t kMost = 3;
    if (found.size() > kMost) found.resize(kMost);
    return join(found, " or ");
  }

  std::string place_text(const Place& place) const {
    if (place.path.empty()) return "at the top level";
    std::string text = "in " + place.path;
    if (!place.alternative.empty()) text += format(" (type {})", place.alternative);
    const Entry* entry = find_entry(place.path);
    if (entry != nullptr && entry->position.file == root_.position.file) {
      text += format(" (line {})", entry->position.line);
    }
    return text;
  }

  /// The entry of the file at a path without list items, or nullptr.
  const Entry* find_entry(std::string_view path) const {
    const Node* node = &root_;
    const Entry* entry = nullptr;
    while (node != nullptr && !path.empty()) {
      const std::size_t dot = std::min(path.find('.'), path.size());
      const std::string_view key = path.substr(0, dot);
      const auto found = std::find_if(node->entries.begin(), node->entries.end(),
                                      [&](const Entry& e) { return e.key == key; });
      entry = found == node->entries.end() ? nullptr : &*found;
      node = entry == nullptr ? nullptr : &entry->value;
      path.remove_prefix(std::min(dot + 1, path.size()));
    }
    return entry;
  }

  std::string elsewhere(const std::string& key) {
    std::vector<std::string> keys;
    for (const Place& place : places()) keys.push_back(place.key);
    const std::string near = closest(key, keys);
    if (near.empty()) return "";
    const auto place = std::find_if(places().begin(), places().end(),
                                    [&](const Place& p) { return p.key == near; });
    return format("did you mean '{}' {}?", near, place_text(*place));
  }

  /// Files and rules between fields. A line that starts with the path of a key is reported there.
  void validate(const Block& block, const Type& type, void* object) {
    std::string text;
    if (type.load_files != nullptr && context_.check_files) {
      text = type.load_files(object, context_.folder);
    }
    if (text.empty() && type.validate != nullptr) text = type.validate(object);
    for (std::size_t start = 0; start < text.size();) {
      const std::size_t end = std::min(text.find('\n', start), text.size());
      report_rule(block, text.substr(start, end - start));
      start = end + 1;
    }
  }

  void report_rule(const Block& block, const std::string& line) {
    if (line.empty()) return;
    const std::size_t colon = line.find(": ");
    const std::string key = line.substr(0, std::min(colon, line.size()));
    const std::string head = key.substr(0, key.find('.'));
    if (colon != std::string::npos && find_field(block, head) != nullptr) {
      const std::string path = joined(block.path, key);
      diagnostics_.error(position_below(block, key), path,
                         format("{}: {}", path, line.substr(colon + 2)));
      return;
    }
    diagnostics_.error(block.where, block.path,
                       block.path.empty() ? line : format("{}: {}", block.name(), line));
  }

  /// Position of the node at a path, or of its nearest ancestor in the file.
  static Position position_below(const Block& block, std::string key) {
    while (!key.empty()) {
      if (const Node* node = find_path(block.node, key)) return node->position;
      const std::size_t dot = key.rfind('.');
      key = dot == std::string::npos ? "" : key.substr(0, dot);
    }
    return block.where;
  }

  const Node& root_;
  const std::vector<Target>& targets_;
  Diagnostics& diagnostics_;
  const ReadContext& context_;
  std::vector<Place> places_;
};

}  // namespace

void read_targets(const Node& root, const std::vector<Target>& targets, Diagnostics& diagnostics,
                  const ReadContext& context) {
  Reader(root, targets, diagnostics, context).run();
}

bool check_name(const Node& node, const std::string& path, const std::string& what,
                const std::vector<std::string>& names, Diagnostics& diagnostics) {
  if (node.kind == NodeKind::kScalar &&
      std::find(names.begin(), names.end(), node.text) != names.end()) {
    return true;
  }
  const std::string value = node.kind == NodeKind::kScalar ? shown(node.text) : node_text(node);
  const std::string hint = did_you_mean(node.text, names);
  diagnostics.error(node.position, path, format("{} = {} is not {}", path, value, what),
                    hint.empty() ? format("known: {}", join(names)) : hint);
  return false;
}

}  // namespace filigree::yaml
