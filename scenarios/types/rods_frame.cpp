// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/rods_frame.hpp"

#include <cstring>
#include <map>
#include <numeric>

#include "core/text.hpp"
#include "scenarios/types/rods_contact_scene.hpp"
#include "scenarios/types/type_support.hpp"

namespace filigree {

namespace {

struct HostRods {
  HostArray<Vec<3>, 2> position, velocity, director;
  HostArray<Real, 2> twist, length, stretch;
  std::map<std::pair<Index, Index>, Index> joint;  ///< of two edges

  Vec<3> edge(const rods::RodTopology& topology, Index e) const {
    const auto [tail, head] = topology.edges[static_cast<std::size_t>(e)];
    return position(0, head) - position(0, tail);
  }
};

void push(std::vector<float>& values, const Vec<3>& v) {
  for (int i = 0; i < 3; ++i) values.push_back(static_cast<float>(v[i]));
}

Block branch_block(const BranchOptions& branch, const RodScene& scene, const HostRods& rods,
                   const std::vector<Vec<3>>& contact_force, std::size_t number) {
  const auto& vertices = scene.branch_vertices[number];
  const auto& edges = scene.branch_edges[number];
  Block block;
  block.name = branch.name;
  block.kind = CellKind::kPolyline;
  std::vector<float> velocity, director, radius, curvature, twist, tension, touching;
  for (std::size_t k = 0; k < vertices.size(); ++k) {
    const Index v = vertices[k];
    for (int i = 0; i < 3; ++i) block.points.push_back(rods.position(0, v)[i]);
    push(velocity, rods.velocity(0, v));
    radius.push_back(static_cast<float>(scene.radius[static_cast<std::size_t>(v)]));
    // Vertices have the values of the edges beside them; joints those of their half edges.
    const Index before = edges[k > 0 ? k - 1 : 0];
    const Index after = edges[k < edges.size() ? k : edges.size() - 1];
    push(director, rods.director(0, after));
    const auto pull = [&](Index e) {
      return rods.stretch(0, e) * (norm(rods.edge(scene.topology, e)) - rods.length(0, e));
    };
    tension.push_back(static_cast<float>((pull(before) + pull(after)) / 2));
    float bend = 0, turn = 0;
    if (before != after) {
      const Vec<3> a = rods.edge(scene.topology, before);
      const Vec<3> b = rods.edge(scene.topology, after);
      const Real length = (rods.length(0, before) + rods.length(0, after)) / 2;
      const Vec<3> kb = cross(a, b) * (2 / (norm(a) * norm(b) + dot(a, b)));
      bend = static_cast<float>(norm(kb) / length);
      turn = static_cast<float>(rods.twist(0, rods.joint.at({before, after})) / length);
    }
    if (!contact_force.empty()) push(touching, contact_force[static_cast<std::size_t>(v)]);
    curvature.push_back(bend);
    twist.push_back(turn);
  }
  block.offsets = {0, block.n_points()};
  block.connectivity.resize(static_cast<std::size_t>(block.n_points()));
  std::iota(block.connectivity.begin(), block.connectivity.end(), 0);
  add_field(block, "velocity", "m/s", velocity, 3);
  add_field(block, "director", "", director, 3);
  add_field(block, "radius", "m", radius);
  add_field(block, "curvature", "1/m", curvature);
  add_field(block, "twist", "rad/m", twist);
  add_field(block, "tension", "N", tension);
  if (!contact_force.empty()) add_field(block, "contact_force", "N", touching, 3);
  return block;
}

/// The surface of a branch, with curvature and tension of its line.
Block surface_block(const Block& line) {
  TubeLine tube;
  const auto values = [&](const char* name) {
    std::vector<float> column(static_cast<std::size_t>(line.n_points()));
    for (const NamedArray& field : line.point_fields) {
      if (field.name == name) {
        std::memcpy(column.data(), field.bytes.data(), column.size() * sizeof(float));
      }
    }
    return column;
  };
  for (const float r : values("radius")) tube.radius.push_back(r);
  for (std::size_t p = 0; p < line.points.size(); p += 3) {
    tube.points.push_back({line.points[p], line.points[p + 1], line.points[p + 2]});
  }
  std::vector<Index> source;
  Block block = tube_block(tube, source);
  block.name = line.name + "_tube";
  for (const auto& [name, unit] : {std::pair("curvature", "1/m"), std::pair("tension", "N")}) {
    const std::vector<float> of_line = values(name);
    std::vector<float> of_tube;
    for (const Index v : source) of_tube.push_back(of_line[static_cast<std::size_t>(v)]);
    add_field(block, name, unit, of_tube);
  }
  return block;
}

}  // namespace

void fill_rod_frame(const RodsOptions& options, const RodScene& scene, const rods::RodState& state,
                    const std::vector<Vec<3>>& contact_force, Frame& frame) {
  HostRods host{to_host(state.position),
                to_host(state.velocity),
                to_host(state.director),
                to_host(state.twist),
                to_host(scene.model.rest_length),
                to_host(scene.model.stretch),
                {}};
  for (std::size_t j = 0; j < scene.topology.joints.size(); ++j) {
    const rods::Joint& joint = scene.topology.joints[j];
    host.joint[{joint.a, joint.b}] = static_cast<Index>(j);
  }
  for (std::size_t b = 0; b < options.branches.size(); ++b) {
    frame.blocks.push_back(branch_block(options.branches[b], scene, host, contact_force, b));
  }
  for (std::size_t b = 0; b < options.branches.size(); ++b) {
    frame.blocks.push_back(surface_block(frame.blocks[b]));
  }
}

void add_grippers(const RodsOptions& options, const RodScene& scene,
                  const std::vector<HeldParts>& held, const rods::RodState& state, Frame& frame) {
  constexpr double kSize = 5;  // in radii of the rod
  const auto x = to_host(state.position);
  const auto position = [&](Index v) {
    Vec<3, double> at{};
    for (int a = 0; a < 3; ++a) at[a] = x(0, v)[a];
    return at;
  };
  for (std::size_t c = 0; c < held.size(); ++c) {
    const Index v = held[c].vertices[0];
    Index edge = held[c].edge;
    if (edge < 0) edge = scene.topology.parent_edge[static_cast<std::size_t>(v)];
    if (edge < 0) {  // a root: any edge of it
      for (edge = 0; scene.topology.edges[static_cast<std::size_t>(edge)][0] != v &&
                     scene.topology.edges[static_cast<std::size_t>(edge)][1] != v;) {
        ++edge;
      }
    }
    const auto [tail, head] = scene.topology.edges[static_cast<std::size_t>(edge)];
    const Vec<3, double> along = position(head) - position(tail);
    const Vec<3, double> at =
        held[c].edge < 0 ? position(v) : 0.5 * (position(head) + position(tail));
    Block block = gripper_block(at, along, kSize * scene.radius[static_cast<std::size_t>(v)]);
    block.name = options.clamps[c].name;
    frame.blocks.push_back(std::move(block));
  }
}

}  // namespace filigree
