// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/autodiff/ops_elementwise.hpp"

#include <cmath>
#include <numbers>

#include "learning/autodiff/loops.hpp"
#include "learning/autodiff/ops_reduce.hpp"
#include "learning/autodiff/tape.hpp"
#include "learning/autodiff/unary_functions.hpp"

namespace filigree::learning {

namespace {

using namespace functions;

/// y = value(x).
template <class T, class Op>
void map(const char* label, const Op& op, const Tensor& x, const Tensor& y) {
  const T* from = x.data<T>();
  T* to = TensorAccess::data<T>(y);
  const Index n = x.size();
  for_items(
      label, items_for(n), n, FILIGREE_LAMBDA(Index item) {
        const Index begin = item * kItemValues;
        const Index end = begin + kItemValues < n ? begin + kItemValues : n;
        for (Index i = begin; i < end; ++i) to[i] = op.value(from[i]);
      });
}

/// result = g slope(x, y).
template <class T, class Op>
void map_slope(const char* label, const Op& op, const Tensor& x, const Tensor& y, const Tensor& g,
               const Tensor& result) {
  const T* xs = x.data<T>();
  const T* ys = y.data<T>();
  const T* gs = g.data<T>();
  T* to = TensorAccess::data<T>(result);
  const Index n = x.size();
  for_items(
      label, items_for(n), 2 * Offset(n), FILIGREE_LAMBDA(Index item) {
        const Index begin = item * kItemValues;
        const Index end = begin + kItemValues < n ? begin + kItemValues : n;
        for (Index i = begin; i < end; ++i) to[i] = gs[i] * op.slope(xs[i], ys[i]);
      });
}

/// `composed` is g slope(x, y) as operations, for gradients that are differentiated again.
template <class Op, class Composed>
Tensor unary(const char* name, const Op& op, const Tensor& x, const Composed& composed) {
  const Tensor y = TensorAccess::make(x.shape(), x.dtype());
  x.dtype() == DType::kF32 ? map<float>(name, op, x, y) : map<double>(name, op, x, y);
  return record(name, {x}, y, [=](Adjoint& a) {
    const Tensor& g = a.gradient();
    if (a.create_graph()) {
      a.give(0, composed(g, a.output()));
      return;
    }
    const Tensor result = TensorAccess::make(x.shape(), x.dtype());
    x.dtype() == DType::kF32 ? map_slope<float>(name, op, x, y, g, result)
                             : map_slope<double>(name, op, x, y, g, result);
    a.give(0, result);
  });
}

// --- Functions of two values. -----------------------------------------------------------------

struct Add {
  template <class T>
  FILIGREE_FUNCTION T operator()(T a, T b) const {
    return a + b;
  }
};
struct Sub {
  template <class T>
  FILIGREE_FUNCTION T operator()(T a, T b) const {
    return a - b;
  }
};
struct Mul {
  template <class T>
  FILIGREE_FUNCTION T operator()(T a, T b) const {
    return a * b;
  }
};
struct Div {
  template <class T>
  FILIGREE_FUNCTION T operator()(T a, T b) const {
    return a / b;
  }
};
struct Maximum {  // a NaN in either gives NaN
  template <class T>
  FILIGREE_FUNCTION T operator()(T a, T b) const {
    return a >= b || a != a ? a : b;
  }
};
struct Greater {
  template <class T>
  FILIGREE_FUNCTION T operator()(T a, T b) const {
    return a > b ? T(1) : T(0);
  }
};

/// How two operands are read: up to three outer axes, and one inner axis along which each operand
/// either advances by one or repeats.
struct Walk {
  Index extents[4] = {1, 1, 1, 1};
  Offset a[4] = {0, 0, 0, 0};
  Offset b[4] = {0, 0, 0, 0};

  FILIGREE_FUNCTION void row_offsets(Index row, Offset& from_a, Offset& from_b) const {
    from_a = from_b = 0;
    for (int d = 2; d >= 0; --d) {
      const Index i = row % extents[d];
      row /= extents[d];
      from_a += i * a[d];
      from_b += i * b[d];
    }
  }
};

/// Step of each axis of `shape` when it is read as part of `result`; 0 where it repeats.
std::array<Offset, 4> steps(const Shape& shape, const Shape& result) {
  std::array<Offset, 4> steps{};
  Offset step = 1;
  for (int axis = -1; axis >= -shape.rank(); --axis) {
    const bool repeats = shape[axis] == 1 && result[axis] != 1;
    steps[static_cast<std::size_t>(result.rank() + axis)] = repeats ? 0 : step;
    step *= shape[axis];
  }
  return steps;
}

/// Joins neighbouring axes that both operands walk through without a break.
Walk walk_of(const Shape& a, const Shape& b, const Shape& result) {
  const auto steps_a = steps(a, result);
  const auto steps_b = steps(b, result);
  Walk walk;
  int slot = 3;
  walk.a[3] = walk.b[3] = 1;
  bool is_first = true;
  for (int axis = result.rank() - 1; axis >= 0; --axis) {
    const auto k = static_cast<std::size_t>(axis);
    const Index extent = result[axis];
    if (extent == 1) continue;
    const bool joins = !is_first && steps_a[k] == walk.a[slot] * walk.extents[slot] &&
                       steps_b[k] == walk.b[slot] * walk.extents[slot];
    if (joins) {
      walk.extents[slot] *= extent;
      continue;
    }
    if (!is_first) --slot;
    is_first = false;
    walk.extents[slot] = extent;
    walk.a[slot] = steps_a[k];
    walk.b[slot] = steps_b[k];
  }
  return walk;
}

template <int kStepA, int kStepB, class T, class Op>
FILIGREE_FUNCTION void combine_row(const Op& op, const T* a, const T* b, T* to, Index n) {
  for (Index i = 0; i < n; ++i) to[i] = op(a[i * kStepA], b[i * kStepB]);
}

template <class T, class Op>
void combine(const char* label, const Op& op, const Tensor& a, const Tensor& b, const Tensor& y) {
  const Walk walk = walk_of(a.shape(), b.shape(), y.shape());
  const T* from_a = a.data<T>();
  const T* from_b = b.data<T>();
  T* to = TensorAccess::data<T>(y);
  const Index width = walk.extents[3];
  if (y.size() == 0) return;
  const Index blocks = items_for(width);
  for_items(
      label, y.size() / width * blocks, y.size(), FILIGREE_LAMBDA(Index item) {
        const Index row = item / blocks;
        const Index begin = item % blocks * kItemValues;
        const Index n = width - begin < kItemValues ? width - begin : kItemValues;
        Offset at_a = 0, at_b = 0;
        walk.row_offsets(row, at_a, at_b);
        const T* pa = from_a + at_a + begin * walk.a[3];
        const T* pb = from_b + at_b + begin * walk.b[3];
        T* py = to + Offset(row) * width + begin;
        if (walk.a[3] == 1 && walk.b[3] == 1) {
          combine_row<1, 1>(op, pa, pb, py, n);
        } else if (walk.a[3] == 1) {
          combine_row<1, 0>(op, pa, pb, py, n);
        } else {
          combine_row<0, 1>(op, pa, pb, py, n);
        }
      });
}

template <class Op>
Tensor combined(const char* name, const Op& op, const Tensor& a, const Tensor& b) {
  require_one_type(name, a, b);
  const Tensor y = TensorAccess::make(broadcast_shape(name, a.shape(), b.shape()), a.dtype());
  a.dtype() == DType::kF32 ? combine<float>(name, op, a, b, y) : combine<double>(name, op, a, b, y);
  return y;
}

template <class T>
void choose(const Tensor& mask, const Tensor& a, const Tensor& b, const Tensor& y) {
  const T* m = mask.data<T>();
  const T* from_a = a.data<T>();
  const T* from_b = b.data<T>();
  T* to = TensorAccess::data<T>(y);
  const Index n = y.size();
  for_items(
      "where", items_for(n), 3 * Offset(n), FILIGREE_LAMBDA(Index item) {
        const Index begin = item * kItemValues;
        const Index end = begin + kItemValues < n ? begin + kItemValues : n;
        for (Index i = begin; i < end; ++i) to[i] = m[i] != T(0) ? from_a[i] : from_b[i];
      });
}

template <class From, class To>
void convert(const Tensor& x, const Tensor& y) {
  const From* from = x.data<From>();
  To* to = TensorAccess::data<To>(y);
  const Index n = x.size();
  for_items(
      "cast", items_for(n), n, FILIGREE_LAMBDA(Index item) {
        const Index begin = item * kItemValues;
        const Index end = begin + kItemValues < n ? begin + kItemValues : n;
        for (Index i = begin; i < end; ++i) to[i] = static_cast<To>(from[i]);
      });
}

Tensor zero_like(const Tensor& x) {
  return scalar(0, x.dtype());
}
Tensor square(const Tensor& x) {
  return unary("square", Square{}, x, [=](const Tensor& g, const Tensor&) { return g * x * 2; });
}

}  // namespace

Shape broadcast_shape(const char* what, const Shape& a, const Shape& b) {
  if (a == b) return a;
  Shape result = a.rank() >= b.rank() ? a : b;
  const Shape& other = a.rank() >= b.rank() ? b : a;
  for (int axis = -1; axis >= -other.rank(); --axis) {
    const Index mine = result[axis];
    const Index its = other[axis];
    FILIGREE_REQUIRE(mine == its || mine == 1 || its == 1,
                     "{}: shapes {} and {} do not fit together at axis {}", what, a.text(),
                     b.text(), axis);
    result = result.with(axis, mine == 1 ? its : mine);
  }
  return result;
}

Tensor add(const Tensor& a, const Tensor& b) {
  return record("add", {a, b}, combined("add", Add{}, a, b), [=](Adjoint& s) {
    if (s.wants(0)) s.give(0, sum_to(s.gradient(), a.shape()));
    if (s.wants(1)) s.give(1, sum_to(s.gradient(), b.shape()));
  });
}

Tensor sub(const Tensor& a, const Tensor& b) {
  return record("sub", {a, b}, combined("sub", Sub{}, a, b), [=](Adjoint& s) {
    if (s.wants(0)) s.give(0, sum_to(s.gradient(), a.shape()));
    if (s.wants(1)) s.give(1, neg(sum_to(s.gradient(), b.shape())));
  });
}

Tensor mul(const Tensor& a, const Tensor& b) {
  if (a.id() == b.id()) return square(a);
  return record("mul", {a, b}, combined("mul", Mul{}, a, b), [=](Adjoint& s) {
    if (s.wants(0)) s.give(0, sum_to(s.gradient() * b, a.shape()));
    if (s.wants(1)) s.give(1, sum_to(s.gradient() * a, b.shape()));
  });
}

Tensor div(const Tensor& a, const Tensor& b) {
  const Tensor y = combined("div", Div{}, a, b);
  return record("div", {a, b}, y, [=](Adjoint& s) {
    const Tensor g = s.gradient() / b;
    if (s.wants(0)) s.give(0, sum_to(g, a.shape()));
    if (s.wants(1)) s.give(1, neg(sum_to(g * s.output(), b.shape())));
  });
}

Tensor maximum(const Tensor& a, const Tensor& b) {
  return record("maximum", {a, b}, combined("maximum", Maximum{}, a, b), [=](Adjoint& s) {
    const Tensor takes_b = greater(b, a);
    if (s.wants(0)) s.give(0, sum_to(s.gradient() * (1 - takes_b), a.shape()));
    if (s.wants(1)) s.give(1, sum_to(s.gradient() * takes_b, b.shape()));
  });
}

Tensor greater(const Tensor& a, const Tensor& b) {
  return combined("greater", Greater{}, a, b);
}

Tensor where(const Tensor& mask, const Tensor& a, const Tensor& b) {
  FILIGREE_REQUIRE(mask.shape() == a.shape() && a.shape() == b.shape(),
                   "where: mask {}, {} and {} must have one shape", mask.shape().text(),
                   a.shape().text(), b.shape().text());
  FILIGREE_REQUIRE(mask.dtype() == a.dtype() && a.dtype() == b.dtype(),
                   "where: mask {} {}, {} {} and {} {} must have one type: cast() the others",
                   mask.shape().text(), name_of(mask.dtype()), a.shape().text(), name_of(a.dtype()),
                   b.shape().text(), name_of(b.dtype()));
  const Tensor y = TensorAccess::make(a.shape(), a.dtype());
  a.dtype() == DType::kF32 ? choose<float>(mask, a, b, y) : choose<double>(mask, a, b, y);
  return record("where", {mask, a, b}, y, [=](Adjoint& s) {
    const Tensor none = zeros(a.shape(), a.dtype());
    if (s.wants(1)) s.give(1, where(mask, s.gradient(), none));
    if (s.wants(2)) s.give(2, where(mask, none, s.gradient()));
  });
}

Tensor neg(const Tensor& x) {
  return unary("neg", Neg{}, x, [=](const Tensor& g, const Tensor&) { return neg(g); });
}
Tensor scale(const Tensor& x, double factor) {
  return unary("scale", Scale{factor}, x,
               [=](const Tensor& g, const Tensor&) { return scale(g, factor); });
}
Tensor shift(const Tensor& x, double offset) {
  return unary("shift", Shift{offset}, x, [=](const Tensor& g, const Tensor&) { return g; });
}
Tensor pow(const Tensor& x, double exponent) {
  if (exponent == 2) return square(x);
  return unary("pow", Pow{exponent}, x, [=](const Tensor& g, const Tensor&) {
    return exponent == 0 ? scale(g, 0) : g * scale(pow(x, exponent - 1), exponent);
  });
}
Tensor exp(const Tensor& x) {
  return unary("exp", Exp{}, x, [=](const Tensor& g, const Tensor& y) { return g * y; });
}
Tensor log(const Tensor& x) {
  return unary("log", Log{}, x, [=](const Tensor& g, const Tensor&) { return g / x; });
}
Tensor sqrt(const Tensor& x) {
  return unary("sqrt", Sqrt{}, x,
               [=](const Tensor& g, const Tensor& y) { return g / scale(y, 2); });
}
Tensor abs(const Tensor& x) {
  return unary("abs", Abs{}, x, [=](const Tensor& g, const Tensor&) {
    return g * (greater(x, zero_like(x)) - greater(zero_like(x), x));
  });
}
Tensor sin(const Tensor& x) {
  return unary("sin", Sin{}, x, [=](const Tensor& g, const Tensor&) { return g * cos(x); });
}
Tensor cos(const Tensor& x) {
  return unary("cos", Cos{}, x, [=](const Tensor& g, const Tensor&) { return neg(g * sin(x)); });
}
Tensor tanh(const Tensor& x) {
  return unary("tanh", Tanh{}, x,
               [=](const Tensor& g, const Tensor& y) { return g * (1 - square(y)); });
}
Tensor erf(const Tensor& x) {
  return unary("erf", Erf{}, x, [=](const Tensor& g, const Tensor&) {
    return scale(g * exp(neg(square(x))), 2 * std::numbers::inv_sqrtpi);
  });
}
Tensor sigmoid(const Tensor& x) {
  return unary("sigmoid", Sigmoid{}, x,
               [=](const Tensor& g, const Tensor& y) { return g * (y * (1 - y)); });
}
Tensor softplus(const Tensor& x) {
  return unary("softplus", Softplus{}, x,
               [=](const Tensor& g, const Tensor&) { return g * sigmoid(x); });
}
Tensor relu(const Tensor& x) {
  return unary("relu", LeakyRelu{0}, x,
               [=](const Tensor& g, const Tensor&) { return g * greater(x, zero_like(x)); });
}
Tensor leaky_relu(const Tensor& x, double slope) {
  FILIGREE_REQUIRE(slope >= 0 && slope <= 1, "leaky_relu: the slope {} must lie in [0, 1]", slope);
  return unary("leaky_relu", LeakyRelu{slope}, x, [=](const Tensor& g, const Tensor&) {
    return g * shift(scale(greater(x, zero_like(x)), 1 - slope), slope);
  });
}
Tensor silu(const Tensor& x) {
  return unary("silu", Silu{}, x, [=](const Tensor& g, const Tensor&) {
    const Tensor s = sigmoid(x);
    return g * (s * (1 + x * (1 - s)));
  });
}
Tensor gelu(const Tensor& x) {
  return unary("gelu", Gelu{}, x, [=](const Tensor& g, const Tensor&) {
    const double inv_sqrt2 = 1 / std::numbers::sqrt2;
    const Tensor share = scale(shift(erf(scale(x, inv_sqrt2)), 1), 0.5);
    const Tensor density = scale(exp(scale(square(x), -0.5)), inv_sqrt2 * std::numbers::inv_sqrtpi);
    return g * (share + x * density);
  });
}
Tensor clip(const Tensor& x, double low, double high) {
  FILIGREE_REQUIRE(low <= high, "clip: the lower bound {} is above the upper bound {}", low, high);
  return unary("clip", Clip{low, high}, x, [=](const Tensor& g, const Tensor&) {
    return g * (greater(x, scalar(low, x.dtype())) * greater(scalar(high, x.dtype()), x));
  });
}

Tensor cast(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  const Tensor y = TensorAccess::make(x.shape(), dtype);
  dtype == DType::kF32 ? convert<double, float>(x, y) : convert<float, double>(x, y);
  return record("cast", {x}, y, [=](Adjoint& s) { s.give(0, cast(s.gradient(), x.dtype())); });
}

Tensor stop_gradient(const Tensor& x) {
  return TensorAccess::reshaped(x, x.shape());
}

}  // namespace filigree::learning
