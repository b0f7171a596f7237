// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The only file that includes yaml-cpp.
#include "io/yaml/document.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <system_error>

#include "core/text.hpp"
#include "io/yaml/marks.hpp"
#include "io/yaml/source_text.hpp"

namespace filigree::yaml {

namespace {

/// Ends parsing; the problem has been reported.
struct Stop {};

std::size_t node_count(const Node& node) {
  std::size_t count = 1;
  for (const Entry& entry : node.entries) count += node_count(entry.value);
  for (const Node& item : node.items) count += node_count(item);
  return count;
}

/// Marks of the parser's own type.
Position position_of(const Marks& marks, const YAML::Mark& mark, std::size_t bytes = 1) {
  return marks.position(mark.line, mark.column, bytes);
}

/// Builds the tree from parser events.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const Marks& marks, Diagnostics& diagnostics)
      : marks_(marks), diagnostics_(diagnostics) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (n_documents_++ == 0) return;
    const std::size_t at = marks_.offset(mark.line, mark.column);
    const std::string& text = marks_.text();
    const bool marked = text.compare(at, 3, "---") == 0 || text.find("\n...") < at;
    refuse(position_of(marks_, mark, marked ? 3 : 1),
           marked ? "a second document starts here; a file holds one"
                  : "syntax error: this line does not belong to what stands above",
           marked ? "put it in a file of its own" : "check the indentation");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Node node;
    node.position = position_of(marks_, mark);
    add(std::move(node), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const Position position = position_of(marks_, mark);
    if (anchor == 0 || anchor > anchors_.size() || !anchors_[anchor - 1].complete) {
      refuse(position, "the alias stands inside the value that it names", "write the value out");
    }
    Anchor& known = anchors_[anchor - 1];
    known.used = true;
    spend(node_count(known.node), position);
    Node copy = known.node;
    add(std::move(copy), 0);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const std::size_t at = marks_.offset(mark.line, mark.column);
    const bool in_quotes = at < marks_.text().size() &&
                           (marks_.text()[at] == '"' || marks_.text()[at] == '\'') && tag == "!";
    std::size_t length = tag == "!" ? 1 : value.size();
    if (in_quotes) {
      length = marks_.quoted_length(at);
      if (length == 0) {
        refuse(position_of(marks_, mark), "syntax error: the quoted text is not closed",
               format("add the closing {}", marks_.text()[at]));
      }
    }
    Node node;
    node.kind = NodeKind::kScalar;
    node.position = position_of(marks_, mark, length);
    node.text = value;
    node.quoted = tag == "!";
    if (value.size() > Limits::kScalarBytes) {
      refuse(node.position,
             format("a text of {} bytes, at most {} are read", value.size(), Limits::kScalarBytes),
             "keep long texts in files of their own");
    }
    if (value.find('\0') != std::string::npos) {
      refuse(node.position, "a NUL character in a text", "remove the '\\0'");
    }
    check_tag(tag, node.position);
    add(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(NodeKind::kSequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(NodeKind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

  void OnAnchor(const YAML::Mark& mark, const std::string& name) override {
    anchors_.push_back({name, position_of(marks_, mark, name.size() + 1), {}, false, false});
  }

  /// Of the innermost list or block that has not ended yet.
  const Position* open_position() const {
    return frames_.empty() ? nullptr : &frames_.back().node.position;
  }

  /// The finished tree; reports anchors that no alias names.
  Node take() {
    for (const Anchor& anchor : anchors_) {
      if (anchor.used) continue;
      diagnostics_.error(anchor.position, "",
                         format("anchor '&{}' is never used", shown(anchor.name)),
                         format("remove it, or refer to it with '*{}'", shown(anchor.name)));
    }
    return std::move(root_);
  }

 private:
  struct Anchor {
    std::string name;
    Position position;
    Node node;
    bool complete = false;
    bool used = false;
  };
  struct Frame {
    Node node;
    YAML::anchor_t anchor = 0;
    bool has_key = false;
    bool is_merge = false;  ///< the key is `<<`, which has been reported
    std::string key;
    Position key_position;
  };

  [[noreturn]] void refuse(const Position& position, std::string message, std::string hint) {
    diagnostics_.error(position, "", std::move(message), std::move(hint));
    throw Stop();
  }

  void spend(std::size_t nodes, const Position& position) {
    alias_nodes_ += nodes;
    if (alias_nodes_ > Limits::kAliasNodes) {
      refuse(position,
             format("anchors and aliases stand for more than {} values", Limits::kAliasNodes),
             "write the values out or keep them in a file of their own");
    }
  }

  void check_tag(const std::string& tag, const Position& position) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    diagnostics_.error(position, "", format("tag '{}' is not supported", shown(tag)),
                       "remove the tag; each key has one kind of value");
  }

  void open(NodeKind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    const Position position = position_of(marks_, mark);
    if (frames_.size() >= static_cast<std::size_t>(Limits::kDepth)) {
      refuse(position, format("blocks and lists are nested more than {} deep", Limits::kDepth),
             "a bracket or the indentation is probably wrong");
    }
    check_tag(tag, position);
    Frame frame;
    frame.node.kind = kind;
    frame.node.position = position;
    frame.anchor = anchor;
    frames_.push_back(std::move(frame));
  }

  void close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    add(std::move(frame.node), frame.anchor);
  }

  /// Puts a complete node where it belongs: a key, a value, an item or the root.
  void add(Node node, YAML::anchor_t anchor) {
    if (anchor != 0 && anchor <= anchors_.size()) {
      spend(node_count(node), node.position);
      anchors_[anchor - 1].node = node;
      anchors_[anchor - 1].complete = true;
    }
    if (frames_.empty()) {
      root_ = std::move(node);
    } else if (frames_.back().node.kind == NodeKind::kSequence) {
      frames_.back().node.items.push_back(std::move(node));
    } else if (!frames_.back().has_key) {
      set_key(std::move(node));
    } else {
      add_entry(std::move(node));
    }
  }

  void set_key(Node node) {
    if (node.kind != NodeKind::kScalar) {
      refuse(node.position, "a key must be a word", "write 'key: value'");
    }
    Frame& frame = frames_.back();
    frame.has_key = true;
    frame.key = std::move(node.text);
    frame.key_position = std::move(node.position);
    frame.is_merge = frame.key == "<<" && !node.quoted;
    if (frame.is_merge) {
      diagnostics_.error(frame.key_position, "", "merge keys ('<<') are not supported",
                         "write the keys out, or use an alias for the whole value");
    }
  }

  void add_entry(Node node) {
    Frame& frame = frames_.back();
    frame.has_key = false;
    if (frame.is_merge) return;
    if (node.kind == NodeKind::kNull) node.position = frame.key_position;
    frame.node.entries.push_back(
        {std::move(frame.key), std::move(frame.key_position), std::move(node)});
  }

  const Marks& marks_;
  Diagnostics& diagnostics_;
  std::vector<Frame> frames_;
  std::vector<Anchor> anchors_;
  Node root_;
  int n_documents_ = 0;
  std::size_t alias_nodes_ = 0;
};

struct Rewording {
  std::string_view parser;  ///< how the parser's text starts
  std::string_view message;
  std::string_view hint;
  int back = 0;             ///< characters between the mistake and the parser's mark
  bool is_bracket = false;  ///< the mistake is the bracket that opened the list or block
};

constexpr Rewording kRewordings[] = {
    {"illegal map value", "':' is not allowed here",
     "check the indentation, or put the text in quotes"},
    {"end of map not found", "this line does not fit the block above",
     "check its indentation; a key needs ': ' behind it"},
    {"end of sequence not found", "this line does not fit the list above",
     "check its indentation; each item starts with '- '"},
    {"end of map flow not found", "'{' is not closed", "add '}'; items are separated by ','", 0,
     true},
    {"end of sequence flow not found", "'[' is not closed", "add ']'; items are separated by ','",
     0, true},
    {"illegal flow end", "this bracket closes nothing", "remove it"},
    {"illegal block entry", "'- ' is not allowed here", "start the list on a line of its own"},
    {"unknown token", "this character cannot start a value", "put the text in quotes"},
    {"the referenced anchor is not defined", "no anchor of this name stands above the alias",
     "define it with '&name' first, or put the text in quotes"},
    {"unknown escape character", "unknown escape in double quotes",
     "write '\\\\' for a backslash, or use single quotes", 2},
    {"bad character found while scanning hex number", "a hexadecimal escape with other characters",
     "write '\\\\' for a backslash, or use single quotes"},
    {"illegal EOF in scalar", "the quoted text is not closed", "add the closing quote"},
    {"cannot assign multiple anchors", "a value has one anchor at most", "remove one"},
};

void report_syntax(const YAML::Exception& e, const Marks& marks, const Position* open,
                   Diagnostics& diagnostics) {
  Position position = position_of(marks, e.mark);
  for (const Rewording& rewording : kRewordings) {
    if (e.msg.compare(0, rewording.parser.size(), rewording.parser) != 0) continue;
    if (rewording.is_bracket && open != nullptr) position = *open;
    position.column = std::max(1, position.column - rewording.back);
    position.width += rewording.back > 0 ? 1 : 0;
    diagnostics.error(position, "", format("syntax error: {}", rewording.message),
                      std::string(rewording.hint));
    return;
  }
  diagnostics.error(position, "", format("syntax error: {}", shown(e.msg)));
}

/// The bytes of a file, at most one more than the limit; nothing when it cannot be read.
bool read_bytes(const std::filesystem::path& path, std::string& bytes, std::string& reason) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) {
    reason = "no such file";
  } else if (std::filesystem::is_directory(status)) {
    reason = "it is a folder";
  } else {
    std::ifstream in(path, std::ios::binary);
    if (in) {
      bytes.resize(Limits::kBytes + 1);
      in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
      bytes.resize(static_cast<std::size_t>(in.gcount()));
    }
    if (in.bad() || !in.is_open()) reason = "no permission to read it";
  }
  return reason.empty();
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

Node* Node::find(std::string_view key) {
  return const_cast<Node*>(static_cast<const Node&>(*this).find(key));
}

Document Document::parse_file(const std::filesystem::path& path, Diagnostics& diagnostics,
                              std::string name) {
  if (name.empty()) name = path.string();
  std::string bytes;
  std::string reason;
  if (!read_bytes(path, bytes, reason)) {
    diagnostics.error({name, 0, 0, 1}, "", format("cannot be read: {}", reason));
    Document document;
    document.name_ = name;
    document.is_broken_ = true;
    return document;
  }
  return parse_text(std::move(bytes), std::move(name), diagnostics);
}

Document Document::parse_text(std::string text, std::string name, Diagnostics& diagnostics) {
  if (prepare_source(text, name, diagnostics)) {
    return parse_prepared(text, std::move(name), diagnostics);
  }
  Document document;
  document.name_ = std::move(name);
  document.is_broken_ = true;
  return document;
}

Document Document::parse_prepared(const std::string& text, std::string name,
                                  Diagnostics& diagnostics) {
  Document document;
  document.name_ = std::move(name);
  document.is_broken_ = true;
  const Marks marks(text, document.name_);
  TreeBuilder builder(marks, diagnostics);
  std::istringstream in(text);
  try {
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(builder)) {
    }
    document.root_ = builder.take();
    document.is_broken_ = false;
  } catch (const Stop&) {
    // The reason has been reported.
  } catch (const YAML::Exception& e) {
    report_syntax(e, marks, builder.open_position(), diagnostics);
  }
  if (document.root_.position.file.empty()) document.root_.position = {document.name_, 1, 1, 1};
  return document;
}

const Node* find_path(const Node& root, std::string_view path) {
  const Node* node = &root;
  while (node != nullptr && !path.empty()) {
    const std::size_t dot = path.find('.');
    const std::string_view key = path.substr(0, dot);
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
    if (node->kind == NodeKind::kSequence) {
      const bool digits =
          !key.empty() && key.size() < 7 &&
          std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
      const std::size_t index = digits ? std::stoul(std::string(key)) : node->items.size();
      node = index < node->items.size() ? &node->items[index] : nullptr;
    } else {
      node = node->find(key);
    }
  }
  return node;
}

}  // namespace filigree::yaml
