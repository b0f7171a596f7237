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

void throw_bad_index(const char* label, Offset index, Offset extent) {
  throw InternalError(
      format("array '{}' was indexed at {} but its extent is {}", label, index, extent));
}

void throw_wrong_side(const char* label, bool on_device) {
  throw InternalError(format(
      on_device ? "device array '{}' was indexed outside a kernel: copy it with to_host first"
                : "host array '{}' was indexed inside a kernel: copy it with to_device first",
      label));
}

void count_allocation() {
  allocations.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace detail

Offset array_allocations() {
  return allocations.load(std::memory_order_relaxed);
}

}  // namespace filigree
