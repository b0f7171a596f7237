// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/edge_list.hpp"

#include "core/parallel.hpp"
#include "graph/bucket_sort.hpp"
#include "graph/first_bad.hpp"

namespace filigree {

namespace {

struct Outside {
  Array<Index> nodes;
  Index n;
  FILIGREE_FUNCTION bool operator()(Index e) const { return nodes(e) < 0 || nodes(e) >= n; }
};

struct IsSelfLoop {
  Array<Index> receivers, senders;
  FILIGREE_FUNCTION bool operator()(Index e) const { return receivers(e) == senders(e); }
};

/// Places p of a sorted list whose pair equals the pair before.
struct RepeatsBefore {
  Array<Index> receivers, senders, order;
  FILIGREE_FUNCTION bool operator()(Index p) const {
    return p > 0 && receivers(order(p)) == receivers(order(p - 1)) &&
           senders(order(p)) == senders(order(p - 1));
  }
};

void require_in_range(const char* role, const Array<Index>& nodes, Index n) {
  const Index bad = first_bad("graph/check_edges", nodes.size(), Outside{nodes, n});
  FILIGREE_REQUIRE(bad == nodes.size(), "edge {} has {} {}, but {}s lie in [0, {})", bad, role,
                   value_at(nodes, bad), role, n);
}

void check(const EdgeList& edges, const EdgePolicy& policy) {
  FILIGREE_REQUIRE(edges.receivers.size() == edges.senders.size(),
                   "the edge list has {} receivers but {} senders: every edge needs both",
                   edges.receivers.size(), edges.senders.size());
  require_in_range("receiver", edges.receivers, edges.n_receivers);
  require_in_range("sender", edges.senders, edges.n_senders);
  if (policy.self_loops == SelfLoops::kError && !edges.is_bipartite) {
    const Index n = edges.senders.size();
    const Index bad = first_bad("graph/check_loops", n, IsSelfLoop{edges.receivers, edges.senders});
    FILIGREE_REQUIRE(bad == n,
                     "edge {} goes from node {} to itself: remove it, or choose to keep or drop "
                     "self loops",
                     bad, value_at(edges.senders, bad));
  }
}

/// The list edges by (receiver, sender, place in the list), and where each receiver begins: a
/// stable sort by sender, then by receiver.
Buckets sorted_order(const EdgeList& edges) {
  const Array<Index> by_sender =
      sort_into_buckets("graph/edges_by_sender", edges.senders, edges.n_senders).items;
  const Array<Index> keys("graph/edge_keys", by_sender.size());
  const Array<Index> receivers = edges.receivers;
  for_each(
      "graph/edge_keys", keys.size(),
      FILIGREE_LAMBDA(Index p) { keys(p) = receivers(by_sender(p)); });
  const Buckets by_receiver = sort_into_buckets("graph/edges_by_receiver", keys, edges.n_receivers);
  const Array<Index> places = by_receiver.items;
  for_each(
      "graph/edge_order", keys.size(),
      FILIGREE_LAMBDA(Index p) { keys(p) = by_sender(places(p)); });
  return {by_receiver.starts, keys};
}

void require_no_duplicates(const EdgeList& edges, const Array<Index>& order) {
  const Index n = order.size();
  const Index bad =
      first_bad("graph/check_duplicates", n, RepeatsBefore{edges.receivers, edges.senders, order});
  if (bad == n) return;
  const Index again = value_at(order, bad);
  throw InputError(
      format("edges {} and {} both go from node {} to node {}: remove one, or choose to keep or "
             "merge duplicates",
             value_at(order, bad - 1), again, value_at(edges.senders, again),
             value_at(edges.receivers, again)));
}

}  // namespace

EdgeListGraph graph_from_edges(const EdgeList& edges, const EdgePolicy& policy) {
  check(edges, policy);
  const Buckets sorted = sorted_order(edges);
  const Array<Index> order = sorted.items;
  const Array<Index> starts = sorted.starts;
  if (policy.duplicates == Duplicates::kError) require_no_duplicates(edges, order);

  const Index n = order.size();
  const bool merges = policy.duplicates == Duplicates::kMerge;
  const bool drops_loops = policy.self_loops == SelfLoops::kDrop && !edges.is_bipartite;
  const RepeatsBefore repeats{edges.receivers, edges.senders, order};
  const IsSelfLoop is_self_loop{edges.receivers, edges.senders};
  // number(p): graph edges before place p of the sorted list.
  const Array<Index> number("graph/edge_numbers", n + 1);
  for_each(
      "graph/edge_flags", n + 1, FILIGREE_LAMBDA(Index p) {
        number(p) = p < n && !(merges && repeats(p)) && !(drops_loops && is_self_loop(order(p)));
      });
  const Index n_edges = exclusive_scan("graph/edge_numbers", number);

  const Array<Index> graph_edge("graph/edge_of_list", n);
  const Array<Index> row_senders("graph/senders", n_edges);
  const Array<Index> senders = edges.senders;
  for_each(
      "graph/edge_fill", n, FILIGREE_LAMBDA(Index p) {
        const Index e = order(p);
        const bool is_new = number(p + 1) > number(p);
        const bool is_dropped = drops_loops && is_self_loop(e);
        // A merged edge belongs to the last number given out before it.
        graph_edge(e) = is_dropped ? Index(-1) : is_new ? number(p) : number(p) - 1;
        if (is_new) row_senders(number(p)) = senders(e);
      });
  const Array<Offset> row_offsets("graph/row_offsets", starts.size());
  for_each(
      "graph/row_offsets", starts.size(),
      FILIGREE_LAMBDA(Index i) { row_offsets(i) = number(starts(i)); });
  GraphRows rows{edges.n_senders, row_offsets, row_senders, edges.is_bipartite};
  return {std::make_shared<const Graph>(std::move(rows), Validation::kDebugOnly), graph_edge};
}

std::shared_ptr<const Graph> graph_from_pairs(Index n_nodes,
                                              const std::vector<std::pair<Index, Index>>& pairs,
                                              const EdgePolicy& policy) {
  const auto n = static_cast<Index>(pairs.size());
  const HostArray<Index> receivers("graph/receivers", n);
  const HostArray<Index> senders("graph/senders", n);
  for (Index e = 0; e < n; ++e) {
    senders(e) = pairs[static_cast<std::size_t>(e)].first;
    receivers(e) = pairs[static_cast<std::size_t>(e)].second;
  }
  EdgeList edges;
  edges.n_receivers = n_nodes;
  edges.n_senders = n_nodes;
  edges.receivers = to_device(receivers);
  edges.senders = to_device(senders);
  return graph_from_edges(edges, policy).graph;
}

EdgeList edges_of(const Graph& graph) {
  EdgeList edges;
  edges.n_receivers = graph.n_receivers();
  edges.n_senders = graph.n_senders();
  edges.receivers = graph.receivers();
  edges.senders = graph.senders();
  edges.is_bipartite = graph.is_bipartite();
  return edges;
}

}  // namespace filigree
