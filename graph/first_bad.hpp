// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Searches for the first item that breaks a rule, for error messages.
#pragma once

#include "core/reduce.hpp"

namespace filigree {

/// The first index in [0, n) for which is_bad(i), or n when there is none.
template <class IsBad>
Index first_bad(const char* label, Index n, const IsBad& is_bad) {
  const double none = -double(n);
  return static_cast<Index>(-max(
      label, n, none, FILIGREE_LAMBDA(Index i) { return is_bad(i) ? -double(i) : none; }));
}

/// One value of a device array, copied to the host.
template <class T>
T value_at(const Array<T>& array, Index i) {
  T value{};
  const Kokkos::View<T, HostSpace, Kokkos::MemoryUnmanaged> host(&value);
  Kokkos::deep_copy(host, Kokkos::subview(array.view(), i));
  return value;
}

}  // namespace filigree
