// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "core/error.hpp"
#include "core/gemm.hpp"
#include "core/parallel.hpp"

namespace filigree {

namespace {

template <class T>
FILIGREE_FUNCTION T element(const GemmOperand<T>& operand, Index batch, Index i, Index j) {
  const Index row = operand.transposed ? j : i;
  const Index column = operand.transposed ? i : j;
  return operand.data[batch * operand.stride + Offset(row) * operand.leading + column];
}

template <class T>
void multiply(const Gemm<T>& product) {
  const Offset rows = Offset(product.batch) * product.m;
  const Offset elements = rows * product.n;
  FILIGREE_REQUIRE(rows <= std::numeric_limits<Index>::max(),
                   "a batch of {} products with {} rows each is too large for one launch: use "
                   "smaller batches",
                   product.batch, product.m);
  // One element per item where that can be counted, else one row.
  const bool by_row = elements > std::numeric_limits<Index>::max();
  const Index columns = by_row ? product.n : 1;
  for_each(
      "gemm/reference", static_cast<Index>(by_row ? rows : elements), FILIGREE_LAMBDA(Index item) {
        const Index row = by_row ? item : item / product.n;
        const Index first = by_row ? 0 : item % product.n;
        const Index batch = row / product.m;
        const Index i = row % product.m;
        for (Index j = first; j < first + columns; ++j) {
          T sum = 0;
          for (Index p = 0; p < product.k; ++p) {
            sum += element(product.a, batch, i, p) * element(product.b, batch, p, j);
          }
          T& c = product.c[batch * product.stride_c + Offset(i) * product.ldc + j];
          c = product.alpha * sum + (product.beta == T(0) ? T(0) : product.beta * c);
        }
      });
}

}  // namespace

void gemm_reference(const Gemm<float>& product) {
  multiply(product);
}

void gemm_reference(const Gemm<double>& product) {
  multiply(product);
}

}  // namespace filigree
