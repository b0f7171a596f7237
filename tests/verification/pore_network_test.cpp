// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Flow through pore networks against hand-worked cases, lattices and laws that hold for every
// network, and random networks against the published statistics. Tables: docs/validation/cgs.md.
#include <gtest/gtest.h>

#include <numbers>

#include "physics/network/voronoi.hpp"
#include "tests/support/flow_problems.hpp"

namespace filigree::network {
namespace {

constexpr double kPi = std::numbers::pi;
constexpr FlowMethod kMethods[] = {FlowMethod::kElimination, FlowMethod::kConjugateGradient};

std::size_t at(Index i) {
  return static_cast<std::size_t>(i);
}

/// Pressures of the direct solution on the device.
Array<double> direct_pressures(const FlowProblem& problem) {
  FlowOptions options;
  options.method = FlowMethod::kElimination;
  return solve_flow(problem, options).pressures;
}

/// Resistances add up, and pressure falls linearly in their sum.
TEST(PoreNetworks, SeriesAddsResistances) {
  const std::vector<double> k = {3e-13, 1e-12, 4e-14, 7e-13, 2e-13, 5e-12};
  std::vector<Throat> throats;
  double resistance = 0;
  for (std::size_t i = 0; i < k.size(); ++i) {
    throats.push_back({static_cast<Index>(i), static_cast<Index>(i + 1), k[i]});
    resistance += 1 / k[i];
  }
  const FlowProblem problem = flow_problem(7, throats, {{0, 5e4}, {6, 1e4}});
  for (const FlowMethod method : kMethods) {
    const std::vector<double> p = pressures_of(problem, method);
    double passed = 0;
    for (std::size_t i = 0; i < k.size(); ++i) {
      EXPECT_NEAR(p[i], 5e4 - 4e4 * passed / resistance, 1e-7);
      passed += 1 / k[i];
    }
  }
  const double flow = flow_balance(problem, direct_pressures(problem)).inflow;
  EXPECT_NEAR(flow * resistance / 4e4, 1, 1e-13);
}

TEST(PoreNetworks, ParallelThroatsAddConductances) {
  const FlowProblem problem =
      flow_problem(3, {{0, 1, 2}, {0, 1, 3}, {1, 2, 4}, {2, 1, 1}}, {{0, 1}, {2, 0}});
  for (const FlowMethod method : kMethods) {
    EXPECT_NEAR(pressures_of(problem, method)[1], 0.5, 1e-14);
  }
  EXPECT_NEAR(flow_balance(problem, direct_pressures(problem)).inflow, 2.5, 1e-14);
}

/// Nothing flows through the bridge of two dividers of equal ratio, however wide it is; and much
/// does when they differ.
TEST(PoreNetworks, BalancedWheatstoneBridgeIsAtRest) {
  for (const double bridge : {1e-6, 1.0, 1e6}) {
    for (const double last : {6.0, 9.0}) {
      const FlowProblem problem = flow_problem(
          4, {{0, 1, 2}, {1, 3, 4}, {0, 2, 3}, {2, 3, last}, {1, 2, bridge}}, {{0, 1}, {3, 0}});
      const std::vector<double> p = pressures_of(problem);
      const double flow = bridge * (p[1] - p[2]);
      if (last == 6) {
        EXPECT_NEAR(p[1] - p[2], 0, 1e-15);
        EXPECT_NEAR(p[1], 1.0 / 3, 1e-15);
      } else {
        EXPECT_GT(flow, 1e-8);
      }
    }
  }
}

/// Hagen-Poiseuille: Q = pi r^4 dp / (8 mu l) through one throat.
TEST(PoreNetworks, OneThroatIsHagenPoiseuille) {
  LatticeNetwork options;
  options.pores = {2, 1, 1};
  options.spacing = 1e-4;
  options.diameters.median = 2e-5;
  const PoreNetwork network = lattice_network(options);
  const double viscosity = 1.8e-5;
  const FlowProblem problem =
      front_to_back(network, stokes_conductances(network, viscosity), 2000, 500);
  const Array<double> p = direct_pressures(problem);
  const double flow = inflow_through(network, problem, p, kFront);
  EXPECT_NEAR(flow / (kPi * std::pow(1e-5, 4) * 1500 / (8 * viscosity * 8e-5)), 1, 1e-14);
  const FlowProblem solute = front_to_back(network, diffusion_conductances(network, 2e-9), 3, 1);
  EXPECT_NEAR(inflow_through(network, solute, p, kFront) / (2e-9 * kPi * 1e-10 * 1500 / 8e-5), 1,
              1e-14);
}

/// Equal throats in a lattice: p falls linearly in x, Q = ny nz k dp / (nx - 1) and K = k mu / h.
TEST(PoreNetworks, LatticeIsLinear) {
  LatticeNetwork options;
  options.pores = {12, 7, 9};
  const PoreNetwork network = lattice_network(options);
  const double viscosity = 1e-5;
  const Array<double> conductances = stokes_conductances(network, viscosity);
  const double k = to_vector(conductances)[0];
  const FlowProblem problem = front_to_back(network, conductances, 101325, 0);
  for (const FlowMethod method : kMethods) {
    FlowOptions solver;
    solver.method = method;
    solver.tolerance = 1e-13;
    const Array<double> pressures = solve_flow(problem, solver).pressures;
    const std::vector<double> p = to_vector(pressures);
    for (Index i = 0; i < network.n_pores(); ++i) {
      const double exact = 101325 * (1 - double(i / 63) / 11);
      EXPECT_NEAR(p[at(i)], exact, 101325 * 1e-12);
    }
    const double flow = inflow_through(network, problem, pressures, kFront);
    EXPECT_NEAR(flow / (63 * k * 101325 / 11), 1, 1e-12);
    EXPECT_NEAR(-inflow_through(network, problem, pressures, kBack) / flow, 1, 1e-12);
    EXPECT_NEAR(permeability(network, flow, viscosity, 101325) / (k * viscosity / 1e-4), 1, 1e-12);
  }
}

TEST(PoreNetworks, ObeyTheMaximumPrincipleAndBalanceMass) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const FlowProblem problem = random_flow(120, seed);
    const Array<double> pressures = direct_pressures(problem);
    const std::vector<double> p = to_vector(pressures);
    const std::vector<Index> is_fixed = to_vector(problem.is_fixed);
    for (std::size_t i = 0; i < p.size(); ++i) {
      EXPECT_GE(p[i], 0);
      EXPECT_LE(p[i], 101325);
      if (is_fixed[i] != 0) continue;
      EXPECT_GT(p[i], 0);
      EXPECT_LT(p[i], 101325);
    }
    const FlowBalance balance = flow_balance(problem, pressures);
    EXPECT_LE(balance.imbalance, 1e-12 * balance.inflow);
    EXPECT_NEAR(balance.inflow / balance.outflow, 1, 1e-12);
  }
}

/// What a source in a does to b, a source in b does to a.
TEST(PoreNetworks, AreReciprocal) {
  const FlowProblem problem = random_flow(80, 3);
  FlowSolver solver(problem);
  const Index n = problem.graph->n_nodes();
  const std::vector<Index> pores = {0, 7, 33, 79};
  std::vector<std::vector<double>> responses;
  for (const Index source : pores) {
    std::vector<double> sources(at(n), 0.0);
    sources[at(source)] = 1e-9;
    responses.push_back(to_vector(solver.respond(to_device("sources", sources))));
  }
  for (std::size_t a = 0; a < pores.size(); ++a) {
    for (std::size_t b = 0; b < pores.size(); ++b) {
      EXPECT_GT(responses[a][at(pores[b])], 0);
      EXPECT_NEAR(responses[a][at(pores[b])] / responses[b][at(pores[a])], 1, 1e-12);
    }
  }
}

/// Boundary pores on the four other faces have one throat each.
TEST(PoreNetworks, DeadEndsTakeTheirNeighboursPressure) {
  const FlowProblem problem = random_flow(60, 4);
  const std::vector<double> p = pressures_of(problem);
  const std::vector<Index> is_fixed = to_vector(problem.is_fixed);
  const std::vector<Offset> offsets = to_vector(problem.graph->row_offsets());
  const std::vector<Index> senders = to_vector(problem.graph->senders());
  int dead_ends = 0;
  for (std::size_t i = 60; i < p.size(); ++i) {
    ASSERT_EQ(offsets[i + 1] - offsets[i], 1);
    if (is_fixed[i] != 0) continue;
    ++dead_ends;
    EXPECT_NEAR(p[i] / p[at(senders[static_cast<std::size_t>(offsets[i])])], 1, 1e-15);
  }
  EXPECT_GT(dead_ends, 40);
}

TEST(PoreNetworks, PressuresDoNotChangeWithTheScaleOfConductances) {
  FlowProblem problem = random_flow(100, 5);
  const std::vector<double> before = pressures_of(problem);
  const std::vector<double> iterated = pressures_of(problem, FlowMethod::kConjugateGradient);
  for (const double factor : {1e-9, 3.0, 1e12}) {
    std::vector<double> k = to_vector(problem.conductances);
    for (double& value : k) value *= factor;
    FlowProblem scaled = problem;
    scaled.conductances = to_device("k", k);
    EXPECT_LT(relative_difference(pressures_of(scaled), before), 1e-14);
    EXPECT_LT(relative_difference(pressures_of(scaled, FlowMethod::kConjugateGradient), iterated),
              1e-9);
  }
}

/// The derivative of the flow by the conductance of a throat is the square of the pressure drop
/// along it over the whole drop: Q dp = sum k (drop)^2 is stationary in the pressures.
TEST(PoreNetworks, FlowGrowsByTheSquareOfTheDropAlongAThroat) {
  const FlowProblem problem = random_flow(30, 6);
  FlowSolver solver(problem);
  const Array<double> pressures = solver.solve().pressures;
  const std::vector<double> p = to_vector(pressures);
  const std::vector<Index> is_fixed = to_vector(problem.is_fixed);
  const std::vector<double> fixed = to_vector(problem.fixed_pressures);
  const std::vector<double> k = to_vector(problem.conductances);
  const std::vector<Offset> offsets = to_vector(problem.graph->row_offsets());
  const std::vector<Index> senders = to_vector(problem.graph->senders());
  // Q = sum over front pores i of k_ij (p_i - p_j): its derivatives by p_j, and by k itself.
  std::vector<double> dl_dp(p.size(), 0.0);
  const auto is_front = [&](std::size_t i) { return is_fixed[i] != 0 && fixed[i] > 0; };
  for (std::size_t i = 0; i < p.size(); ++i) {
    for (auto e = static_cast<std::size_t>(offsets[i]);
         is_front(i) && e < static_cast<std::size_t>(offsets[i + 1]); ++e) {
      dl_dp[i] += k[e];
      dl_dp[at(senders[e])] -= k[e];
    }
  }
  const std::vector<double> by_edge =
      to_vector(solver.gradient(pressures, to_device("dl_dp", dl_dp)).conductances);
  double largest = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    for (auto e = static_cast<std::size_t>(offsets[i]);
         e < static_cast<std::size_t>(offsets[i + 1]); ++e) {
      const std::size_t j = at(senders[e]);
      if (j < i) continue;
      const auto begin = senders.begin() + offsets[j];
      const auto back = static_cast<std::size_t>(
          std::find(begin, senders.begin() + offsets[j + 1], static_cast<Index>(i)) -
          senders.begin());
      const double direct = is_front(i) ? p[i] - p[j] : is_front(j) ? p[j] - p[i] : 0;
      const double expected = (p[i] - p[j]) * (p[i] - p[j]) / 101325;
      EXPECT_NEAR(by_edge[e] + by_edge[back] + direct, expected, 1e-9);
      largest = std::max(largest, expected);
    }
  }
  EXPECT_GT(largest, 1e3);
}

/// Mean numbers over networks of the published kind.
struct Statistics {
  double pores = 0;
  double throats = 0;
  double boundary = 0;  ///< share of pores on the front and the back
  double permeability = 0;
};

Statistics statistics_of(Index n_points, std::uint64_t seed, int networks) {
  Statistics mean;
  for (int i = 0; i < networks; ++i) {
    RandomNetwork options;
    options.n_points = n_points;
    options.seed = seed;
    options.number = static_cast<std::uint32_t>(i);
    const PoreNetwork network = delaunay_network(options);
    const FlowProblem problem =
        front_to_back(network, stokes_conductances(network, 1e-5), 101325, 0);
    const double flow = inflow_through(network, problem, direct_pressures(problem), kFront);
    double fixed = 0;
    for (const Index flag : to_vector(problem.is_fixed)) fixed += flag;
    mean.pores += double(network.n_pores()) / networks;
    mean.throats += double(network.graph->edge_count()) / 2 / networks;
    mean.boundary += fixed / network.n_pores() / networks;
    mean.permeability += permeability(network, flow, 1e-5, 101325) / networks;
  }
  return mean;
}

/// The counts were measured with an independent tessellation (of the points and their images, by
/// Qhull), five networks each. Twenty networks here: both means scatter by a few per cent.
TEST(PoreNetworks, HaveThePublishedStatistics) {
  struct Case {
    Index points;
    double pores, throats;
  };
  for (const std::uint64_t seed : {1, 2, 3}) {
    double before = 0;
    for (const Case& c : {Case{13, 49, 78}, Case{40, 113, 255}, Case{87, 200, 576},
                          Case{200, 402, 1364}, Case{400, 709, 2822}}) {
      const Statistics mean = statistics_of(c.points, seed, 20);
      EXPECT_NEAR(mean.pores, c.pores, 0.05 * c.pores);
      EXPECT_NEAR(mean.throats, c.throats, 0.05 * c.throats);
      if (c.points == 13) {
        EXPECT_NEAR(mean.boundary, 0.25, 0.02);
        EXPECT_NEAR(mean.permeability, 1.5e-15, 0.4e-15);
      }
      if (c.points == 400) {
        EXPECT_NEAR(mean.boundary, 0.14, 0.015);
      } else {  // so many throats make one short enough to narrow them all
        EXPECT_GT(mean.permeability, before);
      }
      before = mean.permeability;
    }
  }
}

/// 10 to 39 points make Voronoi networks of the same 50 to 200 pores.
TEST(PoreNetworks, OfVoronoiCellsHaveThePublishedSizes) {
  for (const auto& [points, pores] : {std::pair<Index, double>{10, 50}, {39, 200}}) {
    double mean = 0;
    for (std::uint32_t i = 0; i < 20; ++i) {
      RandomNetwork options;
      options.n_points = points;
      options.seed = 7;
      options.number = i;
      mean += voronoi_network(options).n_pores() / 20.0;
    }
    EXPECT_NEAR(mean, pores, 0.1 * pores);
  }
}

/// A Poisson-Voronoi cell has 2 + 48 pi^2 / 35 = 15.5355 facets on average (Meijering 1953).
TEST(PoreNetworks, ManyPointsHaveTheMeanNumberOfFacetsOfAPoissonProcess) {
  const BoxPoints points = random_box_points(30000, {1, 1, 1}, 1, 0);
  const VoronoiFacets facets = voronoi_facets(points);
  const std::vector<Vec<3, double>> x = to_vector(points.positions);
  const std::vector<Offset> offsets = to_vector(facets.graph->row_offsets());
  double sum = 0;
  double count = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    bool is_inner = true;
    for (int k = 0; k < 3; ++k) is_inner = is_inner && std::abs(x[i][k] - 0.5) < 0.4;
    if (!is_inner) continue;
    sum += static_cast<double>(offsets[i + 1] - offsets[i]);
    count += 1;
  }
  // 15360 cells with a deviation of 3.3: the mean scatters by 0.027.
  EXPECT_NEAR(sum / count, 2 + 48 * kPi * kPi / 35, 0.1);
}

}  // namespace
}  // namespace filigree::network
