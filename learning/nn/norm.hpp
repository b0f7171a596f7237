// Copyright The Filigree Authors
// SPDX-License-Identifier: Apache-2.0
// Normalisation: values brought to mean 0 and variance 1 and then scaled and shifted,
//
//   y = (x - m) / sqrt(v + epsilon) w + b,
//
// with m and v over the channels of a row (LayerNorm), over all rows (BatchNorm) or over the rows
// of a group (InstanceNorm). The variance is that of the values at hand, divided by their number.
#pragma once

#include "learning/autodiff/ops_graph.hpp"
#include "learning/nn/mode.hpp"
#include "learning/nn/module.hpp"

namespace filigree::learning {

/// The formula above over the last axis, in one record. x: [..., channels], weight, bias:
/// [channels].
Tensor layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double epsilon = 1e-5);

/// m and v over the last axis. Source: [ba2016], eq. 3.
struct LayerNorm {
  LayerNorm() = default;
  explicit LayerNorm(Index channels, DType dtype = DType::kF32)
      : weight({channels}, Init::constant(1), dtype), bias({channels}, Init::constant(0), dtype) {}

  Parameter weight;
  Parameter bias;
  double epsilon = 1e-5;

  template <class V>
  void reflect(V& v) {
    v("weight", weight);
    v("bias", bias);
  }
  Tensor operator()(const Tensor& x) const {
    return layer_norm(x, weight.value, bias.value, epsilon);
  }
};

/// m and v over all rows while training, and running means of both otherwise. A training call also
/// moves the running means towards those of the batch,
///
///   running_mean += momentum (m - running_mean),  running_var += momentum (v n/(n - 1) -
///   running_var),
///
/// n rows, which gradients do not go through. x: [n, channels]. Source: [ioffe2015], algorithm 1.
struct BatchNorm {
  BatchNorm() = default;
  explicit BatchNorm(Index channels, DType dtype = DType::kF32);

  Parameter weight;
  Parameter bias;
  Parameter running_mean;  ///< not trained
  Parameter running_var;   ///< not trained
  double epsilon = 1e-5;
  double momentum = 0.1;

  template <class V>
  void reflect(V& v) {
    v("weight", weight);
    v("bias", bias);
    v("running_mean", running_mean);
    v("running_var", running_var);
  }
  Tensor operator()(const Tensor& x, const Mode& mode);
};

/// m and v of each channel over the rows of each group: one group per graph or cloud of a batch,
/// from grouping(offsets). x: [n, channels]. Source: [ulyanov2016].
struct InstanceNorm {
  InstanceNorm() = default;
  explicit InstanceNorm(Index channels, DType dtype = DType::kF32)
      : weight({channels}, Init::constant(1), dtype), bias({channels}, Init::constant(0), dtype) {}

  Parameter weight;
  Parameter bias;
  double epsilon = 1e-5;

  template <class V>
  void reflect(V& v) {
    v("weight", weight);
    v("bias", bias);
  }
  Tensor operator()(const Tensor& x, const GraphPtr& groups) const;
};

}  // namespace filigree::learning
