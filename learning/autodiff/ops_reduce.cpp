// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/ops_reduce.hpp"

#include "learning/autodiff/loops.hpp"
#include "learning/autodiff/ops_elementwise.hpp"
#include "learning/autodiff/ops_shape.hpp"
#include "learning/autodiff/tape.hpp"
#include "learning/autodiff/vector_math.hpp"

namespace filigree::learning {

namespace {

/// A tensor seen from one axis: [outer, n, inner].
struct Axis {
  Index outer = 1, n = 1, inner = 1;
};

Axis axis_of(const Shape& shape, int axis) {
  const int at = shape.axis(axis);
  Axis result;
  for (int a = 0; a < shape.rank(); ++a) {
    (a < at ? result.outer : a == at ? result.n : result.inner) *= shape[a];
  }
  return result;
}

/// Values of the axis that are summed in one go, and lanes that are summed side by side.
constexpr Index kBlock = 256;
constexpr Index kLanes = 32;

/// The sum of n consecutive values, in lanes that are joined pairwise.
template <class T>
FILIGREE_FUNCTION T sum_run(const T* x, Index n) {
  T lanes[kLanes] = {};
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (Index l = 0; l < kLanes; ++l) lanes[l] += x[i + l];
  }
  for (Index l = 0; i + l < n; ++l) lanes[l] += x[i + l];
  for (Index half = kLanes / 2; half > 0; half /= 2) {
    for (Index l = 0; l < half; ++l) lanes[l] += lanes[l + half];
  }
  return lanes[0];
}

/// The sums of `width` neighbouring columns over n rows.
template <class T>
FILIGREE_FUNCTION void sum_columns(const T* x, Index n, Offset stride, Index width, T* to) {
  T totals[kLanes] = {};
  if (width == kLanes) {
    for (Index i = 0; i < n; ++i) {
      for (Index c = 0; c < kLanes; ++c) totals[c] += x[i * stride + c];
    }
  } else {
    for (Index i = 0; i < n; ++i) {
      for (Index c = 0; c < width; ++c) totals[c] += x[i * stride + c];
    }
  }
  for (Index c = 0; c < width; ++c) to[c] = totals[c];
}

/// to [outer, blocks, inner]: the sums over blocks of the axis.
template <class T>
void sum_blocks(const T* from, Axis axis, Index blocks, T* to) {
  const Index column_blocks = (axis.inner + kLanes - 1) / kLanes;
  for_items(
      "sum", axis.outer * blocks * column_blocks, Offset(axis.outer) * axis.n * axis.inner,
      FILIGREE_LAMBDA(Index item) {
        const Index column = item % column_blocks * kLanes;
        const Index block = item / column_blocks % blocks;
        const Index o = item / column_blocks / blocks;
        const Index begin = block * kBlock;
        const Index n = axis.n - begin < kBlock ? axis.n - begin : kBlock;
        const T* x = from + (Offset(o) * axis.n + begin) * axis.inner + column;
        T* sums = to + (Offset(o) * blocks + block) * axis.inner + column;
        if (axis.inner == 1) {
          *sums = sum_run(x, n);
          return;
        }
        const Index width = axis.inner - column < kLanes ? axis.inner - column : kLanes;
        sum_columns(x, n, axis.inner, width, sums);
      });
}

template <class T>
void sum_axis(const Tensor& x, Axis axis, const Tensor& y) {
  const T* from = x.data<T>();
  while (axis.n > kBlock) {
    const Index blocks = (axis.n + kBlock - 1) / kBlock;
    const Tensor partial = TensorAccess::make({axis.outer, blocks, axis.inner}, dtype_of<T>());
    sum_blocks(from, axis, blocks, TensorAccess::data<T>(partial));
    from = partial.data<T>();
    axis.n = blocks;
    if (blocks <= kBlock) {
      sum_blocks(from, axis, 1, TensorAccess::data<T>(y));
      Kokkos::fence();  // before `partial` goes
      return;
    }
  }
  sum_blocks(from, axis, 1, TensorAccess::data<T>(y));
}

/// mask = 1 at the first largest value along the axis, 0 elsewhere; y = the largest values.
template <class T>
void largest(const Tensor& x, Axis axis, const Tensor& y, const Tensor& mask) {
  const T* from = x.data<T>();
  T* to = TensorAccess::data<T>(y);
  T* marks = TensorAccess::data<T>(mask);
  for_items(
      "max", axis.outer * axis.inner, x.size(), FILIGREE_LAMBDA(Index item) {
        const Offset first = Offset(item / axis.inner) * axis.n * axis.inner + item % axis.inner;
        Index best = 0;
        for (Index i = 0; i < axis.n; ++i) {
          const T value = from[first + Offset(i) * axis.inner];
          const T held = from[first + Offset(best) * axis.inner];
          if (value > held || (value != value && held == held)) best = i;
          marks[first + Offset(i) * axis.inner] = T(0);
        }
        marks[first + Offset(best) * axis.inner] = T(1);
        to[item] = from[first + Offset(best) * axis.inner];
      });
}

template <class T>
void log_sum_exp(const Tensor& x, Axis axis, const Tensor& y) {
  const T* from = x.data<T>();
  T* to = TensorAccess::data<T>(y);
  for_items(
      "logsumexp", axis.outer * axis.inner, x.size(), FILIGREE_LAMBDA(Index item) {
        const Offset first = Offset(item / axis.inner) * axis.n * axis.inner + item % axis.inner;
        T shift = from[first];
        for (Index i = 1; i < axis.n; ++i) {
          const T value = from[first + Offset(i) * axis.inner];
          shift = value > shift || value != value ? value : shift;
        }
        const bool is_finite = shift - shift == T(0);
        T total = T(0);
        for (Index i = 0; i < axis.n; ++i) {
          total += vector_exp(from[first + Offset(i) * axis.inner] - shift);
        }
        to[item] = is_finite ? shift + Kokkos::log(total) : shift;
      });
}

void require_values(const char* what, const Tensor& x, int axis) {
  FILIGREE_REQUIRE(x.shape()[axis] > 0, "{}: axis {} of {} is empty", what, axis, x.shape().text());
}

/// The shape with the axis kept at extent 1, which broadcasts back.
Shape kept(const Shape& shape, int axis) {
  return shape.with(axis, 1);
}

}  // namespace

Tensor sum(const Tensor& x, int axis) {
  const Shape shape = x.shape().without(axis);
  const Tensor y = TensorAccess::make(shape, x.dtype());
  const Axis seen = axis_of(x.shape(), axis);
  x.dtype() == DType::kF32 ? sum_axis<float>(x, seen, y) : sum_axis<double>(x, seen, y);
  return record("sum", {x}, y, [=](Adjoint& a) {
    a.give(0, broadcast(reshape(a.gradient(), kept(x.shape(), axis)), x.shape()));
  });
}

Tensor sum(const Tensor& x) {
  return sum(reshape(x, {x.size()}), 0);
}

Tensor mean(const Tensor& x) {
  FILIGREE_REQUIRE(x.size() > 0, "mean: a tensor {} has no values", x.shape().text());
  return scale(sum(x), 1.0 / x.size());
}

Tensor mean(const Tensor& x, int axis) {
  require_values("mean", x, axis);
  return scale(sum(x, axis), 1.0 / x.shape()[axis]);
}

Tensor max(const Tensor& x, int axis) {
  require_values("max", x, axis);
  const Tensor y = TensorAccess::make(x.shape().without(axis), x.dtype());
  const Tensor mask = TensorAccess::make(x.shape(), x.dtype());
  const Axis seen = axis_of(x.shape(), axis);
  x.dtype() == DType::kF32 ? largest<float>(x, seen, y, mask) : largest<double>(x, seen, y, mask);
  return record("max", {x}, y, [=](Adjoint& a) {
    a.give(0, mask * reshape(a.gradient(), kept(x.shape(), axis)));
  });
}

Tensor logsumexp(const Tensor& x, int axis) {
  require_values("logsumexp", x, axis);
  const Tensor y = TensorAccess::make(x.shape().without(axis), x.dtype());
  const Axis seen = axis_of(x.shape(), axis);
  x.dtype() == DType::kF32 ? log_sum_exp<float>(x, seen, y) : log_sum_exp<double>(x, seen, y);
  return record("logsumexp", {x}, y, [=](Adjoint& a) {
    const Shape shape = kept(x.shape(), axis);
    a.give(0, exp(x - reshape(a.output(), shape)) * reshape(a.gradient(), shape));
  });
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  FILIGREE_REQUIRE(broadcast_shape("sum_to", x.shape(), shape) == x.shape(),
                   "sum_to: {} cannot be summed to {}", x.shape().text(), shape.text());
  Tensor y = x;
  while (y.rank() > shape.rank()) y = sum(y, 0);
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] == 1 && y.extent(axis) != 1) {
      y = reshape(sum(y, axis), y.shape().with(axis, 1));
    }
  }
  return y;
}

}  // namespace filigree::learning
