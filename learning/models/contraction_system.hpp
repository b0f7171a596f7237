// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What the solvers of contraction.hpp share: one form for forward, adjoint and tangent solves,
//
//   z = phi(M z + b),   (M z)_i = sum over the places p of row i of m_p z_neighbour(p),
//
// where forward m_p = gamma w_e; adjoint m_p = gamma w_e D_neighbour and phi = identity; tangent
// m_p = gamma w_e D_i and phi = identity.
#pragma once

#include <cstdint>
#include <type_traits>

#include "core/pack.hpp"
#include "learning/models/contraction.hpp"

namespace filigree::contraction {

/// Heads that are computed together: one vector register; on a device one thread per head makes
/// neighbouring threads read neighbouring values.
template <class T>
inline constexpr int kLanes = kKernelsRunOnHost ? kVectorBytes / static_cast<int>(sizeof(T)) : 1;

/// Rows in one slice of a graph.
inline constexpr Index kSliceRows = 128;

template <class T>
using Lanes = Pack<T, kLanes<T>>;

enum class ScaleBy { kNothing, kNeighbour, kRow };

/// The places of the edges in the rows of A, or of its transpose.
struct RowPlaces {
  GraphView by_receiver;
  TransposeView by_sender;
  bool use_senders;  ///< rows are the nodes as senders

  RowPlaces(const Graph& graph, Orientation orientation, bool transposed = false)
      : by_receiver(graph.view()),
        by_sender(graph.transpose()),
        use_senders((orientation == Orientation::kSenderRow) != transposed) {}

  FILIGREE_FUNCTION Offset begin(Index i) const {
    return use_senders ? by_sender.row_begin(i) : by_receiver.row_begin(i);
  }
  FILIGREE_FUNCTION const Index* neighbours() const {
    return use_senders ? by_sender.receivers.data() : by_receiver.senders.data();
  }
  FILIGREE_FUNCTION Offset edge(Offset place) const {
    return use_senders ? by_sender.edge(place) : place;
  }
};

/// The matrix M, without a copy of the weights.
template <class T>
struct Rows : RowPlaces {
  const T* weights;  ///< [n_edges, heads]
  T gamma;
  Index heads;
  const T* slopes = nullptr;  ///< D, [n_nodes, heads]; not read with ScaleBy::kNothing
  ScaleBy scale_by = ScaleBy::kNothing;

  Rows(const Map<T>& map, bool transposed)
      : RowPlaces(map.batch->graph(), map.orientation, transposed),
        weights(map.weights.data()),
        gamma(static_cast<T>(map.gamma)),
        heads(map.heads()) {}
  /// For maps with another law: places without weights.
  Rows(const RowPlaces& places, Index heads_in)
      : RowPlaces(places), weights(nullptr), gamma(0), heads(heads_in) {}
};

/// The first `width` of kLanes values, 0 in the rest.
template <int N, class T>
FILIGREE_FUNCTION Pack<T, N> load_first(const T* from, Index width) {
  if (width == N) return Pack<T, N>::load(from);
  Pack<T, N> lanes = Pack<T, N>::zero();
  for (Index c = 0; c < width; ++c) lanes.set(static_cast<int>(c), from[c]);
  return lanes;
}
template <int N, class T>
FILIGREE_FUNCTION void store_first(const Pack<T, N>& lanes, T* to, Index width) {
  if (width == N) {
    lanes.store(to);
    return;
  }
  for (Index c = 0; c < width; ++c) to[c] = lanes[static_cast<int>(c)];
}

/// |a|, lane by lane.
template <class T, int N>
FILIGREE_FUNCTION Pack<T, N> absolute(const Pack<T, N>& a) {
#if FILIGREE_VECTOR_TYPES
  return Pack<T, N>{a.lanes < 0 ? -a.lanes : a.lanes};
#else
  Pack<T, N> result = a;
  for (int c = 0; c < N; ++c) result.set(c, a[c] < 0 ? -a[c] : a[c]);
  return result;
#endif
}

/// The larger, lane by lane; a where b is NaN.
template <class T, int N>
FILIGREE_FUNCTION Pack<T, N> larger(const Pack<T, N>& a, const Pack<T, N>& b) {
#if FILIGREE_VECTOR_TYPES
  return Pack<T, N>{b.lanes > a.lanes ? b.lanes : a.lanes};
#else
  Pack<T, N> result = a;
  for (int c = 0; c < N; ++c) result.set(c, b[c] > a[c] ? b[c] : a[c]);
  return result;
#endif
}

/// Joins |change| into a norm: the sum of entries or the largest.
template <bool kSum, class T, int N>
FILIGREE_FUNCTION void join_norm(Pack<T, N>& norm, const Pack<T, N>& change) {
  if constexpr (kSum) {
    norm += absolute(change);
  } else {
    norm = larger(norm, absolute(change));
  }
}

template <class T, int N>
FILIGREE_FUNCTION void add_to_norm(Pack<T, N>& norm, const Pack<T, N>& change, bool use_sum) {
  if (use_sum) {
    join_norm<true>(norm, change);
  } else {
    join_norm<false>(norm, change);
  }
}

template <class T>
struct IdentityPhi {
  template <int N>
  FILIGREE_FUNCTION Pack<T, N> operator()(const Pack<T, N>& x) const {
    return x;
  }
};

/// x above 0, slope x below; NaN stays NaN.
template <class T>
struct LeakyPhi {
  T slope;
  template <int N>
  FILIGREE_FUNCTION Pack<T, N> operator()(const Pack<T, N>& x) const {
#if FILIGREE_VECTOR_TYPES
    return Pack<T, N>{x.lanes > 0 ? x.lanes : x.lanes * slope};
#else
    Pack<T, N> result = x;
    for (int c = 0; c < N; ++c) result.set(c, x[c] > 0 ? x[c] : x[c] * slope);
    return result;
#endif
  }
};

template <class T>
struct TanhPhi {
  template <int N>
  FILIGREE_FUNCTION Pack<T, N> operator()(const Pack<T, N>& x) const {
    Pack<T, N> result = x;
    for (int c = 0; c < N; ++c) result.set(c, Kokkos::tanh(x[c]));
    return result;
  }
};

/// Calls use(functor of phi).
template <class T, class Use>
void with_phi(const Phi& phi, const Use& use) {
  switch (phi.kind) {
    case Activation::kIdentity:
      return use(IdentityPhi<T>{});
    case Activation::kRelu:
      return use(LeakyPhi<T>{T(0)});
    case Activation::kLeakyRelu:
      return use(LeakyPhi<T>{static_cast<T>(phi.slope)});
    case Activation::kTanh:
      return use(TanhPhi<T>{});
  }
}

/// One solve: the equation, what is known of it, and where the answer goes.
template <class T>
struct System {
  const Batch* batch;
  Rows<T> rows;
  Array<T, 2> b, z;
  Phi phi;
  double factor;  ///< q of the report
  bool use_sum;   ///< norm of the report: sum of entries, else the largest
  bool is_linear() const { return phi.kind == Activation::kIdentity; }
  Index heads() const { return rows.heads; }
};

/// Options with nothing left open.
struct Plan {
  Solver solver;
  double tolerance;
  Index max_iterations;
  bool start_from_z;
  bool reuse_factors;
};

/// The larger of two errors, NaN if one is.
inline double larger_error(double a, double b) {
  return a != a || a > b ? a : b;
}

/// Copies into host memory that only grows, and back.
template <class V>
void copy_to_host(std::vector<V>& to, const Array<V>& from) {
  const auto n = static_cast<std::size_t>(from.size());
  if (to.size() < n) to.resize(n);
  Kokkos::deep_copy(Kokkos::View<V*, HostSpace, Kokkos::MemoryUnmanaged>(to.data(), n),
                    from.view());
}
template <class V>
void copy_to_device(const Array<V>& to, const std::vector<V>& from) {
  const auto n = static_cast<std::size_t>(to.size());
  Kokkos::deep_copy(to.view(),
                    Kokkos::View<const V*, HostSpace, Kokkos::MemoryUnmanaged>(from.data(), n));
}

/// (M z)_i for N heads; z begins at the first of them.
template <int N, class T>
FILIGREE_FUNCTION Pack<T, N> product(const Rows<T>& rows, Index i, Index head, const T* z) {
  const std::ptrdiff_t heads = rows.heads;
  const Index* neighbours = rows.neighbours();
  const T* weights = rows.weights + head;
  Pack<T, N> total = Pack<T, N>::zero();
  const Offset end = rows.begin(i + 1);
  for (Offset p = rows.begin(i); p < end; ++p) {
    const std::ptrdiff_t neighbour = neighbours[p] * heads;
    Pack<T, N> weight = Pack<T, N>::load(weights + rows.edge(p) * heads);
    if (rows.scale_by == ScaleBy::kNeighbour) {
      weight = weight * Pack<T, N>::load(rows.slopes + neighbour + head);
    }
    total += weight * Pack<T, N>::load(z + neighbour);
  }
  total = rows.gamma * total;
  if (rows.scale_by == ScaleBy::kRow) {
    total = total * Pack<T, N>::load(rows.slopes + i * heads + head);
  }
  return total;
}

/// The plan for a system. Throws InputError for options out of range, and for solvers that do not
/// fit the system.
template <class T>
Plan plan_of(const System<T>& system, const SolveOptions& options);

/// An empty report, and the same with its conclusions.
void start_report(const Batch& batch, const Plan& plan, Report& report);
const Report& finish_report(const Plan& plan, Report& report);

/// Picard iteration in the cache: fills the report's results of `graphs`.
template <class T>
void solve_locally(const System<T>& system, const Plan& plan, const std::vector<Index>& graphs,
                   Workspace& workspace);

/// True when Picard iteration of the graph runs in cache.
bool fits_locally(const Batch& batch, Index graph);

/// The other solvers, each for all graphs without a result.
template <class T>
void solve_by_sweeps(const System<T>& system, const Plan& plan, Workspace& workspace);
template <class T>
void solve_directly(const System<T>& system, const Plan& plan, Workspace& workspace);
template <class T>
void solve_by_mixing(const System<T>& system, const Plan& plan, Workspace& workspace);
template <class T>
void solve_by_bicgstab(const System<T>& system, const Plan& plan, Workspace& workspace);
template <class T>
void solve_by_gmres(const System<T>& system, const Plan& plan, Workspace& workspace);

}  // namespace filigree::contraction
