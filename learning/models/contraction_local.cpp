// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Picard iteration of graphs that fit into the cache: one task for each graph and block of heads
// copies its weights once and then iterates to the end. A host worker takes tasks from a queue and
// keeps one piece of scratch for all of them; on a device each task is a thread.
#include <algorithm>
#include <limits>

#include "core/parallel.hpp"
#include "learning/models/contraction_system.hpp"

namespace filigree::contraction {

namespace {

/// Most elements in a task's scratch: at 64 bytes a quarter of a core's second-level cache.
constexpr Offset kLocalElements = 4096;

/// Element k of a task's scratch: kLanes<T> values, `stride` from element to element. On the host a
/// task's elements are neighbours, on a device the same element of all tasks.
template <class T>
struct Elements {
  T* base;
  std::ptrdiff_t stride;
  FILIGREE_FUNCTION T* at(Offset k) const { return base + k * stride; }
  FILIGREE_FUNCTION Lanes<T> get(Offset k) const { return Lanes<T>::load(at(k)); }
  FILIGREE_FUNCTION void put(Offset k, const Lanes<T>& value) const { value.store(at(k)); }
};

/// Everything a task needs to know.
template <class T, class PhiOf>
struct Local {
  Rows<T> rows;
  Array<Index> first_nodes, graphs;
  const T* b;
  T* z;
  T* scratch;
  Offset elements;  ///< of one task's scratch
  Index n_blocks, n_tasks;
  PhiOf phi;
  T factor, tolerance;
  Index max_iterations;
  bool start_from_z;
  Array<Index> iterations;  ///< [n_tasks]
  Array<double> errors;     ///< [n_tasks]
};

/// One task's graph, in the numbers of its scratch.
template <class T>
struct Piece {
  Index first, n;          ///< nodes
  Offset place, n_places;  ///< of its rows
  Index head, width;
  Elements<T> weights, bias, z, next;
};

template <class T, class PhiOf>
FILIGREE_FUNCTION Piece<T> piece_of(const Local<T, PhiOf>& local, Index task, Index slot) {
  Piece<T> piece;
  const Index graph = local.graphs(task / local.n_blocks);
  piece.first = local.first_nodes(graph);
  piece.n = local.first_nodes(graph + 1) - piece.first;
  piece.place = local.rows.begin(piece.first);
  piece.n_places = local.rows.begin(piece.first + piece.n) - piece.place;
  piece.head = task % local.n_blocks * kLanes<T>;
  piece.width =
      local.rows.heads - piece.head < kLanes<T> ? local.rows.heads - piece.head : kLanes<T>;
  const bool host = kLanes<T> > 1;
  const std::ptrdiff_t stride = host ? kLanes<T> : local.n_tasks;
  T* base = local.scratch + (host ? slot * local.elements * kLanes<T> : Offset(slot));
  piece.weights = {base, stride};
  piece.bias = {base + piece.n_places * stride, stride};
  piece.z = {piece.bias.at(piece.n), stride};
  piece.next = {piece.z.at(piece.n), stride};
  return piece;
}

/// Copies gamma w D and b into the scratch; returns |b|.
template <bool kSum, class T, class PhiOf>
FILIGREE_FUNCTION Lanes<T> gather(const Local<T, PhiOf>& local, const Piece<T>& piece) {
  const Rows<T>& rows = local.rows;
  const std::ptrdiff_t heads = rows.heads;
  const Index* neighbours = rows.neighbours();
  Lanes<T> norm = Lanes<T>::zero();
  Offset p = piece.place;
  for (Index i = 0; i < piece.n; ++i) {
    const Index node = piece.first + i;
    for (const Offset end = rows.begin(node + 1); p < end; ++p) {
      Lanes<T> weight =
          rows.gamma *
          load_first<kLanes<T>>(rows.weights + rows.edge(p) * heads + piece.head, piece.width);
      if (rows.scale_by != ScaleBy::kNothing) {
        const Index scaled = rows.scale_by == ScaleBy::kRow ? node : neighbours[p];
        weight =
            weight * load_first<kLanes<T>>(rows.slopes + scaled * heads + piece.head, piece.width);
      }
      piece.weights.put(p - piece.place, weight);
    }
    const Lanes<T> bias = load_first<kLanes<T>>(local.b + node * heads + piece.head, piece.width);
    piece.bias.put(i, bias);
    join_norm<kSum>(norm, bias);
  }
  return norm;
}

/// to = phi(M from + b); returns |to - from|.
template <bool kSum, class T, class PhiOf>
FILIGREE_FUNCTION Lanes<T> sweep(const Local<T, PhiOf>& local, const Piece<T>& piece,
                                 const Elements<T>& from, const Elements<T>& to) {
  const Index* neighbours = local.rows.neighbours();
  const T* source = from.at(-Offset(piece.first));  // indexed by the nodes of the whole batch
  const T* weight = piece.weights.base;
  Lanes<T> change = Lanes<T>::zero();
  Offset p = piece.place;
  for (Index i = 0; i < piece.n; ++i) {
    Lanes<T> total = piece.bias.get(i);
    for (const Offset end = local.rows.begin(piece.first + i + 1); p < end; ++p) {
      total += Lanes<T>::load(weight) * Lanes<T>::load(source + neighbours[p] * from.stride);
      weight += from.stride;
    }
    const Lanes<T> value = local.phi(total);
    join_norm<kSum>(change, value - from.get(i));
    to.put(i, value);
  }
  return change;
}

/// The largest of q change/norm over the lanes; 0 where nothing changes.
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

/// z at the start, and how far the first application goes.
template <bool kSum, class T, class PhiOf>
FILIGREE_FUNCTION Lanes<T> start(const Local<T, PhiOf>& local, const Piece<T>& piece,
                                 const Lanes<T>& norm) {
  Lanes<T> change = Lanes<T>::zero();
  for (Index i = 0; i < piece.n; ++i) {
    Lanes<T> value = local.phi(piece.bias.get(i));
    if (local.start_from_z) {
      const T* guess = local.z + std::ptrdiff_t(piece.first + i) * local.rows.heads + piece.head;
      value = load_first<kLanes<T>>(guess, piece.width);
      for (int c = 0; c < kLanes<T>; ++c) {
        if (!(norm[c] > 0)) value.set(c, 0);  // the fixed point, where b = 0
      }
    }
    join_norm<kSum>(change, value);
    piece.z.put(i, value);
  }
  return change;
}

/// Runs a task to its end.
template <bool kSum, class T, class PhiOf>
#if !defined(__CUDACC__) && !defined(__HIPCC__)
[[gnu::noinline]]  // compiled once, so that every caller gets the same bits
#endif
FILIGREE_FUNCTION void
run_task(const Local<T, PhiOf>& local, Index task, Index slot) {
  const Piece<T> piece = piece_of(local, task, slot);
  const Lanes<T> norm = gather<kSum>(local, piece);
  Lanes<T> change = start<kSum>(local, piece, norm);
  Elements<T> z = piece.z;
  Elements<T> next = piece.next;
  Index iterations = local.start_from_z ? 0 : 1;
  T error = local.start_from_z ? std::numeric_limits<T>::infinity()
                               : error_of(local.factor, change, norm);
  while (error > local.tolerance && iterations < local.max_iterations) {
    change = sweep<kSum>(local, piece, z, next);
    error = error_of(local.factor, change, norm);
    ++iterations;
    const Elements<T> last = z;
    z = next;
    next = last;
  }
  Lanes<T> poison = Lanes<T>::zero();  // 0, or NaN where z is not finite
  for (Index i = 0; i < piece.n; ++i) {
    const Lanes<T> value = z.get(i);
    poison += T(0) * value;
    store_first(value, local.z + std::ptrdiff_t(piece.first + i) * local.rows.heads + piece.head,
                piece.width);
  }
  for (int c = 0; c < kLanes<T>; ++c) {
    if (poison[c] != poison[c]) error = poison[c];
  }
  local.iterations(task) = iterations;
  local.errors(task) = static_cast<double>(error);
}

template <bool kSum, class T, class PhiOf>
struct RunTasks {
  Local<T, PhiOf> local;
  Array<Index> queue;  ///< [1], the next task
  FILIGREE_FUNCTION void operator()(Index worker) const {
    if constexpr (kKernelsRunOnHost) {
      for (Index task; (task = Kokkos::atomic_fetch_add(&queue(0), Index(1))) < local.n_tasks;) {
        run_task<kSum>(local, task, worker);
      }
    } else {
      run_task<kSum>(local, worker, worker);
    }
  }
};

/// Workers for the tasks: one where the work is not worth waking others.
template <class T, class PhiOf>
Index worker_count(const Local<T, PhiOf>& local, Offset values) {
  constexpr Offset kWorthWaking = 1 << 15;  // weights; a few microseconds of sweeps
  if (!kKernelsRunOnHost) return local.n_tasks;
  if (values < kWorthWaking) return 1;
  return std::min(local.n_tasks, static_cast<Index>(ExecSpace().concurrency()));
}

template <bool kSum, class T, class PhiOf>
void run(Local<T, PhiOf> local, Index n_workers, Scratch& scratch) {
  const Offset bytes = local.elements * kLanes<T> * n_workers * static_cast<Offset>(sizeof(T));
  // Rows of bytes, because one number of type Index may not count them all.
  const Array<std::byte, 2> storage =
      scratch.take<std::byte>(n_workers, static_cast<Index>(bytes / n_workers));
  local.scratch = reinterpret_cast<T*>(storage.data());
  const RunTasks<kSum, T, PhiOf> tasks{local, scratch.take<Index>(1)};
  fill(tasks.queue, Index(0));
  if (kKernelsRunOnHost && n_workers > 1) {
    for_each_uneven("contraction/local", n_workers, 1, tasks);
  } else {
    for_each("contraction/local", n_workers, tasks);
  }
}

Offset elements_of(const Batch& batch, Index graph) {
  const auto g = static_cast<std::size_t>(graph);
  const Index n_nodes = batch.node_offsets()[g + 1] - batch.node_offsets()[g];
  return Offset(batch.edge_counts()[g]) + 3 * Offset(n_nodes);
}

}  // namespace

bool fits_locally(const Batch& batch, Index graph) {
  return elements_of(batch, graph) <= kLocalElements;
}

template <class T>
void solve_locally(const System<T>& system, const Plan& plan, const std::vector<Index>& graphs,
                   Workspace& workspace) {
  if (graphs.empty() || system.heads() == 0) return;
  Scratch scratch(workspace.arena);
  const Index n_blocks = (system.heads() + kLanes<T> - 1) / kLanes<T>;
  const Index n_tasks = static_cast<Index>(graphs.size()) * n_blocks;
  const Array<Index> on_device = scratch.take<Index>(static_cast<Index>(graphs.size()));
  copy_to_device(on_device, graphs);
  Offset elements = 0;
  Offset values = 0;
  for (const Index g : graphs) {
    elements = std::max(elements, elements_of(*system.batch, g));
    values += Offset(system.batch->edge_counts()[std::size_t(g)]) * system.heads();
  }
  const Array<Index> iterations = scratch.take<Index>(n_tasks);
  const Array<double> errors = scratch.take<double>(n_tasks);
  with_phi<T>(system.phi, [&](const auto& phi) {
    using PhiOf = std::decay_t<decltype(phi)>;
    const Local<T, PhiOf> local{system.rows,
                                system.batch->first_nodes(),
                                on_device,
                                system.b.data(),
                                system.z.data(),
                                nullptr,
                                elements,
                                n_blocks,
                                n_tasks,
                                phi,
                                static_cast<T>(system.factor),
                                static_cast<T>(plan.tolerance),
                                plan.max_iterations,
                                plan.start_from_z,
                                iterations,
                                errors};
    const Index n_workers = worker_count(local, values);
    if constexpr (std::is_same_v<PhiOf, IdentityPhi<T>>) {
      if (system.use_sum) return run<true>(local, n_workers, scratch);
    }
    run<false>(local, n_workers, scratch);
  });
  copy_to_host(workspace.host_counts, iterations);
  copy_to_host(workspace.host_values, errors);
  for (Index t = 0; t < n_tasks; ++t) {
    GraphResult& result =
        workspace.report.graphs[static_cast<std::size_t>(graphs[std::size_t(t / n_blocks)])];
    const double error = workspace.host_values[static_cast<std::size_t>(t)];
    result.iterations =
        std::max(result.iterations, workspace.host_counts[static_cast<std::size_t>(t)]);
    result.error = larger_error(result.error, error);
  }
}

#define FILIGREE_INSTANTIATE(T) \
  template void solve_locally(const System<T>&, const Plan&, const std::vector<Index>&, Workspace&);
FILIGREE_INSTANTIATE(float)
FILIGREE_INSTANTIATE(double)
#undef FILIGREE_INSTANTIATE

}  // namespace filigree::contraction
