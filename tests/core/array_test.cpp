// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/array.hpp"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <vector>

#include "core/parallel.hpp"

namespace filigree {
namespace {

static_assert(!std::is_convertible_v<Array<double>, HostArray<double>> &&
                  !std::is_convertible_v<HostArray<double>, Array<double>>,
              "device and host arrays never mix by accident");

// Kernels stand in free functions: nvcc takes no lambda from a private member such as a test body.
void add_one(const Array<double>& a) {
  for_each(
      "test/add_one", a.size(), FILIGREE_LAMBDA(Index i) { a(i) += 1; });
}

void write_codes(const Array<Index, 2>& a, const Array<Index, 3>& b) {
  for_each(
      "test/codes", a.extent(0), FILIGREE_LAMBDA(Index i) {
        for (Index j = 0; j < a.extent(1); ++j) a(i, j) = 10 * i + j;
      });
  for_each(
      "test/codes", b.extent(0), FILIGREE_LAMBDA(Index i) {
        for (Index j = 0; j < b.extent(1); ++j) {
          for (Index k = 0; k < b.extent(2); ++k) b(i, j, k) = 100 * i + 10 * j + k;
        }
      });
}

TEST(Array, HostAndDeviceCopiesNeverAlias) {
  const Array<double> device = to_device("x", std::vector<double>{1, 2, 3});
  const HostArray<double> before = to_host(device);
  add_one(device);
  EXPECT_EQ(std::vector<double>(before.begin(), before.end()), (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(to_vector(device), (std::vector<double>{2, 3, 4}));
  const Array<double> again = to_device(before);
  EXPECT_NE(static_cast<const void*>(again.data()), static_cast<const void*>(before.data()));
  EXPECT_EQ(to_vector(again), (std::vector<double>{1, 2, 3}));
}

TEST(Array, CopiesOfTheHandleShareTheData) {
  const Array<double> a = to_device("x", std::vector<double>{1});
  const Array<double> b = a;
  add_one(b);
  EXPECT_EQ(to_vector(a)[0], 2);
}

TEST(Array, HigherRanksAreRowMajorAndKeepTheirShape) {
  const Array<Index, 2> a("a", 2, 3);
  const Array<Index, 3> b("b", 2, 3, 4);
  write_codes(a, b);
  const HostArray<Index, 2> host_a = to_host(a);
  const HostArray<Index, 3> host_b = to_host(b);
  EXPECT_EQ(host_a(1, 2), 12);
  EXPECT_EQ(host_a.data()[5], 12);
  EXPECT_EQ(host_b(1, 2, 3), 123);
  EXPECT_EQ(host_b.data()[23], 123);
  EXPECT_EQ(host_b.size(), 24);
  EXPECT_EQ(host_b.extent(0), 2);
  EXPECT_EQ(host_b.extent(1), 3);
  EXPECT_EQ(host_b.extent(2), 4);
  EXPECT_EQ(to_host(to_device(host_b))(1, 0, 2), 102);
}

TEST(Array, LabelsTravelWithCopies) {
  const Array<float> a("forces", 4);
  EXPECT_EQ(a.label(), "forces");
  EXPECT_EQ(to_host(a).label(), "forces");
}

TEST(Array, EmptyArraysAreFine) {
  const Array<double> never;
  EXPECT_EQ(never.size(), 0);
  const Array<double> none("none", 0);
  EXPECT_TRUE(to_vector(none).empty());
  fill(none, 1.0);
  copy(none, Array<double>("other", 0));
  EXPECT_TRUE(to_vector(to_device("none", std::vector<Index>{})).empty());
}

TEST(Array, FillAndCopyReachEveryValue) {
  const Array<double> a("a", 1000);
  fill(a, 2.5);
  const Array<double> b("b", 1000);
  copy(b, a);
  copy(b, b);
  for (const double value : to_vector(b)) EXPECT_EQ(value, 2.5);
  const HostArray<int, 2> h("h", 3, 4);
  fill(h, 7);
  EXPECT_EQ(h(2, 3), 7);
}

TEST(Array, AllocationsAreCounted) {
  const Offset before = array_allocations();
  const Array<double> a("a", 10);
  EXPECT_EQ(array_allocations(), before + 1);
  const Array<double> shared = a;
  add_one(shared);
  EXPECT_EQ(array_allocations(), before + 1);
  const HostArray<double> host = to_host(a);
  EXPECT_EQ(array_allocations(), before + 2);
}

#if FILIGREE_CHECK_BOUNDS

template <class Call>
std::string error_of(const Call& call) {
  try {
    call();
  } catch (const InternalError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(CheckedArray, DeviceArraysMayNotBeIndexedOutsideKernels) {
  const Array<double> a = to_device("forces", std::vector<double>{1, 2});
  EXPECT_EQ(error_of([&] { (void)a(1); }),
            "device array 'forces' was indexed outside a kernel: copy it with to_host first");
  const Array<double, 2> b("grid", 2, 2);
  EXPECT_EQ(error_of([&] { (void)b(1, 1); }),
            "device array 'grid' was indexed outside a kernel: copy it with to_host first");
  add_one(a);  // inside it is fine
  EXPECT_EQ(to_vector(a)[1], 3);
}

void read_in_kernel(const HostArray<double>& of_host, const Array<double>& sums) {
  for_each(
      "test/read_in_kernel", 1, FILIGREE_LAMBDA(Index i) { sums(i) = of_host(i); });
}

/// Nothing but this check finds it where host and device share their memory.
TEST(CheckedArray, HostArraysMayNotBeIndexedInsideKernels) {
  const HostArray<double> a("table", 2);
  a(0) = 1;  // outside it is fine
  const Array<double> sums("sums", 1);
  EXPECT_EQ(error_of([&] { read_in_kernel(a, sums); }),
            "host array 'table' was indexed inside a kernel: copy it with to_device first");
}

TEST(CheckedArray, IndicesBeyondTheExtentsAreErrors) {
  const HostArray<double> a("a", 3);
  EXPECT_EQ(error_of([&] { (void)a(3); }), "array 'a' was indexed at 3 but its extent is 3");
  EXPECT_EQ(error_of([&] { (void)a(-1); }), "array 'a' was indexed at -1 but its extent is 3");
  const HostArray<double, 2> b("b", 2, 4);
  EXPECT_EQ(error_of([&] { (void)b(0, 4); }), "array 'b' was indexed at 4 but its extent is 4");
  EXPECT_EQ(error_of([&] { (void)b(2, 0); }), "array 'b' was indexed at 2 but its extent is 2");
  const HostArray<double, 3> c("c", 2, 3, 4);
  EXPECT_EQ(error_of([&] { (void)c(1, 2, 4); }), "array 'c' was indexed at 4 but its extent is 4");
}

void write_beyond(const Array<double>& a) {
  for_each(
      "test/beyond", 2, FILIGREE_LAMBDA(Index i) { a(i + a.size()) = 0; });
}

TEST(CheckedArray, AnErrorInAKernelReachesTheCallerAndEndsTheKernel) {
  const Array<double> a("a", 3);
  EXPECT_EQ(error_of([&] { write_beyond(a); }), "array 'a' was indexed at 3 but its extent is 3");
  EXPECT_EQ(error_of([&] { (void)a(0); }),
            "device array 'a' was indexed outside a kernel: copy it with to_host first");
}

#endif

}  // namespace
}  // namespace filigree
