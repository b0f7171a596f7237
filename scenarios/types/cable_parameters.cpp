// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/cable_parameters.hpp"

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/json.hpp"

namespace filigree {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "filigree cable parameters";

/// One list of the file: where its numbers are in a fit.
struct List {
  const char* key;
  const char* of;
  const char* unit;
  std::vector<std::vector<double*>> rows;
};

/// Every list, with room for its numbers made in `fit`.
std::vector<List> lists_of(const rods::RodTopology& topology, rods::CableFit& fit) {
  rods::RodParameters& p = fit.parameters;
  const auto n_edges = static_cast<std::size_t>(topology.n_edges());
  const auto n_vertices = static_cast<std::size_t>(topology.n_vertices);
  p.rest_length.resize(n_edges);
  p.edges.resize(n_edges);
  p.joint_rest.resize(topology.joints.size());
  p.joint_half_turn.resize(topology.joints.size());
  p.junction_compliance.resize(n_vertices);
  p.added_mass.resize(n_vertices);
  const auto singles = [](std::vector<double>& values) {
    std::vector<std::vector<double*>> rows;
    for (double& value : values) rows.push_back({&value});
    return rows;
  };
  std::vector<std::vector<double*>> stretch, bending, twist, density, kappa;
  for (rods::EdgeProperties& edge : p.edges) {
    stretch.push_back({&edge.stretch_stiffness});
    bending.push_back({&edge.bending_stiffness[0], &edge.bending_stiffness[1]});
    twist.push_back({&edge.twist_stiffness});
    density.push_back({&edge.line_density});
  }
  for (auto& rest : p.joint_rest) kappa.push_back({&rest[0], &rest[1], &rest[2]});
  return {{"rest_length", "edges", "m", singles(p.rest_length)},
          {"stretch_stiffness", "edges", "N", stretch},
          {"bending_stiffness", "edges", "N m^2", bending},
          {"twist_stiffness", "edges", "N m^2", twist},
          {"line_density", "edges", "kg/m", density},
          {"rest_kappa", "joints", "", kappa},
          {"rest_half_turn", "joints", "rad", singles(p.joint_half_turn)},
          {"junction_compliance", "vertices", "rad/(N m)", singles(p.junction_compliance)},
          {"added_mass", "vertices", "kg", singles(p.added_mass)},
          {"damping", "cable", "1/s", {{&p.damping}}},
          {"gravity", "cable", "m/s^2", {{&p.gravity[0], &p.gravity[1], &p.gravity[2]}}},
          {"gripper_roll", "grasped edges", "rad", singles(fit.roll)}};
}

Json joints_of(const rods::RodTopology& topology) {
  Json joints = Json::array();
  for (const rods::Joint& joint : topology.joints) {
    joints.push_back({joint.vertex, joint.a, joint.b});
  }
  return joints;
}

}  // namespace

Json to_json(const std::string& cable, const rods::RodTopology& topology,
             const rods::CableFit& fit) {
  Json json{{"format", kFormat},       {"version", 1},
            {"cable", cable},          {"vertices", topology.n_vertices},
            {"edges", topology.edges}, {"joints", joints_of(topology)}};
  rods::CableFit copy = fit;
  for (const List& list : lists_of(topology, copy)) {
    Json values = Json::array();
    for (const auto& row : list.rows) {
      if (row.size() == 1) {
        values.push_back(*row[0]);
        continue;
      }
      Json several = Json::array();
      for (const double* value : row) several.push_back(*value);
      values.push_back(several);
    }
    json[list.key] = {{"of", list.of}, {"unit", list.unit}, {"values", values}};
  }
  return json;
}

rods::CableFit read_cable_fit(const std::filesystem::path& file,
                              const rods::RodTopology& topology) {
  const std::string name = file.string();
  const Json json = parse_json(read_text_file(file), name);
  FILIGREE_REQUIRE(json.is_object() && json.value("format", Json()) == kFormat,
                   "{}: not a file of cable parameters: its 'format' should be \"{}\"", name,
                   kFormat);
  FILIGREE_REQUIRE(json.value("version", Json()) == 1,
                   "{}: 'version' is not 1, the only one this program reads", name);
  FILIGREE_REQUIRE(json.value("vertices", Json()) == Json(topology.n_vertices) &&
                       json.value("edges", Json()) == Json(topology.edges) &&
                       json.value("joints", Json()) == joints_of(topology),
                   "{}: 'vertices', 'edges' or 'joints' are those of another cable ('{}')", name,
                   json.value("cable", "without a name"));
  rods::CableFit fit;
  if (json.contains("gripper_roll") && json["gripper_roll"].contains("values")) {
    fit.roll.resize(json["gripper_roll"]["values"].size());
  }
  for (const List& list : lists_of(topology, fit)) {
    FILIGREE_REQUIRE(json.contains(list.key) && json[list.key].is_object(),
                     "{}: the key '{}' is missing", name, list.key);
    const Json& entry = json[list.key];
    FILIGREE_REQUIRE(entry.value("unit", Json()) == list.unit,
                     "{}: the unit of '{}' must be \"{}\"", name, list.key, list.unit);
    const Json values = entry.value("values", Json());
    FILIGREE_REQUIRE(values.is_array() && values.size() == list.rows.size(),
                     "{}: '{}' must have {} values, one for each of the {}", name, list.key,
                     list.rows.size(), list.of);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::vector<double*>& row = list.rows[i];
      const Json numbers = row.size() == 1 ? Json::array({values[i]}) : values[i];
      bool good = numbers.is_array() && numbers.size() == row.size();
      for (std::size_t k = 0; good && k < row.size(); ++k) good = numbers[k].is_number();
      FILIGREE_REQUIRE(good, "{}: value {} of '{}' must be {}", name, i, list.key,
                       row.size() == 1 ? "a number" : format("a list of {} numbers", row.size()));
      for (std::size_t k = 0; k < row.size(); ++k) *row[k] = numbers[k].get<double>();
    }
  }
  return fit;
}

}  // namespace filigree
