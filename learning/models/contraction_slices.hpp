// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Vectors [n_nodes, heads] and their sums over each graph and head, for solvers that work on the
// whole batch at once.
//
// Rows of a graph are cut into slices of at most kSliceRows. A slice is summed in order by one
// thread, the sums of slices are added in order, in double: the bits depend on the graph alone.
#pragma once

#include <limits>

#include "core/parallel.hpp"
#include "learning/models/contraction_system.hpp"

namespace filigree::contraction {

/// Where a body works: rows [begin, end) of a graph.
struct Slice {
  Index begin, end, graph, number;
};

/// The batch as kernels see it. Graphs that are not active are left alone.
struct SliceView {
  Array<Index> slice_rows, graph_of_node, first_slices, active;
  Index heads;

  Index n_slices() const { return slice_rows.size() - 1; }
  FILIGREE_FUNCTION Slice slice(Index s) const {
    const Index begin = slice_rows(s);
    return {begin, slice_rows(s + 1), graph_of_node(begin), s};
  }
};

/// Calls body.run<N>(slice, head) for each slice of an active graph and each block of N heads.
template <class T, class Body>
struct RunSlices {
  SliceView view;
  Body body;
  FILIGREE_FUNCTION void operator()(Index item) const {
    const Index n_blocks = (view.heads + kLanes<T> - 1) / kLanes<T>;
    const Slice slice = view.slice(item / n_blocks);
    if (view.active(slice.graph) == 0) return;
    const Index head = item % n_blocks * kLanes<T>;
    if (head + kLanes<T> <= view.heads) {
      body.template run<kLanes<T>>(slice, head);
      return;
    }
    for (Index h = head; h < view.heads; ++h) body.template run<1>(slice, h);
  }
};

template <class T, class Body>
void for_each_slice(const char* label, const SliceView& view, const Body& body) {
  const Index n = view.n_slices() * ((view.heads + kLanes<T> - 1) / kLanes<T>);
  const RunSlices<T, Body> run{view, body};
  if constexpr (kKernelsRunOnHost) {
    for_each_uneven(label, n, 1, run);
  } else {
    for_each(label, n, run);
  }
}

/// Values of slices and of graphs, K of each for every head.
template <int K>
struct Sums {
  Array<double> of_slices;  ///< [n_slices, K, heads]
  Array<double> of_graphs;  ///< [n_graphs, K, heads]
  Index heads;

  template <int N, class T>
  FILIGREE_FUNCTION void put(const Slice& slice, int k, Index head, const Pack<T, N>& value) const {
    double* to = of_slices.data() + (std::ptrdiff_t(slice.number) * K + k) * heads + head;
    for (int c = 0; c < N; ++c) to[c] = static_cast<double>(value[c]);
  }
  FILIGREE_FUNCTION double& of(Index graph, int k, Index head) const {
    return of_graphs.data()[(std::ptrdiff_t(graph) * K + k) * heads + head];
  }
};

template <int K>
Sums<K> take_sums(const Batch& batch, Index heads, Scratch& scratch) {
  return {scratch.take<double>(batch.n_slices() * K * heads),
          scratch.take<double>(batch.n_graphs() * K * heads), heads};
}

/// Joins the slices of each active graph: sums, or the largest (NaN if there is one).
template <int K>
struct JoinSlices {
  SliceView view;
  Sums<K> sums;
  bool use_sum;
  FILIGREE_FUNCTION void operator()(Index item) const {
    const Index width = K * view.heads;
    const Index graph = item / width;
    if (view.active(graph) == 0) return;
    double total = 0;
    for (Index s = view.first_slices(graph); s < view.first_slices(graph + 1); ++s) {
      const double value = sums.of_slices.data()[std::ptrdiff_t(s) * width + item % width];
      if (use_sum) {
        total += value;
      } else if (value > total || value != value) {
        total = total != total ? total : value;
      }
    }
    sums.of_graphs.data()[item] = total;
  }
};
template <int K>
void join_slices(const SliceView& view, const Sums<K>& sums, bool use_sum) {
  const Index n_graphs = view.first_slices.size() - 1;
  for_each("contraction/join", n_graphs * K * view.heads, JoinSlices<K>{view, sums, use_sum});
}

/// The part of `sums` with the norm of a vector: |vector|, NaN where it is not finite.
template <class T>
struct NormBody {
  const T* vector;
  Sums<1> sums;
  bool use_sum;
  template <int N>
  FILIGREE_FUNCTION void run(const Slice& slice, Index head) const {
    Pack<T, N> norm = Pack<T, N>::zero();
    Pack<T, N> poison = Pack<T, N>::zero();
    for (Index i = slice.begin; i < slice.end; ++i) {
      const auto value = Pack<T, N>::load(vector + std::ptrdiff_t(i) * sums.heads + head);
      if (use_sum) {
        join_norm<true>(norm, value);
      } else {
        join_norm<false>(norm, value);
      }
      poison += T(0) * value;
    }
    sums.put(slice, 0, head, norm + poison);
  }
};

/// errors(graph) = largest of factor * change/norm over the heads, 0 where nothing changes.
struct ErrorsOfGraphs {
  Sums<1> change, norm;
  Array<Index> active;
  Array<double> errors;
  double factor;
  FILIGREE_FUNCTION void operator()(Index graph) const {
    if (active(graph) == 0) return;
    double worst = 0;
    for (Index h = 0; h < norm.heads; ++h) {
      const double moved = factor * change.of(graph, 0, h);
      if (moved == 0) continue;
      const double error = moved / norm.of(graph, 0, h);
      if (error > worst || error != error) worst = worst != worst ? worst : error;
    }
    errors(graph) = worst;
  }
};

/// The bookkeeping of an iteration over the graphs of a batch that do not fit elsewhere.
template <class T>
class Progress {
 public:
  /// Works on the graphs of `system` that have no result yet (iterations 0).
  Progress(const System<T>& system, const Plan& plan, Workspace& workspace, Scratch& scratch);

  const SliceView& view() const { return view_; }
  const Sums<1>& norms() const { return norms_; }  ///< of b
  bool is_active() const { return n_active_ > 0; }

  /// Notes the errors after one more application, factor * |change|/|b|, from the slices' norms of
  /// the change, and retires the graphs that are done. Returns true when some were.
  bool note(const Sums<1>& change, double factor);

 private:
  const System<T>& system_;
  const Plan& plan_;
  Workspace& workspace_;
  SliceView view_;
  Sums<1> norms_;
  Array<double> errors_;
  std::vector<Index>& active_host_;
  Index n_active_ = 0;
  Index iterations_ = 0;
};

extern template class Progress<float>;
extern template class Progress<double>;

}  // namespace filigree::contraction
