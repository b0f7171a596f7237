// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Anderson mixing, for each graph and head by itself:
//
//   f_k = F(x_k) - x_k,   c = argmin |f_k - sum_j c_j df_j|_2,   x_{k+1} = F(x_k) - sum_j c_j dF_j
//
// with the last kWindow differences df_j, dF_j of f and F(x). A mixed step whose |f| is more than
// twice the last accepted one is replaced by the Picard step from there, which contracts. Source:
// Walker and Ni, "Anderson acceleration for fixed-point iterations", SIAM Journal on Numerical
// Analysis 49, 2011.
#include <utility>

#include "learning/models/contraction_slices.hpp"

namespace filigree::contraction {

namespace {

constexpr Index kWindow = 5;

/// The vectors of the iteration, [n_nodes, heads] each.
template <class T>
struct Vectors {
  T* x;
  T* mapped;    ///< F(x)
  T* accepted;  ///< F of the last point that was accepted
  T* last_f;
  T* last_mapped;
  T* df[kWindow];
  T* dmapped[kWindow];
};

/// mapped = F(x), f, and the differences to the last point in `slot`; notes |f|.
template <class T, class PhiOf>
struct MapBody {
  Rows<T> rows;
  const T* b;
  Vectors<T> v;
  Sums size;
  PhiOf phi;
  Index slot;
  bool use_sum, is_first;
  template <int N>
  FILIGREE_FUNCTION void run(const Slice& slice, Index head) const {
    using Block = Pack<T, N>;
    Block norm = Block::zero();
    Block poison = Block::zero();
    for (Index i = slice.begin; i < slice.end; ++i) {
      const std::ptrdiff_t at = std::ptrdiff_t(i) * rows.heads + head;
      const Block mapped = phi(product<N>(rows, i, head, v.x + head) + Block::load(b + at));
      const Block f = mapped - Block::load(v.x + at);
      if (!is_first) {
        (f - Block::load(v.last_f + at)).store(v.df[slot] + at);
        (mapped - Block::load(v.last_mapped + at)).store(v.dmapped[slot] + at);
      }
      mapped.store(v.mapped + at);
      mapped.store(v.last_mapped + at);
      f.store(v.last_f + at);
      add_to_norm(norm, f, use_sum);
      poison += T(0) * mapped;
    }
    size.put(slice, 0, head, norm + poison);
  }
};

/// <df_slot, df_j> in 0 .. kWindow - 1 and <df_j, f> in the next ones, for the first `n_used` j.
template <class T>
struct DotsBody {
  Vectors<T> v;
  Sums dots;
  Index slot, n_used;
  template <int N>
  FILIGREE_FUNCTION void run(const Slice& slice, Index head) const {
    using Block = Pack<T, N>;
    Block totals[2 * kWindow] = {};
    for (Index i = slice.begin; i < slice.end; ++i) {
      const std::ptrdiff_t at = std::ptrdiff_t(i) * dots.heads + head;
      const Block newest = Block::load(v.df[slot] + at);
      const Block f = Block::load(v.last_f + at);
      for (Index j = 0; j < n_used; ++j) {
        const Block df = Block::load(v.df[j] + at);
        totals[j] += newest * df;
        totals[kWindow + j] += df * f;
      }
    }
    for (Index k = 0; k < 2 * kWindow; ++k) dots.put(slice, k, head, totals[k]);
  }
};

/// The weights of the differences in `weights`, [n_graphs, kWindow + 1, heads]; the last one is 1
/// where the step is refused.
struct MixingWeights {
  SliceView view;
  Sums size, dots, weights;
  Array<double> gram;   ///< [n_graphs, heads, kWindow, kWindow]
  Array<double> best;   ///< [n_graphs, heads], |f| of the last accepted point
  Array<Index> depths;  ///< [n_graphs, heads], differences to use
  double regular;       ///< added to the diagonal of the scaled normal equations
  Index slot;
  bool is_first;

  FILIGREE_FUNCTION void operator()(Index item) const {
    const Index graph = item / view.heads;
    const Index head = item % view.heads;
    if (view.active(graph) == 0) return;
    for (Index j = 0; j <= kWindow; ++j) weights.of(graph, j, head) = 0;
    const double now = size.of(graph, 0, head);
    if (is_first || now <= 2 * best(item)) {
      best(item) = now;
      depths(item) = is_first ? 0 : (depths(item) < kWindow ? depths(item) + 1 : kWindow);
    } else {
      weights.of(graph, kWindow, head) = 1;
      depths(item) = 0;
    }
    if (!is_first) update_gram(graph, head, item);
    if (depths(item) > 0) solve(graph, head, item);
  }

  FILIGREE_FUNCTION double& g(Index item, Index i, Index j) const {
    return gram.data()[(std::ptrdiff_t(item) * kWindow + i) * kWindow + j];
  }
  FILIGREE_FUNCTION void update_gram(Index graph, Index head, Index item) const {
    for (Index j = 0; j < kWindow; ++j) {
      const double value = dots.of(graph, j, head);
      g(item, slot, j) = value;
      g(item, j, slot) = value;
    }
  }

  /// Normal equations of the differences in use, scaled to a unit diagonal.
  FILIGREE_FUNCTION void solve(Index graph, Index head, Index item) const {
    Index used[kWindow];
    Index n = 0;
    for (Index age = 0; age < depths(item); ++age) {
      const Index j = (slot - age + kWindow) % kWindow;
      if (g(item, j, j) > 0) used[n++] = j;
    }
    double a[kWindow][kWindow + 1];
    for (Index i = 0; i < n; ++i) {
      const double scale_i = Kokkos::sqrt(g(item, used[i], used[i]));
      for (Index j = 0; j < n; ++j) {
        a[i][j] = g(item, used[i], used[j]) / (scale_i * Kokkos::sqrt(g(item, used[j], used[j])));
      }
      a[i][i] += regular;
      a[i][n] = dots.of(graph, kWindow + used[i], head) / scale_i;
    }
    for (Index k = 0; k < n; ++k) {  // positive definite: no pivoting
      for (Index i = k + 1; i < n; ++i) {
        const double factor = a[i][k] / a[k][k];
        for (Index j = k; j <= n; ++j) a[i][j] -= factor * a[k][j];
      }
    }
    for (Index i = n; i-- > 0;) {
      for (Index j = i + 1; j < n; ++j) a[i][n] -= a[i][j] * a[j][n];
      a[i][n] /= a[i][i];
    }
    for (Index i = 0; i < n; ++i) {
      const double weight = a[i][n] / Kokkos::sqrt(g(item, used[i], used[i]));
      weights.of(graph, used[i], head) = Kokkos::isfinite(weight) ? weight : 0;
    }
  }
};

/// x = F(x) - sum of the differences; where the step is refused, x = the last accepted F.
template <class T>
struct MixBody {
  Vectors<T> v;
  Sums weights;
  Index n_used;
  template <int N>
  FILIGREE_FUNCTION void run(const Slice& slice, Index head) const {
    using Block = Pack<T, N>;
    Block c[kWindow];
    for (Index j = 0; j < n_used; ++j) c[j] = weights.get<N, T>(slice.graph, j, head);
    const Block refused = weights.get<N, T>(slice.graph, kWindow, head);
    const Block taken = Block::filled(T(1)) - refused;
    for (Index i = slice.begin; i < slice.end; ++i) {
      const std::ptrdiff_t at = std::ptrdiff_t(i) * weights.heads + head;
      const Block base =
          taken * Block::load(v.mapped + at) + refused * Block::load(v.accepted + at);
      Block x = base;
      for (Index j = 0; j < n_used; ++j) x -= c[j] * Block::load(v.dmapped[j] + at);
      base.store(v.accepted + at);
      x.store(v.x + at);
    }
  }
};

template <class T>
Vectors<T> take_vectors(const System<T>& system, Scratch& scratch) {
  const auto take = [&] {
    const T zero = 0;
    const Array<T, 2> vector = scratch.take<T>(system.batch->n_nodes(), system.heads());
    fill(vector, zero);
    return vector.data();
  };
  Vectors<T> v{system.z.data(), take(), take(), take(), take(), {}, {}};
  for (Index j = 0; j < kWindow; ++j) {
    v.df[j] = take();
    v.dmapped[j] = take();
  }
  return v;
}

template <class T, class PhiOf>
void mix_to_the_end(const System<T>& system, const Plan& plan, const PhiOf& phi,
                    Workspace& workspace) {
  Scratch scratch(workspace.arena);
  Progress<T> progress(system, plan, workspace, scratch);
  if (!progress.is_active()) return;
  const Batch& batch = *system.batch;
  const Index heads = system.heads();
  const Vectors<T> v = take_vectors(system, scratch);
  const Sums size = take_sums(batch, 1, heads, scratch);
  const Sums dots = take_sums(batch, 2 * kWindow, heads, scratch);
  const Index n_columns = batch.n_graphs() * heads;
  MixingWeights mixing{progress.view(),
                       size,
                       dots,
                       take_scalars(batch, kWindow + 1, heads, scratch),
                       scratch.take<double>(n_columns * kWindow * kWindow),
                       scratch.take<double>(n_columns),
                       scratch.take<Index>(n_columns),
                       4 * static_cast<double>(std::numeric_limits<T>::epsilon()),
                       0,
                       true};
  fill(mixing.gram, 0.0);
  for_each_slice<T>("contraction/start", progress.view(),
                    StartBody<T, PhiOf>{system.b.data(), v.x, progress.norms(), size, phi,
                                        system.use_sum, plan.start_from_z});
  if (!plan.start_from_z) progress.count();
  for (Index step = 0;; ++step) {
    mixing.slot = step % kWindow;
    mixing.is_first = step == 0;
    for_each_slice<T>("contraction/map", progress.view(),
                      MapBody<T, PhiOf>{system.rows, system.b.data(), v, size, phi, mixing.slot,
                                        system.use_sum, mixing.is_first});
    progress.count();
    progress.note(size, system.factor);
    if (!progress.is_active()) break;
    const Index n_used = std::min(step + 1, kWindow);
    if (!mixing.is_first) {
      for_each_slice<T>("contraction/dots", progress.view(),
                        DotsBody<T>{v, dots, mixing.slot, n_used});
      join_slices(progress.view(), dots);
    }
    for_each("contraction/mixing", n_columns, mixing);
    for_each_slice<T>("contraction/mix", progress.view(),
                      MixBody<T>{v, mixing.weights, mixing.is_first ? 0 : n_used});
  }
  for_each("contraction/collect", batch.n_nodes(),
           CopyMarkedGraphs<T>{batch.graph_of_node(), progress.participants(), heads, v.mapped,
                               system.z.data()});
}

}  // namespace

template <class T>
void solve_by_mixing(const System<T>& system, const Plan& plan, Workspace& workspace) {
  with_phi<T>(system.phi, [&](const auto& phi) { mix_to_the_end(system, plan, phi, workspace); });
}

template void solve_by_mixing(const System<float>&, const Plan&, Workspace&);
template void solve_by_mixing(const System<double>&, const Plan&, Workspace&);

}  // namespace filigree::contraction
