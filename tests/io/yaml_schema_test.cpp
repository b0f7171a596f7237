// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "io/schema_doc.hpp"
#include "tests/io/yaml_options.hpp"

namespace filigree::yaml_test {
namespace {

SchemaDocument scene() {
  return {"scene", "things that move", describe<CommonOptions, SceneOptions>()};
}

const SchemaNode& child(const SchemaNode& node, const std::string& key) {
  for (const SchemaNode& c : node.children) {
    if (c.key == key) return c;
  }
  throw std::runtime_error("no key " + key);
}

TEST(Schema, TreeHasEveryKeyWithItsFacts) {
  const SchemaNode root = scene().root;
  ASSERT_EQ(root.children.size(), 10U);
  const SchemaNode& dt = child(child(root, "time"), "dt");
  EXPECT_EQ(dt.doc, "step size");
  EXPECT_EQ(dt.unit, "s");
  EXPECT_EQ(dt.default_value, "0.01");
  EXPECT_FALSE(dt.required());
  EXPECT_FALSE(child(child(root, "time"), "end").default_value);
  EXPECT_TRUE(child(child(root, "time"), "end").required());
  const SchemaNode& material = child(child(root, "bodies").children[0], "material");
  EXPECT_EQ(material.default_alternative, "neo_hookean");
  ASSERT_EQ(material.children.size(), 2U);
  EXPECT_EQ(material.children[1].key, "drucker_prager");
  EXPECT_EQ(child(root, "formats").children[0].names,
            (std::vector<std::string>{"vtk", "csv", "npz"}));
}

TEST(Schema, TheDefaultAlternativeShowsTheValuesOfTheField) {
  SceneOptions options;
  options.bodies.resize(1);
  options.bodies[0].material = Sand{.friction_angle = 0.25};
  const SchemaNode root = describe_targets({yaml::target(options.bodies[0])});
  const SchemaNode& material = child(root, "material");
  EXPECT_EQ(material.default_alternative, "drucker_prager");
  EXPECT_EQ(child(material.children[1], "friction_angle").default_value, "0.25");
}

TEST(Schema, ExplainReadsLikeAScenarioFile) {
  EXPECT_EQ(explain_text(scene()),
            R"(scene: things that move

time:                          # required; block: when
  dt: 0.01                     # number in s, > 0: step size
  end:                         # required; number in s, > 0: final time
run:                           # block: how
  seed: 0                      # whole number: of the random numbers
  deterministic: true          # true or false: same bits every time
  level: 0                     # whole number, <= 3: of the log
formats: [vtk]                 # list of words out of vtk, csv, npz: of the output
bodies: []                     # list of blocks: what moves
  - name:                      # required; text: shown in the output
    from: [0, 0, 0]            # 3 numbers in m: lower corner
    to: [1, 1, 1]              # 3 numbers in m: upper corner
    density: 1000              # number in kg/m^3, > 0: mass per volume
    material:                  # block with a type: how it deforms
      type: neo_hookean        # compressible rubber (the default)
        young_modulus: 100000  # number in Pa, > 0: stiffness
        poisson_ratio: 0.3     # number, > -1 and < 0.5: contraction
      type: drucker_prager
        friction_angle: 0.5    # number in rad, >= 0: at rest
solver:                        # optional; block: how equations are solved
  iterations: 10               # whole number, 1 to 1000: at most
  tolerance: 1e-06             # number, > 0 and < 1: relative residual
angle:                         # optional; number in deg, -90 to 90: of the slope
motion:                        # file: table of positions
speed: 0                       # number in m/s: of the wind
porosity: 0.4                  # number, 0 to 1: share of voids
turn: 0                        # number in rad/s: of the table
)");
}

struct Wall {
  double friction = 0;
  template <class V>
  void reflect(V& v) {
    v("friction", friction,
      About{.doc = "Coulomb coefficient of a wall that bodies can leave, between "
                   "their surface and the wall, at any speed",
            .min = 0});
  }
};

struct Walls {
  Wall all;
  std::optional<Wall> left;
  std::vector<std::variant<Elastic, Sand>> layers;
  std::optional<std::variant<Elastic, Sand>> cover;
  template <class V>
  void reflect(V& v) {
    v("all", all, About{.doc = "every wall"});
    v("left", left, About{.doc = "this one"});
    v("cover", cover);
    v("layers", layers);
  }
};

TEST(Schema, RepeatedBlocksAreExplainedByReferenceAndLongTextsAreWrapped) {
  EXPECT_EQ(explain_text({"box", "a box", describe<Walls>()}),
            R"(box: a box

all:                         # block: every wall
  friction: 0                # number, >= 0: Coulomb coefficient of a wall that bodies can leave,
                             # between their surface and the wall, at any speed
left:                        # optional; block: this one; keys as in all
cover:                       # optional; block with a type
  type: neo_hookean          # compressible rubber
    young_modulus: 100000    # number in Pa, > 0: stiffness
    poisson_ratio: 0.3       # number, > -1 and < 0.5: contraction
  type: drucker_prager
    friction_angle: 0.5      # number in rad, >= 0: at rest
layers: []                   # list of blocks with a type
  - type: neo_hookean        # compressible rubber
      young_modulus: 100000  # number in Pa, > 0: stiffness
      poisson_ratio: 0.3     # number, > -1 and < 0.5: contraction
    type: drucker_prager
      friction_angle: 0.5    # number in rad, >= 0: at rest
)");
  const std::string manual = manual_text(SchemaDocument{"box", "a box", describe<Walls>()});
  EXPECT_NE(manual.find("| `left` | block, keys as `all` | none | this one |\n"),
            std::string::npos);
  EXPECT_EQ(manual.find("### `left`"), std::string::npos);
}

TEST(Schema, ManualHasATableForEveryBlock) {
  const std::string text = manual_text(scene());
  const auto has = [&](const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\nis missing in\n" << text;
  };
  has("## `scene`\n\nthings that move\n");
  has("| `dt` | number in s, > 0 | `0.01` | step size |\n");
  has("| `end` | number in s, > 0 | required | final time |\n");
  has("### `bodies.*`\n\nWhat moves.\n");
  has("### `bodies.*.material` with `type: neo_hookean`\n\nCompressible rubber.\n");
  has("| `material` | block with a type | `type: neo_hookean` | how it deforms |\n");
  has("| `solver` | block | none | how equations are solved |\n");
}

TEST(Schema, CommonKeysStandOnceInTheWholeManual) {
  SchemaDocument other{"still", "nothing moves", describe<CommonOptions>()};
  const std::string text = manual_text(std::vector{scene(), other});
  const std::size_t common = text.find("## Every scenario");
  ASSERT_NE(common, std::string::npos);
  const std::size_t dt = text.find("| `dt` |");
  EXPECT_GT(dt, common);
  EXPECT_EQ(text.find("| `dt` |", dt + 1), std::string::npos);
  EXPECT_LT(dt, text.find("## `scene`"));
  EXPECT_NE(text.find("## `still`\n\nnothing moves\n\nNo keys.\n"), std::string::npos);
}

nlohmann::json properties() {
  return json_schema({scene()})["$defs"]["scene"]["properties"];
}

TEST(Schema, JsonSchemaPicksTheTypeByItsName) {
  const nlohmann::json schema = json_schema({scene()});
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema["properties"]["scenario"]["properties"]["type"]["enum"].dump(), R"(["scene"])");
  EXPECT_EQ(schema["allOf"][0]["then"]["$ref"], "#/$defs/scene");
  EXPECT_EQ(schema["allOf"][0]["if"]["properties"]["scenario"]["properties"]["type"]["const"],
            "scene");
  EXPECT_EQ(schema["$defs"]["scene"]["additionalProperties"], false);
  EXPECT_EQ(schema["$defs"]["scene"]["required"].dump(), R"(["time"])");
}

TEST(Schema, JsonSchemaKnowsRangesUnitsAndNames) {
  const nlohmann::json keys = properties();
  const nlohmann::json dt = keys["time"]["properties"]["dt"];
  EXPECT_EQ(dt["anyOf"][0].dump(), R"({"exclusiveMinimum":0.0,"type":"number"})");
  EXPECT_EQ(dt["anyOf"][1]["type"], "string");
  EXPECT_EQ(dt["description"], "step size [s]");
  EXPECT_EQ(dt["default"], 0.01);
  EXPECT_EQ(
      keys["run"]["properties"]["level"].dump(),
      R"({"default":0,"description":"of the log","maximum":3.0,"minimum":-128,"type":"integer"})");
  EXPECT_EQ(keys["run"]["properties"]["seed"]["maximum"], 18446744073709551615ULL);
  EXPECT_EQ(keys["formats"]["items"]["enum"].dump(), R"(["vtk","csv","npz"])");
  EXPECT_EQ(keys["bodies"]["items"]["required"].dump(), R"(["name"])");
  EXPECT_EQ(keys["bodies"]["items"]["properties"]["to"]["minItems"], 3);
  EXPECT_EQ(keys["solver"]["anyOf"][1]["type"], "null");
  const nlohmann::json material = keys["bodies"]["items"]["properties"]["material"];
  EXPECT_EQ(material["properties"]["type"]["enum"].dump(), R"(["neo_hookean","drucker_prager"])");
  EXPECT_EQ(material["allOf"][1]["then"]["properties"]["type"]["const"], "drucker_prager");
  EXPECT_EQ(material["allOf"][1]["then"]["additionalProperties"], false);
}

}  // namespace
}  // namespace filigree::yaml_test
