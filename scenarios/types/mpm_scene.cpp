// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/mpm_scene.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "core/random.hpp"
#include "core/to_real.hpp"

namespace filigree {

namespace {

template <int D>
Vec<D, double> to_vec(const std::vector<double>& values) {
  Vec<D, double> v{};
  for (int a = 0; a < D && a < static_cast<int>(values.size()); ++a) v[a] = values[a];
  return v;
}

/// The rotation by angles in degrees: about x, then y, then z (2D: in the plane).
template <int D>
Mat<D> orientation_of(const std::vector<double>& degrees) {
  constexpr double kDegree = std::numbers::pi / 180;
  Mat<D> R = Mat<D>::identity();
  for (std::size_t a = 0; a < degrees.size(); ++a) {
    Vec<D == 2 ? 1 : 3, double> turn{};
    turn[static_cast<int>(a)] = degrees[a] * kDegree;
    R = mpm::rotation_matrix(turn) * R;
  }
  return R;
}

template <int D>
mpm::ObstaclePath<D> make_path(const ObstacleOptions& options, double h,
                               std::vector<Real>& samples) {
  mpm::ObstaclePath<D> path;
  path.start =
      mpm::make_obstacle<D>(options.shape, orientation_of<D>(options.rotation), options.hollow,
                            {options.surface, options.friction}, h, samples);
  if (!options.motion) return path;
  path.velocity = to_vec<D>(options.motion->velocity);
  path.spin = to_vec < D == 2 ? 1 : 3 > (options.motion->angular_velocity);
  path.from = options.motion->from;
  if (options.motion->until) path.until = *options.motion->until;
  return path;
}

template <int D>
mpm::Source<D> make_inflow(const SourceOptions& options, const MpmOptions& scene) {
  const double spacing = point_spacing(options, scene.domain);
  auto source = mpm::make_source<D>(options.shape, to_vec<D>(options.velocity), spacing);
  FILIGREE_REQUIRE(!source.lines.empty(),
                   "source '{}' is so thin across its velocity that no particle fits at {} m: "
                   "widen it or use smaller cells",
                   options.name, number_text(spacing));
  for (std::size_t b = 0; b < scene.bodies.size(); ++b) {
    if (scene.bodies[b].name == options.body) source.body = static_cast<Index>(b);
  }
  source.from = options.from;
  if (options.until) source.until = *options.until;
  return source;
}

template <int D>
mpm::Sink<D> make_sink(const SinkOptions& options, double h, std::vector<Real>& samples) {
  mpm::Sink<D> sink;
  sink.region =
      mpm::make_obstacle<D>(options.shape, Mat<D>::identity(), false, mpm::Wall{}, h, samples);
  sink.from = options.from;
  if (options.until) sink.until = *options.until;
  return sink;
}

/// C of a rotation: C r = omega x r.
Mat<2, 2, double> spin_matrix(const Vec<1, double>& omega) {
  return {0, -omega[0], omega[0], 0};
}
Mat<3, 3, double> spin_matrix(const Vec<3, double>& omega) {
  return {0, -omega[2], omega[1], omega[2], 0, -omega[0], -omega[1], omega[0], 0};
}

/// Gives a body's particles a rigid motion. All have the same mass.
template <int D>
void set_rigid_motion(const RigidMotion& motion, std::span<mpm::Seed<D>> particles) {
  Vec<D, double> center = to_vec<D>(motion.center);
  if (motion.center.empty()) {
    for (const mpm::Seed<D>& particle : particles) center += particle.position;
    center = center / static_cast<double>(particles.size());
  }
  const auto velocity = to_vec<D>(motion.velocity);
  const auto C = spin_matrix(to_vec < D == 2 ? 1 : 3 > (motion.angular_velocity));
  for (mpm::Seed<D>& particle : particles) {
    particle.velocity = velocity + C * (particle.position - center);
    particle.velocity_gradient = C;
  }
}

/// Velocity of a body at a point; rigid motions are set afterwards.
template <int D>
Vec<D, double> velocity_at(const BodyOptions& body, const Vec<D, double>& x) {
  if (!body.motion || std::holds_alternative<RigidMotion>(*body.motion)) {
    return Vec<D, double>::zero();
  }
  if (const auto* uniform = std::get_if<UniformMotion>(&*body.motion)) {
    return to_vec<D>(uniform->velocity);
  }
  const auto lower = to_vec<D>(lower_corner(*body.shape));
  const auto upper = to_vec<D>(upper_corner(*body.shape));
  if (const auto* rotating = std::get_if<RotatingMotion>(&*body.motion)) {
    const Vec<D, double> r = x - 0.5 * (lower + upper);
    if constexpr (D == 2) {
      const double omega = rotating->angular_velocity[0];
      return {-omega * r[1], omega * r[0]};
    } else {
      return cross(to_vec<3>(rotating->angular_velocity), r);
    }
  }
  const auto& mode = std::get<FixedFreeModeMotion>(*body.motion);
  const int a = mode.axis;
  Vec<D, double> v{};
  const double phase = std::numbers::pi * (x[a] - lower[a]) / (2 * (upper[a] - lower[a]));
  v[a] = mode.amplitude * std::sin(phase);
  return v;
}

}  // namespace

std::string jitter_stream(const BodyOptions& body) {
  return "mpm/jitter/" + body.name;
}

template <int D>
mpm::Model<D> make_model(const MpmOptions& options) {
  mpm::Model<D> model;
  model.grid = mpm::make_grid<D>(to_vec<D>(options.domain.min), to_vec<D>(options.domain.max),
                                 options.domain.cell_size);
  const WallsOptions& walls = options.domain.walls;
  const std::optional<WallOptions>* faces[] = {&walls.x_min, &walls.x_max, &walls.y_min,
                                               &walls.y_max, &walls.z_min, &walls.z_max};
  for (int face = 0; face < 2 * D; ++face) {
    const WallOptions& wall = faces[face]->value_or(walls.all);
    model.walls[face] = {wall.type, wall.friction};
  }
  for (int a = 0; a < D && !options.gravity.empty(); ++a) {
    model.gravity[a] = static_cast<Real>(options.gravity[a]);
  }
  const bool forced = std::any_of(options.bodies.begin(), options.bodies.end(),
                                  [](const BodyOptions& body) { return !body.body_force.empty(); });
  for (const BodyOptions& body : options.bodies) {
    model.laws.push_back(body.material);
    if (forced) model.body_forces.push_back(to_real(to_vec<D>(body.body_force)));
  }
  std::vector<Real> samples;
  for (const ObstacleOptions& obstacle : options.obstacles) {
    model.obstacles.push_back(make_path<D>(obstacle, options.domain.cell_size, samples));
  }
  for (const SinkOptions& sink : options.sinks) {
    model.sinks.push_back(make_sink<D>(sink, options.domain.cell_size, samples));
  }
  for (const SourceOptions& source : options.sources) {
    model.sources.push_back(make_inflow<D>(source, options));
  }
  model.obstacle_samples = to_device<Real>("mpm/obstacle_samples", samples);
  model.transfer = options.solver.transfer;
  model.cfl = options.solver.cfl;
  model.fixed_dt = options.solver.dt;
  return model;
}

template <int D>
std::vector<mpm::Seed<D>> make_seeds(const MpmOptions& options, std::uint64_t seed) {
  std::vector<mpm::Seed<D>> seeds;
  for (std::size_t b = 0; b < options.bodies.size(); ++b) {
    const BodyOptions& body = options.bodies[b];
    if (!body.shape) continue;
    const std::size_t first = seeds.size();
    const double spacing = point_spacing(body, options.domain);
    const FilledShape filled = fill_shape(*body.shape, spacing);
    const RandomStream jitter(seed, jitter_stream(body));
    for (std::size_t i = 0; i < filled.points.size() / D; ++i) {
      mpm::Seed<D> particle;
      for (int a = 0; a < D; ++a) {
        const double shift = jitter.between(-1.0, 1.0, i * D + a);
        particle.position[a] = filled.points[i * D + a] + body.jitter * spacing * shift;
      }
      particle.velocity = velocity_at<D>(body, particle.position);
      particle.volume = filled.point_volume;
      particle.body = static_cast<Index>(b);
      seeds.push_back(particle);
    }
    const auto* rigid = body.motion ? std::get_if<RigidMotion>(&*body.motion) : nullptr;
    if (rigid != nullptr) set_rigid_motion<D>(*rigid, std::span(seeds).subspan(first));
  }
  return seeds;
}

template mpm::Model<2> make_model<2>(const MpmOptions&);
template mpm::Model<3> make_model<3>(const MpmOptions&);
template std::vector<mpm::Seed<2>> make_seeds<2>(const MpmOptions&, std::uint64_t);
template std::vector<mpm::Seed<3>> make_seeds<3>(const MpmOptions&, std::uint64_t);

}  // namespace filigree
