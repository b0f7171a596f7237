// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/deft_parity.hpp"

#include "core/error.hpp"
#include "physics/rods/deft_parts.hpp"

namespace filigree::rods::deft {

State make_state(const Model& model, const std::vector<Vec3>& frame0,
                 const std::vector<Vec3>& frame1) {
  FILIGREE_REQUIRE(frame0.size() == model.size() && frame1.size() == model.size(),
                   "the first two frames have {} and {} positions, the cable needs {}",
                   frame0.size(), frame1.size(), model.size());
  State state;
  const auto children = static_cast<std::size_t>(model.children());
  const auto slots = static_cast<std::size_t>(model.slots());
  const Quaternion none{1, 0, 0, 0};
  state.position = frame1;
  state.measured = frame0;
  state.velocity.resize(model.size());
  for (std::size_t i = 0; i < model.size(); ++i) {
    state.velocity[i] = (frame1[i] - frame0[i]) / model.cable.dt;
  }
  state.theta.assign(model.size(), 0.0);
  state.first_frame.assign(model.cable.counts.size(), Vec3::zero());
  state.host_turn.assign(slots, none);
  state.child_turn.assign(children, none);
  state.anchor_in.assign(slots, Vec3::zero());
  state.anchor_out.assign(slots, Vec3::zero());
  state.anchor_child.assign(model.size(), Vec3::zero());
  set_out_of_plane(model, frame1, state);
  return state;
}

void integrate(const Model& model, State& state) {
  const double dt = model.cable.dt;
  for (int b = 0; b < model.branches(); ++b) {
    const Span rod = span_of(model, b);
    const double damping = model.parameters.damping[static_cast<std::size_t>(b)];
    for (int k = 0; k < rod.vertices; ++k) {
      const std::size_t i = rod[k];
      Vec3 force = state.force[i] + model.mass[i] * model.parameters.gravity;
      if (b == 0 && model.is_grasped[i]) force = Vec3::zero();
      force -= state.velocity[i] * (damping * model.parameters.damping_mass[i]);  // D2
      state.velocity[i] += force * (dt / model.mass[i]);
      state.position[i] += state.velocity[i] * (dt * model.parameters.integration_ratio);
    }
  }
}

void add_residual(const Model& model, const std::vector<Vec3>& targets,
                  const std::vector<Vec3>& before, State& state) {
  constexpr std::size_t kFeatures = 16;
  auto& features = state.features;
  features.assign(model.size() * kFeatures, 0.0);
  const auto put = [&](std::size_t i, std::size_t first, const Vec3& value) {
    for (int a = 0; a < 3; ++a)
      features[i * kFeatures + first + static_cast<std::size_t>(a)] = value[a];
  };
  for (int b = 0; b < model.branches(); ++b) {
    const Span rod = span_of(model, b);
    for (int k = 0; k < rod.vertices; ++k) {
      const std::size_t i = rod[k];
      put(i, 0, state.position[i]);
      put(i, 3, before[i]);
      const double bending = model.cable.bending[static_cast<std::size_t>(b)];  // D2: not learned
      // Of the slots before and after, whether or not the branch has edges there.
      double* stiffness = &features[i * kFeatures + 9];
      stiffness[0] = k > 0 ? bending : 0;
      stiffness[1] = k + 1 < model.slots() ? bending : 0;
      stiffness[2] = k > 0 ? model.cable.twist : 0;
      stiffness[3] = k + 1 < model.slots() ? model.cable.twist : 0;
      put(i, 13, model.parameters.rest[i]);
    }
  }
  for (std::size_t g = 0; g < targets.size(); ++g) {
    put(static_cast<std::size_t>(model.cable.grasped[g]), 6, targets[g]);
  }
  apply_network(model.parameters.net, model.graph, features, state.network, state.displacement);
  const double scale = model.parameters.network_weight * model.cable.dt;
  for (int b = 0; b < model.branches(); ++b) {
    const Span rod = span_of(model, b);
    for (int k = 0; k < rod.vertices; ++k) {
      if (b == 0 && model.is_grasped[rod[k]]) continue;
      const double* move = &state.displacement[rod[k] * 3];
      state.position[rod[k]] += scale * Vec3{move[0], move[1], move[2]};
    }
  }
}

void step(const Model& model, const std::vector<Vec3>& targets, State& state) {
  FILIGREE_REQUIRE(targets.size() == model.cable.grasped.size(),
                   "{} commanded positions were given for {} grasped vertices", targets.size(),
                   model.cable.grasped.size());
  const bool start = state.step == 0;
  set_first_frames(model, start, state.position, state.first_frame);
  bishop_frames(model, state.position, state.first_frame, state.frames);
  set_root_twist(model, state);
  iterate_twist(model, state.frames, state.theta);
  material_frames(model, state.theta, state.frames);
  elastic_force(model, state.frames, state.theta, state.position, Gradient::kPublished, true,
                state.force);
  state.start = state.position;
  integrate(model, state);
  for (std::size_t g = 0; g < targets.size(); ++g) {
    state.position[static_cast<std::size_t>(model.cable.grasped[g])] = targets[g];
  }
  if (!model.parameters.net.empty()) {
    add_residual(model, targets, start ? state.measured : state.start, state);
  }
  for (int sweep = 0; sweep < model.cable.sweeps; ++sweep) {
    share_orientations(model, state);
    attach(model, state.position);
    restore_lengths(model, state.position);
  }
  for (std::size_t i = 0; i < model.size(); ++i) {
    state.velocity[i] = (state.position[i] - state.start[i]) / model.cable.dt;
  }
  ++state.step;
}

}  // namespace filigree::rods::deft
