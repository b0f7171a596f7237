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
  norms_ = take_sums(batch, 1, system.heads(), scratch);
  participants_ = scratch.take<Index>(batch.n_graphs());
  errors_ = scratch.take<double>(batch.n_graphs());
  active_host_.assign(static_cast<std::size_t>(batch.n_graphs()), 0);
  for (std::size_t g = 0; g < active_host_.size(); ++g) {
    const bool has_nodes = batch.node_offsets()[g + 1] > batch.node_offsets()[g];
    active_host_[g] = has_nodes && system.heads() > 0 && workspace.report.graphs[g].iterations == 0;
    n_active_ += active_host_[g];
  }
  copy_to_device(view_.active, active_host_);
  copy_to_device(participants_, active_host_);
  if (n_active_ == 0) return;
  for_each_slice<T>("contraction/norm", view_,
                    NormBody<T>{system.b.data(), norms_, system.use_sum});
  join_slices(view_, norms_, system.use_sum);
}

template <class T>
void Progress<T>::measure(const Sums& change, double factor) {
  for_each("contraction/errors", errors_.size(),
           ErrorsOfGraphs{change, norms_, view_.active, errors_, factor});
  copy_to_host(workspace_.host_values, errors_);
}

template <class T>
void Progress<T>::note(const Sums& change, double factor) {
  join_slices(view_, change, system_.use_sum, 1);
  measure(change, factor);
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
  if (still_active < n_active_) copy_to_device(view_.active, active_host_);
  n_active_ = still_active;
}

template <class T>
double Progress<T>::worst(const Sums& change, double factor) {
  measure(change, factor);
  double result = 0;
  for (std::size_t g = 0; g < active_host_.size(); ++g) {
    if (active_host_[g] != 0) result = larger_error(result, workspace_.host_values[g]);
  }
  return result;
}

namespace {
struct AndMarks {
  Array<Index> marks, others;
  FILIGREE_FUNCTION void operator()(Index i) const { marks(i) = marks(i) * others(i); }
};
}  // namespace

template <class T>
void collect_swept(const Array<Index>& participants, Index before, const System<T>& system,
                   const T* other, Workspace& workspace, Scratch& scratch) {
  const Batch& batch = *system.batch;
  std::vector<Index>& marks = workspace.host_marks;
  marks.clear();
  for (const GraphResult& result : workspace.report.graphs) {
    marks.push_back(result.iterations > before && (result.iterations - before) % 2 == 1);
  }
  const Array<Index> is_odd = scratch.take<Index>(batch.n_graphs());
  copy_to_device(is_odd, marks);
  for_each("contraction/join_marks", batch.n_graphs(), AndMarks{is_odd, participants});
  for_each(
      "contraction/collect", batch.n_nodes(),
      CopyMarkedGraphs<T>{batch.graph_of_node(), is_odd, system.heads(), other, system.z.data()});
}

template void collect_swept(const Array<Index>&, Index, const System<float>&, const float*,
                            Workspace&, Scratch&);
template void collect_swept(const Array<Index>&, Index, const System<double>&, const double*,
                            Workspace&, Scratch&);
template class Progress<float>;
template class Progress<double>;

namespace {

/// to = phi(M from + b); notes |to - from|, NaN where it is not finite.
template <class T, class PhiOf>
struct SweepBody {
  Rows<T> rows;
  const T* b;
  const T* from;
  T* to;
  Sums change;
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
      add_to_norm(norm, moved, use_sum);
      poison += T(0) * value;
      value.store(to + at);
    }
    change.put(slice, 0, head, norm + poison);
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
  const Sums change = take_sums(batch, 1, system.heads(), scratch);
  for_each_slice<T>("contraction/start", progress.view(),
                    StartBody<T, PhiOf>{system.b.data(), system.z.data(), progress.norms(), change,
                                        phi, system.use_sum, plan.start_from_z});
  const Index before = plan.start_from_z ? 0 : 1;  // applications in the start
  if (before > 0) {
    progress.count();
    progress.note(change, system.factor);
  }
  T* from = system.z.data();
  T* to = other.data();
  while (progress.is_active()) {
    for_each_slice<T>(
        "contraction/sweep", progress.view(),
        SweepBody<T, PhiOf>{system.rows, system.b.data(), from, to, change, phi, system.use_sum});
    progress.count();
    progress.note(change, system.factor);
    std::swap(from, to);
  }
  collect_swept(progress.participants(), before, system, other.data(), workspace, scratch);
}

}  // namespace

template <class T>
void solve_by_sweeps(const System<T>& system, const Plan& plan, Workspace& workspace) {
  with_phi<T>(system.phi, [&](const auto& phi) { sweep_to_the_end(system, plan, phi, workspace); });
}

template void solve_by_sweeps(const System<float>&, const Plan&, Workspace&);
template void solve_by_sweeps(const System<double>&, const Plan&, Workspace&);

}  // namespace filigree::contraction
