// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Who is connected to whom: directed edges sender -> receiver, stored by receiver.
//
// Row i lists the senders of the edges into i in rising order; an edge's number is its place in
// that list. The transposed view lists, for each sender, its edges in the order of their receivers,
// so that both directions are pulls.
#pragma once

#include <limits>
#include <memory>
#include <mutex>

#include "core/array.hpp"

namespace filigree {

/// The most edges one graph can hold: arrays are indexed by Index.
inline constexpr Offset kMaxEdges = std::numeric_limits<Index>::max();

/// Rows for kernels: small, copied by value.
struct GraphView {
  Array<Offset> row_offsets;  ///< [n_receivers + 1]
  Array<Index> senders;       ///< [n_edges]

  FILIGREE_FUNCTION Index n_receivers() const { return row_offsets.size() - 1; }
  FILIGREE_FUNCTION Offset row_begin(Index i) const { return row_offsets(i); }
  FILIGREE_FUNCTION Offset row_end(Index i) const { return row_offsets(i + 1); }
  FILIGREE_FUNCTION Index degree(Index i) const {
    return static_cast<Index>(row_end(i) - row_begin(i));
  }
  FILIGREE_FUNCTION Index sender(Offset e) const { return senders(static_cast<Index>(e)); }
};

/// The same edges by sender: place p of row s is edge(p), which goes to receiver(p).
struct TransposeView {
  Array<Index> row_offsets;  ///< [n_senders + 1]
  Array<Index> edges;        ///< [n_edges], edge numbers
  Array<Index> receivers;    ///< [n_edges], receiver of each place (not of each edge)

  FILIGREE_FUNCTION Index n_senders() const { return row_offsets.size() - 1; }
  FILIGREE_FUNCTION Offset row_begin(Index s) const { return row_offsets(s); }
  FILIGREE_FUNCTION Offset row_end(Index s) const { return row_offsets(s + 1); }
  FILIGREE_FUNCTION Index edge(Offset p) const { return edges(static_cast<Index>(p)); }
  FILIGREE_FUNCTION Index receiver(Offset p) const { return receivers(static_cast<Index>(p)); }
};

/// What a graph is made of.
struct GraphRows {
  Index n_senders = 0;        ///< senders lie in [0, n_senders)
  Array<Offset> row_offsets;  ///< [n_receivers + 1], rising from 0 to the number of edges
  Array<Index> senders;       ///< [n_edges], rising within each row
  bool is_bipartite = false;  ///< receivers and senders are different things
};

enum class Validation {
  kAlways,     ///< for rows that come from outside
  kDebugOnly,  ///< for rows our own builders made: checked in builds with bounds checks
};

/// Immutable; passed around as std::shared_ptr<const Graph>.
///
/// On one set of nodes (the usual case) nodes [0, n_owned) have rows, and nodes [n_owned, n_total)
/// are ghosts, which only send. A bipartite graph connects two sets with numbers of their own.
class Graph {
 public:
  /// Throws InputError naming the first row or edge that breaks the rules of GraphRows.
  explicit Graph(GraphRows rows, Validation validation = Validation::kAlways);

  Index n_receivers() const { return n_receivers_; }
  Index n_senders() const { return rows_.n_senders; }
  bool is_bipartite() const { return rows_.is_bipartite; }
  Offset edge_count() const { return rows_.senders.size(); }

  /// Nodes with rows, and all nodes, of a graph on one set of nodes. Throw InputError otherwise.
  Index n_owned() const;
  Index n_total() const;
  /// Number of nodes of a graph on one set without ghosts. Throws InputError otherwise.
  Index n_nodes() const;

  GraphView view() const { return {rows_.row_offsets, rows_.senders}; }
  const Array<Offset>& row_offsets() const { return rows_.row_offsets; }
  /// Sender of each edge [n_edges].
  const Array<Index>& senders() const { return rows_.senders; }
  /// Receiver of each edge [n_edges]; made at the first call, kept afterwards.
  const Array<Index>& receivers() const;
  /// Edges by sender; made at the first call, kept afterwards.
  const TransposeView& transpose() const;

 private:
  GraphRows rows_;
  Index n_receivers_ = 0;
  mutable std::once_flag receivers_once_;
  mutable Array<Index> receivers_;
  mutable std::once_flag transpose_once_;
  mutable TransposeView transpose_;
};

/// Every edge turned round: row s of the result lists the receivers of s. The result of a graph
/// with ghosts is bipartite.
std::shared_ptr<const Graph> reversed(const Graph& graph);

/// Throws InputError with both numbers when `needed` edges do not fit into `capacity`, or not into
/// any graph. `what` names the builder: "radius graph".
void require_edge_capacity(const char* what, Offset needed, Offset capacity);

}  // namespace filigree
