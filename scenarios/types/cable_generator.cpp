// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "scenarios/types/cable_generator.hpp"

#include <cmath>
#include <numbers>

#include "core/random.hpp"

namespace filigree {

namespace {

using Vec3d = Vec<3, double>;

constexpr double kFrameTime = 0.01;  // s

CableSet generated_set() {
  CableSet set = make_cable_set("generated", {{"name", "generated"},
                                              {"dt", kFrameTime},
                                              {"n_parent", 10},
                                              {"n_children", {4, 3}},
                                              {"junctions", {{0, 3}, {0, 6}}},
                                              {"clamped_parent_vertices", {0, 1, 8, 9}}});
  for (int k = 0; k < 10; ++k) set.rest.push_back({0.09 * k, 0, 0});
  for (int k = 1; k < 4; ++k) set.rest.push_back({0.27 + 0.02 * k, -0.07 * k, 0});
  for (int k = 1; k < 3; ++k) set.rest.push_back({0.54 - 0.03 * k, 0.07 * k, 0});
  return set;
}

/// Where a gripper is after t seconds, from where it was at rest: both swing together, and come
/// closer so that the cable hangs.
struct Motion {
  RandomStream stream;
  std::uint64_t recording;
  double reach;

  double draw(std::uint32_t which, double low, double high) const {
    return stream.between(low, high, recording, which);
  }
  Vec3d together(double t) const {
    Vec3d move{};
    for (std::uint32_t a = 0; a < 3; ++a) {
      for (std::uint32_t wave = 0; wave < 2; ++wave) {
        const double frequency = draw(8 * a + 4 * wave, 0.3, 1.0);
        const double size = draw(8 * a + 4 * wave + 1, -0.5, 0.5) * reach;
        const double phase = draw(8 * a + 4 * wave + 2, 0, 2 * std::numbers::pi);
        const auto at = [&](double s) {
          return size * std::sin(2 * std::numbers::pi * frequency * s + phase);
        };
        move[static_cast<int>(a)] += at(t) - at(0);
      }
    }
    return move;
  }
  double closer(double t) const {
    const double at_start = draw(24, 0.4, 0.8) * reach;
    return at_start + draw(25, -0.3, 0.3) * reach * (1 - std::cos(2 * std::numbers::pi * 0.4 * t));
  }
  Vec3d at(double t, bool right) const {
    return together(t) + Vec3d{right ? -closer(t) : closer(t), 0, 0};
  }
};

/// One recording: hangs still at first, then the grippers move.
void record(const rods::CableExperiment& cable, const rods::RodModel& model, const Motion& motion,
            Index recording, CableRecordings& recordings) {
  rods::RodState state = rods::make_rod_state(cable.topology, model, cable.rest);
  rods::RodControls controls = rods::make_controls(model, state);
  auto held = to_host(controls.held);
  auto target = to_host(controls.target);
  const auto at_rest = to_host(state.position);
  const auto hold_at = [&](double t, double share) {
    for (const Index v : cable.grasped) {
      const Vec3d move = share * motion.at(t, v > cable.grasped[1]);
      for (int a = 0; a < 3; ++a) {
        target(0, v)[a] = at_rest(0, v)[a] + static_cast<Real>(move[a]);
      }
    }
    Kokkos::deep_copy(controls.target.view(), target.view());
  };
  for (const Index v : cable.grasped) held(0, v) = 1;
  for (const Index e : cable.grasped_edges()) held(0, cable.topology.angle_vertex(e)) = 3;
  Kokkos::deep_copy(controls.held.view(), held.view());
  rods::RodScratch scratch;
  const rods::RodStepOptions options;
  const auto require = [](const rods::RodStepReport& report) {
    FILIGREE_REQUIRE(report.failed == 0,
                     "the generated cable could not be simulated; lower generate.reach, or make "
                     "the cable of `start` stiffer or lighter");
  };
  constexpr int kLead = 20;  // steps to the first pose
  for (int k = 1; k <= kLead; ++k) {
    hold_at(0, static_cast<double>(k) / kLead);
    require(rods::implicit_step(model, controls, 0.05, options, state, scratch));
  }
  require(rods::settle(model, controls, options, state, scratch));
  for (Index f = 0; f < recordings.frames; ++f) {
    if (f > 0) {
      hold_at(f * kFrameTime, 1);
      require(rods::implicit_step(model, controls, kFrameTime, options, state, scratch));
    }
    const auto x = to_host(state.position);
    for (Index v = 0; v < recordings.vertices; ++v) {
      for (int a = 0; a < 3; ++a) {
        recordings.positions[recordings.place(recording, f, v) + static_cast<std::size_t>(a)] =
            x(0, v)[a];
      }
    }
  }
}

}  // namespace

GeneratedCable generate_cable(const GeneratedCableOptions& options, const CableGuess& guess,
                              std::uint64_t seed) {
  GeneratedCable cable;
  cable.set = generated_set();
  const std::vector<rods::CableUnknown> unknowns = cable_unknowns(cable.set);
  const RandomStream properties(seed, "cable/properties");
  std::vector<double> u;
  for (std::size_t k = 0; k < unknowns.size(); ++k) {
    u.push_back(unknowns[k].quantity == rods::CableQuantity::kRoll
                    ? 0  // the grippers hold the cable as it hangs
                    : 0.5 * properties.normal<double>(k));
  }
  cable.truth = rods::changed(make_cable_fit(cable.set, guess), unknowns, u);
  const rods::RodModel model = rods::make_rod_model(cable.set.topology, cable.truth.parameters);
  const rods::CableExperiment experiment = experiment_of(cable.set, {});
  CableRecordings all;
  all.count = static_cast<Index>(options.train + options.eval);
  all.frames = static_cast<Index>(std::round(options.duration / kFrameTime)) + 1;
  all.vertices = cable.set.n_vertices();
  all.positions.resize(all.place(all.count, 0, 0));
  std::vector<Index> train, eval;
  for (Index r = 0; r < all.count; ++r) {
    record(experiment, model,
           {RandomStream(seed, "cable/motion"), static_cast<std::uint64_t>(r), options.reach}, r,
           all);
    (r < options.train ? train : eval).push_back(r);
  }
  const RandomStream noise(seed, "cable/noise");
  for (std::size_t i = 0; i < all.positions.size(); ++i) {
    all.positions[i] += options.noise * noise.normal<double>(i);
  }
  cable.train = chosen(all, train);
  cable.eval = chosen(all, eval);
  return cable;
}

}  // namespace filigree
