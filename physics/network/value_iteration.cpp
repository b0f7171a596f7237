// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "physics/network/value_iteration.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/random.hpp"
#include "core/reduce.hpp"
#include "graph/edge_list.hpp"
#include "graph/first_bad.hpp"

namespace filigree::network {

namespace {

struct HasNoAction {
  GraphView rows;
  FILIGREE_FUNCTION bool operator()(Index i) const { return rows.degree(i) == 0; }
};

/// Rows, rewards and discount as kernels need them.
struct Bellman {
  GraphView rows;
  Array<double> rewards;
  double discount;

  explicit Bellman(const DecisionProcess& process)
      : rows(process.graph->view()), rewards(process.rewards), discount(process.discount) {}

  FILIGREE_FUNCTION double worth(Offset e, const Array<double>& values) const {
    return rewards(static_cast<Index>(e)) + discount * values(rows.sender(e));
  }
  /// Right-hand side of the Bellman equation of state i.
  FILIGREE_FUNCTION double best(Index i, const Array<double>& values) const {
    double best = worth(rows.row_begin(i), values);
    for (Offset e = rows.row_begin(i) + 1; e < rows.row_end(i); ++e) {
      const double other = worth(e, values);
      if (other > best) best = other;
    }
    return best;
  }
};

/// When sweeps are good enough: no change exceeds absolute + relative |V|.
struct StopRule {
  double absolute;
  double relative;
  int max_sweeps;
};

StateValues sweep(const DecisionProcess& process, const StopRule& rule) {
  validate(process);
  const Index n = process.graph->n_nodes();
  const Bellman bellman(process);
  Array<double> before("network/values", n);
  Array<double> after("network/values", n);
  fill(before, 0.0);
  StateValues result;
  Reducer reducer;
  const double relative = rule.relative;
  while (!result.has_converged && result.sweeps < rule.max_sweeps) {
    for_each(
        "network/bellman", n, FILIGREE_LAMBDA(Index i) { after(i) = bellman.best(i, before); });
    result.change = reducer.max(
        "network/change", n, 0.0,
        FILIGREE_LAMBDA(Index i) { return Kokkos::abs(after(i) - before(i)); });
    const double excess = reducer.max(
        "network/excess", n, -1.0, FILIGREE_LAMBDA(Index i) {
          return Kokkos::abs(after(i) - before(i)) - relative * Kokkos::abs(after(i));
        });
    ++result.sweeps;
    result.has_converged = excess <= rule.absolute;
    std::swap(before, after);
  }
  result.values = before;
  result.error_bound = process.discount / (1 - process.discount) * result.change;
  return result;
}

/// A process on the host.
struct HostProcess {
  std::vector<Offset> row_offsets;
  std::vector<Index> senders;
  std::vector<double> rewards;
  std::vector<Index> actions;
  double discount;

  explicit HostProcess(const DecisionProcess& process)
      : row_offsets(to_vector(process.graph->row_offsets())),
        senders(to_vector(process.graph->senders())),
        rewards(to_vector(process.rewards)),
        actions(to_vector(process.actions)),
        discount(process.discount) {}

  std::size_t n_states() const { return row_offsets.size() - 1; }
  double worth(std::size_t e, const std::vector<double>& values) const {
    return rewards[e] + discount * values[static_cast<std::size_t>(senders[e])];
  }
  /// The edge of an action of a state, or none of them (the end of the row).
  std::size_t edge_of(std::size_t state, Index action) const {
    const auto end = static_cast<std::size_t>(row_offsets[state + 1]);
    auto e = static_cast<std::size_t>(row_offsets[state]);
    while (e < end && actions[e] != action) ++e;
    return e;
  }
};

/// Exact values when state i always takes edge policy[i].
std::vector<double> values_of_edges(const HostProcess& process,
                                    const std::vector<std::size_t>& policy) {
  enum class Mark : char { kNew, kOnPath, kKnown };
  const std::size_t n = process.n_states();
  std::vector<double> values(n);
  std::vector<Mark> marks(n, Mark::kNew);
  std::vector<std::size_t> path;
  const auto successor = [&](std::size_t i) {
    return static_cast<std::size_t>(process.senders[policy[i]]);
  };
  for (std::size_t start = 0; start < n; ++start) {
    path.clear();
    std::size_t i = start;
    for (; marks[i] == Mark::kNew; i = successor(i)) {
      marks[i] = Mark::kOnPath;
      path.push_back(i);
    }
    if (marks[i] == Mark::kOnPath) {  // a cycle was closed: i is its first state on the path
      double earned = 0;
      double weight = 1;
      std::size_t j = i;
      do {
        earned += weight * process.rewards[policy[j]];
        weight *= process.discount;
        j = successor(j);
      } while (j != i);
      values[i] = earned / (1 - weight);
      marks[i] = Mark::kKnown;
    }
    for (auto j = path.rbegin(); j != path.rend(); ++j) {
      if (marks[*j] == Mark::kKnown) continue;
      values[*j] = process.worth(policy[*j], values);
      marks[*j] = Mark::kKnown;
    }
  }
  return values;
}

void require_values(const DecisionProcess& process, const Array<double>& values, const char* what) {
  FILIGREE_REQUIRE(values.size() == process.graph->n_nodes(),
                   "there are {} {} for {} states: one for each is needed", values.size(), what,
                   process.graph->n_nodes());
}

/// The score of states [begin, end).
ValueScore score_range(const std::vector<Index>& predicted_policy,
                       const std::vector<Index>& exact_policy, const std::vector<double>& predicted,
                       const std::vector<double>& exact, Index begin, Index end) {
  FILIGREE_REQUIRE(end > begin, "a graph without states has no score");
  ValueScore score;
  for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
    FILIGREE_REQUIRE(exact[i] != 0,
                     "the exact value of state {} is 0, where the relative error is undefined", i);
    const double error = exact[i] - predicted[i];
    score.policy_accuracy += predicted_policy[i] == exact_policy[i] ? 1 : 0;
    score.mape += 100 * std::abs(error / exact[i]);
    score.mse += error * error;
  }
  const double n = end - begin;
  return {score.policy_accuracy / n, score.mape / n, score.mse / n};
}

ValueScore mean_score(const DecisionProcess& process, const std::vector<Index>& offsets,
                      const Array<double>& predicted, const Array<double>& exact) {
  require_values(process, predicted, "predicted values");
  require_values(process, exact, "exact values");
  const std::vector<Index> predicted_policy = to_vector(greedy_policy(process, predicted));
  const std::vector<Index> exact_policy = to_vector(greedy_policy(process, exact));
  const std::vector<double> host_predicted = to_vector(predicted);
  const std::vector<double> host_exact = to_vector(exact);
  ValueScore mean;
  const double share = 1.0 / static_cast<double>(offsets.size() - 1);
  for (std::size_t g = 0; g + 1 < offsets.size(); ++g) {
    const ValueScore score = score_range(predicted_policy, exact_policy, host_predicted, host_exact,
                                         offsets[g], offsets[g + 1]);
    mean.policy_accuracy += share * score.policy_accuracy;
    mean.mape += share * score.mape;
    mean.mse += share * score.mse;
  }
  return mean;
}

/// values(edge of list edge e) = f(e), where graph_edge tells the graph edge of each list edge.
template <class T>
Array<T> in_graph_order(const Array<Index>& graph_edge, const Array<T>& listed) {
  const Array<T> ordered(listed.label(), listed.size());
  for_each(
      "network/reorder", listed.size(),
      FILIGREE_LAMBDA(Index e) { ordered(graph_edge(e)) = listed(e); });
  return ordered;
}

}  // namespace

void validate(const DecisionProcess& process) {
  FILIGREE_REQUIRE(process.graph != nullptr, "a decision process needs a graph");
  const Index n = process.graph->n_nodes();
  const Offset n_edges = process.graph->edge_count();
  FILIGREE_REQUIRE(process.rewards.size() == n_edges && process.actions.size() == n_edges,
                   "a decision process with {} edges needs as many rewards and actions, but there "
                   "are {} and {}",
                   n_edges, process.rewards.size(), process.actions.size());
  FILIGREE_REQUIRE(process.discount >= 0 && process.discount < 1,
                   "the discount {} is outside its range [0, 1): values would not be finite",
                   process.discount);
  const Index bad = first_bad("network/check_actions", n, HasNoAction{process.graph->view()});
  FILIGREE_REQUIRE(bad == n,
                   "state {} has no action: every state needs an edge into it, if only from itself",
                   bad);
}

DecisionProcess random_decision_process(Index n_states, Index n_actions, std::uint64_t seed,
                                        std::uint32_t number, double discount) {
  FILIGREE_REQUIRE(n_actions >= 1 && n_states - 1 > n_actions,
                   "a random decision process of {} states cannot have {} actions per state: at "
                   "least 1 and fewer than the other states are needed",
                   n_states, n_actions);
  require_edge_capacity("decision process", Offset(n_states) * n_actions, kMaxEdges);
  const RandomStream predecessors(seed, "network/predecessors");
  const RandomStream rewards(seed, "network/rewards");
  const Index n_edges = n_states * n_actions;
  EdgeList list;
  list.n_receivers = n_states;
  list.n_senders = n_states;
  list.receivers = Array<Index>("network/receivers", n_edges);
  list.senders = Array<Index>("network/senders", n_edges);
  const Array<Index> receivers = list.receivers;
  const Array<Index> senders = list.senders;
  const Array<Index> listed_actions("network/actions", n_edges);
  const Array<double> listed_rewards("network/rewards", n_edges);
  for_each(
      "network/decision_process", n_edges, FILIGREE_LAMBDA(Index e) {
        const Index state = e / n_actions;
        const Index action = e % n_actions;
        const std::uint64_t index = std::uint64_t(number) << 32 | std::uint64_t(state);
        const auto other = static_cast<Index>(predecessors.integer(
            static_cast<std::uint64_t>(n_states - 1), index, std::uint32_t(action)));
        receivers(e) = state;
        senders(e) = other < state ? other : other + 1;  // every state but this one
        listed_actions(e) = action;
        listed_rewards(e) = rewards.between(-1.0, 1.0, index, std::uint32_t(action));
      });
  const EdgeListGraph made = graph_from_edges(list, {Duplicates::kKeep, SelfLoops::kError});
  return {made.graph, in_graph_order(made.graph_edge, listed_rewards),
          in_graph_order(made.graph_edge, listed_actions), discount};
}

DecisionProcess random_decision_process(const DecisionSizes& sizes, std::uint64_t seed,
                                        std::uint32_t number, double discount) {
  FILIGREE_REQUIRE(sizes.min_states <= sizes.max_states && sizes.min_actions <= sizes.max_actions,
                   "states from {} to {} and actions from {} to {} leave nothing to draw from",
                   sizes.min_states, sizes.max_states, sizes.min_actions, sizes.max_actions);
  const RandomStream stream(seed, "network/decision_sizes");
  const auto draw = [&](Index low, Index high, std::uint32_t which) {
    const auto count = static_cast<std::uint64_t>(high - low + 1);
    return low + static_cast<Index>(stream.integer(count, number, which));
  };
  return random_decision_process(draw(sizes.min_states, sizes.max_states, 0),
                                 draw(sizes.min_actions, sizes.max_actions, 1), seed, number,
                                 discount);
}

DecisionBatch batch_processes(const std::vector<DecisionProcess>& processes) {
  FILIGREE_REQUIRE(!processes.empty(), "a batch needs at least one decision process");
  std::vector<std::shared_ptr<const Graph>> graphs;
  std::vector<double> rewards;
  std::vector<Index> actions;
  for (const DecisionProcess& process : processes) {
    validate(process);
    FILIGREE_REQUIRE(process.discount == processes.front().discount,
                     "decision processes with discounts {} and {} cannot be batched",
                     processes.front().discount, process.discount);
    graphs.push_back(process.graph);
    const std::vector<double> its_rewards = to_vector(process.rewards);
    const std::vector<Index> its_actions = to_vector(process.actions);
    rewards.insert(rewards.end(), its_rewards.begin(), its_rewards.end());
    actions.insert(actions.end(), its_actions.begin(), its_actions.end());
  }
  DecisionBatch batch;
  batch.graphs = batch_graphs(graphs);
  batch.process = {batch.graphs.graph, to_device("network/rewards", rewards),
                   to_device("network/actions", actions), processes.front().discount};
  return batch;
}

StateValues iterate_values(const DecisionProcess& process, double accuracy, int max_sweeps) {
  validate(process);
  FILIGREE_REQUIRE(accuracy > 0, "an accuracy of {} cannot be reached: it must be positive",
                   accuracy);
  const double discount = process.discount;
  const Array<double> rewards = process.rewards;
  const double largest = max(
      "network/largest_reward", rewards.size(), 0.0,
      FILIGREE_LAMBDA(Index e) { return Kokkos::abs(rewards(e)); });
  // Values are at most largest / (1 - g), and a sweep rounds them by an epsilon or two.
  const double rounding = 4 * std::numeric_limits<double>::epsilon() * largest / (1 - discount);
  const double change =
      discount > 0 ? accuracy * (1 - discount) / discount : std::numeric_limits<double>::infinity();
  const StateValues result = sweep(process, {std::max(change, rounding), 0.0, max_sweeps});
  if (!result.has_converged) {
    throw NumericalError(
        format("after {} sweeps values still change by {}: allow more sweeps, or "
               "ask for less than an accuracy of {} at a discount of {}",
               result.sweeps, result.change, accuracy, discount));
  }
  return result;
}

StateValues iterate_values_loosely(const DecisionProcess& process) {
  return sweep(process, {1e-3, 1e-5, 200});
}

double bellman_residual(const DecisionProcess& process, const Array<double>& values) {
  validate(process);
  require_values(process, values, "values");
  const Bellman bellman(process);
  return max(
      "network/bellman_residual", values.size(), 0.0,
      FILIGREE_LAMBDA(Index i) { return Kokkos::abs(bellman.best(i, values) - values(i)); });
}

Array<Index> greedy_policy(const DecisionProcess& process, const Array<double>& values) {
  validate(process);
  require_values(process, values, "values");
  const Bellman bellman(process);
  const Array<Index> actions = process.actions;
  const Array<Index> policy("network/policy", values.size());
  for_each(
      "network/greedy", values.size(), FILIGREE_LAMBDA(Index i) {
        const Offset begin = bellman.rows.row_begin(i);
        double best = bellman.worth(begin, values);
        Index action = actions(static_cast<Index>(begin));
        for (Offset e = begin + 1; e < bellman.rows.row_end(i); ++e) {
          const double worth = bellman.worth(e, values);
          const Index other = actions(static_cast<Index>(e));
          if (worth > best || (worth == best && other < action)) {
            best = worth;
            action = other;
          }
        }
        policy(i) = action;
      });
  return policy;
}

Array<double> policy_values(const DecisionProcess& process, const Array<Index>& policy) {
  validate(process);
  const HostProcess host(process);
  const std::vector<Index> wanted = to_vector(policy);
  FILIGREE_REQUIRE(wanted.size() == host.n_states(), "a policy of {} actions for {} states",
                   wanted.size(), host.n_states());
  std::vector<std::size_t> edges(host.n_states());
  for (std::size_t i = 0; i < edges.size(); ++i) {
    edges[i] = host.edge_of(i, wanted[i]);
    FILIGREE_REQUIRE(edges[i] < static_cast<std::size_t>(host.row_offsets[i + 1]),
                     "state {} has no action {}", i, wanted[i]);
  }
  return to_device("network/values", values_of_edges(host, edges));
}

StateValues iterate_policies(const DecisionProcess& process) {
  validate(process);
  const HostProcess host(process);
  const std::size_t n = host.n_states();
  std::vector<std::size_t> policy(n);
  for (std::size_t i = 0; i < n; ++i) policy[i] = static_cast<std::size_t>(host.row_offsets[i]);
  StateValues result;
  std::vector<double> values;
  while (!result.has_converged) {
    values = values_of_edges(host, policy);
    ++result.sweeps;
    result.has_converged = true;
    result.change = 0;
    for (std::size_t i = 0; i < n; ++i) {
      // A switch must gain more than rounding, or equal policies would alternate for ever.
      double best = values[i] + 1e-14 * (1 + std::abs(values[i]));
      for (auto e = static_cast<std::size_t>(host.row_offsets[i]);
           e < static_cast<std::size_t>(host.row_offsets[i + 1]); ++e) {
        if (host.worth(e, values) <= best) continue;
        best = host.worth(e, values);
        policy[i] = e;
        result.change = std::max(result.change, best - values[i]);
        result.has_converged = false;
      }
    }
  }
  result.values = to_device("network/values", values);
  return result;
}

ValueScore score_values(const DecisionProcess& process, const Array<double>& predicted,
                        const Array<double>& exact) {
  return mean_score(process, {0, process.graph->n_nodes()}, predicted, exact);
}

ValueScore score_values(const DecisionBatch& batch, const Array<double>& predicted,
                        const Array<double>& exact) {
  return mean_score(batch.process, batch.graphs.receiver_offsets, predicted, exact);
}

}  // namespace filigree::network
