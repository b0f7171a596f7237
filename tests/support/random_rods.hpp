// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Random branched rods, and ways to move them, for tests.
#pragma once

#include <Eigen/Dense>
#include <cmath>
#include <vector>

#include "core/parallel.hpp"
#include "core/random.hpp"
#include "physics/rods/rod_assembly.hpp"
#include "physics/rods/rod_model.hpp"

namespace filigree::rods {

struct TestRod {
  RodTopology topology;
  RodModel model;
  RodState state;  ///< bent, stretched and twisted away from rest
};

/// A rod with two branches, one of which has a branch of its own; anisotropic, curved at rest.
inline TestRod random_branched_rod(std::uint64_t seed) {
  RandomStream stream(seed, "test/branched_rod");
  std::uint64_t next = 0;
  const auto draw = [&](double low, double high) { return stream.between(low, high, next++); };
  TestRod rod;
  rod.topology = make_topology({{-1, 6}, {2, 3}, {3, 2}, {7, 2}});
  RodShape shape;
  const std::vector<Vec<3, double>> x{
      {0, 0, 0},        {0.1, 0, 0},    {0.2, 0.02, 0},   {0.3, 0, 0},      {0.4, 0, 0.02},
      {0.5, 0, 0},      {0.2, 0.1, 0},  {0.25, 0.2, 0},   {0.2, 0.3, 0.01}, {0.3, 0, 0.1},
      {0.3, 0.05, 0.2}, {0.35, 0.2, 0}, {0.45, 0.2, 0.05}};
  shape.positions = x;
  std::vector<EdgeProperties> edges(static_cast<std::size_t>(rod.topology.n_edges()));
  for (EdgeProperties& edge : edges) {
    edge.stretch_stiffness = draw(1, 2);
    edge.bending_stiffness = {draw(0.01, 0.02), draw(0.02, 0.04)};
    edge.twist_stiffness = draw(0.01, 0.02);
    edge.line_density = draw(0.05, 0.1);
    shape.directors.push_back({draw(-0.2, 0.2), draw(-0.2, 0.2), draw(0.8, 1)});
  }
  for (std::size_t e = 0; e < edges.size(); ++e) {  // no director along its edge
    const auto [tail, head] = rod.topology.edges[e];
    const auto edge = x[static_cast<std::size_t>(head)] - x[static_cast<std::size_t>(tail)];
    if (std::abs(edge[2]) > 0.5 * norm(edge))
      shape.directors[e] = {draw(0.8, 1), draw(-0.2, 0.2), 0};
  }
  rod.model = make_rod_model(rod.topology, shape, edges, std::vector<double>(x.size(), 0.5));
  for (auto& p : shape.positions) {
    for (int i = 0; i < 3; ++i) p[i] += draw(-0.02, 0.02);
  }
  for (auto& d : shape.directors) {
    for (int i = 0; i < 3; ++i) d[i] += draw(-0.3, 0.3);
  }
  rod.state = make_rod_state(rod.topology, rod.model, shape);
  return rod;
}

/// The state after positions and frames have moved: frames are carried along, then turned.
inline RodState moved_rod(const TestRod& rod, const std::vector<Vec<3>>& dx,
                          const std::vector<Real>& turn) {
  auto x = to_host(rod.state.position);
  auto d = to_host(rod.state.director);
  const auto before = to_host(rod.state.position);
  for (Index v = 0; v < rod.model.n_vertices; ++v) x(0, v) += dx[static_cast<std::size_t>(v)];
  for (Index e = 0; e < rod.model.n_edges; ++e) {
    const auto [tail, head] = rod.topology.edges[static_cast<std::size_t>(e)];
    const auto tangent = [&](const auto& at) {
      const Vec<3> edge = at(0, head) - at(0, tail);
      return edge * (1 / norm(edge));
    };
    const Vec<3> t = tangent(x);
    const Vec<3> carried = transported(tangent(before), t, d(0, e));
    const Real theta = turn[static_cast<std::size_t>(e)];
    d(0, e) = std::cos(theta) * carried + std::sin(theta) * cross(t, carried);
  }
  RodState state = rod.state;
  state.position = to_device(x);
  state.director = to_device(d);
  return state;
}

/// One vertex moved by d, one edge turned by theta (-1: none).
inline RodState moved_rod(const TestRod& rod, Index vertex, const Vec<3>& d, Index edge,
                          Real theta) {
  std::vector<Vec<3>> dx(static_cast<std::size_t>(rod.model.n_vertices), Vec<3>::zero());
  std::vector<Real> turn(static_cast<std::size_t>(rod.model.n_edges), 0);
  if (vertex >= 0) dx[static_cast<std::size_t>(vertex)] = d;
  if (edge >= 0) turn[static_cast<std::size_t>(edge)] = theta;
  return moved_rod(rod, dx, turn);
}

inline double elastic_energy(const RodModel& model, const RodState& state) {
  const RodEnergy energy = rod_energies(model, state).at(0);
  return energy.stretch + energy.bend_twist;
}

/// [4 n, 4 n]
inline Eigen::MatrixXd dense_second_derivatives(const TestRod& rod) {
  const RodModel model = rod.model;
  const RodState state = rod.state;
  const Index n = model.n_vertices;
  const Array<Mat<4>> diagonal("test/diagonal", n),
      coupling("test/coupling", model.pattern.n_blocks);
  const Array<Vec<4>> gradient("test/gradient", n);
  for_each(
      "test/assemble", 1, FILIGREE_LAMBDA(Index) {
        for (Index v = 0; v < n; ++v) {
          diagonal(v) = Mat<4>::zero();
          gradient(v) = Vec<4>::zero();
        }
        for (Index k = 0; k < model.pattern.n_blocks; ++k) coupling(k) = Mat<4>::zero();
        add_elasticity(model, 0, {&state.position(0, 0), &state.director(0, 0), &state.twist(0, 0)},
                       gradient.data(), true, {diagonal.data(), coupling.data()});
      });
  const TreeLayout layout = make_tree_layout(rod.topology);
  const auto d = to_host(diagonal);
  const auto c = to_host(coupling);
  Eigen::MatrixXd H = Eigen::MatrixXd::Zero(4 * n, 4 * n);
  for (Index v = 0; v < n; ++v) {
    for (int i = 0; i < 4; ++i) {
      for (int j = 0; j < 4; ++j) H(4 * v + i, 4 * v + j) = d(v)(i, j);
    }
    for (Index k = layout.upper_begin[static_cast<std::size_t>(v)];
         k < layout.upper_begin[static_cast<std::size_t>(v) + 1]; ++k) {
      const Index u = layout.upper[static_cast<std::size_t>(k)];
      for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 4; ++j) {
          H(4 * v + i, 4 * u + j) = H(4 * u + j, 4 * v + i) = c(k)(i, j);
        }
      }
    }
  }
  return H;
}

}  // namespace filigree::rods
