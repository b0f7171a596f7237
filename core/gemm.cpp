// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// What all implementations share: checks, and products that need no implementation.
#include "core/gemm.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace filigree {

namespace {

template <class T>
void check_operand(const char* name, const GemmOperand<T>& operand, Index rows, Index columns) {
  const Index length = operand.transposed ? rows : columns;
  FILIGREE_REQUIRE(operand.leading >= length,
                   "matrix {} of a product has rows of {} values that lie {} values apart: its "
                   "leading dimension must be at least {}",
                   name, length, operand.leading, length);
  FILIGREE_REQUIRE(operand.data != nullptr, "matrix {} of a product has no data", name);
}

template <class T>
void multiply(GemmWorkspace& workspace, Gemm<T> product) {
  FILIGREE_REQUIRE(product.m >= 0 && product.n >= 0 && product.k >= 0 && product.batch >= 0,
                   "a product of matrices has the sizes m = {}, n = {}, k = {}, batch = {}: none "
                   "may be negative",
                   product.m, product.n, product.k, product.batch);
  if (product.m == 0 || product.n == 0 || product.batch == 0) return;
  check_operand("C", GemmOperand<T>{product.c, product.ldc}, product.m, product.n);
  const Offset size_c = Offset(product.m - 1) * product.ldc + product.n;
  const Offset between = std::max(product.stride_c, -product.stride_c);
  const bool interleaved = between >= product.n && Offset(product.batch) * between <= product.ldc;
  FILIGREE_REQUIRE(product.batch == 1 || between >= size_c || interleaved,
                   "the {} results of a batch of products lie {} values apart and overlap: a "
                   "result takes {}",
                   product.batch, product.stride_c, size_c);
  if (product.k == 0 || product.alpha == T(0)) {
    product.k = 0;
    gemm_reference(product);
    return;
  }
  check_operand("A", product.a, product.m, product.k);
  check_operand("B", product.b, product.k, product.n);
#ifdef FILIGREE_GEMM_IS_REFERENCE
  gemm_reference(product);
#else
  detail::gemm_library(workspace, product);
#endif
}

}  // namespace

void gemm(GemmWorkspace& workspace, const Gemm<float>& product) {
  multiply(workspace, product);
}

void gemm(GemmWorkspace& workspace, const Gemm<double>& product) {
  multiply(workspace, product);
}

std::string gemm_name() {
#ifdef FILIGREE_GEMM_IS_REFERENCE
  return "reference";
#else
  return detail::gemm_library_name();
#endif
}

}  // namespace filigree
