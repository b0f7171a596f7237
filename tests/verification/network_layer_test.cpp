// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// The layer that solves for fixed points, as an exact solver of pore networks that gradients go
// through.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/reduce.hpp"
#include "graph/batch.hpp"
#include "learning/autodiff/gradcheck.hpp"
#include "learning/models/contraction_op.hpp"
#include "physics/network/pore_flow.hpp"
#include "physics/network/pore_network.hpp"

namespace filigree::learning {
namespace {

network::RandomNetwork thirteen_points() {
  network::RandomNetwork options;
  options.n_points = 13;
  options.seed = 5;
  return options;
}

/// 13 points, about 48 pores; conductances over their mean.
struct Network {
  network::PoreNetwork pores = network::delaunay_network(thirteen_points());
  std::vector<double> conductances = to_vector(network::stokes_conductances(pores, 1e-5));
  network::FlowProblem problem;
  Tensor bias;  ///< the values of fixed pores
  FixedPointSolverPtr solver = std::make_shared<FixedPointSolver>();

  Network() {
    double mean = 0;
    for (const double k : conductances) mean += k / static_cast<double>(conductances.size());
    for (double& k : conductances) k /= mean;
    problem = network::front_to_back(pores, to_device("conductances", conductances), 1, 0);
    std::vector<double> values = to_vector(problem.fixed_pressures);
    const std::vector<Index> is_fixed = to_vector(problem.is_fixed);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = is_fixed[i] != 0 ? values[i] : 0;
    bias = tensor({pores.n_pores(), 1}, values, DType::kF64);
    solver->forward.solver = solver->adjoint.solver = contraction::Solver::kDirect;
  }

  Tensor conductance_column() const {
    return tensor({static_cast<Index>(conductances.size()), 1}, conductances, DType::kF64);
  }
  Tensor pressures(const Tensor& k, const Tensor& b, contraction::Orientation orientation) const {
    const FixedPointMap map{
        .batch = std::make_shared<const contraction::Batch>(batch_graphs({pores.graph})),
        .gamma = 1,
        .orientation = orientation,
        .bound = contraction::Bound::kAbsorbing};
    return fixed_point(dirichlet_weights(k, problem.is_fixed, map), b, map, solver);
  }
};

class NetworkLayer : public testing::TestWithParam<contraction::Orientation> {};

TEST_P(NetworkLayer, SolvesPoreNetworksExactly) {
  const Network network;
  const std::vector<double> exact = to_vector(network::solve_flow(network.problem).pressures);
  const std::vector<double> found =
      to_vector(network.pressures(network.conductance_column(), network.bias, GetParam()));
  ASSERT_EQ(found.size(), exact.size());
  for (std::size_t i = 0; i < exact.size(); ++i) EXPECT_NEAR(found[i], exact[i], 1e-12) << i;
}

TEST_P(NetworkLayer, GradientsGoToConductancesAndValues) {
  const Network network;
  const auto pressures = [&](const std::vector<Tensor>& inputs) {
    return network.pressures(inputs[0], inputs[1], GetParam());
  };
  GradcheckOptions options;
  options.tolerance = 1e-6;
  const GradcheckReport report =
      gradcheck(pressures, {network.conductance_column(), network.bias}, options);
  EXPECT_TRUE(report.passed) << report.text;
}

INSTANTIATE_TEST_SUITE_P(Orientations, NetworkLayer,
                         testing::Values(contraction::Orientation::kSenderRow,
                                         contraction::Orientation::kReceiverRow));

}  // namespace
}  // namespace filigree::learning
