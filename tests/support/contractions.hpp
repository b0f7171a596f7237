// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Random graphs, maps on them, and dense references for the tests of contractions.
#pragma once

#include <Eigen/Dense>
#include <random>
#include <utility>
#include <vector>

#include "graph/edge_list.hpp"
#include "learning/models/contraction.hpp"

namespace filigree::testing {

using Pairs = std::vector<std::pair<Index, Index>>;  // (sender, receiver)

inline std::shared_ptr<const Graph> any_graph(Index n_nodes, const Pairs& pairs) {
  return graph_from_pairs(n_nodes, pairs,
                          {.duplicates = Duplicates::kKeep, .self_loops = SelfLoops::kKeep});
}

/// Edges drawn with replacement: parallel edges, self loops; the last two nodes have no edges.
inline std::shared_ptr<const Graph> messy_graph(Index n_nodes, Index n_edges, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_int_distribution<Index> node(0, n_nodes - 3);
  Pairs pairs;
  for (Index e = 0; e < n_edges; ++e) pairs.emplace_back(node(generator), node(generator));
  for (Index e = 0; e < n_edges / 8; ++e) pairs.push_back(pairs[static_cast<std::size_t>(e)]);
  return any_graph(n_nodes, pairs);
}

/// Uniform in [low, high).
template <class T>
Array<T, 2> random_matrix(Index rows, Index columns, double low, double high, unsigned seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<double> uniform(low, high);
  const HostArray<T, 2> host("test/random", rows, columns);
  for (std::ptrdiff_t k = 0; k < std::ptrdiff_t(rows) * columns; ++k) {
    host.data()[k] = static_cast<T>(uniform(generator));
  }
  return to_device(host);
}

/// Zeros.
template <class T>
Array<T, 2> like(const Array<T, 2>& array) {
  const Array<T, 2> result("test/like", array.extent(0), array.extent(1));
  fill(result, T(0));
  return result;
}

template <class T>
Array<T, 2> column(const std::vector<T>& values) {
  const HostArray<T, 2> host("test/column", static_cast<Index>(values.size()), 1);
  std::copy(values.begin(), values.end(), host.data());
  return to_device(host);
}

template <class T>
std::vector<T> flat(const Array<T, 2>& array) {
  const HostArray<T, 2> host = to_host(array);
  return {host.data(), host.data() + std::ptrdiff_t(host.extent(0)) * host.extent(1)};
}

/// The values of one head.
template <class T>
Eigen::VectorXd head_of(const Array<T, 2>& array, Index head) {
  const HostArray<T, 2> host = to_host(array);
  Eigen::VectorXd result(host.extent(0));
  for (Index i = 0; i < host.extent(0); ++i) result(i) = double(host(i, head));
  return result;
}

/// The largest difference, over the largest value of `expected`.
template <class T>
double relative_difference(const Array<T, 2>& a, const Array<T, 2>& expected) {
  const std::vector<T> left = flat(a);
  const std::vector<T> right = flat(expected);
  double difference = left.size() == right.size() ? 0 : INFINITY;
  double size = 0;
  for (std::size_t k = 0; k < std::min(left.size(), right.size()); ++k) {
    const double d = std::abs(double(left[k]) - double(right[k]));
    difference = d <= difference ? difference : d;
    size = std::max(size, std::abs(double(right[k])));
  }
  return size > 0 ? difference / size : difference;
}

template <class T>
double dot(const Array<T, 2>& a, const Array<T, 2>& b) {
  const std::vector<T> left = flat(a);
  const std::vector<T> right = flat(b);
  double total = 0;
  for (std::size_t k = 0; k < left.size(); ++k) total += double(left[k]) * double(right[k]);
  return total;
}

/// A_h as a dense matrix.
template <class T>
Eigen::MatrixXd dense_matrix(const contraction::Map<T>& map, Index head) {
  const Graph& graph = map.batch->graph();
  const std::vector<Index> senders = to_vector(graph.senders());
  const std::vector<Index> receivers = to_vector(graph.receivers());
  const HostArray<T, 2> weights = to_host(map.weights);
  Eigen::MatrixXd a = Eigen::MatrixXd::Zero(graph.n_nodes(), graph.n_nodes());
  for (std::size_t e = 0; e < senders.size(); ++e) {
    const bool by_sender = map.orientation == contraction::Orientation::kSenderRow;
    const Index row = by_sender ? senders[e] : receivers[e];
    const Index col = by_sender ? receivers[e] : senders[e];
    a(row, col) += double(weights(static_cast<Index>(e), head));
  }
  return a;
}

inline double phi_of(const contraction::Phi& phi, double x) {
  switch (phi.kind) {
    case contraction::Activation::kIdentity:
      return x;
    case contraction::Activation::kRelu:
      return x > 0 ? x : 0;
    case contraction::Activation::kLeakyRelu:
      return x > 0 ? x : phi.slope * x;
    case contraction::Activation::kTanh:
      return std::tanh(x);
  }
  return x;
}

inline double slope_of(const contraction::Phi& phi, double x) {
  switch (phi.kind) {
    case contraction::Activation::kIdentity:
      return 1;
    case contraction::Activation::kRelu:
      return x > 0 ? 1 : 0;
    case contraction::Activation::kLeakyRelu:
      return x > 0 ? 1 : phi.slope;
    case contraction::Activation::kTanh:
      return 1 / std::pow(std::cosh(x), 2);
  }
  return 1;
}

/// A map on a messy graph with normalised random weights.
template <class T>
contraction::Map<T> messy_map(std::shared_ptr<const contraction::Batch> batch, Index heads,
                              double gamma, contraction::Phi phi, contraction::Orientation row,
                              unsigned seed,
                              contraction::Normalizer normalizer = contraction::Normalizer::kClip) {
  contraction::Map<T> map;
  map.batch = std::move(batch);
  const Array<T, 2> logits = random_matrix<T>(map.batch->n_edges(), heads, -0.5, 1.5, seed);
  map.weights = like(logits);
  contraction::normalize(map.batch->graph(), row, normalizer, logits, map.weights);
  map.gamma = gamma;
  map.phi = phi;
  map.orientation = row;
  return map;
}

inline std::shared_ptr<const contraction::Batch> messy_batch(Index n_nodes, Index n_edges,
                                                             unsigned seed) {
  return std::make_shared<const contraction::Batch>(messy_graph(n_nodes, n_edges, seed));
}

inline const contraction::Orientation kOrientations[] = {contraction::Orientation::kSenderRow,
                                                         contraction::Orientation::kReceiverRow};
inline const contraction::Phi kPhis[] = {{contraction::Activation::kIdentity, 0},
                                         {contraction::Activation::kRelu, 0},
                                         {contraction::Activation::kLeakyRelu, 0.2},
                                         {contraction::Activation::kTanh, 0}};

}  // namespace filigree::testing
