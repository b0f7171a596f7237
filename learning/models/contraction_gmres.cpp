// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// GMRES, restarted after kVectors steps. Source: Saad, "Iterative methods for sparse linear
// systems", 2003, algorithm 6.9, with classical Gram-Schmidt done twice.
#include "learning/models/contraction_krylov.hpp"

namespace filigree::contraction {

namespace {

constexpr Index kVectors = 20;

/// The small least-squares problem of a graph and head.
struct Small {
  double r[kVectors][kVectors + 1];  ///< columns of the triangle
  double cosine[kVectors], sine[kVectors];
  double right[kVectors + 1];
  double start;  ///< |r|_2
};

template <class T>
struct Basis {
  T* v[kVectors + 1];
};

/// to = scale from, with the scale of each graph and head; to may be from.
template <class T>
struct ScaleBody {
  const T* from;
  T* to;
  Sums scales;
  template <int N>
  FILIGREE_FUNCTION void run(const Slice& slice, Index head) const {
    const auto scale = scales.get<N, T>(slice.graph, 0, head);
    for (Index i = slice.begin; i < slice.end; ++i) {
      const std::ptrdiff_t at = std::ptrdiff_t(i) * scales.heads + head;
      (scale * Pack<T, N>::load(from + at)).store(to + at);
    }
  }
};

/// dots_k = <v_n, v_k> for k < n.
template <class T>
struct DotsBody {
  Basis<T> basis;
  Sums dots;
  Index n;
  template <int N>
  FILIGREE_FUNCTION void run(const Slice& slice, Index head) const {
    using Block = Pack<T, N>;
    Block totals[kVectors];
    for (Index k = 0; k < n; ++k) totals[k] = Block::zero();
    for (Index i = slice.begin; i < slice.end; ++i) {
      const std::ptrdiff_t at = std::ptrdiff_t(i) * dots.heads + head;
      const Block newest = Block::load(basis.v[n] + at);
      for (Index k = 0; k < n; ++k) totals[k] += newest * Block::load(basis.v[k] + at);
    }
    for (Index k = 0; k < n; ++k) dots.put(slice, k, head, totals[k]);
  }
};

/// to += sign sum over k < n of weights_k v_k; notes its square.
template <class T>
struct CombineBody {
  Basis<T> basis;
  T* to;
  Sums weights, square;
  Index n;
  T sign;
  template <int N>
  FILIGREE_FUNCTION void run(const Slice& slice, Index head) const {
    using Block = Pack<T, N>;
    Block c[kVectors];
    for (Index k = 0; k < n; ++k) c[k] = sign * weights.get<N, T>(slice.graph, k, head);
    Block total = Block::zero();
    for (Index i = slice.begin; i < slice.end; ++i) {
      const std::ptrdiff_t at = std::ptrdiff_t(i) * weights.heads + head;
      Block value = Block::load(to + at);
      for (Index k = 0; k < n; ++k) value += c[k] * Block::load(basis.v[k] + at);
      value.store(to + at);
      total += value * value;
    }
    square.put(slice, 0, head, total);
  }
};

/// The first vector: scale = 1/|r|.
struct BeginSmall {
  SliceView view;
  Small* small;
  Sums square, scale;
  FILIGREE_FUNCTION void operator()(Index item) const {
    const Index graph = item / view.heads;
    const Index head = item % view.heads;
    if (view.active(graph) == 0) return;
    const double length = Kokkos::sqrt(square.of(graph, 0, head));
    small[item].right[0] = length;
    small[item].start = length;
    scale.of(graph, 0, head) = length > 0 ? 1 / length : 0.0;
  }
};

/// Adds the first pass of Gram-Schmidt to the column of step j.
struct KeepDots {
  SliceView view;
  Small* small;
  Sums dots;
  Index j;
  bool is_first;
  FILIGREE_FUNCTION void operator()(Index item) const {
    const Index graph = item / view.heads;
    const Index head = item % view.heads;
    if (view.active(graph) == 0) return;
    for (Index k = 0; k <= j; ++k) {
      const double before = is_first ? 0.0 : small[item].r[j][k];
      small[item].r[j][k] = before + dots.of(graph, k, head);
    }
  }
};

/// Rotates column j into the triangle; the scale of the next vector, and the expected residual.
struct RotateColumn {
  SliceView view;
  Small* small;
  Sums square;  ///< of the next vector
  Sums size;    ///< |r| at the beginning of the cycle
  Sums scale, expected;
  Index j;
  FILIGREE_FUNCTION void operator()(Index item) const {
    const Index graph = item / view.heads;
    const Index head = item % view.heads;
    if (view.active(graph) == 0) return;
    Small& s = small[item];
    double* column = s.r[j];
    const double length = Kokkos::sqrt(square.of(graph, 0, head));
    for (Index k = 0; k < j; ++k) {
      const double upper = column[k];
      column[k] = s.cosine[k] * upper + s.sine[k] * column[k + 1];
      column[k + 1] = s.cosine[k] * column[k + 1] - s.sine[k] * upper;
    }
    const double radius = Kokkos::sqrt(column[j] * column[j] + length * length);
    s.cosine[j] = radius > 0 ? column[j] / radius : 1.0;
    s.sine[j] = radius > 0 ? length / radius : 0.0;
    column[j] = radius;
    s.right[j + 1] = -s.sine[j] * s.right[j];
    s.right[j] *= s.cosine[j];
    // What is left of a vector after Gram-Schmidt may be nothing but rounding.
    scale.of(graph, 0, head) = length > 0 ? 1 / length : 0.0;
    expected.of(graph, 0, head) =
        s.start > 0 ? size.of(graph, 0, head) * (Kokkos::abs(s.right[j + 1]) / s.start) : 0.0;
  }
};

/// The weights of the n basis vectors.
struct SolveSmall {
  SliceView view;
  const Small* small;
  Sums weights;
  Index n;
  FILIGREE_FUNCTION void operator()(Index item) const {
    const Index graph = item / view.heads;
    const Index head = item % view.heads;
    if (view.active(graph) == 0) return;
    const Small& s = small[item];
    for (Index i = n; i-- > 0;) {
      double total = s.right[i];
      for (Index j = i + 1; j < n; ++j) total -= s.r[j][i] * weights.of(graph, j, head);
      weights.of(graph, i, head) = s.r[i][i] > 0 ? total / s.r[i][i] : 0.0;
    }
  }
};

template <class T>
struct Gmres {
  KrylovSolve<T>& solve;
  Basis<T> basis;
  Small* small;
  Sums dots, square, scale, expected;

  void orthogonalise(Index j, bool is_first) const {
    const SliceView& view = solve.progress.view();
    solve.each("contraction/gram_schmidt", DotsBody<T>{basis, dots, j + 1});
    join_slices(view, dots, true, j + 1);
    for_each("contraction/dots", solve.n_columns(), KeepDots{view, small, dots, j, is_first});
    solve.each("contraction/gram_schmidt",
               CombineBody<T>{basis, basis.v[j + 1], dots, square, j + 1, T(-1)});
  }

  void run_cycle() const {
    const SliceView& view = solve.progress.view();
    const Index n_columns = solve.n_columns();
    for_each("contraction/begin", n_columns, BeginSmall{view, small, solve.square, scale});
    solve.each("contraction/scale", ScaleBody<T>{solve.residual, basis.v[0], scale});
    Index n = 0;
    bool is_done = false;
    while (n < kVectors && !is_done) {
      const Index j = n++;
      solve.each("contraction/product",
                 ProductBody<T>{solve.system.rows, basis.v[j], basis.v[j + 1], basis.v[j], dots});
      solve.progress.count();
      orthogonalise(j, true);
      orthogonalise(j, false);
      join_slices(view, square);
      for_each("contraction/rotate", n_columns,
               RotateColumn{view, small, square, solve.size, scale, expected, j});
      solve.each("contraction/scale", ScaleBody<T>{basis.v[j + 1], basis.v[j + 1], scale});
      is_done = solve.may_end(expected);
    }
    for_each("contraction/small", n_columns, SolveSmall{view, small, dots, n});
    solve.each("contraction/update",
               CombineBody<T>{basis, solve.system.z.data(), dots, square, n, T(1)});
  }
};

}  // namespace

template <class T>
void solve_by_gmres(const System<T>& system, const Plan& plan, Workspace& workspace) {
  Scratch scratch(workspace.arena);
  KrylovSolve<T> solve(system, plan, workspace, scratch);
  const Batch& batch = *system.batch;
  Basis<T> basis;
  for (T*& v : basis.v) v = solve.take(scratch);
  const Gmres<T> gmres{solve,
                       basis,
                       scratch.take<Small>(solve.n_columns()).data(),
                       take_sums(batch, kVectors, system.heads(), scratch),
                       take_sums(batch, 1, system.heads(), scratch),
                       take_scalars(batch, 1, system.heads(), scratch),
                       take_scalars(batch, 1, system.heads(), scratch)};
  while (solve.begin_cycle()) gmres.run_cycle();
}

template void solve_by_gmres(const System<float>&, const Plan&, Workspace&);
template void solve_by_gmres(const System<double>&, const Plan&, Workspace&);

}  // namespace filigree::contraction
