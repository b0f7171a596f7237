// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What can be written in a scenario file: a tree made from the reflect lists, and its three
// renderings (terminal text, Markdown manual, JSON Schema for editors).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "io/yaml/type.hpp"

namespace filigree {

struct SchemaNode {
  std::string key;  ///< of a field; kName of an alternative
  std::string doc;
  std::string unit;  ///< "" when dimensionless
  yaml::Kind kind{};
  About about;                               ///< bounds and `required`
  std::int64_t lowest = 0;                   ///< of an integer's storage
  std::uint64_t highest = 0;                 ///< of an integer's storage
  std::size_t length = 0;                    ///< of a fixed-length list
  std::optional<std::string> default_value;  ///< as YAML on one line; none when required or a block
  std::string default_alternative;           ///< of a variant that is not required
  std::vector<std::string> names;            ///< of a choice
  /// Fields of a block; alternatives of a variant (blocks); the element of a list, array or
  /// optional.
  std::vector<SchemaNode> children;

  bool required() const { return about.required; }
};

/// The keys of one scenario type: the blocks that every scenario has plus its own.
struct SchemaDocument {
  std::string name;  ///< the scenario type
  std::string doc;   ///< one line
  SchemaNode root;   ///< a block
};

/// All blocks of the targets as one block. The values of the objects are the defaults shown.
SchemaNode describe_targets(const std::vector<yaml::Target>& targets);

template <class... Options>
SchemaNode describe() {
  auto objects = std::make_tuple(Options{}...);
  return std::apply([](auto&... options) { return describe_targets({yaml::target(options)...}); },
                    objects);
}

/// What may stand behind the key: "number in s, > 0", "list of blocks", "one of vtk, csv".
std::string kind_text(const SchemaNode& node);

/// The first of `siblings` before `node` with the same keys below it, or nullptr: documented by
/// reference.
const SchemaNode* same_keys_above(const SchemaNode& node, const std::vector<SchemaNode>& siblings);

/// For a terminal: a scenario file with every key at its default; comments tell kind, unit, range,
/// meaning.
std::string explain_text(const SchemaDocument& document);

/// A chapter of the manual in Markdown: one table per block.
std::string manual_text(const SchemaDocument& document);

/// The whole manual.
std::string manual_text(const std::vector<SchemaDocument>& documents);

/// JSON Schema (draft 2020-12) of scenario files of any of these types; the key `scenario.type`
/// picks one.
nlohmann::json json_schema(const std::vector<SchemaDocument>& documents);

}  // namespace filigree
