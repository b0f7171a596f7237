// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Parts of the published branched-rod model that need no recordings.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "physics/rods/deft_parity.hpp"

namespace filigree::rods::deft {
namespace {

/// A wavy parent of 8 vertices with two children of 3 and 4, of uneven lengths.
std::vector<Vec3> wavy_shape(const Cable& cable) {
  std::vector<Vec3> x(cable.counts.size() * static_cast<std::size_t>(cable.slots), Vec3::zero());
  const auto slots = static_cast<std::size_t>(cable.slots);
  for (std::size_t k = 0; k < slots; ++k) {
    const auto s = static_cast<double>(k);
    x[k] = {0.05 * s + 0.004 * std::sin(2 * s), 0.02 * std::sin(s),
            0.5 + 0.015 * std::cos(1.7 * s)};
  }
  for (std::size_t c = 0; c + 1 < cable.counts.size(); ++c) {
    // Cables that are to be refused may have too few.
    const Junction junction = c < cable.junctions.size() ? cable.junctions[c] : Junction{0, 0};
    const Vec3 root = x[static_cast<std::size_t>(junction.host) * slots +
                        static_cast<std::size_t>(junction.vertex)];
    for (int k = 0; k < cable.counts[c + 1]; ++k) {
      x[(c + 1) * slots + static_cast<std::size_t>(k)] =
          root + Vec3{0.01 * std::sin(k), 0.06 * k, -0.02 * k * k};
    }
  }
  return x;
}

Cable wavy_cable(std::vector<Junction> junctions) {
  Cable cable;
  cable.slots = 8;
  cable.counts = {8, 4, 3};
  cable.junctions = std::move(junctions);
  cable.grasped = {0, 1, 6, 7};
  cable.rest = wavy_shape(cable);
  cable.bending = {4e-3, 3e-3, 2e-3};
  cable.twist = 1e-4;
  return cable;
}

Parameters wavy_parameters(const Cable& cable) {
  Parameters parameters;
  parameters.rest = cable.rest;
  parameters.damping_mass.assign(cable.rest.size(), 0.05);
  parameters.damping = {2, 2, 2};
  parameters.solver_twist.assign(cable.rest.size(), 1e-4);
  parameters.gravity = {0, 0, -4.81};
  return parameters;
}

Model wavy_model(std::vector<Junction> junctions = {{0, 2}, {0, 4}}) {
  const Cable cable = wavy_cable(std::move(junctions));
  return make_model(cable, wavy_parameters(cable));
}

std::vector<Vec3> bent(const Model& model, double by) {
  std::vector<Vec3> x = model.cable.rest;
  for (int b = 0; b < model.branches(); ++b) {
    for (int k = 0; k < model.cable.counts[static_cast<std::size_t>(b)]; ++k) {
      x[model.at(b, k)] += by * Vec3{std::sin(3.0 * k + b), std::cos(2.0 * k), std::sin(k + 1.0)};
    }
  }
  return x;
}

/// Frames of a shape without twist, the first ones taken along from those of `start`.
Frames frames_of(const Model& model, const std::vector<Vec3>& x, const std::vector<Vec3>& start) {
  std::vector<Vec3> first_frame(model.cable.counts.size());
  set_first_frames(model, true, start, first_frame);
  set_first_frames(model, false, x, first_frame);
  Frames frames;
  bishop_frames(model, x, first_frame, frames);
  material_frames(model, std::vector<double>(model.size(), 0.0), frames);
  return frames;
}

TEST(DeftParity, SweepOverLengthsKeepsMomentumOfFreeVertices) {
  const Model model = wavy_model();
  std::vector<Vec3> x = bent(model, 0.01);
  const std::vector<Vec3> before = x;
  restore_lengths(model, x);
  for (const int b : {1, 2}) {  // nothing of a child is grasped
    Vec3 momentum = Vec3::zero();
    double moved = 0;
    for (int k = 0; k < model.cable.counts[static_cast<std::size_t>(b)]; ++k) {
      const std::size_t i = model.at(b, k);
      momentum += model.mass[i] * (x[i] - before[i]);
      moved = std::max(moved, norm(x[i] - before[i]));
    }
    EXPECT_GT(moved, 1e-3);
    EXPECT_LT(norm(momentum), 1e-17);  // masses of 0.05 kg, moves of 1e-3 m, round-off 1e-16
  }
  for (const int v : model.cable.grasped) {
    EXPECT_LT(norm(x[static_cast<std::size_t>(v)] - before[static_cast<std::size_t>(v)]), 1e-20);
  }
}

TEST(DeftParity, LengthsWithinToleranceAreLeftAlone) {
  const Model model = wavy_model();
  std::vector<Vec3> x = model.cable.rest;
  for (Vec3& p : x) p *= 1.002;  // l is twice the strain here, 2e-3 against 5e-3
  const std::vector<Vec3> before = x;
  restore_lengths(model, x);
  EXPECT_EQ(x, before);
  x[model.at(2, 1)] += Vec3{0, 0.01, 0};  // D14: one edge out of tolerance moves all of its index
  const std::vector<Vec3> pulled = x;
  restore_lengths(model, x);
  EXPECT_NE(x[model.at(1, 1)], pulled[model.at(1, 1)]);
  EXPECT_EQ(x[model.at(1, 3)], pulled[model.at(1, 3)]);
}

/// Rate of the bending energy when the vertices move along `direction`, by central differences.
double slope(const Model& model, const std::vector<Vec3>& x, const std::vector<Vec3>& direction) {
  constexpr double h = 1e-6;
  double energy[2];
  for (const int side : {0, 1}) {
    std::vector<Vec3> moved = x;
    for (std::size_t i = 0; i < x.size(); ++i) moved[i] += (side == 1 ? h : -h) * direction[i];
    energy[side] = bending_energy(model, frames_of(model, moved, x));
  }
  return (energy[1] - energy[0]) / (2 * h);
}

TEST(DeftParity, TrueGradientIsThatOfTheEnergyAndThePublishedOneIsNot) {
  // Edges have their rest lengths, as the theory asks for; the natural curvature is another
  // shape's.
  Cable cable = wavy_cable({{0, 2}, {0, 4}});
  const Parameters parameters = wavy_parameters(cable);
  cable.rest = bent(wavy_model(), 0.006);
  const Model model = make_model(cable, parameters);
  const std::vector<Vec3>& x = cable.rest;
  const Frames frames = frames_of(model, x, x);
  const std::vector<double> theta(model.size(), 0.0);
  std::vector<Vec3> exact, published;
  elastic_force(model, frames, theta, x, Gradient::kTrue, false, exact);
  elastic_force(model, frames, theta, x, Gradient::kPublished, false, published);
  double error = 0, difference = 0, size = 0;
  for (int b = 0; b < model.branches(); ++b) {
    const int count = model.cable.counts[static_cast<std::size_t>(b)];
    for (int pivot = 1; pivot + 1 < count; ++pivot) {
      for (int a = 0; a < 3; ++a) {  // the rest of the branch turns about the pivot
        Vec3 axis = Vec3::zero();
        axis[a] = 1;
        std::vector<Vec3> direction(model.size(), Vec3::zero());
        double work = 0, published_work = 0;
        for (int k = pivot + 1; k < count; ++k) {
          const std::size_t i = model.at(b, k);
          direction[i] = cross(axis, x[i] - x[model.at(b, pivot)]);
          work += dot(exact[i], direction[i]);
          published_work += dot(published[i], direction[i]);
        }
        error = std::max(error, std::fabs(slope(model, x, direction) + work));
        difference = std::max(difference, std::fabs(published_work - work));
        size = std::max(size, std::fabs(work));
      }
    }
  }
  EXPECT_GT(size, 0.01);
  EXPECT_LT(error, 1e-7 * size);  // h^2 for the differences, 1e-16/h for round-off
  EXPECT_GT(difference, 0.2 * size);
}

TEST(DeftParity, ForcesOfBothGradientsSumToZero) {
  const Model model = wavy_model();
  const std::vector<Vec3> x = bent(model, 0.006);
  const Frames frames = frames_of(model, x, x);
  const std::vector<double> theta(model.size(), 0.0);
  for (const Gradient gradient : {Gradient::kTrue, Gradient::kPublished}) {
    std::vector<Vec3> force;
    elastic_force(model, frames, theta, x, gradient, true, force);
    Vec3 sum = Vec3::zero();
    for (const Vec3& f : force) sum += f;
    EXPECT_LT(norm(sum), 1e-13);  // of forces around 1 N
  }
}

TEST(DeftParity, FramesAreOrthonormal) {
  const Model model = wavy_model();
  const std::vector<Vec3> x = bent(model, 0.006);
  const Frames frames = frames_of(model, x, x);
  for (int b = 0; b < model.branches(); ++b) {
    for (int k = 0; k + 1 < model.cable.counts[static_cast<std::size_t>(b)]; ++k) {
      const std::size_t i = model.at(b, k);
      EXPECT_NEAR(norm(frames.u[i]), 1, 1e-14);
      EXPECT_NEAR(norm(frames.v[i]), 1, 1e-14);
      EXPECT_NEAR(dot(frames.u[i], frames.v[i]), 0, 1e-14);
    }
  }
}

TEST(DeftParity, JunctionsOfEveryKindStayTogetherAndCommandsAreMet) {
  const std::vector<std::vector<Junction>> kinds{
      {{0, 2}, {0, 4}}, {{0, 3}, {1, 1}}, {{0, 4}, {0, 4}}};
  const Sharing expected[] = {Sharing::kTogether, Sharing::kNested, Sharing::kOneByOne};
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    const Model model = wavy_model(kinds[kind]);
    EXPECT_EQ(model.sharing, expected[kind]);
    State state = make_state(model, model.cable.rest, model.cable.rest);
    std::vector<Vec3> targets;
    for (const int v : model.cable.grasped) {
      targets.push_back(model.cable.rest[static_cast<std::size_t>(v)]);
    }
    for (int t = 0; t < 50; ++t) step(model, targets, state);
    for (std::size_t g = 0; g < targets.size(); ++g) {
      const Vec3& x = state.position[static_cast<std::size_t>(model.cable.grasped[g])];
      EXPECT_LT(norm(x - targets[g]), 1e-18);  // the length sweep gives them 1e-20 of a share
    }
    for (int c = 0; c < model.children(); ++c) {
      const Junction& junction = model.cable.junctions[static_cast<std::size_t>(c)];
      const Vec3 gap = state.position[model.at(c + 1, 0)] -
                       state.position[model.at(junction.host, junction.vertex)];
      EXPECT_LT(norm(gap), 0.005);  // the length sweep comes after the attachment
    }
  }
}

TEST(DeftParity, OtherJunctionsAndWrongSizesAreRefused) {
  EXPECT_THROW(wavy_model({{0, 3}, {1, 2}}), InputError);
  EXPECT_THROW(wavy_model({{0, 0}, {0, 3}}), InputError);
  EXPECT_THROW(wavy_model({{0, 3}}), InputError);
  const Cable cable = wavy_cable({{0, 2}, {0, 4}});
  Parameters parameters = wavy_parameters(cable);
  parameters.damping.pop_back();
  EXPECT_THROW(make_model(cable, parameters), InputError);
  const Model model = wavy_model();
  State state = make_state(model, model.cable.rest, model.cable.rest);
  EXPECT_THROW(step(model, {}, state), InputError);
  EXPECT_THROW(make_state(model, {}, model.cable.rest), InputError);
}

TEST(DeftNetwork, TinyGraphByHand) {
  // Nodes 0 - 1 with self loops, node 2 alone and without a loop. Node 1 also points at node 2,
  // which only adds to its degree.
  const NormalizedAdjacency graph = normalize_adjacency({1, 1, 0, 1, 1, 2, 0, 0, 0}, 3);
  EXPECT_EQ(graph.rows, (std::vector<int>{0, 1}));
  const std::vector<GraphConvolution> layers{{2, 1, {1, -2}, {0.5}}, {1, 2, {3, -1}, {0, 1}}};
  NetworkScratch scratch;
  std::vector<double> output;
  apply_network(layers, graph, {1, 0, 0, 2, 7, 7}, scratch, output);
  // First layer, x W^T + b: 1.5 and -3.5; rows of A_n: (1/2, 1/sqrt 8) and (1/sqrt 8, 1/4).
  const double off = 1 / std::sqrt(8.0);
  double hidden[2] = {1.5 / 2 - 3.5 * off, 1.5 * off - 3.5 / 4};
  for (double& h : hidden) h = h < 0 ? 0.2 * h : h;
  const double second[2][2] = {{3 * hidden[0], -hidden[0] + 1}, {3 * hidden[1], -hidden[1] + 1}};
  ASSERT_EQ(output.size(), 6U);
  for (std::size_t o = 0; o < 2; ++o) {
    EXPECT_NEAR(output[o], second[0][o] / 2 + second[1][o] * off, 1e-15);
    EXPECT_NEAR(output[2 + o], second[0][o] * off + second[1][o] / 4, 1e-15);
    EXPECT_EQ(output[4 + o], 0);
  }
}

TEST(DeftNetwork, SizesThatDoNotFitAreRefused) {
  EXPECT_THROW(normalize_adjacency({1, 0, 0}, 2), InputError);
  EXPECT_THROW(normalize_adjacency({1, -2, 0, 1}, 2), InputError);
  const NormalizedAdjacency graph = normalize_adjacency({1, 0, 0, 1}, 2);
  NetworkScratch scratch;
  std::vector<double> output;
  EXPECT_THROW(apply_network({}, graph, {}, scratch, output), InputError);
  EXPECT_THROW(apply_network({{2, 1, {1, 1}, {0}}}, graph, {1, 2}, scratch, output), InputError);
  EXPECT_THROW(apply_network({{1, 1, {1, 1}, {0}}}, graph, {1, 2}, scratch, output), InputError);
}

}  // namespace
}  // namespace filigree::rods::deft
