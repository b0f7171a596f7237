// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Dense LU of I - M for each graph and head of a batch of small graphs, a register of heads at a
// time.
//
// I - M is an M-matrix (weights >= 0, spectral radius of M below 1): elimination needs no pivoting,
// its pivots are positive. Each solution is refined by its residual until the tolerance is met. The
// factors stay in the workspace; with the rows of the other end of the edges they solve the
// transpose, I - M = L U, (I - M)^T = U^T L^T.
#include <limits>

#include "learning/models/contraction_tasks.hpp"

namespace filigree::contraction {

namespace {

/// Applications of the factors at most: the first solve and refinements.
constexpr Index kMaxRefinements = 4;

template <class T>
struct Eliminate {
  Tasks<T> tasks;
  Rows<T> rows;
  const T* b;
  T* z;
  T* factors;
  Array<Offset> first_factor;  ///< [n_graphs], values before those of a graph
  T tolerance;
  Index max_iterations;
  bool has_factors, is_transposed, use_sum;
  TaskResults results;

  FILIGREE_FUNCTION void run(Index task, Index) const {
    const Piece piece = tasks.piece(task);
    const Elements<T> a = matrix_of(piece);
    const Elements<T> x = a.from(Offset(piece.n) * piece.n);
    const Elements<T> r = x.from(piece.n);
    if (!has_factors) {
      assemble(piece, a);
      factorise(piece.n, a);
    }
    for (Index i = 0; i < piece.n; ++i) x.put(i, Lanes<T>::zero());
    Lanes<T> norm = residual(piece, x, r);
    const Lanes<T> size = norm;
    T error = error_of(T(1), norm, size);
    T last = std::numeric_limits<T>::infinity();
    Index iterations = 0;
    // A refinement that does not halve the residual has met the rounding of the residual itself.
    while (error > tolerance && error < last / 2 && iterations < max_iterations) {
      if (is_transposed) {
        solve_transposed(piece.n, a, r);
      } else {
        solve_plain(piece.n, a, r);
      }
      for (Index i = 0; i < piece.n; ++i) x.put(i, x.get(i) + r.get(i));
      norm = residual(piece, x, r);
      last = error;
      error = error_of(T(1), norm, size);
      ++iterations;
    }
    results.iterations(task) = iterations;
    results.errors(task) = static_cast<double>(scatter(piece, x) ? error : kNotANumber);
  }

  static constexpr T kNotANumber = std::numeric_limits<T>::quiet_NaN();

  /// Element (i, j) is i n + j; the solution and its residual follow the matrix.
  FILIGREE_FUNCTION Elements<T> matrix_of(const Piece& piece) const {
    const Offset n_elements = Offset(piece.n) * (piece.n + 2);
    T* base = factors + first_factor(piece.graph);
    if (kKernelsRunOnHost) return {base + piece.block * n_elements * kLanes<T>, kLanes<T>};
    return {base + piece.block, tasks.n_blocks};
  }

  FILIGREE_FUNCTION void assemble(const Piece& piece, const Elements<T>& a) const {
    for (Index i = 0; i < piece.n; ++i) {
      const Elements<T> row = a.from(Offset(i) * piece.n);
      for (Index j = 0; j < piece.n; ++j) row.put(j, Lanes<T>::filled(i == j ? T(1) : T(0)));
      const Index node = piece.first + i;
      for (Offset p = rows.begin(node); p < rows.begin(node + 1); ++p) {
        const Index j = rows.neighbours()[p] - piece.first;
        row.put(j, row.get(j) - weight_at(rows, node, p, piece));
      }
    }
  }

  /// L below the diagonal (1 on it), U above; the diagonal holds the inverses of the pivots.
  FILIGREE_FUNCTION void factorise(Index n, const Elements<T>& a) const {
    for (Index k = 0; k < n; ++k) {
      const Elements<T> top = a.from(Offset(k) * n);
      Lanes<T> inverse = top.get(k);
      for (int c = 0; c < kLanes<T>; ++c) inverse.set(c, T(1) / inverse[c]);
      top.put(k, inverse);
      for (Index i = k + 1; i < n; ++i) {
        const Elements<T> row = a.from(Offset(i) * n);
        const Lanes<T> factor = row.get(k) * inverse;
        if (is_zero(factor)) continue;
        row.put(k, factor);
        for (Index j = k + 1; j < n; ++j) row.put(j, row.get(j) - factor * top.get(j));
      }
    }
  }

  FILIGREE_FUNCTION static bool is_zero(const Lanes<T>& a) {
    bool result = true;
    for (int c = 0; c < kLanes<T>; ++c) result = result && a[c] == 0;
    return result;
  }

  FILIGREE_FUNCTION void solve_plain(Index n, const Elements<T>& a, const Elements<T>& r) const {
    for (Index i = 0; i < n; ++i) {
      const Elements<T> row = a.from(Offset(i) * n);
      Lanes<T> total = r.get(i);
      for (Index j = 0; j < i; ++j) total -= row.get(j) * r.get(j);
      r.put(i, total);
    }
    for (Index i = n; i-- > 0;) {
      const Elements<T> row = a.from(Offset(i) * n);
      Lanes<T> total = r.get(i);
      for (Index j = i + 1; j < n; ++j) total -= row.get(j) * r.get(j);
      r.put(i, total * row.get(i));
    }
  }

  FILIGREE_FUNCTION void solve_transposed(Index n, const Elements<T>& a,
                                          const Elements<T>& r) const {
    for (Index i = 0; i < n; ++i) {
      const Elements<T> row = a.from(Offset(i) * n);
      const Lanes<T> value = r.get(i) * row.get(i);
      r.put(i, value);
      for (Index j = i + 1; j < n; ++j) r.put(j, r.get(j) - row.get(j) * value);
    }
    for (Index i = n; i-- > 0;) {
      const Elements<T> row = a.from(Offset(i) * n);
      const Lanes<T> value = r.get(i);
      for (Index j = 0; j < i; ++j) r.put(j, r.get(j) - row.get(j) * value);
    }
  }

  /// r = b + M x - x; returns |r|.
  FILIGREE_FUNCTION Lanes<T> residual(const Piece& piece, const Elements<T>& x,
                                      const Elements<T>& r) const {
    Lanes<T> norm = Lanes<T>::zero();
    for (Index i = 0; i < piece.n; ++i) {
      const Index node = piece.first + i;
      Lanes<T> total =
          load_first<kLanes<T>>(b + std::ptrdiff_t(node) * tasks.heads + piece.head, piece.width);
      for (Offset p = rows.begin(node); p < rows.begin(node + 1); ++p) {
        total += weight_at(rows, node, p, piece) * x.get(rows.neighbours()[p] - piece.first);
      }
      total -= x.get(i);
      r.put(i, total);
      add_to_norm(norm, total, use_sum);
    }
    return norm;
  }

  /// Copies x to where it belongs; false where it is not finite.
  FILIGREE_FUNCTION bool scatter(const Piece& piece, const Elements<T>& x) const {
    Lanes<T> poison = Lanes<T>::zero();
    for (Index i = 0; i < piece.n; ++i) {
      const Lanes<T> value = x.get(i);
      poison += T(0) * value;
      store_first(value, z + std::ptrdiff_t(piece.first + i) * tasks.heads + piece.head,
                  piece.width);
    }
    return is_zero(poison);
  }
};

/// What the factors in a workspace belong to.
Factors factors_of(const Batch& batch, Index heads, std::size_t value_bytes, bool use_senders,
                   bool is_scaled) {
  return {batch.n_graphs(), batch.n_nodes(), batch.n_edges(), heads,
          value_bytes,      use_senders,     is_scaled};
}

/// At least `bytes` of memory, in rows because one number of type Index may not count them all.
double* memory_of(Workspace& workspace, Offset bytes) {
  constexpr Index kRow = 1 << 12;
  const auto n_rows = static_cast<Index>(bytes / (kRow * Offset(sizeof(double))) + 1);
  if (workspace.factor_memory.extent(0) < n_rows) {
    workspace.factor_memory = Array<double, 2>("contraction/factors", n_rows, kRow);
  }
  return workspace.factor_memory.data();
}

}  // namespace

template <class T>
void solve_directly(const System<T>& system, const Plan& plan, Workspace& workspace) {
  if (system.heads() == 0) return;
  const Batch& batch = *system.batch;
  const bool is_scaled = system.rows.scale_by != ScaleBy::kNothing;
  const Factors wanted =
      factors_of(batch, system.heads(), sizeof(T), system.rows.use_senders, is_scaled);
  bool is_transposed = false;
  if (plan.reuse_factors) {
    is_transposed = workspace.factors.use_senders != wanted.use_senders && !is_scaled;
    Factors other = workspace.factors;
    if (is_transposed) other.use_senders = wanted.use_senders;
    FILIGREE_REQUIRE(other == wanted,
                     "the workspace does not have the factors of this map: reuse_factors is for a "
                     "direct solve of the same map before this one");
  }
  Scratch scratch(workspace.arena);
  std::vector<Index>& graphs = workspace.local_graphs;
  std::vector<Offset>& first = workspace.host_offsets;
  graphs.clear();
  first.clear();
  Offset n_values = 0;
  Offset work = 0;
  const Index n_blocks = (system.heads() + kLanes<T> - 1) / kLanes<T>;
  for (Index g = 0; g < batch.n_graphs(); ++g) {
    const auto at = static_cast<std::size_t>(g);
    const Offset n = batch.node_offsets()[at + 1] - batch.node_offsets()[at];
    graphs.push_back(g);
    first.push_back(n_values);
    n_values += n * (n + 2) * n_blocks * kLanes<T>;
    work += n * n * system.heads();
  }
  const Array<Offset> first_factor = scratch.take<Offset>(batch.n_graphs());
  copy_to_device(first_factor, first);
  T* factors =
      reinterpret_cast<T*>(memory_of(workspace, n_values * static_cast<Offset>(sizeof(T))));
  const Tasks<T> tasks = take_tasks<T>(batch, graphs, system.heads(), scratch);
  const TaskResults results = take_results(tasks.n_tasks, scratch);
  for_each_task(
      "contraction/direct", tasks.n_tasks, worker_count(tasks.n_tasks, work),
      Eliminate<T>{tasks, system.rows, system.b.data(), system.z.data(), factors, first_factor,
                   static_cast<T>(plan.tolerance), std::min(plan.max_iterations, kMaxRefinements),
                   plan.reuse_factors, is_transposed, system.use_sum, results},
      scratch);
  if (!plan.reuse_factors) workspace.factors = wanted;
  collect_results(results, graphs, tasks.n_blocks, workspace);
}

template void solve_directly(const System<float>&, const Plan&, Workspace&);
template void solve_directly(const System<double>&, const Plan&, Workspace&);

}  // namespace filigree::contraction
