// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/rods_scene.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.hpp"
#include "core/text.hpp"

namespace filigree {

namespace {

using Vec3d = Vec<3, double>;

struct Section {
  rods::EdgeProperties properties;
  double radius = 0;
};

Section section_of(const RodMaterial& material) {
  if (const auto* round = std::get_if<RoundSection>(&material)) {
    const double r = round->radius;
    const double area = std::numbers::pi * r * r;
    const double EI = round->young_modulus * area * r * r / 4;
    return {{round->young_modulus * area,
             {EI, EI},
             EI / (1 + round->poisson_ratio),
             round->density * area},
            r};
  }
  const auto& given = std::get<GivenStiffness>(material);
  return {{given.stretch, given.bending, given.twist, given.line_density}, given.radius};
}

/// The points that cut a line of corners into pieces of equal length, first and last included.
std::vector<Vec3d> cut_line(const std::vector<Vec3d>& corners, std::int64_t pieces) {
  std::vector<double> along{0};
  for (std::size_t i = 1; i < corners.size(); ++i) {
    along.push_back(along.back() + norm(corners[i] - corners[i - 1]));
  }
  std::vector<Vec3d> points;
  std::size_t segment = 1;
  for (std::int64_t k = 0; k <= pieces; ++k) {
    const double s = along.back() * static_cast<double>(k) / static_cast<double>(pieces);
    while (segment + 1 < corners.size() && along[segment] < s) ++segment;
    const double length = along[segment] - along[segment - 1];
    const double t = length > 0 ? std::min(1.0, (s - along[segment - 1]) / length) : 0;
    points.push_back(corners[segment - 1] + t * (corners[segment] - corners[segment - 1]));
  }
  return points;
}

std::size_t from_end(std::int64_t number, std::size_t count) {
  return static_cast<std::size_t>(number < 0 ? number + static_cast<std::int64_t>(count) : number);
}

}  // namespace

RodScene make_rod_scene(const RodsOptions& options) {
  RodScene scene;
  std::vector<std::array<Index, 2>> edges;
  std::vector<rods::EdgeProperties> properties;
  std::vector<std::optional<std::array<double, 3>>> directors;
  for (const BranchOptions& branch : options.branches) {
    std::vector<Index> vertices;
    std::vector<Vec3d> corners;
    if (!branch.root.empty()) {
      std::size_t root = 0;
      while (options.branches[root].name != branch.root) ++root;
      const auto& of_root = scene.branch_vertices[root];
      vertices.push_back(of_root[from_end(branch.root_vertex, of_root.size())]);
      corners.push_back(scene.rest.positions[static_cast<std::size_t>(vertices[0])]);
    }
    for (const auto& p : branch.points) corners.push_back({p[0], p[1], p[2]});
    const Section section = section_of(branch.material);
    const std::vector<Vec3d> points = cut_line(corners, branch.edges);
    for (std::size_t k = vertices.size(); k < points.size(); ++k) {
      vertices.push_back(static_cast<Index>(scene.rest.positions.size()));
      scene.rest.positions.push_back(points[k]);
      scene.radius.push_back(section.radius);
    }
    std::vector<Index> own_edges;
    for (std::size_t k = 1; k < vertices.size(); ++k) {
      own_edges.push_back(static_cast<Index>(edges.size()));
      edges.push_back({vertices[k - 1], vertices[k]});
      properties.push_back(section.properties);
      directors.push_back(branch.director);
    }
    scene.branch_vertices.push_back(vertices);
    scene.branch_edges.push_back(own_edges);
  }
  scene.topology =
      rods::make_topology(static_cast<Index>(scene.rest.positions.size()), std::move(edges));
  scene.rest.directors = rods::natural_directors(scene.topology, scene.rest);
  for (std::size_t e = 0; e < directors.size(); ++e) {
    if (directors[e]) {
      scene.rest.directors[e] = {(*directors[e])[0], (*directors[e])[1], (*directors[e])[2]};
    }
  }
  scene.model = rods::make_rod_model(scene.topology, scene.rest, properties);
  if (options.gravity.size() == 3) {
    for (int a = 0; a < 3; ++a) {
      scene.model.gravity[a] = static_cast<Real>(options.gravity[static_cast<std::size_t>(a)]);
    }
  }
  Kokkos::deep_copy(scene.model.damping.view(), static_cast<Real>(options.damping));
  return scene;
}

std::vector<HeldParts> held_parts(const RodsOptions& options, const RodScene& scene) {
  std::vector<HeldParts> all;
  for (const ClampOptions& clamp : options.clamps) {
    std::size_t branch = 0;
    while (options.branches[branch].name != clamp.branch) ++branch;
    const auto& vertices = scene.branch_vertices[branch];
    const std::size_t k = from_end(clamp.vertex, vertices.size());
    HeldParts parts;
    parts.vertices.push_back(vertices[k]);
    if (clamp.edge != HeldEdge::kNone) {
      const bool next = clamp.edge == HeldEdge::kNext;
      parts.vertices.push_back(vertices[next ? k + 1 : k - 1]);
      parts.edge = scene.branch_edges[branch][next ? k : k - 1];
      const auto [tail, head] = scene.topology.edges[static_cast<std::size_t>(parts.edge)];
      parts.edge_node =
          scene.topology.parent_edge[static_cast<std::size_t>(head)] == parts.edge ? head : tail;
    }
    all.push_back(parts);
  }
  return all;
}

ClampPose clamp_at(const ClampOptions& clamp, double time) {
  ClampPose pose;
  pose.holds = !clamp.until || time <= *clamp.until;
  ClampWaypoint before;
  const auto vector = [](const std::array<double, 3>& a) { return Vec3d{a[0], a[1], a[2]}; };
  const auto set = [&](const Vec3d& move, double degrees) {
    pose.move = move;
    pose.turn = degrees * std::numbers::pi / 180;
  };
  for (const ClampWaypoint& point : clamp.motion) {
    if (time < point.time) {
      const double t = (time - before.time) / (point.time - before.time);
      set(vector(before.move) + t * (vector(point.move) - vector(before.move)),
          before.turn + t * (point.turn - before.turn));
      return pose;
    }
    before = point;
  }
  set(vector(before.move), before.turn);
  return pose;
}

}  // namespace filigree
