// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/array.hpp"

#include <atomic>

namespace filigree {

namespace {
std::atomic<Offset> allocations{0};
}  // namespace

namespace detail {

bool& inside_kernel() {
  static thread_local bool inside = false;
  return inside;
}

void throw_bad_access(const char* label, bool outside_kernel, Offset index, Offset extent) {
  if (outside_kernel) {
    throw InternalError(format(
        "device array '{}' was indexed outside a kernel: copy it with to_host first", label));
  }
  throw InternalError(
      format("array '{}' was indexed at {} but its extent is {}", label, index, extent));
}

void count_allocation() {
  allocations.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace detail

Offset array_allocations() {
  return allocations.load(std::memory_order_relaxed);
}

}  // namespace filigree
