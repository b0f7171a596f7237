// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/ops_linalg.hpp"

#include "learning/autodiff/ops_elementwise.hpp"
#include "learning/autodiff/ops_shape.hpp"
#include "learning/autodiff/tape.hpp"

namespace filigree::learning {

namespace {

struct Sizes {
  Index batch = 1, m = 0, n = 0, k = 0;
};

Sizes sizes_of(const Tensor& a, const Tensor& b, Transposed t) {
  require_one_type("matmul", a, b);
  const bool ranks_fit = a.rank() == b.rank() && (a.rank() == 2 || a.rank() == 3);
  FILIGREE_REQUIRE(ranks_fit, "matmul: {} and {} must both have two axes, or three",
                   a.shape().text(), b.shape().text());
  Sizes s;
  s.batch = a.rank() == 3 ? a.extent(0) : 1;
  s.m = a.extent(t.a ? -1 : -2);
  s.k = a.extent(t.a ? -2 : -1);
  s.n = b.extent(t.b ? -2 : -1);
  const bool fit = s.k == b.extent(t.b ? -1 : -2) && (a.rank() == 2 || s.batch == b.extent(0));
  FILIGREE_REQUIRE(fit, "matmul: {}{} and {}{} do not fit together", a.shape().text(),
                   t.a ? " transposed" : "", b.shape().text(), t.b ? " transposed" : "");
  return s;
}

template <class T>
void multiply(const Tensor& a, const Tensor& b, Transposed t, const Sizes& s, const Tensor& y) {
  GemmWorkspace own;
  Tape* tape = Tape::current();
  gemm(tape == nullptr ? own : tape->gemm_workspace(),
       Gemm<T>{.m = s.m,
               .n = s.n,
               .k = s.k,
               .a = {a.data<T>(), a.columns(), t.a, Offset(s.m) * s.k},
               .b = {b.data<T>(), b.columns(), t.b, Offset(s.k) * s.n},
               .c = TensorAccess::data<T>(y),
               .ldc = s.n,
               .batch = s.batch,
               .stride_c = Offset(s.m) * s.n});
}

}  // namespace

Tensor matmul(const Tensor& a, const Tensor& b, Transposed t) {
  const Sizes s = sizes_of(a, b, t);
  const Shape shape = a.rank() == 3 ? Shape{s.batch, s.m, s.n} : Shape{s.m, s.n};
  const Tensor y = TensorAccess::make(shape, a.dtype());
  a.dtype() == DType::kF32 ? multiply<float>(a, b, t, s, y) : multiply<double>(a, b, t, s, y);
  // With Y = A B: dA = G B^T and dB = A^T G; what was transposed comes out transposed.
  return record("matmul", {a, b}, y, [=](Adjoint& adjoint) {
    const Tensor& g = adjoint.gradient();
    if (adjoint.wants(0)) {
      adjoint.give(0, t.a ? matmul(b, g, {t.b, true}) : matmul(g, b, {false, !t.b}));
    }
    if (adjoint.wants(1)) {
      adjoint.give(1, t.b ? matmul(g, a, {true, t.a}) : matmul(a, g, {!t.a, false}));
    }
  });
}

Tensor transpose(const Tensor& x) {
  FILIGREE_REQUIRE(x.rank() >= 2, "transpose: a tensor {} has no two axes", x.shape().text());
  std::vector<int> axes;
  for (int a = 0; a < x.rank(); ++a) axes.push_back(a);
  std::swap(axes[axes.size() - 1], axes[axes.size() - 2]);
  return permute(x, axes);
}

}  // namespace filigree::learning
