// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Picard iteration of whole batches, one launch for each sweep: for graphs that do not fit into a
// cache.
#include <algorithm>

#include "learning/models/contraction_slices.hpp"

namespace filigree::contraction {

template <class T>
Progress<T>::Progress(const System<T>& system, const Plan& plan, Workspace& workspace,
                      Scratch& scratch)
    : system_(system), plan_(plan), workspace_(workspace), active_host_(workspace.host_counts) {
  const Batch& batch = *system.batch;
  view_ = {batch.slice_rows(), batch.graph_of_node(), batch.first_slices(),
           scratch.take<Index>(batch.n_graphs()), system.heads()};
  norms_ = take_sums<1>(batch, system.heads(), scratch);
  errors_ = scratch.take<double>(batch.n_graphs());
  active_host_.assign(static_cast<std::size_t>(batch.n_graphs()), 0);
  for (std::size_t g = 0; g < active_host_.size(); ++g) {
    const bool has_nodes = batch.node_offsets()[g + 1] > batch.node_offsets()[g];
    active_host_[g] = has_nodes && system.heads() > 0 && workspace.report.graphs[g].iterations == 0;
    n_active_ += active_host_[g];
  }
  copy_to_device(view_.active, active_host_);
  if (n_active_ == 0) return;
  for_each_slice<T>("contraction/norm", view_,
                    NormBody<T>{system.b.data(), norms_, system.use_sum});
  join_slices(view_, norms_, system.use_sum);
}

template <class T>
bool Progress<T>::note(const Sums<1>& change, double factor) {
  join_slices(view_, change, system_.use_sum);
  for_each("contraction/errors", errors_.size(),
           ErrorsOfGraphs{change, norms_, view_.active, errors_, factor});
  copy_to_host(workspace_.host_values, errors_);
  ++iterations_;
  Index still_active = 0;
  for (std::size_t g = 0; g < active_host_.size(); ++g) {
    if (active_host_[g] == 0) continue;
    GraphResult& result = workspace_.report.graphs[g];
    result.iterations = iterations_;
    result.error = workspace_.host_values[g];
    // A NaN is no reason to go on.
    active_host_[g] = result.error > plan_.tolerance && iterations_ < plan_.max_iterations;
    still_active += active_host_[g];
  }
  const bool some_are_done = still_active < n_active_;
  if (some_are_done) copy_to_device(view_.active, active_host_);
  n_active_ = still_active;
  return some_are_done;
}

template class Progress<float>;
template class Progress<double>;

namespace {

/// z = phi(b), or the guess where b is not 0; notes |z|.
template <class T, class PhiOf>
struct StartBody {
  const T* b;
  T* z;
  Sums<1> norms, change;
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
      if (use_sum) {
        join_norm<true>(norm, value);
      } else {
        join_norm<false>(norm, value);
      }
      value.store(z + at);
    }
    change.put(slice, 0, head, norm);
  }
};

/// to = phi(M from + b); notes |to - from|, NaN where it is not finite.
template <class T, class PhiOf>
struct SweepBody {
  Rows<T> rows;
  const T* b;
  const T* from;
  T* to;
  Sums<1> change;
  PhiOf phi;
  bool use_sum;
  template <int N>
  FILIGREE_FUNCTION void run(const Slice& slice, Index head) const {
    Pack<T, N> norm = Pack<T, N>::zero();
    Pack<T, N> poison = Pack<T, N>::zero();
    for (Index i = slice.begin; i < slice.end; ++i) {
      const std::ptrdiff_t at = std::ptrdiff_t(i) * rows.heads + head;
      const Pack<T, N> value =
          phi(product<N>(rows, i, head, from + head) + Pack<T, N>::load(b + at));
      const Pack<T, N> moved = value - Pack<T, N>::load(from + at);
      if (use_sum) {
        join_norm<true>(norm, moved);
      } else {
        join_norm<false>(norm, moved);
      }
      poison += T(0) * value;
      value.store(to + at);
    }
    change.put(slice, 0, head, norm + poison);
  }
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

template <class T, class PhiOf>
void sweep_to_the_end(const System<T>& system, const Plan& plan, const PhiOf& phi,
                      Workspace& workspace) {
  Scratch scratch(workspace.arena);
  Progress<T> progress(system, plan, workspace, scratch);
  if (!progress.is_active()) return;
  const Batch& batch = *system.batch;
  const Array<T, 2> other = scratch.take<T>(batch.n_nodes(), system.heads());
  const Sums<1> change = take_sums<1>(batch, system.heads(), scratch);
  for_each_slice<T>("contraction/start", progress.view(),
                    StartBody<T, PhiOf>{system.b.data(), system.z.data(), progress.norms(), change,
                                        phi, system.use_sum, plan.start_from_z});
  const Array<Index> is_odd = scratch.take<Index>(batch.n_graphs());
  // A graph is in `other` at the end when an odd number of sweeps followed the start.
  std::vector<GraphResult>& results = workspace.report.graphs;
  const Index first = plan.start_from_z ? 0 : 1;
  std::vector<Index>& before = workspace.host_marks;
  before.assign(results.size(), 0);
  for (std::size_t g = 0; g < results.size(); ++g) before[g] = results[g].iterations;
  if (!plan.start_from_z) progress.note(change, system.factor);
  const T* from = system.z.data();
  T* to = other.data();
  while (progress.is_active()) {
    for_each_slice<T>(
        "contraction/sweep", progress.view(),
        SweepBody<T, PhiOf>{system.rows, system.b.data(), from, to, change, phi, system.use_sum});
    progress.note(change, system.factor);
    T* const last = const_cast<T*>(from);
    from = to;
    to = last;
  }
  for (std::size_t g = 0; g < results.size(); ++g) {
    before[g] =
        before[g] == 0 && results[g].iterations > first && (results[g].iterations - first) % 2 == 1;
  }
  copy_to_device(is_odd, before);
  for_each("contraction/collect", batch.n_nodes(),
           CopyMarkedGraphs<T>{batch.graph_of_node(), is_odd, system.heads(), other.data(),
                               system.z.data()});
}

}  // namespace

template <class T>
void solve_by_sweeps(const System<T>& system, const Plan& plan, Workspace& workspace) {
  with_phi<T>(system.phi, [&](const auto& phi) { sweep_to_the_end(system, plan, phi, workspace); });
}

template void solve_by_sweeps(const System<float>&, const Plan&, Workspace&);
template void solve_by_sweeps(const System<double>&, const Plan&, Workspace&);

}  // namespace filigree::contraction
