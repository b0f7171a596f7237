// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Device and host arrays: thin, distinct, row-major wrappers around Kokkos views.
//
// Array lives where kernels run, HostArray where the program runs. They never alias, also when both
// are host memory: to_host() and to_device() always copy, so a forgotten copy fails on every
// machine. In builds with bounds checks, indices are checked, an Array may be indexed inside a
// launch only, and a HostArray only outside.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "core/error.hpp"
#include "core/types.hpp"

namespace filigree {

namespace detail {

template <class T, int R>
struct ViewData;
template <class T>
struct ViewData<T, 1> {
  using type = T*;
};
template <class T>
struct ViewData<T, 2> {
  using type = T**;
};
template <class T>
struct ViewData<T, 3> {
  using type = T***;
};

/// Set while this thread executes a kernel body; read in builds with bounds checks only.
bool& inside_kernel();
/// Throws InternalError: an array was indexed beyond its extents.
[[noreturn]] void throw_bad_index(const char* label, Offset index, Offset extent);
/// Throws InternalError: an Array was indexed outside a launch, or a HostArray inside.
[[noreturn]] void throw_wrong_side(const char* label, bool on_device);
/// Counts allocations of arrays; the contract "a step allocates nothing" reads it.
void count_allocation();

}  // namespace detail

/// Number of array allocations since the program started.
Offset array_allocations();

/// `OnDevice` only makes the two kinds of array distinct types; use Array and HostArray below.
template <class T, int R, bool OnDevice>
class BasicArray {
 public:
  using Space = std::conditional_t<OnDevice, MemSpace, HostSpace>;
  using View = Kokkos::View<typename detail::ViewData<T, R>::type, Kokkos::LayoutRight, Space>;
  using value_type = T;

  FILIGREE_FUNCTION BasicArray() {}
  explicit FILIGREE_FUNCTION BasicArray(const View& view) : view_(view) {}

  /// Uninitialised storage; `label` appears in out-of-memory messages.
  explicit BasicArray(const std::string& label, Index n0) requires(R == 1)
      : view_(Kokkos::view_alloc(label, Kokkos::WithoutInitializing), n0) {
    detail::count_allocation();
  }
  BasicArray(const std::string& label, Index n0, Index n1) requires(R == 2)
      : view_(Kokkos::view_alloc(label, Kokkos::WithoutInitializing), n0, n1) {
    detail::count_allocation();
  }
  BasicArray(const std::string& label, Index n0, Index n1, Index n2) requires(R == 3)
      : view_(Kokkos::view_alloc(label, Kokkos::WithoutInitializing), n0, n1, n2) {
    detail::count_allocation();
  }

  FILIGREE_FUNCTION Index extent(int r) const { return static_cast<Index>(view_.extent(r)); }
  FILIGREE_FUNCTION Index size() const { return static_cast<Index>(view_.size()); }
  FILIGREE_FUNCTION T* data() const { return view_.data(); }
  const View& view() const { return view_; }
  std::string label() const { return view_.label(); }

  FILIGREE_FUNCTION T& operator()(Index i) const requires(R == 1) {
    check(0, i);
    return view_.data()[i];
  }
  FILIGREE_FUNCTION T& operator()(Index i, Index j) const requires(R == 2) {
    check(0, i);
    check(1, j);
    return view_(i, j);
  }
  FILIGREE_FUNCTION T& operator()(Index i, Index j, Index k) const requires(R == 3) {
    check(0, i);
    check(1, j);
    check(2, k);
    return view_(i, j, k);
  }

  /// Host arrays of rank one are ranges.
  T* begin() const requires(R == 1 && !OnDevice) { return view_.data(); }
  T* end() const requires(R == 1 && !OnDevice) { return view_.data() + view_.size(); }

 private:
  FILIGREE_FUNCTION void check([[maybe_unused]] int r, [[maybe_unused]] Index i) const {
#if FILIGREE_CHECK_KERNEL_ACCESS
    const auto extent_r = static_cast<Offset>(view_.extent(r));
    if (i < 0 || i >= extent_r) {
      detail::throw_bad_index(view_.label().c_str(), i, extent_r);
    }
    if (OnDevice != detail::inside_kernel()) {
      detail::throw_wrong_side(view_.label().c_str(), OnDevice);
    }
#endif
  }

  View view_;
};

template <class T, int R = 1>
using Array = BasicArray<T, R, true>;
template <class T, int R = 1>
using HostArray = BasicArray<T, R, false>;

/// A host copy of a device array.
template <class T, int R>
HostArray<T, R> to_host(const Array<T, R>& array) {
  typename HostArray<T, R>::View view(
      Kokkos::view_alloc(array.label(), Kokkos::WithoutInitializing), array.view().layout());
  detail::count_allocation();
  Kokkos::deep_copy(view, array.view());
  return HostArray<T, R>(view);
}

/// A device copy of a host array.
template <class T, int R>
Array<T, R> to_device(const HostArray<T, R>& array) {
  typename Array<T, R>::View view(Kokkos::view_alloc(array.label(), Kokkos::WithoutInitializing),
                                  array.view().layout());
  detail::count_allocation();
  Kokkos::deep_copy(view, array.view());
  return Array<T, R>(view);
}

/// A device copy of host values.
template <class T>
Array<T> to_device(const std::string& label, std::span<const T> values) {
  HostArray<T> host(label, static_cast<Index>(values.size()));
  std::copy(values.begin(), values.end(), host.begin());
  return to_device(host);
}
template <class T>
Array<T> to_device(const std::string& label, const std::vector<T>& values) {
  return to_device(label, std::span<const T>(values));
}

/// A host copy as a vector.
template <class T>
std::vector<T> to_vector(const Array<T>& array) {
  const HostArray<T> host = to_host(array);
  return {host.begin(), host.end()};
}

/// Copies all values; extents must agree.
template <class T, int R>
void copy(const Array<T, R>& to, const Array<T, R>& from) {
  if (to.data() != from.data()) Kokkos::deep_copy(to.view(), from.view());
}

/// Sets every value.
template <class T, int R, bool OnDevice>
void fill(const BasicArray<T, R, OnDevice>& array, const T& value) {
  Kokkos::deep_copy(array.view(), value);
}

}  // namespace filigree
