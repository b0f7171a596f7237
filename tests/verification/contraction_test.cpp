// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Contractions as exact solvers of networks with fixed values, against dense solves, and their
// independence of the numbering.
#include "learning/models/contraction.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/graph/testing.hpp"
#include "tests/support/contractions.hpp"

namespace filigree::contraction {
namespace {

using ::testing::HasSubstr;
using namespace filigree::testing;

/// A cubic lattice with random conductances, equal in both directions of a throat, whose first and
/// last layers have the values 1 and 0.
struct Network {
  static constexpr Index kSide = 5;
  static constexpr Index kNodes = kSide * kSide * kSide;
  Pairs throats;                     // each once
  std::vector<double> conductances;  // of the throats
  std::vector<Index> is_fixed = std::vector<Index>(kNodes, 0);
  Map<double> map;
  Array<double, 2> b;
  std::vector<std::size_t> throat_of_edge;

  explicit Network(unsigned seed) {
    std::mt19937 generator(seed);
    std::uniform_real_distribution<double> uniform(0.1, 10);
    const auto node = [](Index i, Index j, Index k) { return (i * kSide + j) * kSide + k; };
    for (Index i = 0; i < kSide; ++i) {
      for (Index j = 0; j < kSide; ++j) {
        for (Index k = 0; k < kSide; ++k) {
          if (i + 1 < kSide) throats.emplace_back(node(i, j, k), node(i + 1, j, k));
          if (j + 1 < kSide) throats.emplace_back(node(i, j, k), node(i, j + 1, k));
          if (k + 1 < kSide) throats.emplace_back(node(i, j, k), node(i, j, k + 1));
          is_fixed[static_cast<std::size_t>(node(i, j, k))] = i == 0 || i == kSide - 1;
        }
      }
    }
    for (std::size_t t = 0; t < throats.size(); ++t) conductances.push_back(uniform(generator));
    Pairs pairs = throats;
    for (const auto& [from, to] : throats) pairs.emplace_back(to, from);
    map.batch = std::make_shared<const Batch>(any_graph(kNodes, pairs));
    map.gamma = 1;
    map.bound = Bound::kAbsorbing;
    find_throats();
    std::vector<double> right(kNodes, 0);
    std::fill(right.begin(), right.begin() + kSide * kSide, 1.0);
    b = column(right);
    set_weights();
  }

  void find_throats() {
    const std::vector<Index> senders = to_vector(map.batch->graph().senders());
    const std::vector<Index> receivers = to_vector(map.batch->graph().receivers());
    for (std::size_t e = 0; e < senders.size(); ++e) {
      const std::pair<Index, Index> pair{std::min(senders[e], receivers[e]),
                                         std::max(senders[e], receivers[e])};
      const auto found = std::find(throats.begin(), throats.end(), pair);
      throat_of_edge.push_back(static_cast<std::size_t>(found - throats.begin()));
    }
  }
  Array<double, 2> edge_conductances() const {
    std::vector<double> values;
    for (const std::size_t t : throat_of_edge) values.push_back(conductances[t]);
    return column(values);
  }
  void set_weights() {
    const Array<double, 2> k = edge_conductances();
    map.weights = like(k);
    dirichlet_weights(map.batch->graph(), map.orientation, k, to_device("is_fixed", is_fixed),
                      map.weights);
  }

  /// The graph Laplacian with unit rows for fixed nodes.
  Eigen::VectorXd dense_solution() const {
    Eigen::MatrixXd a = Eigen::MatrixXd::Zero(kNodes, kNodes);
    for (std::size_t t = 0; t < throats.size(); ++t) {
      const auto [i, j] = throats[t];
      a(i, i) += conductances[t];
      a(j, j) += conductances[t];
      a(i, j) -= conductances[t];
      a(j, i) -= conductances[t];
    }
    for (Index i = 0; i < kNodes; ++i) {
      if (is_fixed[static_cast<std::size_t>(i)] == 0) continue;
      a.row(i).setZero();
      a(i, i) = 1;
    }
    return a.fullPivLu().solve(head_of(b, 0));
  }
};

TEST(ContractionVerification, NetworksWithFixedValuesAreSolvedExactly) {
  const Network network(1);
  const Eigen::VectorXd exact = network.dense_solution();
  EXPECT_GT(exact.minCoeff(), -1e-12);
  EXPECT_LT(exact.maxCoeff(), 1 + 1e-12);
  for (const Solver solver :
       {Solver::kDirect, Solver::kBicgstab, Solver::kGmres, Solver::kAnderson, Solver::kPicard}) {
    Workspace workspace;
    const Array<double, 2> z = like(network.b);
    require_converged(
        solve(network.map, network.b, {.solver = solver, .tolerance = 1e-13}, workspace, z),
        name_of(solver));
    const double difference = (head_of(z, 0) - exact).cwiseAbs().maxCoeff();
    // A residual of 1e-13 allows an error larger by the condition number, here about 40.
    EXPECT_LT(difference, solver == Solver::kDirect ? 1e-13 : 1e-11) << name_of(solver);
  }
}

// L = <g, p>: dL/dk of every throat through weights, adjoint and fixed point, against central
// differences of the dense network solve.
TEST(ContractionVerification, NetworkSensitivitiesAreThoseOfTheNetworkSolve) {
  Network network(2);
  const Array<double, 2> g = random_matrix<double>(Network::kNodes, 1, -1, 1, 3);
  Workspace workspace;
  const Array<double, 2> z = like(network.b);
  const Array<double, 2> y = like(network.b);
  const SolveOptions direct{.solver = Solver::kDirect};
  require_converged(solve(network.map, network.b, direct, workspace, z), "forward");
  require_converged(solve_adjoint(network.map, z, g,
                                  {.solver = Solver::kDirect, .reuse_factors = true}, workspace, y),
                    "adjoint");
  const Array<double, 2> dw = like(network.map.weights);
  weight_gradient(network.map, z, y, dw);
  const Array<double, 2> dk = like(dw);
  dirichlet_weights_gradient(network.map.batch->graph(), network.map.orientation,
                             network.edge_conductances(), network.map.weights, dw, dk);
  std::vector<double> gradient(network.throats.size(), 0);
  const std::vector<double> of_edges = flat(dk);
  for (std::size_t e = 0; e < of_edges.size(); ++e) {
    gradient[network.throat_of_edge[e]] += of_edges[e];
  }
  constexpr double kStep = 1e-5;
  for (std::size_t t = 0; t < gradient.size(); t += 7) {
    const double k = network.conductances[t];
    network.conductances[t] = k + kStep;
    const double above = head_of(g, 0).dot(network.dense_solution());
    network.conductances[t] = k - kStep;
    const double below = head_of(g, 0).dot(network.dense_solution());
    network.conductances[t] = k;
    EXPECT_NEAR(gradient[t], (above - below) / (2 * kStep), 1e-8) << "throat " << t;
  }
}

TEST(ContractionVerification, NetworksNeedAPathToAFixedValue) {
  Network network(4);
  std::fill(network.is_fixed.begin(), network.is_fixed.end(), 0);
  network.set_weights();
  Workspace workspace;
  const Array<double, 2> z = like(network.b);
  for (const Solver solver : {Solver::kDirect, Solver::kGmres, Solver::kPicard}) {
    EXPECT_THAT(error_of([&] { solve(network.map, network.b, {.solver = solver}, workspace, z); }),
                HasSubstr("no path of positive weights leads from node 0 (graph 0, head 0)"));
  }
  const std::vector<Index> fixed = network.is_fixed;
  std::vector<double> k = flat(network.edge_conductances());
  k[11] = 0;
  EXPECT_THAT(error_of([&] {
                dirichlet_weights(network.map.batch->graph(), network.map.orientation, column(k),
                                  to_device("is_fixed", fixed), network.map.weights);
              }),
              HasSubstr("conductances must be above 0 and finite, but edge 11"));
}

// v of (I - A) v = 1 on interior rows shows the network to be a contraction in |x|_v, with the
// factor 1 - 1/max v: then Picard iteration has a bound also with gamma = 1.
TEST(ContractionVerification, AWeightedNormMakesANetworkAContraction) {
  const Network network(5);
  const Eigen::MatrixXd a = dense_matrix(network.map, 0);
  const Eigen::VectorXd v = (Eigen::MatrixXd::Identity(a.rows(), a.cols()) - a)
                                .partialPivLu()
                                .solve(Eigen::VectorXd::Ones(a.rows()));
  const std::vector<double> values(v.data(), v.data() + v.size());
  EXPECT_NEAR(measured_factor(network.map), 1, 1e-12);
  const double factor = measured_factor(network.map, to_device("v", values));
  EXPECT_NEAR(factor, 1 - 1 / v.maxCoeff(), 1e-12);

  Map<double> declared = network.map;
  declared.bound = Bound::kDeclared;
  declared.factor = factor;
  Workspace workspace;
  const Array<double, 2> z = like(network.b);
  const Report& report =
      solve(declared, network.b, {.solver = Solver::kPicard, .tolerance = 1e-12}, workspace, z);
  EXPECT_TRUE(report.is_converged());
  // The bound of the report is one of |x|_v; in the largest entry it grows by max v/min v.
  EXPECT_LT((head_of(z, 0) - network.dense_solution()).cwiseAbs().maxCoeff(),
            1e-12 / (1 - factor) * v.maxCoeff() / v.minCoeff());
}

/// The map with node i renamed to order[i]; edges follow.
struct Renamed {
  Map<double> map;
  Array<double, 2> b;
};
Renamed renamed(const Map<double>& map, const Array<double, 2>& b,
                const std::vector<Index>& order) {
  const std::vector<Index> senders = to_vector(map.batch->graph().senders());
  const std::vector<Index> receivers = to_vector(map.batch->graph().receivers());
  const Index heads = map.heads();
  EdgeList edges{map.batch->n_nodes(), map.batch->n_nodes(), {}, {}};
  std::vector<Index> new_senders, new_receivers;
  for (std::size_t e = 0; e < senders.size(); ++e) {
    new_senders.push_back(order[static_cast<std::size_t>(senders[e])]);
    new_receivers.push_back(order[static_cast<std::size_t>(receivers[e])]);
  }
  edges.senders = to_device("senders", new_senders);
  edges.receivers = to_device("receivers", new_receivers);
  const EdgeListGraph made =
      graph_from_edges(edges, {.duplicates = Duplicates::kKeep, .self_loops = SelfLoops::kKeep});
  const std::vector<Index> place = to_vector(made.graph_edge);
  Renamed result{map, like(b)};
  result.map.batch = std::make_shared<const Batch>(made.graph);
  const HostArray<double, 2> old_weights = to_host(map.weights);
  const HostArray<double, 2> weights("weights", map.batch->n_edges(), heads);
  const HostArray<double, 2> old_b = to_host(b);
  const HostArray<double, 2> right("b", map.batch->n_nodes(), heads);
  for (Index h = 0; h < heads; ++h) {
    for (std::size_t e = 0; e < place.size(); ++e) {
      weights(place[e], h) = old_weights(static_cast<Index>(e), h);
    }
    for (std::size_t i = 0; i < order.size(); ++i) {
      right(order[i], h) = old_b(static_cast<Index>(i), h);
    }
  }
  result.map.weights = to_device(weights);
  result.b = to_device(right);
  return result;
}

TEST(ContractionVerification, RenamingNodesRenamesTheSolution) {
  constexpr Index kNodes = 60;
  std::vector<Index> order(kNodes);
  std::iota(order.begin(), order.end(), 0);
  std::shuffle(order.begin(), order.end(), std::mt19937(9));
  for (const Phi& phi : kPhis) {
    const Map<double> map =
        messy_map<double>(messy_batch(kNodes, 400, 10), 7, 0.8, phi, Orientation::kSenderRow, 11);
    const Array<double, 2> b = random_matrix<double>(kNodes, 7, -1, 1, 12);
    const Renamed other = renamed(map, b, order);
    Workspace workspace;
    const Array<double, 2> z = like(b);
    const Array<double, 2> z_other = like(b);
    const SolveOptions options{.solver = Solver::kPicard, .tolerance = 1e-15};
    require_converged(solve(map, b, options, workspace, z), "one order");
    require_converged(solve(other.map, other.b, options, workspace, z_other), "another order");
    const HostArray<double, 2> first = to_host(z);
    const HostArray<double, 2> second = to_host(z_other);
    const double size = 1 / (1 - map.gamma);
    for (std::size_t i = 0; i < order.size(); ++i) {
      for (Index h = 0; h < 7; ++h) {
        EXPECT_NEAR(first(static_cast<Index>(i), h), second(order[i], h), 1e-13 * size);
      }
    }
  }
}

}  // namespace
}  // namespace filigree::contraction
