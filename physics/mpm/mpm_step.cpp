// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/mpm/mpm_step.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "physics/mpm/body_force.hpp"
#include "physics/mpm/exchange.hpp"
#include "physics/mpm/material.hpp"

namespace filigree::mpm {

namespace {

/// Storage rows are put in the order of the cells every so many steps: neighbours in space become
/// neighbours in memory. Results do not depend on it (cells are summed by particle id).
constexpr std::int64_t kReorderEvery = 32;

template <int D>
double largest_speed(const State<D>& state, Reducer& reducer) {
  const auto velocities = state.particles.template get<Velocity<D>>();
  const double squared = reducer.max(
      "mpm/max_speed", state.particles.n_owned(), 0.0,
      FILIGREE_LAMBDA(Index p) { return static_cast<double>(squared_norm(velocities(p))); });
  return std::sqrt(squared);
}

}  // namespace

template <int D>
State<D> make_state(Index n) {
  State<D> state;
  state.particles = ParticleSystem(n);
  ParticleSystem& p = state.particles;
  p.add<Id>();
  p.add<Body>();
  p.add<Scene>();
  p.add<Mass>();
  p.add<Volume>();
  p.add<Position<D>>();
  p.add<Velocity<D>>();
  p.add<VelocityGradient<D>>();
  p.add<Deformation<D>>();
  p.add<History>();
  p.add<Stress<D>>();
  return state;
}

template <int D>
ParticleArrays<D> arrays_of(const ParticleSystem& p) {
  return {p.get<Id>(),
          p.get<Scene>(),
          p.get<Mass>(),
          p.get<Volume>(),
          p.get<Position<D>>(),
          p.get<Velocity<D>>(),
          p.get<VelocityGradient<D>>(),
          p.get<Stress<D>>()};
}

template <int D>
const Surroundings<D>& surroundings_at(const Model<D>& model, double time, Scratch<D>& scratch) {
  Surroundings<D>& around = scratch.surroundings;
  around.walls = model.walls;
  around.gravity = model.gravity;
  around.samples = model.obstacle_samples;
  const auto n = static_cast<Index>(model.obstacles.size());
  if (around.obstacles.size() != n) {
    around.obstacles = Array<Obstacle<D>>("mpm/obstacles", n);
    scratch.obstacles = HostArray<Obstacle<D>>("mpm/obstacles", n);
  }
  for (Index i = 0; i < n; ++i) {
    scratch.obstacles(i) = at_time(model.obstacles[static_cast<std::size_t>(i)], time);
  }
  if (n > 0) Kokkos::deep_copy(around.obstacles.view(), scratch.obstacles.view());
  return around;
}

template <int D>
StepLimit step_limit(const Model<D>& model, const State<D>& state, Scratch<D>& scratch) {
  double max_speed = largest_speed(state, scratch.reducer);
  for (const ObstaclePath<D>& path : model.obstacles) {
    max_speed = std::max(max_speed, largest_speed(path, state.time));
  }
  for (const Source<D>& source : model.sources) {
    if (state.time < source.until) max_speed = std::max(max_speed, norm(source.velocity));
  }
  return step_limit_at(model, max_speed);
}

template <int D>
StepLimit step_limit_at(const Model<D>& model, double max_speed) {
  StepLimit limit;
  limit.max_speed = max_speed;
  const double h = model.grid.h;
  double fastest_sound = 0;
  limit.viscous = std::numeric_limits<double>::infinity();
  for (const Law& law : model.laws) {
    fastest_sound = std::max(fastest_sound, wave_speed(law));
    const double viscosity =
        std::visit([](const auto& l) { return static_cast<double>(l.dynamic_viscosity()); }, law);
    if (viscosity > 0) {
      limit.viscous = std::min(limit.viscous, h * h * density(law) / (2 * D * viscosity));
    }
  }
  limit.sound = model.cfl * h / (fastest_sound + limit.max_speed);
  limit.advection = h / (2 * limit.max_speed);
  limit.dt = std::min({limit.sound, limit.advection, limit.viscous});
  if (limit.dt == limit.sound) {
    limit.reason = format("sound speed {:.4g} m/s and largest velocity {:.4g} m/s", fastest_sound,
                          limit.max_speed);
  } else if (limit.dt == limit.advection) {
    limit.reason = format("largest velocity {:.4g} m/s", limit.max_speed);
  } else {
    limit.reason = "viscosity";
  }
  return limit;
}

template <int D>
void initialize_stress(const Model<D>& model, State<D>& state) {
  for (std::size_t body = 0; body < model.laws.size(); ++body) {
    reset_material<D>(model.laws[body], static_cast<Index>(body), state.particles);
  }
}

template <int D>
Index step(const Model<D>& model, State<D>& state, Scratch<D>& scratch, double dt) {
  ParticleSystem& particles = state.particles;
  const auto real_dt = static_cast<Real>(dt);
  fill_bins<D>(model.grid, arrays_of<D>(particles), scratch.bins);
  if (state.steps % kReorderEvery == 0) {
    particles.permute(scratch.bins.order);
    fill_bins<D>(model.grid, arrays_of<D>(particles), scratch.bins);
  }
  kick_bodies(model, particles, dt);
  const ParticleArrays<D> arrays = arrays_of<D>(particles);
  particles_to_cells(model.grid, scratch.bins, arrays, real_dt, scratch.transfer);
  cells_to_nodes(model.grid, scratch.bins, surroundings_at(model, state.time + dt, scratch),
                 real_dt, scratch.transfer);
  const Index lost = nodes_to_particles(model.grid, scratch.bins, model.transfer, real_dt,
                                        scratch.transfer, arrays);
  carry_inflow(model, state, scratch, dt);
  for (std::size_t body = 0; body < model.laws.size(); ++body) {
    advance_material<D>(model.laws[body], static_cast<Index>(body), particles, dt);
  }
  state.time += dt;
  ++state.steps;
  return lost;
}

#define FILIGREE_INSTANTIATE(D)                                                             \
  template State<D> make_state<D>(Index);                                                   \
  template ParticleArrays<D> arrays_of<D>(const ParticleSystem&);                           \
  template const Surroundings<D>& surroundings_at<D>(const Model<D>&, double, Scratch<D>&); \
  template StepLimit step_limit<D>(const Model<D>&, const State<D>&, Scratch<D>&);          \
  template StepLimit step_limit_at<D>(const Model<D>&, double);                             \
  template void initialize_stress<D>(const Model<D>&, State<D>&);                           \
  template Index step<D>(const Model<D>&, State<D>&, Scratch<D>&, double);
FILIGREE_INSTANTIATE(2)
FILIGREE_INSTANTIATE(3)
#undef FILIGREE_INSTANTIATE

}  // namespace filigree::mpm
