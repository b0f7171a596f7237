// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Fixed points with known values, the promises of contractions, and bad input.
#include "learning/models/contraction.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "graph/batch.hpp"
#include "tests/graph/testing.hpp"
#include "tests/support/contractions.hpp"

namespace filigree::contraction {
namespace {

using ::testing::HasSubstr;
using namespace filigree::testing;

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

/// A map with one head and all weights given, on edges (sender, receiver).
Map<double> plain_map(Index n, const Pairs& pairs, const std::vector<double>& weights,
                      double gamma) {
  Map<double> map;
  map.batch = std::make_shared<const Batch>(any_graph(n, pairs));
  map.weights = column(weights);
  map.gamma = gamma;
  return map;
}

Array<double, 2> solution(const Map<double>& map, const Array<double, 2>& b,
                          const SolveOptions& options = {}) {
  Workspace workspace;
  const Array<double, 2> z = like(b);
  require_converged(solve(map, b, options, workspace, z), "the solve of a test");
  return z;
}

TEST(Contraction, TwoNodesHaveTheSolutionByHand) {
  const Map<double> map = plain_map(2, {{0, 1}, {1, 0}}, {1, 1}, 0.5);
  const Array<double, 2> b = column<double>({3, -1});
  Workspace workspace;
  const Array<double, 2> z = like(b);
  const Report& report = solve(map, b, {}, workspace, z);
  EXPECT_TRUE(report.is_converged());
  const std::vector<double> values = flat(z);
  EXPECT_NEAR(values[0], 4.0 / 3 * (3 - 0.5), 1e-11);
  EXPECT_NEAR(values[1], 4.0 / 3 * (-1 + 1.5), 1e-11);

  const Array<double, 2> g = column<double>({1, 1});
  const Array<double, 2> y = like(b);
  EXPECT_TRUE(solve_adjoint(map, z, g, {}, workspace, y).is_converged());
  EXPECT_THAT(flat(y), ::testing::Each(::testing::DoubleNear(2, 1e-11)));
  const Array<double, 2> db = like(b);
  bias_gradient(map, z, y, db);
  EXPECT_EQ(flat(db), flat(y));
  // The graph orders edges by receiver: edge 0 goes 1 -> 0 and is a21, edge 1 goes 0 -> 1.
  const Array<double, 2> dw = like(map.weights);
  weight_gradient(map, z, db, dw);
  EXPECT_NEAR(flat(dw)[0], values[0], 1e-10);
  EXPECT_NEAR(flat(dw)[1], values[1], 1e-10);
}

/// Row i reads node i + 1: edges i -> i + 1 with rows by sender.
TEST(Contraction, ChainsAddUpPowersOfGamma) {
  constexpr Index kNodes = 30;
  constexpr double kGamma = 0.8;
  Pairs pairs;
  for (Index i = 0; i + 1 < kNodes; ++i) pairs.emplace_back(i, i + 1);
  const Array<double, 2> b = random_matrix<double>(kNodes, 1, -1, 1, 1);
  const Map<double> chain = plain_map(kNodes, pairs, std::vector<double>(pairs.size(), 1), kGamma);
  const std::vector<double> z = flat(solution(chain, b));
  const std::vector<double> right = flat(b);
  double expected = 0;
  for (std::size_t i = kNodes; i-- > 0;) {
    expected = right[i] + kGamma * expected;
    EXPECT_NEAR(z[i], expected, 1e-11) << i;
  }
  pairs.emplace_back(kNodes - 1, 0);
  const Map<double> ring = plain_map(kNodes, pairs, std::vector<double>(pairs.size(), 1), kGamma);
  double total = 0;
  for (std::size_t k = 0; k < kNodes; ++k) total += std::pow(kGamma, double(k)) * right[k];
  EXPECT_NEAR(flat(solution(ring, b))[0], total / (1 - std::pow(kGamma, kNodes)), 1e-11);
}

TEST(Contraction, FullRowsAndAConstantBiasGiveAConstant) {
  constexpr double kGamma = 0.9;
  Pairs pairs;
  for (Index i = 0; i < 12; ++i) {
    for (Index k = 1; k <= 1 + i % 4; ++k) pairs.emplace_back(i, (i + k) % 12);
  }
  Map<double> map;
  map.batch = std::make_shared<const Batch>(any_graph(12, pairs));
  const Array<double, 2> logits("logits", map.batch->n_edges(), 3);
  fill(logits, 7.0);
  map.weights = like(logits);
  normalize(map.batch->graph(), Orientation::kSenderRow, Normalizer::kClip, logits, map.weights);
  map.gamma = kGamma;
  const Array<double, 2> b("b", 12, 3);
  fill(b, 2.5);
  EXPECT_THAT(flat(solution(map, b)),
              ::testing::Each(::testing::DoubleNear(2.5 / (1 - kGamma), 1e-10)));
}

TEST(Contraction, IsolatedNodesKeepPhiOfTheirBias) {
  for (const Phi& phi : kPhis) {
    const auto batch = messy_batch(20, 60, 3);
    const Map<double> map = messy_map<double>(batch, 3, 0.7, phi, Orientation::kSenderRow, 4);
    const Array<double, 2> b = random_matrix<double>(20, 3, -2, 2, 5);
    const std::vector<double> z = flat(solution(map, b));
    const std::vector<double> right = flat(b);
    for (std::size_t k = 18 * 3; k < 20 * 3; ++k) EXPECT_EQ(z[k], phi_of(phi, right[k]));
  }
}

struct PropertyCase {
  Normalizer normalizer;
  double scale;  // of the logits
};

/// Row sums <= 1, |F(x) - F(y)| <= gamma |x - y|, and one fixed point whatever the start, within
/// the reported bound.
template <class T>
void check_promises(const PropertyCase& property, Orientation orientation, const Phi& phi,
                    unsigned seed) {
  constexpr Index kHeads = 19;
  const auto batch = messy_batch(25, 80, seed);
  Map<T> map;
  map.batch = batch;
  const Array<T, 2> logits =
      random_matrix<T>(batch->n_edges(), kHeads, -property.scale, property.scale, seed + 1);
  map.weights = like(logits);
  normalize(batch->graph(), orientation, property.normalizer, logits, map.weights);
  map.gamma = 0.9;
  map.phi = phi;
  map.orientation = orientation;
  const double epsilon = std::numeric_limits<T>::epsilon();
  EXPECT_LE(measured_factor(map), map.gamma * (1 + 8 * epsilon));

  const Array<T, 2> b = random_matrix<T>(25, kHeads, -1e6, 1e6, seed + 2);
  const Array<T, 2> x = random_matrix<T>(25, kHeads, -1e6, 1e6, seed + 3);
  const Array<T, 2> y = random_matrix<T>(25, kHeads, -1e6, 1e6, seed + 4);
  const Array<T, 2> fx = like(x);
  const Array<T, 2> fy = like(x);
  apply(map, b, x, fx);
  apply(map, b, y, fy);
  for (Index h = 0; h < kHeads; ++h) {
    const double before = (head_of(x, h) - head_of(y, h)).cwiseAbs().maxCoeff();
    const double after = (head_of(fx, h) - head_of(fy, h)).cwiseAbs().maxCoeff();
    // Each F is rounded to the size of its values, about 2e6/(1 - gamma).
    EXPECT_LE(after, map.gamma * before + 1e7 * 8 * epsilon);
  }

  Workspace workspace;
  copy(fx, x);
  copy(fy, y);
  SolveOptions options{.solver = Solver::kPicard, .start_from_z = true};
  const double first = solve(map, b, options, workspace, fx).error();
  const double second = solve(map, b, options, workspace, fy).error();
  EXPECT_TRUE(workspace.report.is_converged());
  for (Index h = 0; h < kHeads; ++h) {
    const double allowed =
        (first + second + 8 * epsilon) * head_of(b, h).cwiseAbs().maxCoeff() / (1 - map.gamma);
    EXPECT_LE((head_of(fx, h) - head_of(fy, h)).cwiseAbs().maxCoeff(), allowed);
  }
}

TEST(Contraction, PromisesHoldForAnyWeightsAndInput) {
  const PropertyCase properties[] = {{Normalizer::kClip, 1.5},  {Normalizer::kClip, 1e30},
                                     {Normalizer::kSigmoid, 3}, {Normalizer::kSigmoid, 1e30},
                                     {Normalizer::kSoftmax, 3}, {Normalizer::kSoftmax, 1e30}};
  unsigned seed = 100;
  for (const PropertyCase& property : properties) {
    for (const Orientation orientation : kOrientations) {
      for (const Phi& phi : kPhis) {
        check_promises<float>(property, orientation, phi, seed);
        check_promises<double>(property, orientation, phi, seed);
        seed += 10;
      }
    }
  }
}

/// |z_k - z*| <= gamma^k |b|/(1 - gamma) after k sweeps, also where the graph is too large for the
/// cache (the second size).
TEST(Contraction, PicardErrorsShrinkAsBanachSays) {
  for (const Index n : {Index(30), Index(900)}) {
    const auto batch = messy_batch(n, 6 * n, 7);
    const Map<double> map =
        messy_map<double>(batch, 3, 0.8, kPhis[3], Orientation::kReceiverRow, 8);
    const Array<double, 2> b = random_matrix<double>(n, 3, -1, 1, 9);
    const Array<double, 2> exact =
        solution(map, b, {.solver = Solver::kPicard, .tolerance = 1e-15});
    Workspace workspace;
    for (const Index k : {1, 2, 5, 12, 25}) {
      const Array<double, 2> z = like(b);
      const Report& report =
          solve(map, b, {.solver = Solver::kPicard, .tolerance = 1e-15, .max_iterations = k},
                workspace, z);
      EXPECT_FALSE(report.is_converged());
      EXPECT_EQ(report.iterations(), k);
      for (Index h = 0; h < 3; ++h) {
        const double error = (head_of(z, h) - head_of(exact, h)).cwiseAbs().maxCoeff();
        const double size = head_of(b, h).cwiseAbs().maxCoeff() / (1 - map.gamma);
        EXPECT_LE(error, std::pow(map.gamma, k) * size + 1e-14);
        EXPECT_LE(error, report.error() * size + 1e-14) << "a-posteriori bound after " << k;
      }
    }
    try {
      require_converged(workspace.report, "the solve of a test");
      FAIL() << "25 sweeps are not enough for 1e-15";
    } catch (const NumericalError& error) {
      EXPECT_THAT(error.what(), HasSubstr("the solve of a test did not converge in 1 of 1 graphs"));
      EXPECT_THAT(error.what(), HasSubstr("after 25 iterations of picard"));
    }
  }
}

TEST(Contraction, ParallelEdgesAddUp) {
  const Array<double, 2> b = column<double>({1, 2});
  const std::vector<double> twice =
      flat(solution(plain_map(2, {{0, 1}, {0, 1}}, {0.25, 0.5}, 0.9), b));
  const std::vector<double> once = flat(solution(plain_map(2, {{0, 1}}, {0.75}, 0.9), b));
  EXPECT_NEAR(twice[0], once[0], 4 * kEpsilon);
  EXPECT_NEAR(once[0], 1 + 0.9 * 0.75 * 2, 4 * kEpsilon);
}

TEST(Contraction, GraphsOfABatchGetTheBitsTheyGetAlone) {
  constexpr Index kHeads = 21;
  std::vector<std::shared_ptr<const Graph>> graphs;
  for (unsigned k = 0; k < 9; ++k) {
    graphs.push_back(messy_graph(3 + Index(7 * k), Index(30 * k), 200 + k));
  }
  graphs.push_back(messy_graph(800, 5000, 300));  // swept, not solved in cache
  graphs.push_back(any_graph(0, {}));
  graphs.push_back(messy_graph(900, 7000, 301));
  const auto batch = std::make_shared<const Batch>(batch_graphs(graphs));
  ASSERT_EQ(batch->n_graphs(), 12);
  const Map<float> map =
      messy_map<float>(batch, kHeads, 0.7, kPhis[2], Orientation::kSenderRow, 400);
  const Array<float, 2> b = random_matrix<float>(batch->n_nodes(), kHeads, -1, 1, 401);
  Workspace workspace;
  const Array<float, 2> z = like(b);
  const Array<float, 2> y = like(b);
  const Report together = solve(map, b, {.solver = Solver::kPicard}, workspace, z);
  EXPECT_TRUE(together.is_converged());
  EXPECT_TRUE(solve_adjoint(map, z, b, {.solver = Solver::kPicard}, workspace, y).is_converged());

  const std::vector<float> weights = flat(map.weights);
  const std::vector<float> right = flat(b);
  const std::vector<float> z_all = flat(z);
  const std::vector<float> y_all = flat(y);
  std::size_t first_weight = 0;
  for (std::size_t g = 0; g < graphs.size(); ++g) {
    Map<float> alone = map;
    alone.batch = std::make_shared<const Batch>(graphs[g]);
    const std::size_t n_weights = std::size_t(alone.batch->n_edges()) * kHeads;
    const std::size_t first = std::size_t(batch->node_offsets()[g]) * kHeads;
    const std::size_t n_values = std::size_t(alone.batch->n_nodes()) * kHeads;
    alone.weights =
        matrix(alone.batch->n_edges(), kHeads,
               std::vector<float>(weights.begin() + std::ptrdiff_t(first_weight),
                                  weights.begin() + std::ptrdiff_t(first_weight + n_weights)));
    const auto cut = [&](const std::vector<float>& all) {
      return std::vector<float>(all.begin() + std::ptrdiff_t(first),
                                all.begin() + std::ptrdiff_t(first + n_values));
    };
    const Array<float, 2> b_alone = matrix(alone.batch->n_nodes(), kHeads, cut(right));
    const Array<float, 2> z_alone = like(b_alone);
    const Array<float, 2> y_alone = like(b_alone);
    const Report& report = solve(alone, b_alone, {.solver = Solver::kPicard}, workspace, z_alone);
    EXPECT_EQ(report.iterations(), together.graphs[g].iterations);
    EXPECT_EQ(flat(z_alone), cut(z_all)) << "graph " << g;
    solve_adjoint(alone, z_alone, b_alone, {.solver = Solver::kPicard}, workspace, y_alone);
    EXPECT_EQ(flat(y_alone), cut(y_all)) << "graph " << g;
    first_weight += n_weights;
  }
}

TEST(Contraction, AllocatesNothingAfterTheFirstSolve) {
  const auto batch = messy_batch(60, 300, 11);
  for (const Index n : {Index(60), Index(900)}) {
    const Map<double> map =
        messy_map<double>(messy_batch(n, 6 * n, 11), 5, 0.6, kPhis[3], Orientation::kSenderRow, 12);
    const Array<double, 2> b = random_matrix<double>(n, 5, -1, 1, 13);
    const Array<double, 2> z = like(b);
    const Array<double, 2> y = like(b);
    Workspace workspace;
    Offset before = 0;
    int blocks = 0;
    for (int k = 0; k < 3; ++k) {
      solve(map, b, {}, workspace, z);
      solve_adjoint(map, z, b, {}, workspace, y);
      if (k == 0) {
        before = array_allocations();
        blocks = workspace.arena.n_blocks();
      }
    }
    EXPECT_EQ(array_allocations(), before);
    EXPECT_EQ(workspace.arena.n_blocks(), blocks);
  }
}

std::string error_of_solve(const Map<double>& map, const Array<double, 2>& b) {
  Workspace workspace;
  const Array<double, 2> z = like(b);
  return error_of([&] { solve(map, b, {}, workspace, z); });
}

TEST(Contraction, BadShapesAreNamed) {
  const auto batch = messy_batch(20, 60, 3);
  const Map<double> map = messy_map<double>(batch, 3, 0.7, {}, Orientation::kSenderRow, 4);
  EXPECT_THAT(error_of_solve(map, Array<double, 2>("b", 19, 3)),
              HasSubstr("the bias b: shape [19, 3], but [20, 3] is needed"));
  Map<double> fewer = map;
  fewer.weights = Array<double, 2>("weights", 5, 3);
  EXPECT_THAT(
      error_of_solve(fewer, Array<double, 2>("b", 20, 3)),
      HasSubstr(format("the weights are [5, 3] but the graph has {} edges", batch->n_edges())));
  EXPECT_THAT(error_of([&] {
                Batch(batch->graph_pointer(), {0, 5});
              }),
              HasSubstr("node offsets must run from 0 to the 20 nodes of the graph, but they run "
                        "from 0 to 5"));
  EXPECT_THAT(error_of([&] {
                Batch(any_graph(4, {{0, 3}}), {0, 2, 4});
              }),
              HasSubstr("edge 0 joins nodes 0 and 3"));
}

TEST(Contraction, MapsThatDoNotContractAreRefused) {
  Map<double> map = plain_map(2, {{0, 1}, {1, 0}}, {1, 1}, 1.0);
  const Array<double, 2> b = column<double>({1, 1});
  EXPECT_THAT(error_of_solve(map, b), HasSubstr("gamma = 1 does not make a contraction"));
  map.gamma = -0.1;
  EXPECT_THAT(error_of_solve(map, b), HasSubstr("gamma = -0.1"));
  map.gamma = NAN;
  EXPECT_THAT(error_of_solve(map, b), HasSubstr("must be in [0, 1)"));
  map.gamma = 1;
  map.bound = Bound::kAbsorbing;
  EXPECT_THAT(error_of_solve(map, b),
              HasSubstr("no path of positive weights leads from node 0 (graph 0, head 0)"));
  map.bound = Bound::kDeclared;
  EXPECT_THAT(error_of_solve(map, b), HasSubstr("the declared factor of the contraction is 0"));
  map.bound = Bound::kRowSums;
  map.gamma = 0.5;
  map.phi = {Activation::kLeakyRelu, 1.5};
  EXPECT_THAT(error_of_solve(map, b), HasSubstr("the slope of leaky_relu is 1.5"));
}

TEST(Contraction, OnlyActivationsThatDoNotStretchAreTaken) {
  EXPECT_EQ(contractive_activation("tanh").kind, Activation::kTanh);
  EXPECT_EQ(contractive_activation("leaky_relu", 0.3).slope, 0.3);
  EXPECT_THAT(error_of([] { contractive_activation("silu"); }),
              HasSubstr("silu cannot be the activation of a contraction: its slope reaches 1.10"));
  EXPECT_THAT(error_of([] { contractive_activation("gelu"); }), HasSubstr("1.13"));
  EXPECT_THAT(error_of([] { contractive_activation("leaky_relu", 2); }), HasSubstr("slope 2"));
  EXPECT_THAT(error_of([] { contractive_activation("softplus_typo"); }),
              HasSubstr("'softplus_typo' is not known"));
}

TEST(Contraction, ValuesThatAreNotFiniteAreFound) {
  for (const Index n : {Index(20), Index(900)}) {
    Map<double> map =
        messy_map<double>(messy_batch(n, 6 * n, 3), 3, 0.7, {}, Orientation::kSenderRow, 4);
    const HostArray<double, 2> right("b", n, 3);
    std::fill(right.data(), right.data() + 3 * n, 1.0);
    right(17, 1) = NAN;
    EXPECT_THAT(
        error_of_solve(map, to_device(right)),
        HasSubstr(format("the bias b [{}, 3] has a value that is not finite in row 17", n)));
    right(17, 1) = 1;
    const HostArray<double, 2> weights = to_host(map.weights);
    weights(5, 2) = INFINITY;
    map.weights = to_device(weights);
    EXPECT_THAT(error_of_solve(map, to_device(right)), HasSubstr("the weights of the contraction"));
    EXPECT_THAT(error_of_solve(map, to_device(right)), HasSubstr("not finite in row 5"));
  }
}

}  // namespace
}  // namespace filigree::contraction
