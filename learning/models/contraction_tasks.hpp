// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Independent tasks of uneven size, one for each graph and block of heads. Host workers take tasks
// from a queue and keep one piece of scratch each; on a device each task is a thread.
#pragma once

#include <algorithm>

#include "core/parallel.hpp"
#include "learning/models/contraction_system.hpp"

/// A kernel function that the host compiler does not inline.
#if defined(__CUDACC__) || defined(__HIPCC__)
#define FILIGREE_NOINLINE_FUNCTION FILIGREE_FUNCTION
#else
#define FILIGREE_NOINLINE_FUNCTION [[gnu::noinline]]
#endif

namespace filigree::contraction {

/// Element k of a task's memory: one register of heads, `stride` values from element to element.
/// On the host the elements of a task are neighbours, on a device the same element of all tasks.
template <class T>
struct Elements {
  T* base;
  std::ptrdiff_t stride;
  FILIGREE_FUNCTION T* at(Offset k) const { return base + k * stride; }
  FILIGREE_FUNCTION Lanes<T> get(Offset k) const { return Lanes<T>::load(at(k)); }
  FILIGREE_FUNCTION void put(Offset k, const Lanes<T>& value) const { value.store(at(k)); }
  FILIGREE_FUNCTION Elements from(Offset k) const { return {at(k), stride}; }
};

/// A task's graph and heads.
struct Piece {
  Index graph, block;
  Index first, n;  ///< nodes
  Index head, width;
};

/// The tasks of some graphs of a batch.
template <class T>
struct Tasks {
  Array<Index> graphs, first_nodes;
  Index heads, n_blocks, n_tasks;

  FILIGREE_FUNCTION Piece piece(Index task) const {
    Piece piece;
    piece.graph = graphs(task / n_blocks);
    piece.block = task % n_blocks;
    piece.first = first_nodes(piece.graph);
    piece.n = first_nodes(piece.graph + 1) - piece.first;
    piece.head = piece.block * kLanes<T>;
    piece.width = heads - piece.head < kLanes<T> ? heads - piece.head : kLanes<T>;
    return piece;
  }
};

template <class T>
Tasks<T> take_tasks(const Batch& batch, const std::vector<Index>& graphs, Index heads,
                    Scratch& scratch) {
  const auto n_graphs = static_cast<Index>(graphs.size());
  const Array<Index> on_device = scratch.take<Index>(n_graphs);
  copy_to_device(on_device, graphs);
  const Index n_blocks = (heads + kLanes<T> - 1) / kLanes<T>;
  return {on_device, batch.first_nodes(), heads, n_blocks, n_graphs * n_blocks};
}

/// How tasks ended.
struct TaskResults {
  Array<Index> iterations;  ///< [n_tasks]
  Array<double> errors;     ///< [n_tasks]
};

inline TaskResults take_results(Index n_tasks, Scratch& scratch) {
  return {scratch.take<Index>(n_tasks), scratch.take<double>(n_tasks)};
}

/// Puts the worst of each graph's tasks into the report.
void collect_results(const TaskResults& results, const std::vector<Index>& graphs, Index n_blocks,
                     Workspace& workspace);

/// body.run(task, slot), compiled once, so that every caller gets the same bits.
template <class Body>
FILIGREE_NOINLINE_FUNCTION void run_task(const Body& body, Index task, Index slot) {
  body.run(task, slot);
}

template <class Body>
struct RunTasks {
  Body body;
  Index n_tasks;
  Array<Index> queue;  ///< [1], the next task
  FILIGREE_FUNCTION void operator()(Index worker) const {
    if constexpr (kKernelsRunOnHost) {
      for (Index task; (task = Kokkos::atomic_fetch_add(&queue(0), Index(1))) < n_tasks;) {
        run_task(body, task, worker);
      }
    } else {
      run_task(body, worker, worker);
    }
  }
};

/// Workers for tasks that read `values` weights in all: one where waking others costs more.
inline Index worker_count(Index n_tasks, Offset values) {
  constexpr Offset kWorthWaking = 1 << 15;  // a few microseconds of sweeps
  if (!kKernelsRunOnHost) return n_tasks;
  if (values < kWorthWaking) return 1;
  return std::min(n_tasks, static_cast<Index>(ExecSpace().concurrency()));
}

/// Calls body.run(task, slot) for all tasks, with slots in [0, n_workers).
template <class Body>
void for_each_task(const char* label, Index n_tasks, Index n_workers, const Body& body,
                   Scratch& scratch) {
  const RunTasks<Body> run{body, n_tasks, scratch.take<Index>(1)};
  fill(run.queue, Index(0));
  if (kKernelsRunOnHost && n_workers > 1) {
    for_each_uneven(label, n_workers, 1, run);
  } else {
    for_each(label, n_workers, run);
  }
}

/// The largest of factor * change/norm over the lanes; 0 where nothing changes.
template <class T>
FILIGREE_FUNCTION T error_of(T factor, const Lanes<T>& change, const Lanes<T>& norm) {
  T worst = 0;
  for (int c = 0; c < kLanes<T>; ++c) {
    const T moved = factor * change[c];
    const T error = moved > 0 ? moved / norm[c] : T(0);
    worst = error > worst ? error : worst;
  }
  return worst;
}

/// The weight m_p of row `node` for a block of heads.
template <class T>
FILIGREE_FUNCTION Lanes<T> weight_at(const Rows<T>& rows, Index node, Offset p,
                                     const Piece& piece) {
  const std::ptrdiff_t heads = rows.heads;
  Lanes<T> weight = rows.gamma * load_first<kLanes<T>>(
                                     rows.weights + rows.edge(p) * heads + piece.head, piece.width);
  if (rows.scale_by != ScaleBy::kNothing) {
    const Index scaled = rows.scale_by == ScaleBy::kRow ? node : rows.neighbours()[p];
    weight = weight * load_first<kLanes<T>>(rows.slopes + scaled * heads + piece.head, piece.width);
  }
  return weight;
}

}  // namespace filigree::contraction
