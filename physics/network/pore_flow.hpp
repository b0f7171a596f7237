// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Steady flow through networks: the pressures that balance the flows in every pore.
//
//   sum_j k_ij (p_i - p_j) = 0 in free pores,   p_i given in fixed pores,
//
// with k_ij > 0 the conductance of the throat from i to j. The equations have one solution when
// every free pore reaches a fixed one. Small networks are solved by elimination without
// subtractions, large ones by conjugate gradients with a multigrid preconditioner. Results have the
// same bits for any number of threads.
#pragma once

#include <memory>

#include "physics/network/network_multigrid.hpp"
#include "physics/network/pore_network.hpp"

namespace filigree::network {

struct FlowProblem {
  std::shared_ptr<const Graph> graph;
  Array<double> conductances;     ///< [n_edges], m^3/(s Pa), the same both ways
  Array<Index> is_fixed;          ///< [n_pores], 0 or 1
  Array<double> fixed_pressures;  ///< [n_pores], Pa, read in fixed pores only
};

/// Pressure `front` in all pores of the front face, `back` in those of the back face, Pa.
FlowProblem front_to_back(const PoreNetwork& network, const Array<double>& conductances,
                          double front, double back);

/// Throws InputError naming the first throat whose conductance is not positive and finite or not
/// the same both ways, the first fixed pressure that is not finite, a pore that no fixed pore can
/// be reached from, or what else makes the problem unsolvable.
void validate(const FlowProblem& problem);

enum class FlowMethod {
  kAutomatic,          ///< elimination up to `largest_elimination` free pores, then the other
  kElimination,        ///< direct, on the host
  kConjugateGradient,  ///< with multigrid
};

struct FlowOptions {
  FlowMethod method = FlowMethod::kAutomatic;
  double tolerance = 1e-10;  ///< of the residual relative to the right-hand side
  int max_iterations = 500;
  Index largest_elimination = 3000;
  MultigridOptions multigrid;
};

struct FlowSolution {
  Array<double> pressures;  ///< [n_pores], Pa
  int iterations = 0;       ///< of conjugate gradients; 0 for elimination
  /// |b - A p| / |b|, computed from the pressures, where A acts on the free pores and pressures are
  /// counted from the lowest fixed one.
  double residual = 0;
};

/// Derivatives of a function L of the pressures.
struct FlowGradient {
  /// [n_edges] dL/dk with k_e standing in the balance of its receiver only: the sum over the two
  /// directions is the derivative by the conductance of the throat.
  Array<double> conductances;
  Array<double> fixed_pressures;  ///< [n_pores] dL/dp in fixed pores, 0 elsewhere
};

/// A problem that is prepared once and solved for any number of right-hand sides.
class FlowSolver {
 public:
  /// Checks the problem, and factorizes or coarsens.
  explicit FlowSolver(const FlowProblem& problem, const FlowOptions& options = {});

  /// The pressures. Throws NumericalError with the iterations and the residual when the tolerance
  /// is not met.
  FlowSolution solve();

  /// x of sum_j k_ij (x_i - x_j) = sources_i in free pores, x = 0 in fixed ones. [n_pores]
  Array<double> respond(const Array<double>& sources);

  /// Gradient of L from dL/dp [n_pores] at the pressures of solve(), by one solve with the same
  /// symmetric matrix: A y = dL/dp, dL/dk_ij = y_i (p_j - p_i). Source: any adjoint method.
  FlowGradient gradient(const Array<double>& pressures, const Array<double>& dl_dp);

 private:
  struct Outcome {
    int iterations;
    double residual;
  };
  Outcome solve_free(const Array<double>& b, const Array<double>& x);
  Outcome iterate(const Array<double>& b, const Array<double>& x);
  void eliminate(const Array<double>& b, const Array<double>& x);

  FlowProblem problem_;
  FlowOptions options_;
  Array<Index> free_pores_;   ///< [n_free] pores
  Array<Index> free_number_;  ///< [n_pores], -1 in fixed ones
  GroundedNetwork free_;      ///< fixed pores are the ground
  std::unique_ptr<StarMesh> direct_;
  std::unique_ptr<NetworkMultigrid> multigrid_;
  Reducer reducer_;
};

/// Pressures of a problem that is solved once.
FlowSolution solve_flow(const FlowProblem& problem, const FlowOptions& options = {});

/// Flow along each edge into its receiver, k (p_sender - p_receiver), m^3/s. [n_edges]
Array<double> edge_flows(const FlowProblem& problem, const Array<double>& pressures);

/// What flows out of each pore into its throats, sum_j k_ij (p_i - p_j), m^3/s: nothing in free
/// pores, what is fed in where pressures are fixed. [n_pores]
Array<double> pore_outflows(const FlowProblem& problem, const Array<double>& pressures);

struct FlowBalance {
  double inflow = 0;     ///< fed in by all fixed pores that feed, m^3/s
  double outflow = 0;    ///< taken out by the others, m^3/s
  double imbalance = 0;  ///< largest |outflow| of a free pore, m^3/s
};
FlowBalance flow_balance(const FlowProblem& problem, const Array<double>& pressures);

/// Flow fed in through the pores of a face, m^3/s.
double inflow_through(const PoreNetwork& network, const FlowProblem& problem,
                      const Array<double>& pressures, Face face);

/// Darcy permeability K = Q mu L / (A dp), m^2, of a network with the flow Q, m^3/s, along x: L is
/// the box in x, A its face across, mu viscosity, Pa s, dp the pressure difference, Pa.
double permeability(const PoreNetwork& network, double flow, double viscosity,
                    double pressure_difference);

}  // namespace filigree::network
