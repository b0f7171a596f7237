// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Flow through networks: the two solvers, gradients, errors, threads.
#include "physics/network/pore_flow.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <limits>

#include "tests/graph/testing.hpp"
#include "tests/support/flow_problems.hpp"
#include "tests/support/thread_runs.hpp"

namespace filigree::network {
namespace {

using filigree::testing::edges_of_rows;
using filigree::testing::error_of;

FlowOptions with_multigrid(double tolerance) {
  FlowOptions options;
  options.method = FlowMethod::kConjugateGradient;
  options.tolerance = tolerance;
  return options;
}

/// Pressures by a dense factorization of the whole system.
std::vector<double> dense_pressures(const FlowProblem& problem) {
  const Index n = problem.graph->n_nodes();
  Eigen::MatrixXd a = Eigen::MatrixXd::Zero(n, n);
  Eigen::VectorXd b = Eigen::VectorXd::Zero(n);
  const auto edges = edges_of_rows(*problem.graph);
  const std::vector<double> k = to_vector(problem.conductances);
  const std::vector<Index> is_fixed = to_vector(problem.is_fixed);
  const std::vector<double> fixed = to_vector(problem.fixed_pressures);
  for (std::size_t e = 0; e < edges.size(); ++e) {
    const auto [i, j] = edges[e];
    if (is_fixed[static_cast<std::size_t>(i)] != 0) continue;
    a(i, i) += k[e];
    a(i, j) -= k[e];
  }
  for (Index i = 0; i < n; ++i) {
    if (is_fixed[static_cast<std::size_t>(i)] == 0) continue;
    a(i, i) = 1;
    b(i) = fixed[static_cast<std::size_t>(i)];
  }
  const Eigen::VectorXd p = a.partialPivLu().solve(b);
  return {p.data(), p.data() + n};
}

TEST(PoreFlow, AgreesWithADenseFactorization) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const FlowProblem problem = random_flow(60, seed);
    const std::vector<double> dense = dense_pressures(problem);
    // Elimination without subtractions is the more accurate of the two.
    EXPECT_LT(relative_difference(pressures_of(problem), dense), 1e-11);
    EXPECT_LT(relative_difference(pressures_of(problem, FlowMethod::kConjugateGradient), dense),
              1e-9);
  }
}

TEST(PoreFlow, SolversAgreeOnLargerNetworks) {
  for (const double spread : {0.0, 0.5, 1.0}) {
    const FlowProblem problem = random_flow(3000, 5, spread);
    FlowOptions options;
    options.method = FlowMethod::kElimination;
    const FlowSolution direct = solve_flow(problem, options);
    EXPECT_LT(direct.residual, 1e-12);
    EXPECT_EQ(direct.iterations, 0);
    const FlowSolution iterated = solve_flow(problem, with_multigrid(1e-12));
    EXPECT_LE(iterated.residual, 1e-12);
    EXPECT_GT(iterated.iterations, 3);
    EXPECT_LT(iterated.iterations, 80);
    // The residual of 1e-12 is magnified by the condition of these networks, of about 1e5.
    EXPECT_LT(relative_difference(to_vector(iterated.pressures), to_vector(direct.pressures)),
              1e-7);
  }
}

/// Iterations grow slowly with size: one for every doubling or so.
TEST(PoreFlow, IterationsHardlyGrowWithSize) {
  int iterations[2] = {};
  for (const int large : {0, 1}) {
    LatticeNetwork options;
    const Index side = large == 1 ? 40 : 12;
    options.pores = {side, side, side};
    const PoreNetwork network = lattice_network(options);
    iterations[large] = solve_flow(front_to_back(network, stokes_conductances(network, 1e-5), 1, 0),
                                   with_multigrid(1e-10))
                            .iterations;
  }
  EXPECT_LE(iterations[1], iterations[0] + 8);
}

TEST(PoreFlow, HandlesConductancesOfAnySize) {
  // A chain whose throats differ by twelve powers of ten, with a dead end on a strong throat.
  const FlowProblem problem =
      flow_problem(6, {{0, 1, 1e-20}, {1, 2, 1e-8}, {2, 3, 1e-14}, {3, 4, 1e-20}, {2, 5, 1e-8}},
                   {{0, 1}, {4, 0}});
  const std::vector<double> p = pressures_of(problem);
  const double resistance = 1e20 + 1e8 + 1e14 + 1e20;
  EXPECT_NEAR(p[1], 1 - 1e20 / resistance, 1e-15);
  EXPECT_NEAR((p[1] - p[2]) / (1e8 / resistance), 1, 1e-3);  // a difference of nearly equal numbers
  EXPECT_NEAR(p[3] / (1e20 / resistance), 1, 1e-15);
  EXPECT_EQ(p[5], p[2]);
}

TEST(PoreFlow, OfEqualPressuresIsAtRest) {
  FlowProblem problem = random_flow(50, 1);
  fill(problem.fixed_pressures, 7.5);
  for (const FlowMethod method : {FlowMethod::kElimination, FlowMethod::kConjugateGradient}) {
    for (const double p : pressures_of(problem, method)) EXPECT_EQ(p, 7.5);
  }
}

TEST(PoreFlow, WithoutFreePoresIsGiven) {
  const FlowProblem problem = flow_problem(2, {{0, 1, 2}}, {{0, 3}, {1, 1}});
  const FlowSolution solution = solve_flow(problem);
  EXPECT_EQ(to_vector(solution.pressures), (std::vector<double>{3, 1}));
  EXPECT_EQ(to_vector(pore_outflows(problem, solution.pressures)), (std::vector<double>{4, -4}));
}

TEST(PoreFlow, CountsInflowAndOutflow) {
  const FlowProblem problem =
      flow_problem(4, {{0, 1, 1}, {1, 2, 1}, {1, 3, 2}}, {{0, 4}, {2, 0}, {3, 1}});
  const FlowSolution solution = solve_flow(problem);
  EXPECT_NEAR(to_vector(solution.pressures)[1], 1.5, 1e-15);
  const FlowBalance balance = flow_balance(problem, solution.pressures);
  EXPECT_NEAR(balance.inflow, 2.5, 1e-14);
  EXPECT_NEAR(balance.outflow, 2.5, 1e-14);
  EXPECT_LT(balance.imbalance, 1e-14);
  const std::vector<double> flows = to_vector(edge_flows(problem, solution.pressures));
  const auto edges = edges_of_rows(*problem.graph);
  for (std::size_t e = 0; e < edges.size(); ++e) {
    const auto [receiver, sender] = edges[e];
    if (receiver != 1) continue;
    EXPECT_NEAR(flows[e], sender == 0 ? 2.5 : sender == 2 ? -1.5 : -1, 1e-14);
  }
}

/// L = sum_i w_i p_i^2 / 2 by central differences of every throat and every fixed pressure.
void expect_gradient(FlowMethod method, double tolerance) {
  const Index n_points = 12;
  FlowProblem problem = random_flow(n_points, 8, 0.2);
  // Scaled, so that differences are taken of numbers near 1.
  std::vector<double> k = to_vector(problem.conductances);
  const double mean = k[0];
  for (double& value : k) value /= mean;
  problem.conductances = to_device("k", k);
  std::vector<double> fixed = to_vector(problem.fixed_pressures);
  for (std::size_t i = 0; i < fixed.size(); ++i) {
    fixed[i] = fixed[i] / 101325 + 0.1 * std::sin(double(i));
  }
  problem.fixed_pressures = to_device("fixed", fixed);
  FlowOptions options;
  options.method = method;
  options.tolerance = 1e-14;
  const auto loss = [&](const FlowProblem& changed) {
    double sum = 0;
    const std::vector<double> p = to_vector(FlowSolver(changed, options).solve().pressures);
    for (std::size_t i = 0; i < p.size(); ++i) sum += (1 + 0.3 * double(i)) * p[i] * p[i] / 2;
    return sum;
  };
  FlowSolver solver(problem, options);
  const Array<double> pressures = solver.solve().pressures;
  std::vector<double> dl_dp = to_vector(pressures);
  for (std::size_t i = 0; i < dl_dp.size(); ++i) dl_dp[i] *= 1 + 0.3 * double(i);
  const FlowGradient gradient = solver.gradient(pressures, to_device("dl_dp", dl_dp));
  const std::vector<double> by_edge = to_vector(gradient.conductances);
  const std::vector<double> by_fixed = to_vector(gradient.fixed_pressures);
  const auto edges = edges_of_rows(*problem.graph);
  double scale = 0;
  for (const double g : by_edge) scale = std::max(scale, std::abs(g));
  EXPECT_GT(scale, 1e-3);
  for (std::size_t e = 0; e < edges.size(); ++e) {
    const std::size_t back = static_cast<std::size_t>(
        std::find(edges.begin(), edges.end(),
                  std::pair<Index, Index>{edges[e].second, edges[e].first}) -
        edges.begin());
    if (back < e) continue;
    const double h = 1e-5 * k[e];
    double change[2];
    for (const int side : {0, 1}) {
      std::vector<double> other = k;
      other[e] += side == 1 ? h : -h;
      other[back] = other[e];
      FlowProblem changed = problem;
      changed.conductances = to_device("k", other);
      change[side] = loss(changed);
    }
    EXPECT_NEAR(by_edge[e] + by_edge[back], (change[1] - change[0]) / (2 * h), tolerance * scale);
  }
  const std::vector<Index> is_fixed = to_vector(problem.is_fixed);
  for (std::size_t i = 0; i < fixed.size(); ++i) {
    if (is_fixed[i] == 0) {
      EXPECT_EQ(by_fixed[i], 0);
      continue;
    }
    double change[2];
    for (const int side : {0, 1}) {
      std::vector<double> other = fixed;
      other[i] += side == 1 ? 1e-4 : -1e-4;
      FlowProblem changed = problem;
      changed.fixed_pressures = to_device("fixed", other);
      change[side] = loss(changed);
    }
    EXPECT_NEAR(by_fixed[i], (change[1] - change[0]) / 2e-4, 1e-8 * (1 + std::abs(by_fixed[i])));
  }
}

/// Differences with steps of 1e-5 are good to 1e-10 by truncation and 1e-16 / 1e-5 by rounding, of
/// a loss some ten times the largest derivative.
TEST(PoreFlow, GradientsAreThoseOfDifferences) {
  expect_gradient(FlowMethod::kElimination, 1e-8);
  expect_gradient(FlowMethod::kConjugateGradient, 1e-6);
}

TEST(PoreFlow, SaysWhatIsWrongWithAProblem) {
  const FlowProblem good = flow_problem(3, {{0, 1, 1}, {1, 2, 1}}, {{0, 1}, {2, 0}});
  FlowProblem problem = good;
  problem.is_fixed = to_device("none", std::vector<Index>{0, 0, 0});
  EXPECT_EQ(error_of([&] { validate(problem); }),
            "pore 0 belongs to a part of 3 of the 3 pores without a pore of fixed pressure, where "
            "pressures are undetermined: fix one there or leave the part out");
  problem = flow_problem(5, {{0, 1, 1}, {1, 2, 1}, {3, 4, 1}}, {{0, 1}, {2, 0}});
  EXPECT_EQ(error_of([&] { FlowSolver solver(problem); }),
            "pore 3 belongs to a part of 2 of the 5 pores without a pore of fixed pressure, where "
            "pressures are undetermined: fix one there or leave the part out");
  problem = good;
  problem.conductances = to_device("k", std::vector<double>{1, 1, 0, 1});
  EXPECT_EQ(error_of([&] { validate(problem); }),
            "the throat into pore 1 from pore 2 has a conductance of 0: it must be positive and "
            "finite");
  problem.conductances = to_device("k", std::vector<double>{1, 1, 2, 1});
  EXPECT_EQ(error_of([&] { validate(problem); }),
            "the throat between pores 2 and 1 conducts 1 one way and not as much the other way");
  problem.conductances = to_device("k", std::vector<double>{1, 1, 2});
  EXPECT_EQ(error_of([&] { validate(problem); }),
            "there are 3 conductances for 4 edges: one for each is needed");
  problem = good;
  problem.graph = graph_from_pairs(3, {{0, 1}, {1, 2}});
  problem.conductances = to_device("k", std::vector<double>{1, 1});
  EXPECT_EQ(error_of([&] { validate(problem); }),
            "the throat into pore 1 from pore 0 has no edge the other way: a throat is two edges");
  problem = good;
  problem.fixed_pressures =
      to_device("fixed", std::vector<double>{1, std::numeric_limits<double>::quiet_NaN(),
                                             std::numeric_limits<double>::infinity()});
  EXPECT_EQ(error_of([&] { validate(problem); }),
            "the fixed pressure of pore 2 is inf: it must be finite");
}

TEST(PoreFlow, SaysWhenItDoesNotConverge) {
  const FlowProblem problem = random_flow(3000, 5);
  FlowOptions options = with_multigrid(1e-10);
  options.max_iterations = 3;
  EXPECT_THROW(solve_flow(problem, options), NumericalError);
  options.max_iterations = 500;
  options.tolerance = 1e-30;  // below rounding
  EXPECT_THROW(solve_flow(problem, options), NumericalError);
  options.tolerance = 0;
  EXPECT_EQ(error_of([&] { solve_flow(problem, options); }),
            "a tolerance of 0 in 500 iterations cannot be met: both must be positive");
}

TEST(PoreFlow, RefusesArraysOfTheWrongSize) {
  const FlowProblem problem = random_flow(20, 1);
  FlowSolver solver(problem);
  EXPECT_NE(error_of([&] {
              solver.respond(Array<double>("sources", 3));
            }).find("there are 3 sources for"),
            std::string::npos);
}

std::string digests() {
  testing_support::Report report;
  const FlowProblem problem = random_flow(5000, 2);
  FlowSolver solver(problem, with_multigrid(1e-10));
  const FlowSolution solution = solver.solve();
  report.add("iterated", solution.pressures);
  report.add("iterations", std::vector<int>{solution.iterations});
  const FlowGradient gradient = solver.gradient(solution.pressures, solution.pressures);
  report.add("by conductance", gradient.conductances);
  report.add("by pressure", gradient.fixed_pressures);
  report.add("eliminated", solve_flow(random_flow(500, 2)).pressures);
  return report.text();
}

TEST(PoreFlowThreads, PressuresHaveTheSameBitsForAnyNumberOfThreads) {
  testing_support::expect_same_for_any_threads("PoreFlowThreads.*", digests);
}

}  // namespace
}  // namespace filigree::network
