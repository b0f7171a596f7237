// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/softmax.hpp"

#include "learning/autodiff/lanes.hpp"
#include "learning/autodiff/loops.hpp"
#include "learning/autodiff/ops.hpp"
#include "learning/autodiff/tape.hpp"
#include "learning/autodiff/vector_math.hpp"

namespace filigree::learning {

namespace {

/// The values along an axis, once for each place in the other axes.
struct Rows {
  Index n = 1;      ///< values of a row
  Index inner = 1;  ///< distance between them in memory
  Index count = 1;  ///< of rows
};

/// Softmax of n values at a distance of `step`. One NaN makes all NaN.
template <class T>
FILIGREE_FUNCTION void share_row(const T* in, T* out, Index n, Offset step) {
  const T largest = lane_max<T>(n, in[0], [=](Index i) { return in[i * step]; });
  for (Index i = 0; i < n; ++i) out[i * step] = vector_exp(in[i * step] - largest);
  const T total = lane_sum<T>(n, [=](Index i) { return out[i * step]; });
  for (Index i = 0; i < n; ++i) out[i * step] /= total;
}

template <class T>
void shares(const Tensor& x, const Rows& rows, const Tensor& y) {
  const T* from = x.data<T>();
  T* to = TensorAccess::data<T>(y);
  const Index n = rows.n, inner = rows.inner;
  for_items(
      "softmax", rows.count, 8 * Offset(x.size()), FILIGREE_LAMBDA(Index row) {
        const Offset first = Offset(row / inner) * n * inner + row % inner;
        if (inner == 1) {  // a constant step: vector instructions
          share_row(from + first, to + first, n, Offset(1));
        } else {
          share_row(from + first, to + first, n, Offset(inner));
        }
      });
}

}  // namespace

// With y = softmax(x) the adjoint is y (g - sum(g y)).
Tensor softmax(const Tensor& x, int axis) {
  const Shape& shape = x.shape();
  const Shape kept = shape.with(axis, 1);
  FILIGREE_REQUIRE(shape[axis] > 0, "softmax: axis {} of {} is empty", axis, shape.text());
  Rows rows{.n = shape[axis], .count = static_cast<Index>(kept.size())};
  for (int a = shape.axis(axis) + 1; a < shape.rank(); ++a) rows.inner *= shape[a];
  const Tensor y = TensorAccess::make(shape, x.dtype());
  x.dtype() == DType::kF32 ? shares<float>(x, rows, y) : shares<double>(x, rows, y);
  return record("softmax", {x}, y, [=](Adjoint& a) {
    const Tensor shares_of = a.output();
    const Tensor weighted = a.gradient() * shares_of;
    a.give(0, weighted - shares_of * reshape(sum(weighted, axis), kept));
  });
}

Tensor log_softmax(const Tensor& x, int axis) {
  const Shape kept = x.shape().with(axis, 1);
  Tensor largest;
  {
    const Unrecorded unrecorded;  // what is taken off does not change the result
    largest = reshape(max(x, axis), kept);
  }
  const Tensor below = x - largest;
  return below - reshape(logsumexp(below, axis), kept);
}

}  // namespace filigree::learning
