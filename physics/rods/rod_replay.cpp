// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/rods/rod_replay.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/mat3.hpp"
#include "core/parallel.hpp"
#include "core/to_real.hpp"
#include "physics/rods/rod_adjoint.hpp"
#include "physics/rods/rod_step_parts.hpp"

namespace filigree::rods {

namespace {

using Vec3d = Vec<3, double>;

/// The rotation R that makes sum |R (a_i - mean a) - (b_i - mean b)|^2 least.
Mat<3, 3, double> best_rotation(const std::vector<Vec3d>& a, const std::vector<Vec3d>& b) {
  Vec3d mean_a{}, mean_b{};
  for (std::size_t i = 0; i < a.size(); ++i) {
    mean_a += a[i] * (1.0 / static_cast<double>(a.size()));
    mean_b += b[i] * (1.0 / static_cast<double>(a.size()));
  }
  auto F = Mat<3, 3, double>::zero();
  for (std::size_t i = 0; i < a.size(); ++i) F += outer(b[i] - mean_b, a[i] - mean_a);
  return rotation_part(F);
}

Index free_vertices(const CableExperiment& experiment) {
  return experiment.recordings.vertices - static_cast<Index>(experiment.grasped.size());
}

}  // namespace

CablePlayer::CablePlayer(const CableExperiment& experiment, const RodParameters& parameters,
                         const GripperRoll& roll, double tolerance)
    : experiment_(experiment),
      roll_(roll),
      held_edges_(experiment.grasped_edges()),
      model_(make_rod_model(experiment.topology, parameters)) {
  FILIGREE_REQUIRE(roll.empty() || roll.size() == held_edges_.size(),
                   "{} rolls of grippers are given for {} grasped edges", roll.size(),
                   held_edges_.size());
  FILIGREE_REQUIRE(experiment.substeps >= 1 && experiment.dt > 0,
                   "{} steps of {} s per frame: both must be positive", experiment.substeps,
                   experiment.dt);
  for (const Index e : held_edges_) {
    held_nodes_.push_back(experiment.topology.angle_vertex(e));
  }
  controls_ = make_controls(model_, guessed_start());
  held_ = to_host(controls_.held);
  target_ = to_host(controls_.target);
  turn_ = to_host(controls_.turn);
  options_.tolerance = tolerance;
}

RodState CablePlayer::guessed_start() const {
  const RodTopology& topology = experiment_.topology;
  const CableRecordings& recorded = experiment_.recordings;
  const std::vector<Vec3d> at_rest = natural_directors(topology, experiment_.rest);
  RodState state;
  state.batch = batch();
  HostArray<Vec<3>, 2> position("rods/position", batch(), model_.n_vertices);
  HostArray<Vec<3>, 2> director("rods/director", batch(), model_.n_edges);
  std::vector<Vec3d> now(static_cast<std::size_t>(model_.n_vertices));
  for (Index b = 0; b < batch(); ++b) {
    for (Index v = 0; v < model_.n_vertices; ++v) {
      now[static_cast<std::size_t>(v)] = recorded.at(b, 1, v);
      position(b, v) = to_real(recorded.at(b, 1, v));
    }
    const Mat<3, 3, double> R = best_rotation(experiment_.rest.positions, now);
    for (Index e = 0; e < model_.n_edges; ++e) {
      const auto [tail, head] = topology.edges[static_cast<std::size_t>(e)];
      const Vec3d edge = recorded.at(b, 1, head) - recorded.at(b, 1, tail);
      FILIGREE_REQUIRE(norm(edge) > 0, "recording {}, frame 1: vertices {} and {} coincide", b,
                       tail, head);
      const Vec3d t = edge * (1 / norm(edge));
      Vec3d d = R * at_rest[static_cast<std::size_t>(e)];
      d -= dot(d, t) * t;
      if (norm(d) < 0.1) {  // the guess lies along the edge: any other does
        d = std::abs(t[0]) < 0.7 ? Vec3d{1, 0, 0} : Vec3d{0, 1, 0};
        d -= dot(d, t) * t;
      }
      director(b, e) = to_real(d * (1 / norm(d)));
    }
  }
  state.position = to_device(position);
  state.director = to_device(director);
  state.velocity = Array<Vec<3>, 2>("rods/velocity", batch(), model_.n_vertices);
  state.twist = Array<Real, 2>("rods/twist", batch(), model_.n_joints);
  Kokkos::deep_copy(state.velocity.view(), Vec<3>::zero());
  Kokkos::deep_copy(state.twist.view(), Real(0));
  return state;
}

RodStepReport CablePlayer::advance(const RodControls& controls, RodState& state) {
  return implicit_step(model_, controls, step_size(), options_, state, scratch_);
}

RodStepReport CablePlayer::balance(RodState& state) {
  return advance(balance_controls(), state);
}

RodStepReport CablePlayer::roll(RodState& state) {
  const RodStepReport report = advance(roll_controls(), state);
  const CableRecordings& recorded = experiment_.recordings;
  HostArray<Vec<3>, 2> velocity("rods/velocity", batch(), model_.n_vertices);
  for (Index b = 0; b < batch(); ++b) {
    for (Index v = 0; v < model_.n_vertices; ++v) {
      velocity(b, v) =
          to_real((recorded.at(b, 1, v) - recorded.at(b, 0, v)) * (1 / experiment_.dt));
    }
  }
  Kokkos::deep_copy(state.velocity.view(), velocity.view());
  return report;
}

RodStepReport CablePlayer::step(Index frame, int k, RodState& state) {
  return advance(step_controls(frame, k), state);
}

/// Grippers, or all vertices, are at `share` of their way from the frame before to `frame`. Edges
/// between grippers are turned by their roll where all vertices are held: at the start.
const RodControls& CablePlayer::controls(bool all_held, bool edges_held, Index frame,
                                         double share) {
  const CableRecordings& recorded = experiment_.recordings;
  std::fill_n(held_.data(), held_.size(), Index(0));
  std::fill_n(turn_.data(), turn_.size(), Real(0));
  for (Index b = 0; b < batch(); ++b) {
    for (Index v = 0; v < model_.n_vertices; ++v) {
      if (!all_held && !experiment_.is_grasped(v)) continue;
      held_(b, v) = detail::kPositionHeld;
      target_(b, v) =
          to_real((1 - share) * recorded.at(b, frame - 1, v) + share * recorded.at(b, frame, v));
    }
    for (std::size_t i = 0; i < held_nodes_.size() && edges_held; ++i) {
      held_(b, held_nodes_[i]) |= detail::kAngleHeld;
      if (all_held && !roll_.empty()) turn_(b, held_edges_[i]) = static_cast<Real>(roll_[i]);
    }
  }
  Kokkos::deep_copy(controls_.held.view(), held_.view());
  Kokkos::deep_copy(controls_.target.view(), target_.view());
  Kokkos::deep_copy(controls_.turn.view(), turn_.view());
  return controls_;
}

bool CableExperiment::is_grasped(Index vertex) const {
  return std::binary_search(grasped.begin(), grasped.end(), vertex);
}

std::vector<Index> CableExperiment::grasped_edges() const {
  std::vector<Index> held;
  for (Index e = 0; e < topology.n_edges(); ++e) {
    const auto [tail, head] = topology.edges[static_cast<std::size_t>(e)];
    if (is_grasped(tail) && is_grasped(head)) held.push_back(e);
  }
  return held;
}

std::vector<double> mean_edge_lengths(const CableExperiment& experiment) {
  const CableRecordings& recorded = experiment.recordings;
  std::vector<double> lengths;
  for (const auto& [tail, head] : experiment.topology.edges) {
    double sum = 0;
    for (Index r = 0; r < recorded.count; ++r) {
      for (Index f = 0; f < recorded.frames; ++f) {
        sum += norm(recorded.at(r, f, head) - recorded.at(r, f, tail));
      }
    }
    lengths.push_back(sum / (static_cast<double>(recorded.count) * recorded.frames));
  }
  return lengths;
}

CableRecordings replay(const CableExperiment& experiment, const RodParameters& parameters,
                       const GripperRoll& roll, double tolerance) {
  CablePlayer player(experiment, parameters, roll, tolerance);
  CableRecordings predicted = experiment.recordings;
  const auto check = [](const RodStepReport& report, Index frame) {
    FILIGREE_REQUIRE(report.failed == 0,
                     "recording {}: the step to frame {} did not converge (a force of {:.3g} N is "
                     "left); the grippers move faster than the cable can follow, or a stiffness is "
                     "out of range",
                     report.first_failed, frame, report.residual);
  };
  RodState state = player.guessed_start();
  check(player.balance(state), 1);
  check(player.roll(state), 1);
  for (Index frame = 2; frame < predicted.frames; ++frame) {
    for (int k = 0; k < player.steps_per_frame(); ++k) check(player.step(frame, k, state), frame);
    const auto x = to_host(state.position);
    for (Index b = 0; b < predicted.count; ++b) {
      for (Index v = 0; v < predicted.vertices; ++v) {
        for (int a = 0; a < 3; ++a) {
          predicted.positions[predicted.place(b, frame, v) + static_cast<std::size_t>(a)] =
              x(b, v)[a];
        }
      }
    }
  }
  return predicted;
}

ReplayErrors replay_errors(const CableExperiment& experiment, const CableRecordings& predicted) {
  const CableRecordings& recorded = experiment.recordings;
  ReplayErrors errors;
  errors.per_recording.assign(static_cast<std::size_t>(recorded.count), 0);
  errors.per_frame.assign(static_cast<std::size_t>(recorded.frames), 0);
  errors.per_vertex.assign(static_cast<std::size_t>(recorded.vertices), 0);
  const double n_frames = recorded.frames - 2;
  const double n_free = free_vertices(experiment);
  for (Index r = 0; r < recorded.count; ++r) {
    for (Index f = 2; f < recorded.frames; ++f) {
      for (Index v = 0; v < recorded.vertices; ++v) {
        if (experiment.is_grasped(v)) continue;
        const double d = norm(predicted.at(r, f, v) - recorded.at(r, f, v));
        errors.per_recording[static_cast<std::size_t>(r)] += d / (n_frames * n_free);
        errors.per_frame[static_cast<std::size_t>(f)] += d / (recorded.count * n_free);
        errors.per_vertex[static_cast<std::size_t>(v)] += d / (recorded.count * n_frames);
      }
    }
  }
  for (const double error : errors.per_recording) errors.mean += error / recorded.count;
  return errors;
}

double replay_misfit(const CableExperiment& experiment, const RodParameters& parameters,
                     const GripperRoll& roll, double smooth, double tolerance,
                     RodParameters& parameters_bar, GripperRoll& roll_bar) {
  CablePlayer player(experiment, parameters, roll, tolerance);
  const CableRecordings& recorded = experiment.recordings;
  const int per_frame = player.steps_per_frame();
  bool failed = false;
  std::vector<RodState> states{player.guessed_start()};
  const auto advance = [&](auto&& step) {
    states.push_back(copy_of(states.back()));
    failed = failed || step(states.back()).failed > 0;
  };
  advance([&](RodState& state) { return player.balance(state); });
  advance([&](RodState& state) { return player.roll(state); });
  for (Index frame = 2; frame < recorded.frames && !failed; ++frame) {
    for (int k = 0; k < per_frame; ++k) {
      advance([&](RodState& state) { return player.step(frame, k, state); });
    }
  }
  parameters_bar = {};
  roll_bar.assign(roll.size(), 0);
  if (failed) return std::numeric_limits<double>::infinity();

  const double weight =
      1 / (static_cast<double>(recorded.count) * (recorded.frames - 2) * free_vertices(experiment));
  RodStateBar bar = make_state_bar(player.model(), recorded.count);
  RodControlsBar controls_bar = make_controls_bar(player.model(), recorded.count);
  RodModelBar model_bar = make_model_bar(player.model(), recorded.count);
  double value = 0;
  std::size_t at = states.size() - 1;  // of the state after the step that is pulled back
  for (Index frame = recorded.frames - 1; frame >= 2; --frame) {
    const auto x = to_host(states[at].position);
    auto x_bar = to_host(bar.position);
    for (Index b = 0; b < recorded.count; ++b) {
      for (Index v = 0; v < recorded.vertices; ++v) {
        if (experiment.is_grasped(v)) continue;
        const Vec3d p{x(b, v)[0], x(b, v)[1], x(b, v)[2]};
        const Vec3d d = p - recorded.at(b, frame, v);
        const double distance = std::sqrt(squared_norm(d) + smooth * smooth);
        value += weight * (distance - smooth);
        x_bar(b, v) += to_real(d * (weight / distance));
      }
    }
    Kokkos::deep_copy(bar.position.view(), x_bar.view());
    for (int k = per_frame - 1; k >= 0; --k, --at) {
      failed = failed || implicit_step_adjoint(player.model(), player.step_controls(frame, k),
                                               player.step_size(), states[at - 1], states[at], bar,
                                               controls_bar, model_bar, player.scratch()) > 0;
    }
  }
  if (failed) return std::numeric_limits<double>::infinity();
  // Positions and velocities of the start are given; frames are not.
  const auto only_frames = [&] {
    Kokkos::deep_copy(bar.position.view(), Vec<3>::zero());
    Kokkos::deep_copy(bar.velocity.view(), Vec<3>::zero());
  };
  only_frames();
  failed = implicit_step_adjoint(player.model(), player.roll_controls(), player.step_size(),
                                 states[at - 1], states[at], bar, controls_bar, model_bar,
                                 player.scratch()) > 0;
  const auto turn_bar = to_host(controls_bar.turn);
  const std::vector<Index> held_edges = experiment.grasped_edges();
  for (std::size_t i = 0; i < roll.size(); ++i) {
    for (Index b = 0; b < recorded.count; ++b) roll_bar[i] += turn_bar(b, held_edges[i]);
  }
  --at;
  only_frames();
  failed = failed || implicit_step_adjoint(player.model(), player.balance_controls(),
                                           player.step_size(), states[at - 1], states[at], bar,
                                           controls_bar, model_bar, player.scratch()) > 0;
  if (failed) return std::numeric_limits<double>::infinity();
  parameters_bar = pull_back(experiment.topology, parameters, model_bar);
  return value;
}

}  // namespace filigree::rods
