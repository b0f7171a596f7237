// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/rods_contact_scene.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "physics/shape_outline.hpp"

namespace filigree {

namespace {

using Vec3d = Vec<3, double>;
constexpr int kSides = 12;

Vec3d to_vec(const std::array<double, 3>& a) {
  return {a[0], a[1], a[2]};
}
Vec3d to_vec(const std::vector<double>& values) {
  return values.size() == 3 ? Vec3d{values[0], values[1], values[2]} : Vec3d{};
}

/// The rotation by angles in degrees about x, then y, then z.
Mat<3> orientation_of(const std::vector<double>& degrees) {
  Mat<3> R = Mat<3>::identity();
  for (std::size_t a = 0; a < degrees.size(); ++a) {
    Vec3d turn{};
    turn[static_cast<int>(a)] = degrees[a] * std::numbers::pi / 180;
    R = mpm::rotation_matrix(turn) * R;
  }
  return R;
}

/// The shape as particle scenes know it; a box that stands for planes and capsules in pictures.
Shape plain_shape(const RodObstacleShape& shape) {
  return std::visit(
      [](const auto& s) -> Shape {
        using T = std::decay_t<decltype(s)>;
        if constexpr (std::is_same_v<T, PlaneShape> || std::is_same_v<T, CapsuleShape>) {
          return BoxShape{{0, 0, 0}, {1, 1, 1}};
        } else {
          return s;
        }
      },
      shape);
}

rods::RodObstaclePath path_of(const RodObstacleOptions& options, double friction, double spacing,
                              double reach, std::vector<Real>& samples) {
  rods::RodObstacle o;
  if (const auto* plane = std::get_if<PlaneShape>(&options.shape)) {
    o = rods::make_plane(to_vec(plane->point), to_vec(plane->normal));
  } else if (const auto* capsule = std::get_if<CapsuleShape>(&options.shape)) {
    o = rods::make_capsule(to_vec(capsule->from), to_vec(capsule->to), capsule->radius);
  } else {
    o = rods::make_obstacle(plain_shape(options.shape), orientation_of(options.rotation), spacing,
                            reach, samples);
  }
  o.friction = static_cast<Real>(options.friction.value_or(friction));
  rods::RodObstaclePath path = rods::at_rest(o);
  if (!options.motion) return path;
  path.path.velocity = to_vec(options.motion->velocity);
  path.path.spin = to_vec(options.motion->angular_velocity);
  path.path.from = options.motion->from;
  if (options.motion->until) path.path.until = *options.motion->until;
  return path;
}

/// Force per length that bends a rod to five times its radius, or ten times its weight.
double usual_stiffness(const RodScene& scene) {
  double most = 0;
  for (std::size_t e = 0; e < scene.properties.size(); ++e) {
    const rods::EdgeProperties& p = scene.properties[e];
    const double EI = std::max(p.bending_stiffness[0], p.bending_stiffness[1]);
    const double weight = 9.81 * p.line_density;
    most = std::max({most, EI / std::pow(5 * scene.edge_radius[e], 3), 10 * weight});
  }
  return most;
}

/// Adds a triangle by the numbers of its points.
void add_triangle(Block& block, std::int64_t a, std::int64_t b, std::int64_t c) {
  if (block.offsets.empty()) block.offsets.push_back(0);
  for (const std::int64_t p : {a, b, c}) block.connectivity.push_back(p);
  block.offsets.push_back(static_cast<std::int64_t>(block.connectivity.size()));
}

void add_point(Block& block, const Vec3d& x) {
  for (int a = 0; a < 3; ++a) block.points.push_back(x[a]);
}

Vec3d unit(const Vec3d& v) {
  return v / norm(v);
}

Vec3d some_normal(const Vec3d& t) {
  Vec3d axis{};
  axis[std::abs(t[0]) < 0.6 ? 0 : 1] = 1;
  return unit(cross(t, axis));
}

}  // namespace

bool has_contact(const RodsOptions& options) {
  return options.contact || !options.obstacles.empty();
}

rods::RodContact make_scene_contact(const RodsOptions& options, const RodScene& scene) {
  RodContactBlock given;
  given.self = false;  // obstacles alone
  if (options.contact) given = *options.contact;
  const auto [least, most] =
      std::minmax_element(scene.edge_radius.begin(), scene.edge_radius.end());
  rods::RodContactOptions o;
  o.activation = given.activation.value_or(0.25 * *least);
  o.stiffness = given.stiffness.value_or(usual_stiffness(scene));
  o.friction = given.friction;
  o.slip_speed = given.slip_speed;
  o.between_rods = given.self;
  o.max_pairs = static_cast<Index>(given.max_pairs);
  std::vector<rods::RodObstaclePath> paths;
  std::vector<Real> samples;
  for (const RodObstacleOptions& obstacle : options.obstacles) {
    paths.push_back(path_of(obstacle, given.friction, *least, *most + 2 * o.activation, samples));
  }
  return rods::make_rod_contact(scene.topology, scene.rest, scene.edge_radius, o, paths, samples);
}

Block tube_block(const TubeLine& line, std::vector<Index>& source) {
  constexpr int kCap = 3;  // rings of a round end
  Block block;
  block.kind = CellKind::kTriangle;
  const std::size_t n = line.points.size();
  const auto edge = [&](std::size_t k) { return unit(line.points[k + 1] - line.points[k]); };
  const auto add_ring = [&](const Vec3d& center, const Vec3d& t, const Vec3d& u, double r,
                            std::size_t vertex) {
    const Vec3d w = cross(t, u);
    for (int i = 0; i < kSides; ++i) {
      const double a = 2 * std::numbers::pi * i / kSides;
      add_point(block, center + r * std::cos(a) * u + r * std::sin(a) * w);
      source.push_back(static_cast<Index>(vertex));
    }
  };
  Vec3d u = some_normal(edge(0));
  const auto add_end = [&](std::size_t vertex, const Vec3d& t, bool first) {
    const double r = line.radius[vertex];
    for (int i = 1; i <= kCap; ++i) {
      const double a = std::numbers::pi / 2 * (first ? kCap - i + 1 : i - 1) / kCap;
      if (!first && i == 1) continue;  // the ring of the last vertex itself
      const Vec3d center = line.points[vertex] + ((first ? -1 : 1) * r * std::sin(a)) * t;
      add_ring(center, t, u, r * std::max(0.02, std::cos(a)), vertex);
    }
  };
  add_end(0, edge(0), true);
  for (std::size_t k = 0; k < n; ++k) {
    const Vec3d before = edge(k > 0 ? k - 1 : 0);
    const Vec3d after = edge(k + 1 < n ? k : k - 1);
    const Vec3d mean = before + after;
    const Vec3d t = norm(mean) > 1e-6 ? unit(mean) : after;
    u = u - dot(u, t) * t;
    u = norm(u) > 1e-6 ? unit(u) : some_normal(t);
    add_ring(line.points[k], t, u, line.radius[k], k);
  }
  add_end(n - 1, edge(n - 2), false);
  const Vec3d last = edge(n - 2);
  add_ring(line.points[n - 1] + line.radius[n - 1] * last, last, u, 0.02 * line.radius[n - 1],
           n - 1);
  const std::int64_t rings = block.n_points() / kSides;
  for (std::int64_t k = 0; k + 1 < rings; ++k) {
    for (int i = 0; i < kSides; ++i) {
      const std::int64_t a = k * kSides + i;
      const std::int64_t b = k * kSides + (i + 1) % kSides;
      add_triangle(block, a, b, b + kSides);
      add_triangle(block, a, b + kSides, a + kSides);
    }
  }
  for (int i = 1; i + 1 < kSides; ++i) {
    add_triangle(block, 0, i + 1, i);
    const std::int64_t end = (rings - 1) * kSides;
    add_triangle(block, end, end + i, end + i + 1);
  }
  return block;
}

Block obstacle_block(const RodObstacleOptions& options, const rods::RodObstacle& now) {
  Block block;
  if (const auto* capsule = std::get_if<CapsuleShape>(&options.shape)) {
    const double half = now.body.half[2];
    std::vector<Index> source;
    const Vec3d tip{0, 0, std::max(half, 1e-3 * capsule->radius)};
    block = tube_block({{-tip, tip}, {capsule->radius, capsule->radius}}, source);
  } else if (const auto* plane = std::get_if<PlaneShape>(&options.shape)) {
    const double half = plane->size / 2;
    const double thick = 0.02 * plane->size;
    block = outline(BoxShape{{-half, -half, -thick / 2}, {half, half, thick / 2}});
    for (std::size_t p = 2; p < block.points.size(); p += 3) block.points[p] -= thick / 2;
  } else {
    block = outline(plain_shape(options.shape));
  }
  block.name = options.name;
  for (std::size_t p = 0; p < block.points.size(); p += 3) {
    Vec<3> own{};
    for (int a = 0; a < 3; ++a) {
      own[a] = static_cast<Real>(block.points[p + static_cast<std::size_t>(a)]);
    }
    const Vec<3> x = now.body.center + now.body.orientation * own;
    for (int a = 0; a < 3; ++a) block.points[p + static_cast<std::size_t>(a)] = x[a];
  }
  return block;
}

Block gripper_block(const Vec3d& at, const Vec3d& along, double size) {
  const double h = size / 2;
  Block block = outline(BoxShape{{-h, -h, -h}, {h, h, h}});
  const Vec3d x = unit(along);
  const Vec3d y = some_normal(x);
  const Vec3d z = cross(x, y);
  for (std::size_t p = 0; p < block.points.size(); p += 3) {
    const Vec3d placed =
        at + block.points[p] * x + block.points[p + 1] * y + block.points[p + 2] * z;
    for (int a = 0; a < 3; ++a) block.points[p + static_cast<std::size_t>(a)] = placed[a];
  }
  return block;
}

}  // namespace filigree
