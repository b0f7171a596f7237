// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/dataset_scene.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/random.hpp"

namespace filigree {

namespace {

constexpr int kAttempts = 5000;
constexpr int kStartOver = 100;

/// Successive numbers of a stream.
struct Draws {
  RandomStream stream;
  std::uint64_t next = 0;
  double between(double low, double high) { return stream.between(low, high, next++); }
  double between(const std::array<double, 2>& range) { return between(range[0], range[1]); }
  /// A whole number in [low, high].
  std::int64_t whole(std::int64_t low, std::int64_t high) {
    const auto n = static_cast<double>(high - low + 1);
    return std::min(high, low + static_cast<std::int64_t>(std::floor(between(0.0, n))));
  }
};

template <int D>
Vec<D, double> random_direction(Draws& draws) {
  const double angle = draws.between(0.0, 2 * std::numbers::pi);
  if constexpr (D == 2) {
    return {std::cos(angle), std::sin(angle)};
  } else {
    const double z = draws.between(-1.0, 1.0);
    const double r = std::sqrt(1 - z * z);
    return {r * std::cos(angle), r * std::sin(angle), z};
  }
}

/// A body of the scene: its shape, turned about its centre, and the rigid motion v + W (x -
/// center).
template <int D>
struct RandomBody {
  Shape shape;
  Vec<D, double> center{};
  Mat<D, D, double> rotation = Mat<D, D, double>::identity();
  Vec<D, double> lower{};  ///< of the turned shape's bounding box
  Vec<D, double> upper{};
  Vec<D, double> velocity{};
  Mat<D, D, double> spin{};  ///< W
};

template <int D>
Mat<D, D, double> random_spin(Draws& draws, double rate) {
  if constexpr (D == 2) {
    const double w = draws.between(-1.0, 1.0) < 0 ? -rate : rate;
    return {0, -w, w, 0};
  } else {
    const Vec<3, double> w = rate * random_direction<3>(draws);
    return {0, -w[2], w[1], w[2], 0, -w[0], -w[1], w[0], 0};
  }
}

/// Every orientation as likely as any other. In 3D from a random unit quaternion; source:
/// shoemake1992.
template <int D>
Mat<D, D, double> random_rotation(Draws& draws) {
  if constexpr (D == 2) {
    const Vec<2, double> e = random_direction<2>(draws);
    return {e[0], -e[1], e[1], e[0]};
  } else {
    const double u = draws.between(0.0, 1.0);
    const Vec<2, double> first = std::sqrt(1 - u) * random_direction<2>(draws);
    const Vec<2, double> second = std::sqrt(u) * random_direction<2>(draws);
    const double x = first[1], y = first[0], z = second[1], w = second[0];
    return {1 - 2 * (y * y + z * z), 2 * (x * y - w * z),     2 * (x * z + w * y),
            2 * (x * y + w * z),     1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
            2 * (x * z - w * y),     2 * (y * z + w * x),     1 - 2 * (x * x + y * y)};
  }
}

/// A shape at a random place in the domain, half a cell away from the walls.
template <int D>
RandomBody<D> random_body(const DatasetOptions& options, Draws& draws) {
  const RandomBodiesOptions& bodies = options.bodies;
  RandomBody<D> body;
  const auto kind =
      static_cast<std::size_t>(draws.whole(0, static_cast<std::int64_t>(bodies.shapes.size()) - 1));
  const bool is_ball = bodies.shapes[kind] == RandomShape::kSphere;
  Vec<D, double> extent = Vec<D, double>::filled(draws.between(bodies.size));
  for (int a = 1; a < D && !is_ball; ++a) extent[a] = draws.between(bodies.size);
  if (bodies.turned && !is_ball) body.rotation = random_rotation<D>(draws);
  const double gap = 0.5 * options.domain.cell_size;
  std::vector<double> lower(D), upper(D), center(D);
  for (int a = 0; a < D; ++a) {
    const auto axis = static_cast<std::size_t>(a);
    double reach = 0;  // half the extent of the turned box
    for (int b = 0; b < D; ++b) reach += std::abs(body.rotation(a, b)) * extent[b] / 2;
    const double least = options.domain.min[axis] + gap + reach;
    const double most = options.domain.max[axis] - gap - reach;
    center[axis] = draws.between(std::min(least, most), std::max(least, most));
    lower[axis] = center[axis] - extent[a] / 2;
    upper[axis] = center[axis] + extent[a] / 2;
    body.center[a] = center[axis];
    body.lower[a] = center[axis] - reach;
    body.upper[a] = center[axis] + reach;
  }
  if (is_ball) {
    body.shape = SphereShape{center, extent[0] / 2};
  } else {
    body.shape = BoxShape{lower, upper};
  }
  body.velocity = draws.between(bodies.speed) * random_direction<D>(draws);
  body.spin = random_spin<D>(draws, draws.between(bodies.angular_speed));
  return body;
}

/// True when the bounding boxes are at least one cell apart and inside the domain.
template <int D>
bool fits(const RandomBody<D>& body, const std::vector<RandomBody<D>>& others,
          const DomainOptions& domain) {
  for (int a = 0; a < D; ++a) {
    const auto axis = static_cast<std::size_t>(a);
    if (body.lower[a] < domain.min[axis] || body.upper[a] > domain.max[axis]) return false;
  }
  for (const RandomBody<D>& other : others) {
    bool apart = false;
    for (int a = 0; a < D; ++a) {
      apart = apart || body.lower[a] > other.upper[a] + domain.cell_size ||
              other.lower[a] > body.upper[a] + domain.cell_size;
    }
    if (!apart) return false;
  }
  return true;
}

template <int D>
std::vector<RandomBody<D>> random_bodies(const DatasetOptions& options, Draws& draws,
                                         std::int64_t trajectory) {
  const std::int64_t count = draws.whole(options.bodies.count[0], options.bodies.count[1]);
  std::vector<RandomBody<D>> bodies;
  for (int attempt = 0; static_cast<std::int64_t>(bodies.size()) < count; ++attempt) {
    if (attempt % kStartOver == 0) bodies.clear();  // the first ones may leave no room
    FILIGREE_REQUIRE(attempt < kAttempts,
                     "trajectory {}: {} bodies of {} m to {} m found no room in {} attempts: make "
                     "them smaller or fewer, or enlarge the domain",
                     trajectory, count, number_text(options.bodies.size[0]),
                     number_text(options.bodies.size[1]), kAttempts);
    const RandomBody<D> body = random_body<D>(options, draws);
    if (fits(body, bodies, options.domain)) bodies.push_back(body);
  }
  return bodies;
}

}  // namespace

std::string trajectory_stream(std::int64_t trajectory) {
  return format("dataset/trajectory/{}", trajectory);
}

template <int D>
void check_room(const DatasetOptions& options, std::uint64_t seed) {
  for (std::int64_t i = 0; i < options.trajectories.total(); ++i) {
    Draws draws{RandomStream(seed, trajectory_stream(i))};
    random_bodies<D>(options, draws, i);
  }
}

template <int D>
RandomScene<D> random_scene(const DatasetOptions& options, std::uint64_t seed,
                            std::int64_t trajectory) {
  Draws draws{RandomStream(seed, trajectory_stream(trajectory))};
  const double spacing = options.domain.cell_size / options.bodies.points_per_axis;
  RandomScene<D> scene;
  const auto bodies = random_bodies<D>(options, draws, trajectory);
  for (std::size_t b = 0; b < bodies.size(); ++b) {
    const FilledShape filled = fill_shape(bodies[b].shape, spacing);
    for (std::size_t i = 0; i < filled.points.size() / D; ++i) {
      mpm::Seed<D> particle;
      for (int a = 0; a < D; ++a) {
        particle.position[a] = filled.points[i * D + static_cast<std::size_t>(a)];
      }
      if (options.bodies.turned) {
        particle.position =
            bodies[b].center + bodies[b].rotation * (particle.position - bodies[b].center);
      }
      for (int a = 0; a < D; ++a) {
        if (options.bodies.jitter > 0) {
          particle.position[a] += options.bodies.jitter * spacing * draws.between(-1.0, 1.0);
        }
      }
      particle.velocity =
          bodies[b].velocity + bodies[b].spin * (particle.position - bodies[b].center);
      particle.velocity_gradient = bodies[b].spin;
      particle.volume = filled.point_volume;
      scene.seeds.push_back(particle);
      scene.bodies.push_back(static_cast<std::int32_t>(b));
    }
  }
  return scene;
}

double largest_speed(const DatasetOptions& options) {
  const std::size_t dim = options.domain.min.size();
  double fall = 0;
  for (std::size_t a = 0; a < options.gravity.size(); ++a) {
    fall += std::abs(options.gravity[a]) * (options.domain.max[a] - options.domain.min[a]);
  }
  const double radius = std::sqrt(static_cast<double>(dim)) * options.bodies.size[1] / 2;
  return options.bodies.speed[1] + options.bodies.angular_speed[1] * radius + std::sqrt(2 * fall);
}

template void check_room<2>(const DatasetOptions&, std::uint64_t);
template void check_room<3>(const DatasetOptions&, std::uint64_t);
template RandomScene<2> random_scene<2>(const DatasetOptions&, std::uint64_t, std::int64_t);
template RandomScene<3> random_scene<3>(const DatasetOptions&, std::uint64_t, std::int64_t);

}  // namespace filigree
