// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What BiCGStab and GMRES for (I - M) z = b share.
//
// Both work in cycles, for each graph and head by itself. A cycle begins with the residual
// b + M z - z, computed anew, which alone decides whether a graph is done; what the recursions say
// only ends a cycle. The diagonal of I - M is 1 up to self loops, so there is no scaling.
#pragma once

#include "learning/models/contraction_slices.hpp"

namespace filigree::contraction {

/// to = b + M from - from; notes its norm in `size` and its square in `square`.
template <class T>
struct ResidualBody {
  Rows<T> rows;
  const T* b;
  const T* from;
  T* to;
  Sums size, square;
  bool use_sum;
  template <int N>
  FILIGREE_FUNCTION void run(const Slice& slice, Index head) const {
    using Block = Pack<T, N>;
    Block norm = Block::zero();
    Block total = Block::zero();
    for (Index i = slice.begin; i < slice.end; ++i) {
      const std::ptrdiff_t at = std::ptrdiff_t(i) * rows.heads + head;
      const Block moved = product<N>(rows, i, head, from + head) - Block::load(from + at);
      const Block r = Block::load(b + at) + moved;
      r.store(to + at);
      add_to_norm(norm, r, use_sum);
      total += r * r;
    }
    size.put(slice, 0, head, norm + T(0) * total);  // NaN where r is not finite
    square.put(slice, 0, head, total);
  }
};

/// to = from - M from; notes <to, other> in 0 and <to, to> in 1.
template <class T>
struct ProductBody {
  Rows<T> rows;
  const T* from;
  T* to;
  const T* other;
  Sums dots;
  template <int N>
  FILIGREE_FUNCTION void run(const Slice& slice, Index head) const {
    using Block = Pack<T, N>;
    Block with_other = Block::zero();
    Block total = Block::zero();
    for (Index i = slice.begin; i < slice.end; ++i) {
      const std::ptrdiff_t at = std::ptrdiff_t(i) * rows.heads + head;
      const Block value = Block::load(from + at) - product<N>(rows, i, head, from + head);
      value.store(to + at);
      with_other += value * Block::load(other + at);
      total += value * value;
    }
    dots.put(slice, 0, head, with_other);
    dots.put(slice, 1, head, total);
  }
};

/// A solve by cycles; residual and norms are those at the beginning of a cycle.
template <class T>
struct KrylovSolve {
  const System<T>& system;
  const Plan& plan;
  Progress<T> progress;
  Sums size, square;
  T* residual;
  double last_error = std::numeric_limits<double>::infinity();
  int n_stalled = 0;

  KrylovSolve(const System<T>& system_in, const Plan& plan_in, Workspace& workspace,
              Scratch& scratch);
  T* take(Scratch& scratch) const {
    return scratch.take<T>(system.batch->n_nodes(), system.heads()).data();
  }
  template <class Body>
  void each(const char* label, const Body& body) const {
    for_each_slice<T>(label, progress.view(), body);
  }
  void clear(T* vector) const {
    fill(Array<T, 2>(typename Array<T, 2>::View(vector, system.batch->n_nodes(), system.heads())),
         T(0));
  }
  Index n_columns() const { return system.batch->n_graphs() * system.heads(); }
  /// Computes the residual; false when all graphs are done, or when the last cycles did not lower
  /// the largest error: the tolerance is below what T can hold, or the method stagnates.
  bool begin_cycle();
  /// True when the recursions promise the tolerance for every graph, or have lost their way.
  bool may_end(const Sums& expected);
};

extern template struct KrylovSolve<float>;
extern template struct KrylovSolve<double>;

}  // namespace filigree::contraction
