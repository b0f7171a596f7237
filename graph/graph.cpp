// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "graph/graph.hpp"

#include <algorithm>

#include "core/parallel.hpp"
#include "graph/bucket_sort.hpp"
#include "graph/first_bad.hpp"

namespace filigree {

namespace {

struct RowDecreases {
  Array<Offset> offsets;
  FILIGREE_FUNCTION bool operator()(Index i) const { return offsets(i + 1) < offsets(i); }
};

struct SenderOutside {
  Array<Index> senders;
  Index n_senders;
  FILIGREE_FUNCTION bool operator()(Index e) const {
    return senders(e) < 0 || senders(e) >= n_senders;
  }
};

struct RowUnsorted {
  GraphView rows;
  FILIGREE_FUNCTION bool operator()(Index i) const {
    bool unsorted = false;
    for (Offset e = rows.row_begin(i) + 1; e < rows.row_end(i); ++e) {
      unsorted = unsorted || rows.sender(e) < rows.sender(e - 1);
    }
    return unsorted;
  }
};

void validate_offsets(const Array<Offset>& offsets, Index n_edges) {
  const Offset first = value_at(offsets, 0);
  FILIGREE_REQUIRE(first == 0, "row offsets must start at 0, but the first is {}", first);
  const Index n_rows = offsets.size() - 1;
  const Index bad = first_bad("graph/check_offsets", n_rows, RowDecreases{offsets});
  FILIGREE_REQUIRE(bad == n_rows,
                   "row offsets must not decrease, but row {} begins at {} and ends at {}", bad,
                   value_at(offsets, bad), value_at(offsets, bad + 1));
  const Offset last = value_at(offsets, n_rows);
  FILIGREE_REQUIRE(last == n_edges, "row offsets end at {} but there are {} senders", last,
                   n_edges);
}

void validate_senders(const GraphRows& rows, Index n_receivers) {
  const Index n_edges = rows.senders.size();
  Index bad =
      first_bad("graph/check_senders", n_edges, SenderOutside{rows.senders, rows.n_senders});
  FILIGREE_REQUIRE(bad == n_edges, "edge {} has sender {}, but senders lie in [0, {})", bad,
                   value_at(rows.senders, bad), rows.n_senders);
  bad = first_bad("graph/check_order", n_receivers, RowUnsorted{{rows.row_offsets, rows.senders}});
  FILIGREE_REQUIRE(bad == n_receivers,
                   "the senders of row {} are not in rising order: make the graph with "
                   "graph_from_edges, which sorts",
                   bad);
}

void fill_receivers(const GraphView& rows, const Array<Index>& receivers) {
  for_each(
      "graph/receivers", rows.n_receivers(), FILIGREE_LAMBDA(Index i) {
        for (Offset e = rows.row_begin(i); e < rows.row_end(i); ++e) {
          receivers(static_cast<Index>(e)) = i;
        }
      });
}

Array<Index> permuted(const Array<Index>& values, const Array<Index>& from) {
  const Array<Index> result("graph/permuted", from.size());
  for_each(
      "graph/permute", from.size(), FILIGREE_LAMBDA(Index i) { result(i) = values(from(i)); });
  return result;
}

}  // namespace

Graph::Graph(GraphRows rows, Validation validation) : rows_(std::move(rows)) {
  FILIGREE_REQUIRE(
      rows_.row_offsets.size() > 0,
      "row offsets are empty: n receivers need n + 1 offsets, no receivers need one 0");
  FILIGREE_REQUIRE(rows_.n_senders >= 0, "a graph cannot have {} senders", rows_.n_senders);
  n_receivers_ = rows_.row_offsets.size() - 1;
  FILIGREE_REQUIRE(rows_.is_bipartite || n_receivers_ <= rows_.n_senders,
                   "a graph with {} rows cannot have {} nodes in all: every row belongs to a node "
                   "(set is_bipartite when receivers and senders are different things)",
                   n_receivers_, rows_.n_senders);
  if (validation == Validation::kAlways || FILIGREE_CHECK_BOUNDS) {
    validate_offsets(rows_.row_offsets, rows_.senders.size());
    validate_senders(rows_, n_receivers_);
  }
}

Index Graph::n_owned() const {
  FILIGREE_REQUIRE(!rows_.is_bipartite,
                   "a bipartite graph has no owned nodes: ask for n_receivers or n_senders");
  return n_receivers_;
}

Index Graph::n_total() const {
  FILIGREE_REQUIRE(!rows_.is_bipartite,
                   "a bipartite graph has no common nodes: ask for n_receivers or n_senders");
  return rows_.n_senders;
}

Index Graph::n_nodes() const {
  FILIGREE_REQUIRE(n_owned() == n_total(),
                   "the graph has {} owned nodes and {} with ghosts: ask for n_owned or n_total",
                   n_owned(), n_total());
  return n_receivers_;
}

const Array<Index>& Graph::receivers() const {
  std::call_once(receivers_once_, [this] {
    receivers_ = Array<Index>("graph/receivers", rows_.senders.size());
    fill_receivers(view(), receivers_);
  });
  return receivers_;
}

const TransposeView& Graph::transpose() const {
  std::call_once(transpose_once_, [this] {
    const Buckets by_sender = sort_into_buckets("graph/transpose", senders(), n_senders());
    transpose_ = {by_sender.starts, by_sender.items, permuted(receivers(), by_sender.items)};
  });
  return transpose_;
}

std::shared_ptr<const Graph> reversed(const Graph& graph) {
  const TransposeView by_sender = graph.transpose();
  const Array<Offset> offsets("graph/row_offsets", by_sender.row_offsets.size());
  for_each(
      "graph/reverse", offsets.size(),
      FILIGREE_LAMBDA(Index i) { offsets(i) = by_sender.row_offsets(i); });
  GraphRows rows;
  rows.n_senders = graph.n_receivers();
  rows.row_offsets = offsets;
  rows.senders = by_sender.receivers;
  rows.is_bipartite = graph.is_bipartite() || graph.n_receivers() != graph.n_senders();
  return std::make_shared<const Graph>(std::move(rows), Validation::kDebugOnly);
}

void require_edge_capacity(const char* what, Offset needed, Offset capacity) {
  const Offset available = std::min(capacity, kMaxEdges);
  FILIGREE_REQUIRE(
      needed <= available,
      "the {} needs {} edges but its capacity is {}: raise the capacity (at most {}) or "
      "make fewer edges with a smaller radius, fewer neighbours or fewer points",
      what, needed, available, kMaxEdges);
}

}  // namespace filigree
