// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// JSON Schema (draft 2020-12) for editors.
#include <cmath>
#include <nlohmann/json.hpp>

#include "io/schema_doc.hpp"

namespace filigree {

namespace {

using nlohmann::json;
using yaml::Kind;

constexpr const char* kNumberPattern = R"(^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*)";
constexpr const char* kUnitPattern = "[A-Za-z1\xC2\xB5\xCE\xBC\xC2\xB0%(][^#,]*$";

json schema_of(const SchemaNode& node);

void add_bounds(json& schema, const About& about) {
  if (std::isfinite(about.min)) schema["minimum"] = about.min;
  if (std::isfinite(about.max)) schema["maximum"] = about.max;
  if (std::isfinite(about.above)) schema["exclusiveMinimum"] = about.above;
  if (std::isfinite(about.below)) schema["exclusiveMaximum"] = about.below;
}

json real_schema(const SchemaNode& node) {
  json number{{"type", "number"}};
  add_bounds(number, node.about);
  const std::string unit = node.unit.empty() ? "%$" : kUnitPattern;
  return {{"anyOf", {number, {{"type", "string"}, {"pattern", kNumberPattern + unit}}}}};
}

json integer_schema(const SchemaNode& node) {
  json schema{{"type", "integer"}, {"minimum", node.lowest}, {"maximum", node.highest}};
  add_bounds(schema, node.about);
  return schema;
}

/// `alternative`: the type that a variant must name, "" for plain blocks.
json block_schema(const SchemaNode& node, const std::string& alternative) {
  json properties = json::object();
  json required = json::array();
  if (!alternative.empty()) {
    properties["type"] = {{"const", alternative}};
    required.push_back("type");
  }
  for (const SchemaNode& field : node.children) {
    properties[field.key] = schema_of(field);
    if (field.required()) required.push_back(field.key);
  }
  json schema{{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
  if (!required.empty()) schema["required"] = required;
  return schema;
}

json variant_schema(const SchemaNode& node) {
  json names = json::array();
  json branches = json::array();
  for (const SchemaNode& alternative : node.children) {
    names.push_back(alternative.key);
    json body = block_schema(alternative, alternative.key);
    if (!alternative.doc.empty()) body["description"] = alternative.doc;
    branches.push_back(
        {{"if", {{"properties", {{"type", {{"const", alternative.key}}}}}, {"required", {"type"}}}},
         {"then", body}});
  }
  return {{"type", "object"},
          {"properties", {{"type", {{"enum", names}}}}},
          {"required", {"type"}},
          {"allOf", branches}};
}

json list_schema(const SchemaNode& node) {
  json schema{{"type", "array"}, {"items", schema_of(node.children[0])}};
  if (node.kind == Kind::kArray) {
    schema["minItems"] = node.length;
    schema["maxItems"] = node.length;
  }
  return schema;
}

json bare_schema(const SchemaNode& node) {
  switch (node.kind) {
    case Kind::kBoolean:
      return {{"type", "boolean"}};
    case Kind::kInteger:
      return integer_schema(node);
    case Kind::kReal:
      return real_schema(node);
    case Kind::kText:
      return {{"type", {"string", "number", "boolean"}}};
    case Kind::kFile:
      return {{"type", "string"}, {"minLength", 1}};
    case Kind::kChoice:
      return {{"enum", node.names}};
    case Kind::kBlock:
      return block_schema(node, "");
    case Kind::kVariant:
      return variant_schema(node);
    case Kind::kArray:
    case Kind::kList:
      return list_schema(node);
    case Kind::kOptional:
      return {{"anyOf", {schema_of(node.children[0]), {{"type", "null"}}}}};
  }
  return json::object();
}

json default_json(const SchemaNode& node) {
  const json value = json::parse(*node.default_value, nullptr, false);
  return value.is_discarded() ? json(*node.default_value) : value;
}

json schema_of(const SchemaNode& node) {
  json schema = bare_schema(node);
  std::string description = node.doc;
  if (!node.unit.empty()) description += (description.empty() ? "[" : " [") + node.unit + "]";
  if (!description.empty()) schema["description"] = description;
  if (node.default_value) schema["default"] = default_json(node);
  return schema;
}

}  // namespace

nlohmann::json json_schema(const std::vector<SchemaDocument>& documents) {
  json names = json::array();
  json definitions = json::object();
  json branches = json::array();
  for (const SchemaDocument& document : documents) {
    names.push_back(document.name);
    definitions[document.name] = block_schema(document.root, "");
    definitions[document.name]["description"] = document.doc;
    const json type_is{{"properties", {{"type", {{"const", document.name}}}}},
                       {"required", {"type"}}};
    branches.push_back(
        {{"if", {{"properties", {{"scenario", type_is}}}, {"required", {"scenario"}}}},
         {"then", {{"$ref", "#/$defs/" + document.name}}}});
  }
  const json type{{"enum", names}, {"description", "the scenario type"}};
  const json scenario{{"type", "object"}, {"properties", {{"type", type}}}, {"required", {"type"}}};
  return {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
          {"title", "Filigree scenario"},
          {"type", "object"},
          {"properties", {{"scenario", scenario}}},
          {"required", {"scenario"}},
          {"allOf", branches},
          {"$defs", definitions}};
}

}  // namespace filigree
