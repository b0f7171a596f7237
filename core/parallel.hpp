// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Parallel loops: a label, a size, a body. The same bits for any number of threads, because bodies
// write only what belongs to their index.
//
//   for_each("particles/drift", n, FILIGREE_LAMBDA(Index i) { x(i) += dt * v(i); });
#pragma once

#include "core/array.hpp"
#include "core/types.hpp"

namespace filigree {

namespace detail {

/// Host launches below this many items run on the calling thread: waking a team costs more.
inline constexpr Index kSerialThreshold = 256;

/// Marks this thread as inside a kernel while the object lives (builds with bounds checks).
struct KernelMark {
  KernelMark() : before(inside_kernel()) { inside_kernel() = true; }
  ~KernelMark() { inside_kernel() = before; }
  KernelMark(const KernelMark&) = delete;
  KernelMark& operator=(const KernelMark&) = delete;
  bool before;
};

/// The loop of every host launch, compiled once: inlined into the serial and the parallel branch,
/// the compiler could fuse multiplications and additions differently in the two, and bits would
/// depend on n.
template <class Body>
[[gnu::noinline]] void run_range(const Body& body, Index begin, Index end) {
  for (Index i = begin; i < end; ++i) body(i);
}

}  // namespace detail

/// Calls body(i) for i in [0, n), in any order and at once.
template <class Body>
void for_each(const char* label, Index n, const Body& body) {
  if (n <= 0) return;
#if FILIGREE_CHECK_BOUNDS
  const auto run = KOKKOS_LAMBDA(Index i) {
    KOKKOS_IF_ON_HOST((const detail::KernelMark mark; body(i);))
    KOKKOS_IF_ON_DEVICE((body(i);))
  };
#else
  const Body& run = body;
#endif
  using Policy = Kokkos::RangePolicy<ExecSpace, Kokkos::IndexType<Index>>;
  if constexpr (kKernelsRunOnHost) {
    if (n < detail::kSerialThreshold) {
      detail::run_range(run, 0, n);
      return;
    }
    const Offset shares = ExecSpace().concurrency();
    Kokkos::parallel_for(label, Policy(ExecSpace(), 0, static_cast<Index>(shares)), [&](Index s) {
      detail::run_range(run, static_cast<Index>(n * Offset(s) / shares),
                        static_cast<Index>(n * (Offset(s) + 1) / shares));
    });
  } else {
    Kokkos::parallel_for(label, Policy(ExecSpace(), 0, n), run);
    Kokkos::fence();
  }
}

/// As for_each, for bodies of uneven cost: the items are handed out in chunks as threads come free.
template <class Body>
void for_each_uneven(const char* label, Index n, Index chunk, const Body& body) {
  if (n <= 0) return;
#if FILIGREE_CHECK_BOUNDS
  const auto run = KOKKOS_LAMBDA(Index i) {
    KOKKOS_IF_ON_HOST((const detail::KernelMark mark; body(i);))
    KOKKOS_IF_ON_DEVICE((body(i);))
  };
#else
  const Body& run = body;
#endif
  using Policy =
      Kokkos::RangePolicy<ExecSpace, Kokkos::IndexType<Index>, Kokkos::Schedule<Kokkos::Dynamic>>;
  Kokkos::parallel_for(label, Policy(ExecSpace(), 0, n, Kokkos::ChunkSize(chunk)), run);
  if constexpr (!kKernelsRunOnHost) Kokkos::fence();
}

/// Exclusive prefix sum in place of integer counts; returns the total.
Index exclusive_scan(const char* label, const Array<Index>& counts);
/// offsets(i) = sum of counts(0 .. i - 1) for i in [0, n], n = counts.size(); offsets has n + 1
/// entries. Returns the total.
Offset offsets_from_counts(const char* label, const Array<Index>& counts,
                           const Array<Offset>& offsets);

}  // namespace filigree
