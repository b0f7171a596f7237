// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Products of dense matrices, the one place behind which libraries may be used.
//
//   GemmWorkspace workspace;                            // one per model or tape, kept
//   gemm(workspace, Gemm<float>{.m = rows, .n = out, .k = in,                 // Y = X W^T
//                               .a = {x.data(), in}, .b = {w.data(), in, true},
//                               .c = y.data(), .ldc = out});
//
// All matrices are row-major and lie where kernels run (Array::data()). The same bits for any
// number of threads; on the host, and for k < 1024, the bits of an element of C do not depend on
// how many other rows or products there are either.
#pragma once

#include <memory>
#include <string>

#include "core/scalar.hpp"

namespace filigree {

/// X of a product: entry (i, j) of op(X) is data[i * leading + j], or data[j * leading + i] if
/// `transposed`.
template <class T>
struct GemmOperand {
  const T* data = nullptr;
  Index leading = 0;        ///< values from one stored row to the next, at least their length
  bool transposed = false;  ///< op(X) is the transpose of what is stored
  Offset stride = 0;        ///< values from one matrix of a batch to the next; 0 shares one
};

/// C_b = alpha op(A_b) op(B_b) + beta C_b for b in [0, batch), with op(A) [m, k], op(B) [k, n] and
/// C [m, n]. C must not overlap A, B or another C. With beta = 0, C is not read; with alpha = 0 or
/// k = 0, A and B are not.
template <class T>
struct Gemm {
  Index m = 0;
  Index n = 0;
  Index k = 0;
  GemmOperand<T> a{};
  GemmOperand<T> b{};
  T* c = nullptr;
  Index ldc = 0;  ///< values from one row of C to the next, at least n
  T alpha = 1;
  T beta = 0;
  Index batch = 1;
  Offset stride_c = 0;  ///< values from one C of a batch to the next
};

namespace detail {
struct GemmState {
  virtual ~GemmState() = default;
};
}  // namespace detail

/// What products keep between calls: packed operands, partial sums, handles of libraries. Grows to
/// the largest product seen and then allocates nothing. Not for several host threads at once.
class GemmWorkspace {
 public:
  GemmWorkspace() = default;

  std::unique_ptr<detail::GemmState> state;  ///< made by the implementation on first use
};

/// Computes the product. Throws InputError when sizes, strides or leading dimensions do not fit.
void gemm(GemmWorkspace& workspace, const Gemm<float>& product);
void gemm(GemmWorkspace& workspace, const Gemm<double>& product);

/// The same by three plain loops, each element summed in order in the type T: what tests compare
/// with, and what builds for devices without a library use.
void gemm_reference(const Gemm<float>& product);
void gemm_reference(const Gemm<double>& product);

/// The implementation behind gemm(): "own tiles (AVX-512)", "cuBLAS 13.0.2", "reference".
std::string gemm_name();

namespace detail {
/// Defined by the implementation that CMake chose (FILIGREE_GEMM); nothing is empty here.
void gemm_library(GemmWorkspace& workspace, const Gemm<float>& product);
void gemm_library(GemmWorkspace& workspace, const Gemm<double>& product);
std::string gemm_library_name();
}  // namespace detail

}  // namespace filigree
