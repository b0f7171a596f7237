// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
#include "learning/nn/norm.hpp"

#include "learning/autodiff/grad.hpp"
#include "learning/autodiff/lanes.hpp"
#include "learning/autodiff/loops.hpp"
#include "learning/autodiff/ops.hpp"

namespace filigree::learning {

namespace {

template <class T>
struct Moments {
  T mean, inverse_deviation;
};

template <class T>
FILIGREE_FUNCTION Moments<T> moments_of(const T* x, Index n, T epsilon) {
  const T mean = lane_sum<T>(n, [=](Index i) { return x[i]; }) / T(n);
  const T squares = lane_sum<T>(n, [=](Index i) { return (x[i] - mean) * (x[i] - mean); });
  return {mean, T(1) / Kokkos::sqrt(squares / T(n) + epsilon)};
}

template <class T>
void normalize_rows(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon,
                    const Tensor& y) {
  const T* from = x.data<T>();
  const T* w = weight.data<T>();
  const T* b = bias.data<T>();
  T* to = TensorAccess::data<T>(y);
  const T added = static_cast<T>(epsilon);
  const Index n = weight.size();
  for_items(
      "layer_norm", x.size() / n, 4 * Offset(x.size()), FILIGREE_LAMBDA(Index row) {
        const T* in = from + Offset(row) * n;
        T* out = to + Offset(row) * n;
        const Moments<T> m = moments_of(in, n, added);
        for (Index i = 0; i < n; ++i) {
          out[i] = (in[i] - m.mean) * m.inverse_deviation * w[i] + b[i];
        }
      });
}

/// With z = (x - m) / sqrt(v + epsilon) and h = g w:
///   to_x = (h - mean(h) - z mean(h z)) / sqrt(v + epsilon),  to_weight = g z in each row.
template <class T>
void normalize_rows_adjoint(const Tensor& x, const Tensor& weight, double epsilon, const Tensor& g,
                            const Tensor& to_x, const Tensor& to_weight) {
  const T* from = x.data<T>();
  const T* w = weight.data<T>();
  const T* gs = g.data<T>();
  T* dx = TensorAccess::data<T>(to_x);
  T* dw = TensorAccess::data<T>(to_weight);
  const T added = static_cast<T>(epsilon);
  const Index n = weight.size();
  for_items(
      "layer_norm/adjoint", x.size() / n, 8 * Offset(x.size()), FILIGREE_LAMBDA(Index row) {
        const Offset first = Offset(row) * n;
        const T* in = from + first;
        const T* gradient = gs + first;
        T* products = dw + first;
        const Moments<T> m = moments_of(in, n, added);
        for (Index i = 0; i < n; ++i) {
          products[i] = gradient[i] * ((in[i] - m.mean) * m.inverse_deviation);
        }
        const T mean_h = lane_sum<T>(n, [=](Index i) { return gradient[i] * w[i]; }) / T(n);
        const T mean_hz = lane_sum<T>(n, [=](Index i) { return products[i] * w[i]; }) / T(n);
        for (Index i = 0; i < n; ++i) {
          const T z = (in[i] - m.mean) * m.inverse_deviation;
          dx[first + i] = m.inverse_deviation * (gradient[i] * w[i] - mean_h - z * mean_hz);
        }
      });
}

Tensor composed_layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                           double epsilon) {
  const Shape shape = x.shape().with(-1, 1);
  const Tensor centred = x - reshape(mean(x, -1), shape);
  const Tensor variance = reshape(mean(centred * centred, -1), shape);
  return centred / sqrt(variance + epsilon) * weight + bias;
}

void require_channels(const char* what, const Tensor& x, const Tensor& weight, int rank) {
  const bool fits = x.rank() >= 1 && (rank == 0 || x.rank() == rank) && weight.rank() == 1 &&
                    x.columns() == weight.size() && weight.size() > 0;
  FILIGREE_REQUIRE(fits && x.dtype() == weight.dtype(),
                   "{}: values {} {} and weights {} {} do not fit together: both must have the "
                   "same channels and type",
                   what, x.shape().text(), name_of(x.dtype()), weight.shape().text(),
                   name_of(weight.dtype()));
}

}  // namespace

Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon) {
  require_channels("layer_norm", x, weight, 0);
  require_channels("layer_norm", x, bias, 0);
  const Tensor y = TensorAccess::make(x.shape(), x.dtype());
  x.dtype() == DType::kF32 ? normalize_rows<float>(x, weight, bias, epsilon, y)
                           : normalize_rows<double>(x, weight, bias, epsilon, y);
  return record("layer_norm", {x, weight, bias}, y, [=](Adjoint& a) {
    if (a.create_graph()) {
      give_composed(a, composed_layer_norm(x, weight, bias, epsilon), {x, weight, bias});
      return;
    }
    const Tensor& g = a.gradient();
    const Tensor to_x = TensorAccess::make(x.shape(), x.dtype());
    const Tensor to_weight = TensorAccess::make(x.shape(), x.dtype());
    x.dtype() == DType::kF32
        ? normalize_rows_adjoint<float>(x, weight, epsilon, g, to_x, to_weight)
        : normalize_rows_adjoint<double>(x, weight, epsilon, g, to_x, to_weight);
    if (a.wants(0)) a.give(0, to_x);
    if (a.wants(1)) a.give(1, sum_to(to_weight, weight.shape()));
    if (a.wants(2)) a.give(2, sum_to(g, bias.shape()));
  });
}

BatchNorm::BatchNorm(Index channels, DType dtype)
    : weight({channels}, Init::constant(1), dtype),
      bias({channels}, Init::constant(0), dtype),
      running_mean({channels}, Init::constant(0), dtype),
      running_var({channels}, Init::constant(1), dtype) {
  running_mean.is_trained = running_var.is_trained = false;
}

Tensor BatchNorm::operator()(const Tensor& x, const Mode& mode) {
  require_channels("BatchNorm", x, weight.value, 2);
  if (!mode.is_training) {
    const Tensor scale_by = weight.value / sqrt(running_var.value + epsilon);
    return (x - running_mean.value) * scale_by + bias.value;
  }
  FILIGREE_REQUIRE(x.rows() >= 2, "BatchNorm: {} has one row or none: its variance needs two",
                   x.shape().text());
  const Tensor batch_mean = mean(x, 0);
  const Tensor centred = x - batch_mean;
  const Tensor batch_var = mean(centred * centred, 0);
  const double n = x.rows();
  approach(running_mean, batch_mean, momentum);
  {
    const Unrecorded unrecorded;
    approach(running_var, batch_var * (n / (n - 1)), momentum);
  }
  return centred * (weight.value / sqrt(batch_var + epsilon)) + bias.value;
}

Tensor InstanceNorm::operator()(const Tensor& x, const GraphPtr& groups) const {
  require_channels("InstanceNorm", x, weight.value, 2);
  FILIGREE_REQUIRE(x.rows() == groups->edge_count(), "InstanceNorm: {} for groups of {} rows",
                   x.shape().text(), groups->edge_count());
  const Tensor centred = x - gather_receivers(segment_mean(x, groups), groups);
  const Tensor variance = segment_mean(centred * centred, groups);
  const Tensor scale_by = weight.value / sqrt(variance + epsilon);
  return centred * gather_receivers(scale_by, groups) + bias.value;
}

}  // namespace filigree::learning
