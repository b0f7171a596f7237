// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/models/max_plus.hpp"

#include <utility>

#include "learning/models/contraction_checks.hpp"
#include "learning/models/contraction_slices.hpp"

namespace filigree::contraction {

namespace {

template <class T>
struct Best {
  T value;
  Offset edge;  ///< -1 for an empty row
};

template <class T>
struct MaxRow {
  RowPlaces places;
  const T* rewards;
  T gamma;
  std::ptrdiff_t heads;

  FILIGREE_FUNCTION Best<T> of(Index i, Index h, const T* z) const {
    Best<T> best{T(0), -1};
    for (Offset p = places.begin(i); p < places.begin(i + 1); ++p) {
      const Offset e = places.edge(p);
      const T value = rewards[e * heads + h] + gamma * z[places.neighbours()[p] * heads + h];
      if (best.edge < 0 || value > best.value) best = {value, e};
    }
    return best;
  }
};

/// to = F(from); notes |to - from|.
template <class T>
struct MaxBody {
  MaxRow<T> row;
  const T* from;
  T* to;
  Sums change;
  template <int N>
  FILIGREE_FUNCTION void run(const Slice& slice, Index head) const {
    Pack<T, N> norm = Pack<T, N>::zero();
    for (Index i = slice.begin; i < slice.end; ++i) {
      const std::ptrdiff_t at = i * row.heads + head;
      Pack<T, N> value = Pack<T, N>::zero();
      for (int c = 0; c < N; ++c) value.set(c, row.of(i, head + c, from).value);
      join_norm<false>(norm, value - Pack<T, N>::load(from + at));
      value.store(to + at);
    }
    change.put(slice, 0, head, norm);
  }
};

/// The largest |r| of each row.
template <class T>
struct RowSize {
  RowPlaces places;
  const T* rewards;
  T* result;
  std::ptrdiff_t heads;
  FILIGREE_FUNCTION void operator()(Index i) const {
    for (Index h = 0; h < heads; ++h) {
      T size = 0;
      for (Offset p = places.begin(i); p < places.begin(i + 1); ++p) {
        const T value = Kokkos::abs(rewards[places.edge(p) * heads + h]);
        size = value > size ? value : size;
      }
      result[i * heads + h] = size;
    }
  }
};

template <class T>
struct BestEdge {
  MaxRow<T> row;
  const T* z;
  Index* result;
  FILIGREE_FUNCTION void operator()(Index i) const {
    for (Index h = 0; h < row.heads; ++h) {
      result[i * row.heads + h] = static_cast<Index>(row.of(i, h, z).edge);
    }
  }
};

template <class T>
void require_rewards(const Batch& batch, double gamma, const Array<T, 2>& rewards,
                     const Array<T, 2>& z) {
  FILIGREE_REQUIRE(gamma >= 0 && gamma < 1,
                   "gamma = {} does not make a contraction: it must be in [0, 1)", gamma);
  require_shape("the rewards", rewards, batch.n_edges(), rewards.extent(1));
  require_shape("the values z", z, batch.n_nodes(), rewards.extent(1));
}

}  // namespace

template <class T>
const Report& solve_max_plus(const Batch& batch, Orientation orientation, double gamma,
                             const Array<T, 2>& rewards, const SolveOptions& options,
                             Workspace& workspace, const Array<T, 2>& z) {
  require_rewards(batch, gamma, rewards, z);
  require_finite("the rewards", rewards);
  const Index heads = rewards.extent(1);
  const RowPlaces places(batch.graph(), orientation);
  Scratch scratch(workspace.arena);
  const Array<T, 2> sizes = scratch.take<T>(batch.n_nodes(), heads);
  const Array<T, 2> other = scratch.take<T>(batch.n_nodes(), heads);
  for_each("max_plus/sizes", batch.n_nodes(),
           RowSize<T>{places, rewards.data(), sizes.data(), heads});
  fill(z, T(0));
  fill(other, T(0));
  const MaxRow<T> row{places, rewards.data(), static_cast<T>(gamma), heads};
  const System<T> system{&batch, Rows<T>(places, heads), sizes, z, {}, gamma, false};
  const Plan plan = plan_of(system, {.solver = Solver::kPicard,
                                     .tolerance = options.tolerance,
                                     .max_iterations = options.max_iterations});
  start_report(batch, plan, workspace.report);
  Progress<T> progress(system, plan, workspace, scratch);
  const Sums change = take_sums(batch, 1, heads, scratch);
  T* from = z.data();
  T* to = other.data();
  while (progress.is_active()) {
    for_each_slice<T>("max_plus/sweep", progress.view(), MaxBody<T>{row, from, to, change});
    progress.count();
    progress.note(change, gamma);
    std::swap(from, to);
  }
  collect_swept(progress.participants(), 0, system, other.data(), workspace, scratch);
  return finish_report(plan, workspace.report);
}

template <class T>
void best_edges(const Batch& batch, Orientation orientation, double gamma,
                const Array<T, 2>& rewards, const Array<T, 2>& z, const Array<Index, 2>& result) {
  require_rewards(batch, gamma, rewards, z);
  require_shape("the best edges", result, batch.n_nodes(), rewards.extent(1));
  const MaxRow<T> row{RowPlaces(batch.graph(), orientation), rewards.data(), static_cast<T>(gamma),
                      rewards.extent(1)};
  for_each("max_plus/best_edges", batch.n_nodes(), BestEdge<T>{row, z.data(), result.data()});
}

#define FILIGREE_INSTANTIATE(T)                                                                \
  template const Report& solve_max_plus(const Batch&, Orientation, double, const Array<T, 2>&, \
                                        const SolveOptions&, Workspace&, const Array<T, 2>&);  \
  template void best_edges(const Batch&, Orientation, double, const Array<T, 2>&,              \
                           const Array<T, 2>&, const Array<Index, 2>&);
FILIGREE_INSTANTIATE(float)
FILIGREE_INSTANTIATE(double)
#undef FILIGREE_INSTANTIATE

}  // namespace filigree::contraction
