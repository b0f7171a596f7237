// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/mpm_frame.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "physics/mpm/material.hpp"
#include "physics/shape_outline.hpp"
#include "scenarios/types/type_support.hpp"

namespace filigree {

namespace {

/// The columns of one body, in the order of its rows.
struct BodyFields {
  std::vector<std::int32_t> id;
  std::vector<float> velocity, speed, volume_ratio, pressure, shear_stress;
};

template <int D>
struct HostParticles {
  HostArray<Index> ids;
  HostArray<Index> bodies;
  HostArray<Vec<D>> positions;
  HostArray<Vec<D>> velocities;
  HostArray<Mat<D>> stresses;
  HostArray<Real> ratios;
};

template <int D>
HostParticles<D> fetch(const mpm::Model<D>& model, const mpm::State<D>& state) {
  const ParticleSystem& p = state.particles;
  const Array<Real> ratios("mpm/frame/ratios", p.n_owned());
  for (std::size_t b = 0; b < model.laws.size(); ++b) {
    mpm::volume_ratios<D>(model.laws[b], static_cast<Index>(b), p, ratios);
  }
  return {to_host(p.get<mpm::Id>()),          to_host(p.get<mpm::Body>()),
          to_host(p.get<mpm::Position<D>>()), to_host(p.get<mpm::Velocity<D>>()),
          to_host(p.get<mpm::Stress<D>>()),   to_host(ratios)};
}

template <int D>
void append(const HostParticles<D>& from, Index row, Block& block, BodyFields& fields) {
  const Vec<D>& v = from.velocities(row);
  const Mat<D>& tau = from.stresses(row);
  const double J = from.ratios(row);
  const double mean = trace(tau) / D;
  double deviator = 0;
  for (int i = 0; i < D; ++i) {
    for (int j = 0; j < D; ++j) {
      const double s = tau(i, j) - (i == j ? mean : 0.0);
      deviator += s * s;
    }
  }
  for (int a = 0; a < 3; ++a) {
    block.points.push_back(a < D ? double(from.positions(row)[a]) : 0.0);
    fields.velocity.push_back(a < D ? static_cast<float>(v[a]) : 0.0F);
  }
  fields.id.push_back(from.ids(row));
  fields.speed.push_back(static_cast<float>(norm(v)));
  fields.volume_ratio.push_back(static_cast<float>(J));
  fields.pressure.push_back(static_cast<float>(-mean / J));
  fields.shear_stress.push_back(static_cast<float>(std::sqrt(deviator / 2) / J));
}

}  // namespace

std::vector<Index> rows_by_id(const HostArray<Index>& ids) {
  std::vector<Index> rows(static_cast<std::size_t>(ids.size()));
  std::iota(rows.begin(), rows.end(), Index(0));
  std::sort(rows.begin(), rows.end(), [&](Index a, Index b) { return ids(a) < ids(b); });
  return rows;
}

template <int D>
void fill_frame(const mpm::Model<D>& model, const mpm::State<D>& state,
                const std::vector<std::string>& body_names, Frame& frame) {
  const HostParticles<D> particles = fetch(model, state);
  std::vector<BodyFields> fields(body_names.size());
  frame.blocks.resize(body_names.size());
  for (const Index row : rows_by_id(particles.ids)) {
    const auto body = static_cast<std::size_t>(particles.bodies(row));
    append(particles, row, frame.blocks[body], fields[body]);
  }
  for (std::size_t b = 0; b < body_names.size(); ++b) {
    Block& block = frame.blocks[b];
    block.name = body_names[b];
    add_field(block, "id", "", fields[b].id);
    add_field(block, "velocity", "m/s", fields[b].velocity, 3);
    add_field(block, "speed", "m/s", fields[b].speed);
    add_field(block, "volume_ratio", "", fields[b].volume_ratio);
    add_field(block, "pressure", "Pa", fields[b].pressure);
    add_field(block, "shear_stress", "Pa", fields[b].shear_stress);
  }
}

template <int D>
void add_obstacles(const mpm::Model<D>& model, double time,
                   const std::vector<ObstacleOptions>& options, Frame& frame) {
  for (std::size_t i = 0; i < options.size(); ++i) {
    const mpm::Obstacle<D> obstacle = mpm::at_time(model.obstacles[i], time);
    Block block = outline(options[i].shape);
    block.name = options[i].name;
    for (std::size_t p = 0; p < block.points.size(); p += 3) {
      Vec<D> own{};
      for (int a = 0; a < D; ++a) own[a] = static_cast<Real>(block.points[p + a]);
      const Vec<D> x = obstacle.center + obstacle.orientation * own;
      for (int a = 0; a < D; ++a) block.points[p + a] = x[a];
    }
    frame.blocks.push_back(std::move(block));
  }
}

template void add_obstacles<2>(const mpm::Model<2>&, double, const std::vector<ObstacleOptions>&,
                               Frame&);
template void add_obstacles<3>(const mpm::Model<3>&, double, const std::vector<ObstacleOptions>&,
                               Frame&);
template void fill_frame<2>(const mpm::Model<2>&, const mpm::State<2>&,
                            const std::vector<std::string>&, Frame&);
template void fill_frame<3>(const mpm::Model<3>&, const mpm::State<3>&,
                            const std::vector<std::string>&, Frame&);

}  // namespace filigree
