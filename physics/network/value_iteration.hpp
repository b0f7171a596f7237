// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Best decisions on graphs: deterministic Markov decision processes, random ones of the kind that
// Convergent Graph Solvers learn, and their exact values.
//
// A state is a node; the edges into a state are its actions: taking edge u -> i in state i earns
// the reward r of the edge and moves to state u. The value of a state is what the best decisions
// earn for ever, later rewards counting less by a discount g per move:
//
//   V_i = max over edges e = (u -> i) of (r_e + g V_u),   0 <= g < 1,
//
// a contraction by g in the largest difference, so that V exists, is unique and is reached from any
// start. Source of the task: Park, Choo, Park, "Convergent Graph Solvers", ICLR 2022.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "graph/batch.hpp"
#include "graph/graph.hpp"

namespace filigree::network {

/// A deterministic decision process. Parallel edges are different actions to the same state.
struct DecisionProcess {
  std::shared_ptr<const Graph> graph;
  Array<double> rewards;  ///< [n_edges]
  Array<Index> actions;   ///< [n_edges]: number of the action among those of its state
  double discount = 0.9;  ///< g
};

/// Throws InputError naming the first state without an action, or what else does not fit together.
void validate(const DecisionProcess& process);

/// One process with n states of m actions each, n - 1 > m >= 1: for every action a predecessor is
/// drawn among all other states with replacement, and a reward from U(-1, 1). Actions are numbered
/// in the order of drawing. `number` tells the graphs of one seed apart: graph i of a seed is
/// always the same, whatever was made before it.
DecisionProcess random_decision_process(Index n_states, Index n_actions, std::uint64_t seed,
                                        std::uint32_t number, double discount = 0.9);

/// Sizes from which processes are drawn, all equally likely and bounds included: the published
/// training set unless changed.
struct DecisionSizes {
  Index min_states = 20;
  Index max_states = 49;
  Index min_actions = 5;
  Index max_actions = 9;
};

/// As above, with both sizes drawn as well.
DecisionProcess random_decision_process(const DecisionSizes& sizes, std::uint64_t seed,
                                        std::uint32_t number, double discount = 0.9);

/// Many processes as one on the union of their graphs; all discounts must agree.
struct DecisionBatch {
  GraphBatch graphs;
  DecisionProcess process;
};
DecisionBatch batch_processes(const std::vector<DecisionProcess>& processes);

struct StateValues {
  Array<double> values;    ///< [n_states]
  int sweeps = 0;          ///< of Jacobi, or rounds of policy iteration
  double change = 0;       ///< largest difference of the last two sweeps
  double error_bound = 0;  ///< g / (1 - g) change: no value is farther from the fixed point
  bool has_converged = false;
};

/// Jacobi sweeps from 0 until the error bound is at most `accuracy`, or as small as the rounding of
/// the largest value allows. Throws NumericalError after max_sweeps.
StateValues iterate_values(const DecisionProcess& process, double accuracy = 1e-12,
                           int max_sweeps = 1000000);

/// The published labels: at most 200 sweeps, stopped when no value changes by more than 1e-3 +
/// 1e-5 |V|. They may be wrong by 9e-3 at a discount of 0.9.
StateValues iterate_values_loosely(const DecisionProcess& process);

/// Largest |V_i - max_e (r_e + g V_u)|. The distance to the fixed point is at most 1 / (1 - g)
/// times this.
double bellman_residual(const DecisionProcess& process, const Array<double>& values);

/// Best action of each state when moves are worth `values`; the lowest action of equal ones.
/// [n_states]
Array<Index> greedy_policy(const DecisionProcess& process, const Array<double>& values);

/// Value of following a policy (an action per state) for ever, solved exactly: every state has one
/// successor, so that states lead into cycles, on which V = sum_k g^k r_k / (1 - g^length).
/// O(states), on the host.
Array<double> policy_values(const DecisionProcess& process, const Array<Index>& policy);

/// Howard's policy iteration: exact values of a policy, then its greedy policy, until nothing
/// improves. A second way to the same values, which shares no arithmetic with the sweeps.
StateValues iterate_policies(const DecisionProcess& process);

/// How good predicted values are.
struct ValueScore {
  double policy_accuracy = 0;  ///< share of states whose greedy action is the true one
  double mape = 0;             ///< mean |V - prediction| / |V|, percent
  double mse = 0;              ///< mean (V - prediction)^2
};

/// The score on one graph. Exact values must not be 0: the relative error is undefined there.
ValueScore score_values(const DecisionProcess& process, const Array<double>& predicted,
                        const Array<double>& exact);
/// Mean of the scores of the graphs of a batch.
ValueScore score_values(const DecisionBatch& batch, const Array<double>& predicted,
                        const Array<double>& exact);

}  // namespace filigree::network
