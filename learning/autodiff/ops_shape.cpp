// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/ops_shape.hpp"

#include "learning/autodiff/loops.hpp"
#include "learning/autodiff/ops_elementwise.hpp"
#include "learning/autodiff/ops_reduce.hpp"
#include "learning/autodiff/tape.hpp"

namespace filigree::learning {

namespace {

/// A block of rows: `outer` runs of `length` values, `stride` apart.
struct Runs {
  Offset begin = 0, stride = 0;
};

/// Copies `outer` runs of `length` values.
template <class T>
void copy_runs(const char* label, const T* from, Runs source, T* to, Runs target, Index outer,
               Index length) {
  const Index blocks = items_for(length);
  for_items(
      label, outer * blocks, Offset(outer) * length, FILIGREE_LAMBDA(Index item) {
        const Index row = item / blocks;
        const Index begin = item % blocks * kItemValues;
        const Index n = length - begin < kItemValues ? length - begin : kItemValues;
        const T* x = from + source.begin + row * source.stride + begin;
        T* y = to + target.begin + row * target.stride + begin;
        for (Index i = 0; i < n; ++i) y[i] = x[i];
      });
}

void copy_runs(const char* label, const Tensor& from, Runs source, const Tensor& to, Runs target,
               Index outer, Index length) {
  if (from.dtype() == DType::kF32) {
    copy_runs(label, from.data<float>(), source, TensorAccess::data<float>(to), target, outer,
              length);
  } else {
    copy_runs(label, from.data<double>(), source, TensorAccess::data<double>(to), target, outer,
              length);
  }
}

/// Extents before and after an axis.
struct Around {
  Index outer = 1, inner = 1;
};
Around around(const Shape& shape, int axis) {
  Around result;
  for (int a = 0; a < shape.rank(); ++a) {
    if (a < axis) result.outer *= shape[a];
    if (a > axis) result.inner *= shape[a];
  }
  return result;
}

/// How the values of x are walked through in the order of a result.
struct Order {
  Index extents[4] = {1, 1, 1, 1};  ///< of the result
  Offset steps[4] = {0, 0, 0, 0};   ///< in x, along the axes of the result
};

template <class T>
void walk_values(const Tensor& x, const Order& order, const Tensor& y) {
  const T* from = x.data<T>();
  T* to = TensorAccess::data<T>(y);
  const Index width = order.extents[3];
  if (y.size() == 0) return;
  const Index blocks = items_for(width);
  for_items(
      "permute", y.size() / width * blocks, y.size(), FILIGREE_LAMBDA(Index item) {
        Index row = item / blocks;
        const Index begin = item % blocks * kItemValues;
        const Index n = width - begin < kItemValues ? width - begin : kItemValues;
        T* result = to + Offset(row) * width + begin;
        Offset at = begin * order.steps[3];
        for (int d = 2; d >= 0; --d) {
          at += row % order.extents[d] * order.steps[d];
          row /= order.extents[d];
        }
        for (Index i = 0; i < n; ++i) result[i] = from[at + i * order.steps[3]];
      });
}

Order order_of(const Shape& result, const std::vector<Offset>& steps) {
  Order order;
  for (int a = 0; a < result.rank(); ++a) {
    const int slot = Shape::kMaxRank - result.rank() + a;
    order.extents[slot] = result[a];
    order.steps[slot] = steps[static_cast<std::size_t>(a)];
  }
  return order;
}

std::vector<Offset> row_major_steps(const Shape& shape) {
  std::vector<Offset> steps(static_cast<std::size_t>(shape.rank()));
  Offset step = 1;
  for (int a = shape.rank() - 1; a >= 0; --a) {
    steps[static_cast<std::size_t>(a)] = step;
    step *= shape[a];
  }
  return steps;
}

}  // namespace

Tensor reshape(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  FILIGREE_REQUIRE(x.shape().size() == shape.size(), "reshape: {} has {} values, {} has {}",
                   x.shape().text(), x.shape().size(), shape.text(), shape.size());
  return record("reshape", {x}, TensorAccess::reshaped(x, shape),
                [=](Adjoint& a) { a.give(0, reshape(a.gradient(), x.shape())); });
}

Tensor slice(const Tensor& x, int axis, Index begin, Index end) {
  const int at = x.shape().axis(axis);
  const Index extent = x.extent(at);
  FILIGREE_REQUIRE(0 <= begin && begin <= end && end <= extent,
                   "slice: [{}, {}) is not within axis {} of {}", begin, end, axis,
                   x.shape().text());
  if (begin == 0 && end == extent) return x;
  const Tensor y = TensorAccess::make(x.shape().with(at, end - begin), x.dtype());
  const auto [outer, inner] = around(x.shape(), at);
  copy_runs("slice", x, {Offset(begin) * inner, Offset(extent) * inner}, y,
            {0, Offset(end - begin) * inner}, outer, (end - begin) * inner);
  return record("slice", {x}, y,
                [=](Adjoint& a) { a.give(0, pad(a.gradient(), at, begin, extent - end)); });
}

Tensor pad(const Tensor& x, int axis, Index before, Index after) {
  const int at = x.shape().axis(axis);
  FILIGREE_REQUIRE(before >= 0 && after >= 0,
                   "pad: {} zeros before and {} after axis {} of {}: they must not be negative",
                   before, after, axis, x.shape().text());
  if (before == 0 && after == 0) return x;
  const Index extent = x.extent(at);
  const Index padded = before + extent + after;
  const Tensor y = zeros(x.shape().with(at, padded), x.dtype());
  const auto [outer, inner] = around(x.shape(), at);
  copy_runs("pad", x, {0, Offset(extent) * inner}, y,
            {Offset(before) * inner, Offset(padded) * inner}, outer, extent * inner);
  return record("pad", {x}, y,
                [=](Adjoint& a) { a.give(0, slice(a.gradient(), at, before, before + extent)); });
}

Tensor concat(const std::vector<Tensor>& parts, int axis) {
  FILIGREE_REQUIRE(!parts.empty(), "concat: there are no parts");
  const int at = parts[0].shape().axis(axis);
  if (parts.size() == 1) return parts[0];
  Index extent = 0;
  for (const Tensor& part : parts) {
    require_one_type("concat", parts[0], part);
    const bool fits =
        part.rank() == parts[0].rank() && part.shape().with(at, 0) == parts[0].shape().with(at, 0);
    FILIGREE_REQUIRE(fits, "concat: {} and {} differ in more than axis {}", parts[0].shape().text(),
                     part.shape().text(), at);
    extent += part.extent(at);
  }
  const Tensor y = TensorAccess::make(parts[0].shape().with(at, extent), parts[0].dtype());
  const auto [outer, inner] = around(y.shape(), at);
  Index begin = 0;
  for (const Tensor& part : parts) {
    const Index n = part.extent(at) * inner;
    copy_runs("concat", part, {0, n}, y, {Offset(begin) * inner, Offset(extent) * inner}, outer, n);
    begin += part.extent(at);
  }
  return record("concat", parts, y, [=](Adjoint& a) {
    Index from = 0;
    for (std::size_t p = 0; p < parts.size(); ++p) {
      const Index to = from + parts[p].extent(at);
      if (a.wants(p)) a.give(p, slice(a.gradient(), at, from, to));
      from = to;
    }
  });
}

Tensor stack(const std::vector<Tensor>& parts) {
  FILIGREE_REQUIRE(!parts.empty(), "stack: there are no parts");
  std::vector<Tensor> rows;
  for (const Tensor& part : parts) {
    require_one_type("stack", parts[0], part);
    FILIGREE_REQUIRE(part.shape() == parts[0].shape(), "stack: {} and {} must have one shape",
                     parts[0].shape().text(), part.shape().text());
    FILIGREE_REQUIRE(part.rank() < Shape::kMaxRank, "stack: {} has no room for one more axis",
                     part.shape().text());
    Shape shape{1};
    for (int a = 0; a < part.rank(); ++a) shape.append(part.extent(a));
    rows.push_back(reshape(part, shape));
  }
  return concat(rows, 0);
}

Tensor broadcast(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  FILIGREE_REQUIRE(broadcast_shape("broadcast", x.shape(), shape) == shape,
                   "broadcast: {} cannot be repeated to {}", x.shape().text(), shape.text());
  std::vector<Offset> steps(static_cast<std::size_t>(shape.rank()), 0);
  const auto own = row_major_steps(x.shape());
  const int offset = shape.rank() - x.rank();
  for (int a = 0; a < x.rank(); ++a) {
    if (x.extent(a) != 1) {
      steps[static_cast<std::size_t>(a + offset)] = own[static_cast<std::size_t>(a)];
    }
  }
  const Tensor y = TensorAccess::make(shape, x.dtype());
  const Order order = order_of(shape, steps);
  x.dtype() == DType::kF32 ? walk_values<float>(x, order, y) : walk_values<double>(x, order, y);
  return record("broadcast", {x}, y,
                [=](Adjoint& a) { a.give(0, sum_to(a.gradient(), x.shape())); });
}

Tensor permute(const Tensor& x, const std::vector<int>& axes) {
  const auto rank = static_cast<std::size_t>(x.rank());
  std::vector<int> inverse(rank, -1);
  FILIGREE_REQUIRE(axes.size() == rank, "permute: {} axes for a tensor {}", axes.size(),
                   x.shape().text());
  Shape shape;
  std::vector<Offset> steps;
  const auto own = row_major_steps(x.shape());
  for (std::size_t k = 0; k < rank; ++k) {
    const auto axis = static_cast<std::size_t>(x.shape().axis(axes[k]));
    FILIGREE_REQUIRE(inverse[axis] < 0, "permute: axis {} of {} is named twice", axes[k],
                     x.shape().text());
    inverse[axis] = static_cast<int>(k);
    shape.append(x.extent(static_cast<int>(axis)));
    steps.push_back(own[axis]);
  }
  const Tensor y = TensorAccess::make(shape, x.dtype());
  const Order order = order_of(shape, steps);
  x.dtype() == DType::kF32 ? walk_values<float>(x, order, y) : walk_values<double>(x, order, y);
  return record("permute", {x}, y, [=](Adjoint& a) { a.give(0, permute(a.gradient(), inverse)); });
}

}  // namespace filigree::learning
