// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// All solvers give the same fixed points and adjoints, and say so when they do not get there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "graph/batch.hpp"
#include "learning/models/contraction.hpp"
#include "tests/graph/testing.hpp"
#include "tests/support/contractions.hpp"

namespace filigree::contraction {
namespace {

using ::testing::HasSubstr;
using namespace filigree::testing;

const Solver kLinearSolvers[] = {Solver::kPicard, Solver::kAnderson, Solver::kDirect,
                                 Solver::kBicgstab, Solver::kGmres};

/// Graphs of several sizes, one without edges and one of a single node.
std::shared_ptr<const Batch> mixed_batch() {
  std::vector<std::shared_ptr<const Graph>> graphs;
  for (unsigned k = 0; k < 5; ++k) {
    graphs.push_back(messy_graph(4 + Index(25 * k), Index(120 * k), 20 + k));
  }
  graphs.push_back(any_graph(3, {}));
  graphs.push_back(any_graph(1, {{0, 0}}));
  return std::make_shared<const Batch>(batch_graphs(graphs));
}

/// The largest difference over the heads from a dense solve by Eigen.
double difference_to_dense(const Map<double>& map, const Array<double, 2>& right,
                           const Array<double, 2>& result, bool is_adjoint) {
  double worst = 0;
  for (Index h = 0; h < map.heads(); ++h) {
    Eigen::MatrixXd a = map.gamma * dense_matrix(map, h);
    if (is_adjoint) a.transposeInPlace();
    const Eigen::MatrixXd system = Eigen::MatrixXd::Identity(a.rows(), a.cols()) - a;
    const Eigen::VectorXd exact = system.partialPivLu().solve(head_of(right, h));
    const double size = exact.cwiseAbs().maxCoeff();
    worst = std::max(worst, (head_of(result, h) - exact).cwiseAbs().maxCoeff() / size);
  }
  return worst;
}

TEST(ContractionSolvers, AgreeWithADenseSolve) {
  const auto batch = mixed_batch();
  for (const double gamma : {0.5, 0.9}) {
    for (const Orientation orientation : kOrientations) {
      const Map<double> map = messy_map<double>(batch, 11, gamma, {}, orientation, 5);
      const Array<double, 2> b = random_matrix<double>(batch->n_nodes(), 11, -1, 1, 6);
      for (const Solver solver : kLinearSolvers) {
        Workspace workspace;
        const Array<double, 2> z = like(b);
        const Array<double, 2> y = like(b);
        const SolveOptions options{.solver = solver, .tolerance = 1e-14};
        const Report& forward = solve(map, b, options, workspace, z);
        require_converged(forward, name_of(solver));
        EXPECT_EQ(forward.solver, solver);
        EXPECT_LT(difference_to_dense(map, b, z, false), 1e-12) << name_of(solver);
        require_converged(solve_adjoint(map, z, b, options, workspace, y), name_of(solver));
        EXPECT_LT(difference_to_dense(map, b, y, true), 1e-12) << name_of(solver);
      }
    }
  }
}

TEST(ContractionSolvers, MixingAgreesWithPicardForEveryActivation) {
  const auto batch = mixed_batch();
  for (const Phi& phi : kPhis) {
    const Map<double> map = messy_map<double>(batch, 5, 0.9, phi, Orientation::kSenderRow, 7);
    const Array<double, 2> b = random_matrix<double>(batch->n_nodes(), 5, -1, 1, 8);
    Workspace workspace;
    const Array<double, 2> z = like(b);
    const Array<double, 2> mixed = like(b);
    const Report picard =
        solve(map, b, {.solver = Solver::kPicard, .tolerance = 1e-14}, workspace, z);
    const Report mixing =
        solve(map, b, {.solver = Solver::kAnderson, .tolerance = 1e-14}, workspace, mixed);
    require_converged(picard, "picard");
    require_converged(mixing, "anderson");
    EXPECT_LT(relative_difference(mixed, z), 1e-12);
    EXPECT_LT(mixing.iterations(), picard.iterations());

    // The adjoint is linear whatever phi is.
    const Array<double, 2> y = like(b);
    solve_adjoint(map, z, b, {.solver = Solver::kPicard, .tolerance = 1e-14}, workspace, y);
    for (const Solver solver : kLinearSolvers) {
      const Array<double, 2> other = like(b);
      require_converged(
          solve_adjoint(map, z, b, {.solver = solver, .tolerance = 1e-14}, workspace, other),
          name_of(solver));
      // The tolerance bounds the sum of errors over up to 100 nodes, relative to |g|_1/(1 - gamma).
      EXPECT_LT(relative_difference(other, y), 1e-11) << name_of(solver);
    }
  }
}

// On a lattice, ln(1e-10)/ln(0.99) = 2291 sweeps of Picard. Measured when written: anderson 609,
// bicgstab 188, gmres 207.
TEST(ContractionSolvers, AreFasterThanPicardNearOne) {
  constexpr Index kSide = 40;
  Pairs pairs;
  for (Index i = 0; i < kSide; ++i) {
    for (Index j = 0; j < kSide; ++j) {
      if (i + 1 < kSide) pairs.emplace_back(i * kSide + j, (i + 1) * kSide + j);
      if (j + 1 < kSide) pairs.emplace_back(i * kSide + j, i * kSide + j + 1);
    }
  }
  const std::size_t n_half = pairs.size();
  for (std::size_t k = 0; k < n_half; ++k) pairs.emplace_back(pairs[k].second, pairs[k].first);
  Map<double> map;
  map.batch = std::make_shared<const Batch>(any_graph(kSide * kSide, pairs));
  const Array<double, 2> logits("logits", map.batch->n_edges(), 2);
  fill(logits, 1.0);
  map.weights = like(logits);
  normalize(map.batch->graph(), map.orientation, Normalizer::kClip, logits, map.weights);
  map.gamma = 0.99;
  const Array<double, 2> b = random_matrix<double>(kSide * kSide, 2, -1, 1, 3);
  Workspace workspace;
  const Array<double, 2> z = like(b);
  const Report picard =
      solve(map, b, {.solver = Solver::kPicard, .tolerance = 1e-10}, workspace, z);
  require_converged(picard, "picard");
  for (const Solver solver : {Solver::kAnderson, Solver::kBicgstab, Solver::kGmres}) {
    const Array<double, 2> other = like(b);
    const Report& report = solve(map, b, {.solver = solver, .tolerance = 1e-10}, workspace, other);
    require_converged(report, name_of(solver));
    EXPECT_LT(report.iterations(), picard.iterations() / (solver == Solver::kAnderson ? 3 : 8))
        << name_of(solver);
    EXPECT_LT(relative_difference(other, z), 1e-8) << name_of(solver);
  }
}

TEST(ContractionSolvers, FactorsServeTheAdjoint) {
  const auto batch = mixed_batch();
  const Map<float> map = messy_map<float>(batch, 9, 0.9, {}, Orientation::kReceiverRow, 5);
  const Array<float, 2> b = random_matrix<float>(batch->n_nodes(), 9, -1, 1, 6);
  const Array<float, 2> z = like(b);
  const Array<float, 2> y = like(b);
  const Array<float, 2> again = like(b);
  Workspace workspace;
  SolveOptions options{.solver = Solver::kDirect};
  require_converged(solve(map, b, options, workspace, z), "forward");
  options.reuse_factors = true;
  require_converged(solve_adjoint(map, z, b, options, workspace, y), "adjoint with factors");
  options.reuse_factors = false;
  require_converged(solve_adjoint(map, z, b, options, workspace, again), "adjoint");
  EXPECT_LT(relative_difference(y, again), 1e-5);

  options.reuse_factors = true;
  const Map<float> other = messy_map<float>(messy_batch(12, 30, 1), 9, 0.9, {}, map.orientation, 5);
  const Array<float, 2> right = random_matrix<float>(12, 9, -1, 1, 6);
  const Array<float, 2> result = like(right);
  EXPECT_THAT(error_of([&] { solve(other, right, options, workspace, result); }),
              HasSubstr("the workspace does not have the factors of this map"));
}

TEST(ContractionSolvers, AreChosenBySweepsAndSizes) {
  const auto chosen = [](Index n_nodes, double gamma, const Phi& phi) {
    const Map<double> map = messy_map<double>(messy_batch(n_nodes, 3 * n_nodes, 1), 1, gamma, phi,
                                              Orientation::kSenderRow, 2);
    const Array<double, 2> b = random_matrix<double>(n_nodes, 1, -1, 1, 3);
    const Array<double, 2> z = like(b);
    Workspace workspace;
    return solve(map, b, {}, workspace, z).solver;
  };
  EXPECT_EQ(chosen(50, 0.5, kPhis[0]), Solver::kPicard);
  EXPECT_EQ(chosen(50, 0.95, kPhis[0]), Solver::kDirect);
  EXPECT_EQ(chosen(200, 0.95, kPhis[0]), Solver::kGmres);
  EXPECT_EQ(chosen(50, 0.95, kPhis[3]), Solver::kAnderson);
}

TEST(ContractionSolvers, RefuseWhatTheyCannotSolve) {
  const Array<double, 2> b = random_matrix<double>(200, 1, -1, 1, 3);
  const Array<double, 2> z = like(b);
  Workspace workspace;
  Map<double> map =
      messy_map<double>(messy_batch(200, 600, 1), 1, 0.5, kPhis[3], Orientation::kSenderRow, 2);
  const auto error_with = [&](const SolveOptions& options) {
    return error_of([&] { solve(map, b, options, workspace, z); });
  };
  EXPECT_THAT(error_with({.solver = Solver::kGmres}),
              HasSubstr("the solver gmres solves linear maps, phi = identity"));
  EXPECT_THAT(error_with({.tolerance = -1}), HasSubstr("must be in [0, 1), not -1"));
  EXPECT_THAT(error_with({.max_iterations = 0}), HasSubstr("at least 1 iteration, not 0"));
  map.phi = {};
  EXPECT_THAT(error_with({.solver = Solver::kDirect}),
              HasSubstr("graphs of at most 128 nodes, but one has 200"));
}

TEST(ContractionSolvers, SayWhenTheyDoNotGetThere) {
  const Map<float> map =
      messy_map<float>(messy_batch(200, 900, 1), 2, 0.99, {}, Orientation::kSenderRow, 2);
  const Array<float, 2> b = random_matrix<float>(200, 2, -1, 1, 3);
  const Array<float, 2> z = like(b);
  Workspace workspace;
  for (const Solver solver :
       {Solver::kPicard, Solver::kAnderson, Solver::kBicgstab, Solver::kGmres}) {
    const Report& report = solve(map, b, {.solver = solver, .max_iterations = 4}, workspace, z);
    EXPECT_FALSE(report.is_converged()) << name_of(solver);
    EXPECT_GT(report.error(), report.tolerance);
    EXPECT_THROW(require_converged(report, "a solve"), NumericalError);
  }
  // 1e-12 is out of reach in float: the tolerance that is used is that of rounding.
  const Report& report =
      solve(map, b, {.solver = Solver::kPicard, .tolerance = 1e-12}, workspace, z);
  EXPECT_TRUE(report.is_converged());
  EXPECT_NEAR(report.tolerance, 4 * 1.19e-7 / 0.01, 1e-6);
}

TEST(ContractionSolvers, ZeroBiasGivesZeroFromAnyStart) {
  const auto batch = mixed_batch();
  const Map<double> map = messy_map<double>(batch, 3, 0.8, {}, Orientation::kSenderRow, 5);
  const Array<double, 2> b("b", batch->n_nodes(), 3);
  fill(b, 0.0);
  for (const Solver solver : kLinearSolvers) {
    Workspace workspace;
    const Array<double, 2> z = random_matrix<double>(batch->n_nodes(), 3, -1, 1, 1);
    require_converged(solve(map, b, {.solver = solver, .start_from_z = true}, workspace, z),
                      name_of(solver));
    EXPECT_THAT(flat(z), ::testing::Each(0.0)) << name_of(solver);
  }
}

}  // namespace
}  // namespace filigree::contraction
