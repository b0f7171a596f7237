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

/// `count` values of each slice and of each graph, for every head.
struct Sums {
  Index count, heads;
  Array<double> of_slices;  ///< [n_slices, count, heads]
  Array<double> of_graphs;  ///< [n_graphs, count, heads]

  template <int N, class T>
  FILIGREE_FUNCTION void put(const Slice& slice, Index k, Index head,
                             const Pack<T, N>& value) const {
    double* to = of_slices.data() + (std::ptrdiff_t(slice.number) * count + k) * heads + head;
    for (int c = 0; c < N; ++c) to[c] = static_cast<double>(value[c]);
  }
  FILIGREE_FUNCTION double& of(Index graph, Index k, Index head) const {
    return of_graphs.data()[(std::ptrdiff_t(graph) * count + k) * heads + head];
  }
  /// The values of N heads as numbers of type T.
  template <int N, class T>
  FILIGREE_FUNCTION Pack<T, N> get(Index graph, Index k, Index head) const {
    Pack<T, N> result = Pack<T, N>::zero();
    for (int c = 0; c < N; ++c) result.set(c, static_cast<T>(of(graph, k, head + c)));
    return result;
  }
};

inline Sums take_sums(const Batch& batch, Index count, Index heads, Scratch& scratch) {
  return {count, heads, scratch.take<double>(batch.n_slices() * count * heads),
          scratch.take<double>(batch.n_graphs() * count * heads)};
}

/// Numbers of graphs alone.
inline Sums take_scalars(const Batch& batch, Index count, Index heads, Scratch& scratch) {
  return {count, heads, {}, scratch.take<double>(batch.n_graphs() * count * heads)};
}

/// Joins the slices of each active graph: sums, or the largest (NaN if there is one).
struct JoinSlices {
  SliceView view;
  Sums sums;
  Index count;  ///< of the values that are joined
  bool use_sum;
  FILIGREE_FUNCTION void operator()(Index item) const {
    const Index used = count * view.heads;
    const Index graph = item / used;
    if (view.active(graph) == 0) return;
    const std::ptrdiff_t width = std::ptrdiff_t(sums.count) * view.heads;
    double total = 0;
    for (Index s = view.first_slices(graph); s < view.first_slices(graph + 1); ++s) {
      const double value = sums.of_slices.data()[s * width + item % used];
      if (use_sum) {
        total += value;
      } else if (value > total || value != value) {
        total = total != total ? total : value;
      }
    }
    sums.of_graphs.data()[graph * width + item % used] = total;
  }
};
inline void join_slices(const SliceView& view, const Sums& sums, bool use_sum = true,
                        Index count = -1) {
  const Index used = count < 0 ? sums.count : count;
  const Index n_graphs = view.first_slices.size() - 1;
  for_each("contraction/join", n_graphs * used * view.heads, JoinSlices{view, sums, used, use_sum});
}

/// The part of `sums` with the norm of a vector: |vector|, NaN where it is not finite.
template <class T>
struct NormBody {
  const T* vector;
  Sums sums;
  bool use_sum;
  template <int N>
  FILIGREE_FUNCTION void run(const Slice& slice, Index head) const {
    Pack<T, N> norm = Pack<T, N>::zero();
    Pack<T, N> poison = Pack<T, N>::zero();
    for (Index i = slice.begin; i < slice.end; ++i) {
      const auto value = Pack<T, N>::load(vector + std::ptrdiff_t(i) * sums.heads + head);
      add_to_norm(norm, value, use_sum);
      poison += T(0) * value;
    }
    sums.put(slice, 0, head, norm + poison);
  }
};

/// errors(graph) = largest of factor * change/norm over the heads, 0 where nothing changes.
struct ErrorsOfGraphs {
  Sums change, norm;
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

/// Where an iteration begins: phi(b), or the guess where b is not 0; notes its norm.
template <class T, class PhiOf>
struct StartBody {
  const T* b;
  T* z;
  Sums norms, size;
  PhiOf phi;
  bool use_sum, use_guess;
  template <int N>
  FILIGREE_FUNCTION void run(const Slice& slice, Index head) const {
    Pack<T, N> norm = Pack<T, N>::zero();
    for (Index i = slice.begin; i < slice.end; ++i) {
      const std::ptrdiff_t at = std::ptrdiff_t(i) * norms.heads + head;
      Pack<T, N> value = phi(Pack<T, N>::load(b + at));
      if (use_guess) {
        value = Pack<T, N>::load(z + at);
        for (int c = 0; c < N; ++c) {
          if (norms.of(slice.graph, 0, head + c) == 0) value.set(c, 0);
        }
      }
      add_to_norm(norm, value, use_sum);
      value.store(z + at);
    }
    size.put(slice, 0, head, norm);
  }
};

/// The bookkeeping of an iteration over the graphs of a batch that have no result yet.
template <class T>
class Progress {
 public:
  Progress(const System<T>& system, const Plan& plan, Workspace& workspace, Scratch& scratch);

  const SliceView& view() const { return view_; }
  const Sums& norms() const { return norms_; }  ///< of b
  bool is_active() const { return n_active_ > 0; }
  Index iterations() const { return iterations_; }

  /// Counts an application of the map.
  void count() { ++iterations_; }
  /// Notes the errors factor * |change|/|b| from the slices' norms of the change, and retires the
  /// graphs that are done.
  void note(const Sums& change, double factor);
  /// The largest of what note would note, from norms of graphs, without consequences.
  double worst(const Sums& change, double factor);
  /// Marks the nodes' graphs that took part: for copies at the end.
  const Array<Index>& participants() const { return participants_; }

 private:
  void measure(const Sums& change, double factor);

  const System<T>& system_;
  const Plan& plan_;
  Workspace& workspace_;
  SliceView view_;
  Sums norms_;
  Array<Index> participants_;
  Array<double> errors_;
  std::vector<Index>& active_host_;
  Index n_active_ = 0;
  Index iterations_ = 0;
};

/// Copies the rows of marked graphs.
template <class T>
struct CopyMarkedGraphs {
  Array<Index> graph_of_node, is_marked;
  Index heads;
  const T* from;
  T* to;
  FILIGREE_FUNCTION void operator()(Index i) const {
    if (is_marked(graph_of_node(i)) == 0) return;
    const std::ptrdiff_t first = std::ptrdiff_t(i) * heads;
    for (Index h = 0; h < heads; ++h) to[first + h] = from[first + h];
  }
};

/// After sweeps that took turns between system.z and `other`: copies to system.z what ended in
/// `other`, which is an odd number of sweeps after the first `before` applications.
template <class T>
void collect_swept(const Array<Index>& participants, Index before, const System<T>& system,
                   const T* other, Workspace& workspace, Scratch& scratch);

extern template class Progress<float>;
extern template class Progress<double>;

}  // namespace filigree::contraction
