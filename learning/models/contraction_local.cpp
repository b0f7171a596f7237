// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Picard iteration of graphs that fit into the cache: one task for each graph and block of heads
// copies its weights once and then iterates to the end.
#include <algorithm>
#include <limits>

#include "learning/models/contraction_tasks.hpp"

namespace filigree::contraction {

namespace {

/// Most elements in a task's scratch: at 64 bytes a quarter of a core's second-level cache.
constexpr Offset kLocalElements = 4096;

/// Runs the tasks.
template <bool kSum, class T, class PhiOf>
struct Iterate {
  Tasks<T> tasks;
  Rows<T> rows;
  const T* b;
  T* z;
  T* scratch;
  Offset elements;  ///< of one task's scratch
  PhiOf phi;
  T factor, tolerance;
  Index max_iterations;
  bool start_from_z;
  TaskResults results;

  FILIGREE_FUNCTION void run(Index task, Index slot) const;

  // The parts of a task's scratch: weights, bias, z and the next z.
  struct Parts {
    Elements<T> weights, bias, z, next;
  };
  FILIGREE_FUNCTION Parts parts_of(const Piece& piece, Index slot) const;
  /// Copies weights and b into the scratch; returns |b|.
  FILIGREE_FUNCTION Lanes<T> gather(const Piece& piece, const Parts& parts) const;
  /// z at the start; returns |z|.
  FILIGREE_FUNCTION Lanes<T> start(const Piece& piece, const Parts& parts,
                                   const Lanes<T>& norm) const;
  /// to = phi(M from + b); returns |to - from|.
  FILIGREE_NOINLINE_FUNCTION Lanes<T> sweep(const Piece& piece, const Parts& parts,
                                            const Elements<T>& from, const Elements<T>& to) const;
  /// Copies z to where it belongs; false where it is not finite.
  FILIGREE_FUNCTION bool scatter(const Piece& piece, const Elements<T>& from) const;
};

template <bool kSum, class T, class PhiOf>
FILIGREE_FUNCTION auto Iterate<kSum, T, PhiOf>::parts_of(const Piece& piece, Index slot) const
    -> Parts {
  const Offset n_places = rows.begin(piece.first + piece.n) - rows.begin(piece.first);
  const Elements<T> all = {
      scratch + (kKernelsRunOnHost ? slot * elements * kLanes<T> : Offset(slot)),
      kKernelsRunOnHost ? kLanes<T> : tasks.n_tasks};
  return {all, all.from(n_places), all.from(n_places + piece.n), all.from(n_places + 2 * piece.n)};
}

template <bool kSum, class T, class PhiOf>
FILIGREE_FUNCTION Lanes<T> Iterate<kSum, T, PhiOf>::gather(const Piece& piece,
                                                           const Parts& parts) const {
  const Offset first = rows.begin(piece.first);
  Lanes<T> norm = Lanes<T>::zero();
  Offset p = first;
  for (Index i = 0; i < piece.n; ++i) {
    const Index node = piece.first + i;
    for (const Offset end = rows.begin(node + 1); p < end; ++p) {
      parts.weights.put(p - first, weight_at(rows, node, p, piece));
    }
    const Lanes<T> bias =
        load_first<kLanes<T>>(b + std::ptrdiff_t(node) * tasks.heads + piece.head, piece.width);
    parts.bias.put(i, bias);
    join_norm<kSum>(norm, bias);
  }
  return norm;
}

template <bool kSum, class T, class PhiOf>
FILIGREE_FUNCTION Lanes<T> Iterate<kSum, T, PhiOf>::start(const Piece& piece, const Parts& parts,
                                                          const Lanes<T>& norm) const {
  Lanes<T> size = Lanes<T>::zero();
  for (Index i = 0; i < piece.n; ++i) {
    Lanes<T> value = phi(parts.bias.get(i));
    if (start_from_z) {
      value = load_first<kLanes<T>>(z + std::ptrdiff_t(piece.first + i) * tasks.heads + piece.head,
                                    piece.width);
      for (int c = 0; c < kLanes<T>; ++c) {
        if (!(norm[c] > 0)) value.set(c, 0);  // the fixed point, where b = 0
      }
    }
    join_norm<kSum>(size, value);
    parts.z.put(i, value);
  }
  return size;
}

template <bool kSum, class T, class PhiOf>
FILIGREE_NOINLINE_FUNCTION Lanes<T> Iterate<kSum, T, PhiOf>::sweep(const Piece& piece,
                                                                   const Parts& parts,
                                                                   const Elements<T>& from,
                                                                   const Elements<T>& to) const {
  // On the host the stride is known when this is compiled, and everything fits into registers.
  const std::ptrdiff_t stride = kKernelsRunOnHost ? kLanes<T> : from.stride;
  const Index* neighbour = rows.neighbours() + rows.begin(piece.first);
  const T* source = from.base - piece.first * stride;  // indexed by the nodes of the whole batch
  const T* weight = parts.weights.base;
  Lanes<T> change = Lanes<T>::zero();
  for (Index i = 0; i < piece.n; ++i) {
    Lanes<T> total = Lanes<T>::load(parts.bias.base + i * stride);
    const auto degree =
        static_cast<Index>(rows.begin(piece.first + i + 1) - rows.begin(piece.first + i));
    for (Index k = 0; k < degree; ++k) {
      total += Lanes<T>::load(weight + k * stride) * Lanes<T>::load(source + neighbour[k] * stride);
    }
    neighbour += degree;
    weight += degree * stride;
    const Lanes<T> value = phi(total);
    join_norm<kSum>(change, value - Lanes<T>::load(from.base + i * stride));
    value.store(to.base + i * stride);
  }
  return change;
}

template <bool kSum, class T, class PhiOf>
FILIGREE_FUNCTION bool Iterate<kSum, T, PhiOf>::scatter(const Piece& piece,
                                                        const Elements<T>& from) const {
  Lanes<T> poison = Lanes<T>::zero();  // 0, or NaN where z is not finite
  for (Index i = 0; i < piece.n; ++i) {
    const Lanes<T> value = from.get(i);
    poison += T(0) * value;
    store_first(value, z + std::ptrdiff_t(piece.first + i) * tasks.heads + piece.head, piece.width);
  }
  bool is_finite = true;
  for (int c = 0; c < kLanes<T>; ++c) is_finite = is_finite && poison[c] == 0;
  return is_finite;
}

template <bool kSum, class T, class PhiOf>
FILIGREE_FUNCTION void Iterate<kSum, T, PhiOf>::run(Index task, Index slot) const {
  const Piece piece = tasks.piece(task);
  const Parts parts = parts_of(piece, slot);
  const Lanes<T> norm = gather(piece, parts);
  const Lanes<T> size = start(piece, parts, norm);
  Elements<T> now = parts.z;
  Elements<T> next = parts.next;
  Index iterations = start_from_z ? 0 : 1;
  T error = start_from_z ? std::numeric_limits<T>::infinity() : error_of(factor, size, norm);
  while (error > tolerance && iterations < max_iterations) {
    error = error_of(factor, sweep(piece, parts, now, next), norm);
    ++iterations;
    const Elements<T> last = now;
    now = next;
    next = last;
  }
  if (!scatter(piece, now)) error = std::numeric_limits<T>::quiet_NaN();
  results.iterations(task) = iterations;
  results.errors(task) = static_cast<double>(error);
}

Offset elements_of(const Batch& batch, Index graph) {
  const auto g = static_cast<std::size_t>(graph);
  const Index n_nodes = batch.node_offsets()[g + 1] - batch.node_offsets()[g];
  return Offset(batch.edge_counts()[g]) + 3 * Offset(n_nodes);
}

template <bool kSum, class T, class PhiOf>
void iterate(const System<T>& system, const Plan& plan, const std::vector<Index>& graphs,
             const PhiOf& phi, Workspace& workspace) {
  Scratch scratch(workspace.arena);
  const Tasks<T> tasks = take_tasks<T>(*system.batch, graphs, system.heads(), scratch);
  Offset elements = 0;
  Offset n_edges = 0;
  for (const Index g : graphs) {
    elements = std::max(elements, elements_of(*system.batch, g));
    n_edges += system.batch->edge_counts()[static_cast<std::size_t>(g)];
  }
  const Index n_workers = worker_count(tasks.n_tasks, n_edges * system.heads());
  // Rows of elements, because one number of type Index may not count them all.
  const Array<T, 2> storage = scratch.take<T>(n_workers, static_cast<Index>(elements) * kLanes<T>);
  const TaskResults results = take_results(tasks.n_tasks, scratch);
  for_each_task("contraction/local", tasks.n_tasks, n_workers,
                Iterate<kSum, T, PhiOf>{
                    tasks, system.rows, system.b.data(), system.z.data(), storage.data(), elements,
                    phi, static_cast<T>(system.factor), static_cast<T>(plan.tolerance),
                    plan.max_iterations, plan.start_from_z, results},
                scratch);
  collect_results(results, graphs, tasks.n_blocks, workspace);
}

}  // namespace

void collect_results(const TaskResults& results, const std::vector<Index>& graphs, Index n_blocks,
                     Workspace& workspace) {
  copy_to_host(workspace.host_counts, results.iterations);
  copy_to_host(workspace.host_values, results.errors);
  for (Index t = 0; t < results.errors.size(); ++t) {
    const auto task = static_cast<std::size_t>(t);
    const Index graph = graphs[static_cast<std::size_t>(t / n_blocks)];
    GraphResult& result = workspace.report.graphs[static_cast<std::size_t>(graph)];
    result.iterations = std::max(result.iterations, workspace.host_counts[task]);
    result.error = larger_error(result.error, workspace.host_values[task]);
  }
}

bool fits_locally(const Batch& batch, Index graph) {
  return elements_of(batch, graph) <= kLocalElements;
}

template <class T>
void solve_locally(const System<T>& system, const Plan& plan, const std::vector<Index>& graphs,
                   Workspace& workspace) {
  if (graphs.empty() || system.heads() == 0) return;
  with_phi<T>(system.phi, [&](const auto& phi) {
    if constexpr (std::is_same_v<std::decay_t<decltype(phi)>, IdentityPhi<T>>) {
      if (system.use_sum) return iterate<true>(system, plan, graphs, phi, workspace);
    }
    iterate<false>(system, plan, graphs, phi, workspace);
  });
}

template void solve_locally(const System<float>&, const Plan&, const std::vector<Index>&,
                            Workspace&);
template void solve_locally(const System<double>&, const Plan&, const std::vector<Index>&,
                            Workspace&);

}  // namespace filigree::contraction
