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

double length_of(const std::vector<Vec3d>& corners) {
  double length = 0;
  for (std::size_t i = 1; i < corners.size(); ++i) length += norm(corners[i] - corners[i - 1]);
  return length;
}

/// A line that goes on from its end in direction t, turns towards `to` on an arc of a radius, and
/// goes straight on: `length` of it.
void add_end(std::vector<Vec3d>& line, Vec3d t, const Vec3d& to, double radius, double length) {
  const double step = radius / 20;
  for (double left = length; left > 0; left -= step) {
    const double part = std::min(step, left);
    line.push_back(line.back() + part * t);
    t += (part / radius) * (to - dot(to, t) * t);
    t = t / norm(t);
  }
}

/// The open knot of StartOverhand, `length` long.
std::vector<Vec3d> overhand_line(const StartOverhand& knot, double length) {
  constexpr double kEnd = 2.0;  // of t: beyond the last crossing
  constexpr int kPoints = 400;
  const double unit = knot.width / 4;  // t^4 - 4 t^2 reaches from -4 to 0
  std::vector<Vec3d> line;
  for (int i = -kPoints; i <= kPoints; ++i) {
    const double t = kEnd * i / kPoints;
    const double t2 = t * t;
    line.push_back({knot.center[0] + 0.27 * unit * t * (t2 * t2 - 10),
                    knot.center[1] + unit * (t2 * t2 - 4 * t2 + 2),
                    knot.center[2] + 1.67 * unit * t * (t2 - 3)});
  }
  const double left = length - length_of(line);
  FILIGREE_REQUIRE(left > 0,
                   "the knot of width {} m is {:.3g} m long, the branch only {:.3g} m: make it "
                   "narrower or the branch longer",
                   number_text(knot.width), length - left, length);
  for (int end = 0; end < 2; ++end) {
    const Vec3d along = line.back() - line[line.size() - 2];
    add_end(line, along / norm(along), {end == 0 ? 1.0 : -1.0, 0, 0}, knot.width / 4, left / 2);
    std::reverse(line.begin(), line.end());
  }
  // Turned about y so that the ends lie on a line along x.
  const Vec3d ends = line.back() - line.front();
  const double c = ends[0] / std::hypot(ends[0], ends[2]);
  const double s = ends[2] / std::hypot(ends[0], ends[2]);
  for (Vec3d& x : line) {
    const double along = x[0] - knot.center[0];
    const double across = x[2] - knot.center[2];
    x[0] = knot.center[0] + c * along + s * across;
    x[2] = knot.center[2] - s * along + c * across;
  }
  return line;
}

/// The ring of StartRing: its first and last edge coincide and are not disturbed.
std::vector<Vec3d> ring_line(const StartRing& ring, std::int64_t edges, double length) {
  const double step = 2 * std::numbers::pi / static_cast<double>(edges - 1);
  const double radius = length / static_cast<double>(edges) / (2 * std::sin(step / 2));
  std::vector<Vec3d> line;
  for (std::int64_t i = 0; i <= edges; ++i) {
    const double angle = step * static_cast<double>(i);
    const bool held = i <= 1 || i >= edges - 1;
    line.push_back({ring.center[0] + radius * std::cos(angle),
                    ring.center[1] + radius * std::sin(angle),
                    ring.center[2] + (held ? 0 : ring.warp * std::cos(2 * angle))});
  }
  return line;
}

/// The corners along which a branch starts; `first` is where its root's vertex does.
std::vector<Vec3d> start_line(const BranchOptions& branch, const std::optional<Vec3d>& first,
                              double length) {
  if (const auto* knot = std::get_if<StartOverhand>(&*branch.start)) {
    return overhand_line(*knot, length);
  }
  if (const auto* ring = std::get_if<StartRing>(&*branch.start)) {
    return ring_line(*ring, branch.edges, length);
  }
  std::vector<Vec3d> line;
  if (first) line.push_back(*first);
  for (const auto& p : std::get<StartPoints>(*branch.start).points) {
    line.push_back({p[0], p[1], p[2]});
  }
  const double start_length = length_of(line);
  FILIGREE_REQUIRE(std::abs(start_length - length) < 0.02 * length,
                   "branch '{}' is {:.4g} m long at rest, but {:.4g} m where it starts: make both "
                   "lines equally long",
                   branch.name, length, start_length);
  return line;
}

std::size_t from_end(std::int64_t number, std::size_t count) {
  return static_cast<std::size_t>(number < 0 ? number + static_cast<std::int64_t>(count) : number);
}

/// About the axis `vector` by its length (rad): Rodrigues' formula.
Mat<3, 3, double> rotation_by(const Vec3d& vector) {
  const double angle = norm(vector);
  if (angle == 0) return Mat<3, 3, double>::identity();
  const Vec3d n = vector / angle;
  const Mat<3, 3, double> cross_n{0, -n[2], n[1], n[2], 0, -n[0], -n[1], n[0], 0};
  return Mat<3, 3, double>::identity() + std::sin(angle) * cross_n +
         (1 - std::cos(angle)) * (cross_n * cross_n);
}

}  // namespace

RodScene make_rod_scene(const RodsOptions& options) {
  RodScene scene;
  std::vector<std::array<Index, 2>> edges;
  std::vector<std::optional<std::array<double, 3>>> directors;
  bool starts_elsewhere = false;
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
    std::vector<Vec3d> start = points;
    std::optional<Vec3d> first;
    if (!vertices.empty()) first = scene.start.positions[static_cast<std::size_t>(vertices[0])];
    if (branch.start) {
      start = cut_line(start_line(branch, first, length_of(corners)), branch.edges);
      starts_elsewhere = true;
    } else if (first && starts_elsewhere) {  // moves along with its root
      for (Vec3d& x : start) x += *first - points[0];
    }
    for (std::size_t k = vertices.size(); k < points.size(); ++k) {
      vertices.push_back(static_cast<Index>(scene.rest.positions.size()));
      scene.rest.positions.push_back(points[k]);
      scene.start.positions.push_back(start[k]);
      scene.radius.push_back(section.radius);
    }
    std::vector<Index> own_edges;
    for (std::size_t k = 1; k < vertices.size(); ++k) {
      own_edges.push_back(static_cast<Index>(edges.size()));
      edges.push_back({vertices[k - 1], vertices[k]});
      scene.properties.push_back(section.properties);
      scene.edge_radius.push_back(
          options.contact && options.contact->radius ? *options.contact->radius : section.radius);
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
  if (!starts_elsewhere) scene.start = scene.rest;
  scene.model = rods::make_rod_model(scene.topology, scene.rest, scene.properties);
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
      parts.edge_node = scene.topology.angle_vertex(parts.edge);
    }
    all.push_back(parts);
  }
  return all;
}

ClampPose clamp_at(const ClampOptions& clamp, double time) {
  ClampPose pose;
  pose.holds = (!clamp.from || time > *clamp.from) && (!clamp.until || time <= *clamp.until);
  ClampWaypoint before;
  before.time = clamp.from.value_or(0);
  ClampWaypoint after = before;
  double share = 0;
  for (const ClampWaypoint& point : clamp.path()) {
    after = point;
    if (time < point.time) {
      share = (time - before.time) / (point.time - before.time);
      break;
    }
    before = point;
  }
  const auto between = [&](double a, double b) { return a + share * (b - a); };
  constexpr double kDegree = std::numbers::pi / 180;
  Vec3d axis{};
  for (int a = 0; a < 3; ++a) {
    const auto i = static_cast<std::size_t>(a);
    pose.move[a] = between(before.move[i], after.move[i]);
    axis[a] = kDegree * between(before.rotate[i], after.rotate[i]);
  }
  pose.turn = kDegree * between(before.turn, after.turn);
  pose.rotation = rotation_by(axis);
  return pose;
}

}  // namespace filigree
