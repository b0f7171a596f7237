// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Networks written as lists of throats, for tests of flow.
#pragma once

#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "graph/edge_list.hpp"
#include "physics/network/pore_flow.hpp"

namespace filigree::network {

struct Throat {
  Index a, b;
  double k;
};

/// The problem of n pores with these throats (parallel ones stay apart) and fixed pressures.
inline FlowProblem flow_problem(Index n, const std::vector<Throat>& throats,
                                const std::map<Index, double>& fixed) {
  EdgeList list;
  list.n_receivers = n;
  list.n_senders = n;
  std::vector<Index> receivers;
  std::vector<Index> senders;
  for (const Throat& throat : throats) {
    receivers.insert(receivers.end(), {throat.a, throat.b});
    senders.insert(senders.end(), {throat.b, throat.a});
  }
  list.receivers = to_device("receivers", receivers);
  list.senders = to_device("senders", senders);
  const EdgeListGraph made = graph_from_edges(list, {Duplicates::kKeep, SelfLoops::kError});
  const std::vector<Index> edge = to_vector(made.graph_edge);
  std::vector<double> k(edge.size());
  for (std::size_t e = 0; e < edge.size(); ++e) {
    k[static_cast<std::size_t>(edge[e])] = throats[e / 2].k;
  }
  std::vector<Index> is_fixed(static_cast<std::size_t>(n), 0);
  std::vector<double> pressures(static_cast<std::size_t>(n), 0);
  for (const auto& [pore, pressure] : fixed) {
    is_fixed[static_cast<std::size_t>(pore)] = 1;
    pressures[static_cast<std::size_t>(pore)] = pressure;
  }
  return {made.graph, to_device("k", k), to_device("is_fixed", is_fixed),
          to_device("fixed", pressures)};
}

inline std::vector<double> pressures_of(const FlowProblem& problem,
                                        FlowMethod method = FlowMethod::kElimination) {
  FlowOptions options;
  options.method = method;
  options.tolerance = method == FlowMethod::kElimination ? 1e-10 : 1e-13;
  return to_vector(solve_flow(problem, options).pressures);
}

/// A Delaunay network with throats as different as a median of 5e-6 m and a spread of 0.5 make
/// them, 101325 Pa to 0.
inline FlowProblem random_flow(Index n_points, std::uint64_t seed, double spread = 0.5) {
  RandomNetwork options;
  options.n_points = n_points;
  options.seed = seed;
  options.diameters = {5e-6, spread, DiameterLimit::kLocal};
  const PoreNetwork network = delaunay_network(options);
  return front_to_back(network, stokes_conductances(network, 1e-5), 101325, 0);
}

/// max |a - b| / max |b|
inline double relative_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double difference = 0;
  double largest = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference = std::max(difference, std::abs(a[i] - b[i]));
    largest = std::max(largest, std::abs(b[i]));
  }
  return difference / largest;
}

}  // namespace filigree::network
