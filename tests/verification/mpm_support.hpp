// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Small clouds of material points for the verification tests.
#pragma once

#include <utility>
#include <vector>

#include "core/random.hpp"
#include "physics/mpm/material.hpp"
#include "physics/mpm/mpm_step.hpp"
#include "physics/mpm/seeding.hpp"
#include "physics/shapes.hpp"

namespace filigree::mpm {

/// Every law of the project with its default parameters.
inline std::vector<Law> all_laws() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return std::vector<Law>{std::variant_alternative_t<I, Law>{}...};
  }
  (std::make_index_sequence<std::variant_size_v<Law>>{});
}

/// A box [0, length]^D of cells of size h with the same wall everywhere and one law.
template <int D>
Model<D> box_model(double length, double h, WallKind walls, const Law& law) {
  Model<D> model;
  model.grid = make_grid<D>(Vec<D, double>::zero(), Vec<D, double>::filled(length), h);
  for (int face = 0; face < 2 * D; ++face) model.walls[face] = Wall{walls, 0};
  model.laws = {law};
  return model;
}

/// Particles that fill [lower, upper] with `per_axis` per cell and axis.
template <int D>
std::vector<Seed<D>> filled_box(const std::vector<double>& lower, const std::vector<double>& upper,
                                double h, int per_axis = 2) {
  const FilledShape filled = fill_shape(BoxShape{lower, upper}, h / per_axis);
  std::vector<Seed<D>> seeds;
  for (std::size_t i = 0; i < filled.points.size() / D; ++i) {
    Seed<D> seed;
    for (int a = 0; a < D; ++a) seed.position[a] = filled.points[i * D + a];
    seed.volume = filled.point_volume;
    seeds.push_back(seed);
  }
  return seeds;
}

/// n points at random in the middle of the unit box, with random velocities and affine matrices.
template <int D>
std::vector<Seed<D>> random_cloud(int n, std::uint64_t seed_number) {
  const RandomStream stream(seed_number, "verification/cloud");
  std::vector<Seed<D>> seeds(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) {
    Seed<D>& seed = seeds[static_cast<std::size_t>(i)];
    for (int a = 0; a < D; ++a) {
      seed.position[a] = stream.between(0.35, 0.65, i, a);
      seed.velocity[a] = stream.between(-1.0, 1.0, i, 8 + a);
    }
    for (int c = 0; c < D * D; ++c) {
      seed.velocity_gradient.data[c] = stream.between(-5.0, 5.0, i, 16 + c);
    }
    seed.volume = stream.between(0.5, 1.5, i, 32) * 1e-4;
  }
  return seeds;
}

/// Gives every particle a random deformation near the identity, and the stress and history with it.
template <int D>
void deform(const Model<D>& model, State<D>& state, Real scale) {
  const auto deformations = state.particles.template get<Deformation<D>>();
  HostArray<Mat<D>> host = to_host(deformations);
  const RandomStream stream(5, "verification/deform");
  for (Index i = 0; i < host.size(); ++i) {
    for (int c = 0; c < D * D; ++c) {
      host(i).data[c] += stream.between<Real>(-scale, scale, i, static_cast<std::uint32_t>(c));
    }
  }
  copy(deformations, to_device(host));
  HostArray<Real> history = to_host(state.particles.template get<History>());
  if (std::holds_alternative<laws::WeaklyCompressibleFluid>(model.laws[0])) {
    for (Index i = 0; i < host.size(); ++i) history(i) = det(host(i));
    copy(state.particles.template get<History>(), to_device(history));
  }
  advance_material<D>(model.laws[0], 0, state.particles, 0);
}

}  // namespace filigree::mpm
